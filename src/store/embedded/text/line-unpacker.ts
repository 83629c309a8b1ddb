import { unpackAll } from '../codec.js';
import { ByteReader } from '../varint.js';
import { MAYBE } from '../verdict.js';
import { DIGIT, HEX_UPPER } from './mask.js';
import type { ReadShapes } from './read-shapes.js';
import { type LineRange, planesFor } from './shape-codec.js';
import type { ShapeVerdicts } from './shape-sieve.js';
import { Stamper } from './stamp.js';

/** The shapes a block names: those of its dictionary up to a number, then its own. */
export interface BlockShapes {
  shared: ReadShapes;
  known: number;
  local: ReadShapes;
}

export interface ChunkLines {
  raw: Buffer;
  starts: Uint32Array;
}

/** What the chunks of a block have in common, unpacked. */
export interface BlockRefs {
  shapes: BlockShapes;
  /** Numbers of the lines' shapes. */
  refs: Uint32Array;
  /** Of each line whose shape begins with a stamp: 1 where its digits are its time's. */
  stamped: Uint8Array;
  /** Two a byte: how hexadecimal digits differ. */
  nibbles: Uint8Array;
  chunks: { zone: number; stamp0: number; nibble0: number }[];
}

/** Numbers of shapes and what else a block's chunks have in common, not unpacked yet. */
export interface PackedRefs {
  chunks: BlockRefs['chunks'];
  /** A blob for each byte of the numbers, then `stamped` and `nibbles`. */
  blobs: Uint8Array[];
}

/** @param chunks how many the block has @param shapes how many it names */
export function readRefs(body: Uint8Array, chunks: number, shapes: number): PackedRefs {
  const reader = new ByteReader(body);
  let [stamp0, nibble0] = [0, 0];
  const heads = Array.from({ length: chunks }, () => {
    const head = { zone: reader.signed(), stamp0, nibble0 };
    stamp0 += reader.varint();
    nibble0 += reader.varint();
    return head;
  });
  const blobs = Array.from({ length: planesFor(shapes) + 2 }, () => reader.sized());
  return { chunks: heads, blobs };
}

/** @param contents of the blobs, unpacked @param lines of the block in all */
export function openRefs(
  { chunks }: PackedRefs,
  contents: readonly Uint8Array[],
  lines: number,
  shapes: BlockShapes,
): BlockRefs {
  const refs = new Uint32Array(lines);
  const planes = contents.length - 2;
  for (let k = 0; k < planes; k++) {
    const plane = contents[k]!;
    for (let i = 0; i < lines; i++) refs[i]! |= plane[i]! << (k * 8);
  }
  return { shapes, refs, chunks, stamped: contents[planes]!, nibbles: contents[planes + 1]! };
}

/** @param chunks how many the block has, and `lines` in all */
export function unpackRefs(body: Uint8Array, chunks: number, lines: number, shapes: BlockShapes): BlockRefs {
  const packed = readRefs(body, chunks, shapes.known + shapes.local.count);
  return openRefs(packed, unpackAll(packed.blobs).contents, lines, shapes);
}

const stamper = new Stamper();
/** Where the line before of each shape begins in the chunk; -1 where none came yet, and between two chunks in all places. */
let last = new Int32Array(0);
let inUse = false;
const NOTHING = Buffer.alloc(0);

/** What is said of the shapes of a chunk's lines, by line. */
export function chunkVerdicts(
  { line0, lines }: LineRange,
  { refs, shapes: { known } }: BlockRefs,
  { shared, local }: ShapeVerdicts,
): Uint8Array {
  const verdicts = new Uint8Array(lines);
  for (let i = 0; i < lines; i++) {
    const ref = refs[line0 + i]!;
    verdicts[i] = ref < known ? shared.of(ref) : local.of(ref - known);
  }
  return verdicts;
}

/**
 * The lines of a chunk, as they came.
 * @param digits its decimal digits; asked for where a line is made
 * @param times of the block's lines
 * @param verdicts by line: those alone are made of which it says MAYBE, the others are empty; all lines of a shape are told the same
 */
export function unpackChunk(
  digits: () => Uint8Array,
  index: number,
  { line0, lines, rawLength }: LineRange,
  block: BlockRefs,
  times: () => Float64Array,
  verdicts?: Uint8Array,
): ChunkLines {
  const { refs, shapes } = block;
  const { shared, known, local } = shapes;
  const starts = new Uint32Array(lines + 1);
  let size = 0;
  for (let i = 0; i < lines; i++) {
    if (verdicts === undefined || verdicts[i] === MAYBE) {
      const ref = refs[line0 + i]!;
      size += ref < known ? shared.lengthOf(ref) : local.lengthOf(ref - known);
    }
    starts[i + 1] = size;
  }
  if (!verdicts && size !== rawLength) throw new RangeError('The lines have not the length they should.');
  if (size === 0) return { raw: NOTHING, starts };
  const raw = Buffer.allocUnsafeSlow(size);
  const sparse = verdicts !== undefined;
  fillLines(new Uint8Array(raw.buffer), starts, digits(), index, line0, block, times, sparse);
  return { raw, starts };
}

function fillLines(
  out: Uint8Array,
  starts: Uint32Array,
  packed: Uint8Array,
  index: number,
  line0: number,
  { refs, stamped, nibbles, chunks, shapes: { shared, known, local } }: BlockRefs,
  times: () => Float64Array,
  sparse: boolean,
): void {
  const digits = new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
  const { zone, stamp0, nibble0 } = chunks[index]!;
  const own = (chunks[index + 1]?.stamp0 ?? stamped.length) > stamp0 ? times() : undefined;
  const count = known + local.count;
  const before = noneBefore(count);
  let stampAt = stamp0;
  let decimals = 0;
  let hexes = nibble0;
  let lines = starts.length - 1;
  while (lines > 0 && starts[lines] === starts[lines - 1]) lines--;
  for (let i = 0; i < lines; i++) {
    const ref = refs[line0 + i]!;
    const table = ref < known ? shared : local;
    const number = ref < known ? ref : ref - known;
    table.measure(number);
    const stampDigits = table.stampDigits[number]!;
    const same = stampDigits > 0 && stamped[stampAt++] === 1;
    const at = starts[i]!;
    const end = starts[i + 1]!;
    if (sparse && end === at) {
      decimals += table.decimals[number]! - (same ? stampDigits : 0);
      hexes += table.hexes[number]!;
      continue;
    }
    const base = before[ref]!;
    before[ref] = at;
    table.place(number);
    if (base >= 0) out.copyWithin(at, base, base + end - at);
    else table.writeExample(number, out, at);
    const { places } = table;
    let place = table.placeStarts[number]!;
    const placeEnd = place + table.decimals[number]! + table.hexes[number]!;
    if (same) {
      stamper.set(own![line0 + i]!, zone);
      const written = stamper.digits;
      const first = table.stampFirst[number]!;
      for (let k = first; k < first + stampDigits; k++) out[at + places[place++]!] = DIGIT + written[k]!;
    }
    if (table.hexes[number] === 0) {
      for (; place < placeEnd; place++) {
        const to = at + places[place]!;
        const value = out[to]! + digits[decimals++]!;
        out[to] = value - (10 & ((57 - value) >> 31));
      }
      continue;
    }
    const { text } = table;
    const shape = table.starts[number]!;
    for (; place < placeEnd; place++) {
      const to = at + places[place]!;
      const kind = text[shape + places[place]!]!;
      if (kind === DIGIT) {
        const value = out[to]! + digits[decimals++]!;
        out[to] = value > 57 ? value - 10 : value;
      } else {
        const difference = (nibbles[hexes >> 1]! >> ((hexes & 1) * 4)) & 15;
        hexes++;
        if (difference !== 0) out[to] = hexDigit(nibble(out[to]!) ^ difference, kind);
      }
    }
  }
  forget(before, refs, line0, line0 + lines);
}

function noneBefore(count: number): Int32Array {
  if (last.length < count) last = new Int32Array(Math.ceil(count * 1.25)).fill(-1);
  // A damaged chunk was left in the middle.
  else if (inUse) last.fill(-1);
  inUse = true;
  return last;
}

/** A chunk names a few of some ten thousand shapes: to go over all of them took as long as to make its lines. */
function forget(before: Int32Array, refs: Uint32Array, first: number, end: number): void {
  for (let i = first; i < end; i++) before[refs[i]!] = -1;
  inUse = false;
}

function nibble(byte: number): number {
  return byte < 58 ? byte - 48 : (byte & 15) + 9;
}

function hexDigit(value: number, kind: number): number {
  return value < 10 ? DIGIT + value : value + (kind === HEX_UPPER ? 55 : 87);
}
