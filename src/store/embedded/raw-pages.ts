import type { SqlValue } from './driver.js';

/** A row as its cell holds it: columns in the table's order; of a table with an integer key that column is null, and `rowid` it. */
export interface RawRow {
  rowid: number | undefined;
  values: SqlValue[];
}

const LEAF_TABLE = 0x0d;
const LEAF_INDEX = 0x0a;
const INNER_INDEX = 0x02;
const HEADER_BYTES = 100;

/**
 * The rows of a SQLite file page by page, without the tree above them: what a damaged inner page, or a damaged first one, keeps
 * SQLite from reaching. Text comes as bytes. A cell that makes no sense is passed over, so whoever reads has to check what comes.
 * The format: sqlite.org/fileformat2.html.
 */
export function* rawRows(file: Buffer, pageSize: number): Generator<RawRow> {
  const pages = Math.floor(file.length / pageSize);
  const free = freePages(file, pageSize, pages);
  for (let number = 1; number <= pages; number++) {
    if (free.has(number)) continue;
    const page = file.subarray((number - 1) * pageSize, number * pageSize);
    const head = number === 1 ? HEADER_BYTES : 0;
    const type = page[head];
    if (type !== LEAF_TABLE && type !== LEAF_INDEX && type !== INNER_INDEX) continue;
    const pointers = head + (type === INNER_INDEX ? 12 : 8);
    const cells = page.readUInt16BE(head + 3);
    if (pointers + cells * 2 > pageSize) continue;
    for (let i = 0; i < cells; i++) {
      const row = cellAt(file, pageSize, page, page.readUInt16BE(pointers + i * 2), type);
      if (row) yield row;
    }
  }
}

function cellAt(
  file: Buffer,
  pageSize: number,
  page: Buffer,
  start: number,
  type: number,
): RawRow | undefined {
  try {
    const at = { offset: start + (type === INNER_INDEX ? 4 : 0) };
    const length = varint(page, at);
    const rowid = type === LEAF_TABLE ? varint(page, at) : undefined;
    const payload = payloadOf(file, pageSize, page, at.offset, length, type === LEAF_TABLE);
    return payload && { rowid, values: recordOf(payload) };
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}

/** A cell's content: what lies on its page, then on a chain of overflow pages. */
function payloadOf(
  file: Buffer,
  pageSize: number,
  page: Buffer,
  at: number,
  length: number,
  ofTable: boolean,
): Buffer | undefined {
  if (length > file.length) return undefined;
  const most = ofTable ? pageSize - 35 : Math.floor(((pageSize - 12) * 64) / 255) - 23;
  const least = Math.floor(((pageSize - 12) * 32) / 255) - 23;
  if (length <= most) return at + length <= page.length ? page.subarray(at, at + length) : undefined;
  const fitting = least + ((length - least) % (pageSize - 4));
  const local = fitting <= most ? fitting : least;
  if (at + local + 4 > page.length) return undefined;
  const parts = [page.subarray(at, at + local)];
  let left = length - local;
  for (let next = page.readUInt32BE(at + local); left > 0; ) {
    const from = (next - 1) * pageSize;
    if (next < 2 || from + pageSize > file.length) return undefined;
    const part = file.subarray(from + 4, from + 4 + Math.min(left, pageSize - 4));
    parts.push(part);
    left -= part.length;
    next = file.readUInt32BE(from);
  }
  return Buffer.concat(parts, length);
}

function recordOf(payload: Buffer): SqlValue[] {
  const at = { offset: 0 };
  const headerEnd = varint(payload, at);
  if (headerEnd > payload.length) throw new RangeError('header');
  const types: number[] = [];
  while (at.offset < headerEnd) types.push(varint(payload, at));
  let offset = headerEnd;
  return types.map(type => {
    const size = sizeOf(type);
    if (offset + size > payload.length) throw new RangeError('value');
    offset += size;
    return valueAt(payload, offset - size, type, size);
  });
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];

function sizeOf(type: number): number {
  if (type <= 6) return INTEGER_BYTES[type]!;
  if (type === 7) return 8;
  if (type < 12) return 0;
  return (type - 12) >> 1;
}

function valueAt(payload: Buffer, at: number, type: number, size: number): SqlValue {
  if (type === 0) return null;
  if (type === 8 || type === 9) return type - 8;
  if (type === 7) return payload.readDoubleBE(at);
  if (type === 6) return Number(payload.readBigInt64BE(at));
  if (type < 7) return payload.readIntBE(at, size);
  return new Uint8Array(payload.subarray(at, at + size));
}

/** Up to nine bytes, most significant first. @throws RangeError past the end */
function varint(bytes: Buffer, at: { offset: number }): number {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = bytes.readUInt8(at.offset++);
    if (i === 8) return value * 256 + byte;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) break;
  }
  return value;
}

/** Pages without content: what was deleted long ago still lies in them. Empty where the list can't be followed. */
function freePages(file: Buffer, pageSize: number, pages: number): Set<number> {
  const free = new Set<number>();
  for (let trunk = file.readUInt32BE(32); trunk >= 2 && trunk <= pages && !free.has(trunk); ) {
    free.add(trunk);
    const from = (trunk - 1) * pageSize;
    const leaves = Math.min(file.readUInt32BE(from + 4), pageSize / 4 - 2);
    for (let i = 0; i < leaves; i++) free.add(file.readUInt32BE(from + 8 + i * 4));
    trunk = file.readUInt32BE(from);
  }
  return free;
}
