import type { PostingSorter } from './posting-list.js';
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

/**
 * Encodes sorted distinct numbers: count, Rice parameter, then bits. `base` is subtracted from the first.
 * @param sorted from `first` until before `end`
 */
export function encodePostings(sorted: Uint32Array, base = 0, first = 0, end = sorted.length): Uint8Array {
  const count = end - first;
  const head = new ByteWriter(16);
  head.varint(count);
  if (count === 0) return head.done();
  const range = sorted[end - 1]! - base;
  const parameter = Math.max(0, Math.min(24, Math.floor(Math.log2((range / count) * 0.69 + 1))));
  head.byte(parameter);
  const ones = Math.floor(range / 2 ** parameter);
  const out = new Uint8Array(head.length + ((count * (parameter + 1) + ones) >>> 3) + 8);
  out.set(head.done());
  let at = head.length;
  let bits = 0;
  let held = 0;
  let next = base;
  for (let i = first; i < end; i++) {
    const gap = sorted[i]! - next;
    next = sorted[i]! + 1;
    let quotient = gap >>> parameter;
    // A one for each whole step, and the zero that ends them. Less than a byte is held, so 16 more always find room.
    while (quotient >= 16) {
      bits |= 0xffff << held;
      out[at] = bits;
      out[at + 1] = bits >>> 8;
      at += 2;
      bits >>>= 16;
      quotient -= 16;
    }
    bits |= ((1 << quotient) - 1) << held;
    held += quotient + 1;
    while (held >= 8) {
      out[at] = bits;
      at += 1;
      bits >>>= 8;
      held -= 8;
    }
    bits |= (gap & ((1 << parameter) - 1)) << held;
    held += parameter;
    while (held >= 8) {
      out[at] = bits;
      at += 1;
      bits >>>= 8;
      held -= 8;
    }
  }
  if (held > 0) out[at++] = bits;
  return out.subarray(0, at);
}

export function decodePostings(body: Uint8Array, base = 0): Uint32Array {
  const { count, parameter, bit } = headOf(body);
  const sorted = new Uint32Array(count);
  if (count > 0) decode(body, parameter, bit, base, sorted);
  return sorted;
}

function headOf(body: Uint8Array): { count: number; parameter: number; bit: number } {
  const reader = new ByteReader(body);
  const count = reader.varint();
  const parameter = count === 0 ? 0 : reader.byte();
  return { count, parameter, bit: reader.at * 8 };
}

/**
 * Fills `into` with the postings from a bit of the body on.
 * @param from what the first one's gap is added to @returns the bit after the last one
 */
function decode(body: Uint8Array, parameter: number, bit: number, from: number, into: Uint32Array): number {
  const mask = (1 << parameter) - 1;
  const step = 2 ** parameter;
  let at = bit >>> 3;
  // Up to 32 bits that were taken from the body; those above `held` are 0.
  let bits = body[at++]! >>> (bit & 7);
  let held = 8 - (bit & 7);
  let value = from;
  for (let i = 0; i < into.length; i++) {
    let quotient = 0;
    for (;;) {
      while (held <= 24) {
        bits |= body[at++]! << held;
        held += 8;
      }
      const zeros = ~bits;
      const ones = zeros === 0 ? 32 : 31 - Math.clz32(zeros & -zeros);
      quotient += ones;
      if (ones < held) {
        bits = ones === 31 ? 0 : bits >>> (ones + 1);
        held -= ones + 1;
        break;
      }
      bits = 0;
      held = 0;
    }
    while (held <= 24) {
      bits |= body[at++]! << held;
      held += 8;
    }
    value += quotient * step + (bits & mask);
    bits >>>= parameter;
    held -= parameter;
    into[i] = value;
    value += 1;
  }
  return at * 8 - held;
}

/** So many postings are decoded for one look-up. */
const STRIDE = 128;

/**
 * A block's own row, which many words are looked up in: where each STRIDE of its postings begins is found once, so that a look-up
 * decodes few, and what is kept is a third of the numbers.
 */
export class PostingRow {
  private readonly parameter: number;
  private readonly count: number;
  /** Of each stride what its first gap is added to, and the bit it begins with. */
  private readonly values: Uint32Array;
  private readonly bits: Uint32Array;

  constructor(private readonly body: Uint8Array) {
    const { count, parameter, bit } = headOf(body);
    this.count = count;
    this.parameter = parameter;
    const strides = Math.ceil(count / STRIDE);
    this.values = new Uint32Array(strides);
    this.bits = new Uint32Array(strides);
    let [at, value] = [bit, 0];
    for (let stride = 0; stride < strides; stride++) {
      this.values[stride] = value;
      this.bits[stride] = at;
      const part = this.strideOf(stride);
      at = decode(body, parameter, at, value, part);
      value = part.at(-1)! + 1;
    }
  }

  /** Memory it holds. */
  get size(): number {
    return this.body.length + this.values.byteLength * 2;
  }

  /** As `slotsOf`. */
  slotsOf(mark: number, into: number[]): void {
    const wanted = mark * GROUP_SLOTS;
    const { values, bits } = this;
    let low = 0;
    let high = values.length;
    // The last stride that begins at or before what is wanted.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (values[middle]! <= wanted) low = middle + 1;
      else high = middle;
    }
    for (let stride = Math.max(0, low - 1); stride < values.length; stride++) {
      if (values[stride]! >= wanted + GROUP_SLOTS) return;
      const part = this.strideOf(stride);
      decode(this.body, this.parameter, bits[stride]!, values[stride]!, part);
      slotsOf(part, mark, into);
    }
  }

  /** Room for a stride's postings, used again for the next. */
  private strideOf(stride: number): Uint32Array {
    return STRIDE_ROOM.subarray(0, Math.min(STRIDE, this.count - stride * STRIDE));
  }
}

const STRIDE_ROOM = new Uint32Array(STRIDE);

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
function rowBitsFor(postings: number): number {
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
export function mergeGroup(
  members: { chunks: number; postings: Uint32Array }[],
  sorter: PostingSorter,
): {
  rowBits: number;
  rows: Uint8Array[];
} {
  let total = 0;
  for (const member of members) total += member.postings.length;
  const merged = new Uint32Array(total);
  let at = 0;
  let firstSlot = 0;
  for (const { chunks, postings } of members) {
    moveSlots(postings, firstSlot, merged, at);
    at += postings.length;
    firstSlot += chunks;
  }
  sorter.sort(merged);
  const rowBits = rowBitsFor(total);
  const rows: Uint8Array[] = [];
  for (let row = 0, first = 0; row < 1 << rowBits; row++) {
    const limit = rowBase(row + 1, rowBits);
    let end = first;
    while (end < total && merged[end]! < limit) end++;
    rows.push(encodePostings(merged, rowBase(row, rowBits), first, end));
    first = end;
  }
  return { rowBits, rows };
}

/** A function of its own, as a group is merged so seldom that V8 never makes its loops quick. */
function moveSlots(postings: Uint32Array, by: number, into: Uint32Array, at: number): void {
  for (let i = 0; i < postings.length; i++) into[at + i] = postings[i]! + by;
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
