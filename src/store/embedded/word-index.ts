import { ByteReader, ByteWriter } from './varint.js';
import { FINGERPRINT_BITS } from './word-hash.js';

/**
 * Postings: which chunk may hold a word, as sorted numbers (fingerprint · 256 + slot). A block's lie in one row; when
 * 32 blocks have come together their postings are merged into one group of up to 256 slots, cut by fingerprint into
 * rows of about 650 bytes, so that a look-up reads one row of each 32 blocks. Gaps between sorted numbers are Rice-coded:
 * 10–11 bits a posting, where a Bloom filter of the same error needs 13 and FTS5 (detail=none) about 16.
 */
export const GROUP_BLOCKS = 32;
export const GROUP_SLOTS = 256;
const SLOT_BITS = 8;
const ROW_POSTINGS = 500;

/** Encodes sorted distinct numbers: count, Rice parameter, then bits. `base` is subtracted from the first. */
export function encodePostings(sorted: Uint32Array, base = 0): Uint8Array {
  const count = sorted.length;
  const writer = new ByteWriter(16 + count * 2);
  writer.varint(count);
  if (count === 0) return writer.done();
  const spread = (sorted[count - 1]! - base) / count;
  const parameter = Math.max(0, Math.min(24, Math.floor(Math.log2(spread * 0.69 + 1))));
  writer.byte(parameter);
  writer.reserve(count * 4 + (((sorted[count - 1]! - base) >>> parameter) >>> 3) + 16);
  const out = writer.bytes;
  let at = writer.length;
  let bits = 0;
  let held = 0;
  let previous = base;
  const low = (1 << parameter) - 1;
  for (let i = 0; i < count; i++) {
    const gap = sorted[i]! - previous;
    previous = sorted[i]! + 1;
    for (let quotient = gap >>> parameter; quotient > 0; quotient--) {
      // A one for each whole step; the zero that ends them follows.
      bits |= 1 << held;
      if (++held === 8) {
        out[at++] = bits;
        bits = 0;
        held = 0;
      }
    }
    if (++held === 8) {
      out[at++] = bits;
      bits = 0;
      held = 0;
    }
    let rest = gap & low;
    let left = parameter;
    while (left > 0) {
      const room = Math.min(8 - held, left);
      bits |= (rest & ((1 << room) - 1)) << held;
      held += room;
      rest >>>= room;
      left -= room;
      if (held === 8) {
        out[at++] = bits;
        bits = 0;
        held = 0;
      }
    }
  }
  if (held > 0) out[at++] = bits;
  writer.length = at;
  return writer.done().slice();
}

export function decodePostings(body: Uint8Array, base = 0): Uint32Array {
  const reader = new ByteReader(body);
  const count = reader.varint();
  const sorted = new Uint32Array(count);
  if (count === 0) return sorted;
  const parameter = reader.byte();
  let at = reader.at;
  let bits = body[at++]!;
  let left = 8;
  let value = base;
  for (let i = 0; i < count; i++) {
    let quotient = 0;
    for (;;) {
      if (left === 0) {
        bits = body[at++]!;
        left = 8;
      }
      const one = bits & 1;
      bits >>>= 1;
      left--;
      if (one === 0) break;
      quotient++;
    }
    let rest = 0;
    for (let have = 0; have < parameter; ) {
      if (left === 0) {
        bits = body[at++]!;
        left = 8;
      }
      const take = Math.min(left, parameter - have);
      rest |= (bits & ((1 << take) - 1)) << have;
      bits >>>= take;
      left -= take;
      have += take;
    }
    value += quotient * 2 ** parameter + rest;
    sorted[i] = value;
    value += 1;
  }
  return sorted;
}

/** Slots whose postings hold the fingerprint. */
export function slotsOf(sorted: Uint32Array, mark: number, into: number[]): void {
  const wanted = mark * GROUP_SLOTS;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  for (; low < sorted.length && sorted[low]! < wanted + GROUP_SLOTS; low++) into.push(sorted[low]! - wanted);
}

export interface GroupMember {
  block: number;
  chunks: number;
}

/** Bits of the fingerprint that choose the row. */
export function rowBitsFor(postings: number): number {
  return Math.max(0, Math.min(12, Math.round(Math.log2(postings / ROW_POSTINGS))));
}

/** Row of a group that holds a fingerprint, and the number its postings begin at. */
export function rowOf(mark: number, rowBits: number): { row: number; base: number } {
  const row = mark >>> (FINGERPRINT_BITS - rowBits);
  return { row, base: rowBase(row, rowBits) };
}

function rowBase(row: number, rowBits: number): number {
  return row * 2 ** (FINGERPRINT_BITS - rowBits + SLOT_BITS);
}

/**
 * Merges blocks' postings into the rows of a group.
 * @param members in the order of their slots: the first's chunks are slots 0 …, the next one's follow
 */
export function mergeGroup(members: { chunks: number; postings: Uint32Array }[]): {
  rowBits: number;
  rows: Uint8Array[];
} {
  let total = 0;
  for (const member of members) total += member.postings.length;
  const rowBits = rowBitsFor(total);
  const shift = FINGERPRINT_BITS - rowBits + SLOT_BITS;
  const fill = new Uint32Array((1 << rowBits) + 1);
  for (const { postings } of members)
    for (let i = 0; i < postings.length; i++) fill[(shift >= 32 ? 0 : postings[i]! >>> shift) + 1]!++;
  for (let row = 0; row < 1 << rowBits; row++) fill[row + 1]! += fill[row]!;
  const starts = fill.slice();
  const merged = new Uint32Array(total);
  let firstSlot = 0;
  for (const { chunks, postings } of members) {
    for (let i = 0; i < postings.length; i++)
      merged[fill[shift >= 32 ? 0 : postings[i]! >>> shift]!++] = postings[i]! + firstSlot;
    firstSlot += chunks;
  }
  const rows: Uint8Array[] = [];
  for (let row = 0; row < 1 << rowBits; row++)
    rows.push(encodePostings(merged.subarray(starts[row]!, starts[row + 1]!).sort(), rowBase(row, rowBits)));
  return { rowBits, rows };
}

export function encodeMembers(rowBits: number, members: GroupMember[]): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(rowBits);
  writer.varint(members.length);
  for (const { block, chunks } of members) {
    writer.varint(block);
    writer.varint(chunks);
  }
  return writer.done().slice();
}

export function decodeMembers(body: Uint8Array): { rowBits: number; members: GroupMember[] } {
  const reader = new ByteReader(body);
  const rowBits = reader.byte();
  const members = Array.from({ length: reader.varint() }, () => ({
    block: reader.varint(),
    chunks: reader.varint(),
  }));
  return { rowBits, members };
}
