import type { Finding } from '../model/finding.js';
import type { RecordBatch } from '../model/record-batch.js';
import { RecordFlag } from '../model/vocabulary.js';
import { DeadairError } from '../platform/errors.js';

/**
 * A batch in one stretch of memory: header, columns, findings as JSON, bytes. The line stage packs a request's batches into one
 * buffer, so that they cross threads at the cost of one and nobody copies them again: the embedded store keeps them in `hot`
 * as they are until they are sealed.
 */
const MAGIC = 0x32_42_44_41; // "ADB2"
/** Flags were bytes, the last of the small columns: batches that an older version left in `hot`. */
const MAGIC_OF_BYTE_FLAGS = 0x31_42_44_41; // "ADB1"
const HEADER = 56;

/** What is read of a packed batch: views of it. */
export interface UnpackedBatch {
  count: number;
  /** Offset in the source of `bytes[0]`. */
  base: number;
  observedAt: number;
  ingestedAt: number;
  times: Float64Array;
  starts: Uint32Array;
  timeKinds: Uint8Array;
  levels: Uint8Array;
  classes: Uint8Array;
  flags: Uint16Array;
  bytes: Uint8Array;
  findings: Map<number, Finding>;
}

/**
 * Memory for several batches in one buffer: what crosses threads costs by the buffer, and a collector that follows sends a
 * dozen lines a file.
 */
export class PackedMemory {
  private readonly buffer: ArrayBuffer;
  private at = 0;

  constructor(batches: readonly Pick<RecordBatch, 'count' | 'bytes'>[]) {
    let size = 0;
    // An open line is a batch of its own.
    for (const { count, bytes } of batches) size += 2 * (HEADER + 16) + count * 17 + bytes.length;
    this.buffer = new ArrayBuffer(size);
  }

  /** `length` zeroed bytes that begin at a multiple of 8; findings may ask for more than was foreseen. */
  take(length: number): Uint8Array {
    const from = this.at;
    if (from + length > this.buffer.byteLength) return new Uint8Array(length);
    this.at = Math.ceil((from + length) / 8) * 8;
    return new Uint8Array(this.buffer, from, length);
  }
}

/** Event times are kept to the microsecond, the finest a log line carries and a double of ms since 1970 holds. */
function toMicros(time: number): number {
  return Math.round(time * 1000);
}

/** Packs the lines [first, end) of a batch with the bytes up to `bytesEnd`, which may go beyond the last line. */
export function packSlice(
  batch: RecordBatch,
  first: number,
  end: number,
  bytesEnd: number,
  observedAt: number,
  ingestedAt: number,
  memory: PackedMemory,
): Uint8Array {
  const count = end - first;
  const origin = batch.starts[first]!;
  const length = bytesEnd - origin;
  const json = findingsJson(batch.findings, first, end);
  const columns = count * 17 + 4;
  const out = memory.take(HEADER + columns + json.length + length);
  const { buffer, byteOffset } = out;
  const view = new DataView(buffer, byteOffset, out.length);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, count, true);
  view.setUint32(8, length, true);
  view.setUint32(12, json.length, true);
  view.setFloat64(16, batch.base + origin, true);
  view.setFloat64(24, observedAt, true);
  view.setFloat64(32, ingestedAt, true);
  const times = new Float64Array(buffer, byteOffset + HEADER, count);
  for (let i = 0; i < count; i++) times[i] = toMicros(batch.times[first + i]!) / 1000;
  const starts = new Uint32Array(buffer, byteOffset + HEADER + count * 8, count + 1);
  for (let i = 0; i <= count; i++) starts[i] = batch.starts[first + i]! - origin;
  let at = HEADER + count * 12 + 4;
  new Uint16Array(buffer, byteOffset + at, count).set(batch.flags.subarray(first, end));
  at += count * 2;
  for (const column of [batch.timeKinds, batch.levels, batch.classes]) {
    out.set(column.subarray(first, end), at);
    at += count;
  }
  out.set(json, at);
  out.set(batch.bytes.subarray(origin, bytesEnd), at + json.length);
  return out;
}

/**
 * @param findings its own, where they are at hand; else they are read when they are asked for: in a storm they are most of a batch
 * @throws DeadairError `store.damaged` when it is none or has a wrong length
 */
export function unpackBatch(blob: Uint8Array, findings?: Map<number, Finding>): UnpackedBatch {
  // Typed arrays want their alignment; a driver's buffer may start anywhere.
  const body = blob.byteOffset % 8 === 0 ? blob : new Uint8Array(blob);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const magic = body.length < HEADER ? 0 : view.getUint32(0, true);
  if (magic !== MAGIC && magic !== MAGIC_OF_BYTE_FLAGS)
    throw new DeadairError('store.damaged', 'A stored batch has a wrong header.');
  const count = view.getUint32(4, true);
  const length = view.getUint32(8, true);
  const jsonLength = view.getUint32(12, true);
  const wide = magic === MAGIC ? 2 : 0;
  const columnsAt = HEADER + count * (12 + wide) + 4;
  const jsonAt = columnsAt + count * (wide ? 3 : 4);
  if (body.length !== jsonAt + jsonLength + length)
    throw new DeadairError('store.damaged', 'A stored batch has a wrong length.');
  const column = (index: number) => body.subarray(columnsAt + index * count, columnsAt + (index + 1) * count);
  const json = body.subarray(jsonAt, jsonAt + jsonLength);
  let found = findings;
  return {
    count,
    base: view.getFloat64(16, true),
    observedAt: view.getFloat64(24, true),
    ingestedAt: view.getFloat64(32, true),
    times: new Float64Array(body.buffer, body.byteOffset + HEADER, count),
    starts: new Uint32Array(body.buffer, body.byteOffset + HEADER + count * 8, count + 1),
    timeKinds: column(0),
    levels: column(1),
    classes: column(2),
    flags: wide
      ? new Uint16Array(body.buffer, body.byteOffset + columnsAt - count * 2, count)
      : Uint16Array.from(column(3)),
    bytes: body.subarray(jsonAt + jsonLength),
    get findings() {
      found ??= new Map(
        jsonLength > 0 ? (JSON.parse(Buffer.from(json).toString('utf8')) as [number, Finding][]) : [],
      );
      return found;
    },
  };
}

/** Offset in its source at which a packed batch begins. */
export function baseOf(body: Uint8Array): number {
  return new DataView(body.buffer, body.byteOffset).getFloat64(16, true);
}

/**
 * The same batch in packed memory, where all its lines are whole; undefined where a line is open at its end.
 * @param observedAt @param ingestedAt as for its append
 */
export function packWhole(
  batch: RecordBatch,
  observedAt: number,
  ingestedAt: number,
  memory: PackedMemory,
): RecordBatch | undefined {
  const { count, starts, bytes, flags } = batch;
  if (count === 0 || starts[count] !== bytes.length || (flags[count - 1]! & RecordFlag.partial) !== 0)
    return undefined;
  const packed = packSlice(batch, 0, count, bytes.length, observedAt, ingestedAt, memory);
  const { observedAt: _, ingestedAt: __, ...views } = unpackBatch(packed, batch.findings);
  return { ...views, packed };
}

/** Before a packed batch goes to another thread: its findings are in its bytes and need not be copied as objects, too. */
export function hideFindings(batch: RecordBatch): void {
  if (batch.packed) Object.defineProperty(batch, 'findings', { enumerable: false });
}

/** After it came: whoever asks gets them from the bytes. */
export function showFindings(batch: RecordBatch): void {
  const { packed } = batch;
  if (!packed) return;
  let found: Map<number, Finding> | undefined;
  Object.defineProperty(batch, 'findings', {
    enumerable: true,
    configurable: true,
    get: () => {
      found ??= unpackBatch(packed).findings;
      return found;
    },
  });
}

function findingsJson(findings: ReadonlyMap<number, Finding>, first: number, end: number): Uint8Array {
  const own: [number, Finding][] = [];
  for (const [line, finding] of findings) if (line >= first && line < end) own.push([line - first, finding]);
  return own.length > 0 ? Buffer.from(JSON.stringify(own)) : new Uint8Array(0);
}
