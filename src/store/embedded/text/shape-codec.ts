import { type Packings, pack, unpackAll } from '../codec.js';
import { ByteReader, ByteWriter } from '../varint.js';
import { hashWords } from './shape-hash.js';
import type { ShapeTable } from './shape-table.js';

/** Lines that are packed, and read, as one piece. */
export interface LineRange {
  line0: number;
  lines: number;
  /** Bytes of them. */
  rawLength: number;
}

/** Bytes that a shape's number takes. */
export function planesFor(shapes: number): number {
  return shapes <= 0x100 ? 1 : shapes <= 0x1_0000 ? 2 : 3;
}

/**
 * Shapes as they lie in a file.
 * @param numbers of those to write @param examples with their examples' digits
 */
export function packShapes(
  table: ShapeTable,
  numbers: readonly number[],
  examples: boolean,
  packings: Packings,
): Buffer {
  const writer = new ByteWriter(1024);
  writer.varint(numbers.length);
  if (numbers.length === 0) return Buffer.from(writer.done());
  const lengths = new ByteWriter(numbers.length * 2);
  const digits = new ByteWriter(1024);
  const texts: Uint8Array[] = [];
  const plain = numbers.map((number, i) => (table.plain[number] === 1 ? i : -1)).filter(i => i >= 0);
  writer.varint(plain.length);
  for (const i of plain) writer.varint(i);
  for (const number of numbers) {
    lengths.varint(table.lengths[number]!);
    texts.push(table.shapeOf(number));
    if (!examples) continue;
    const start = table.starts[number]!;
    for (let place = table.placeStarts[number]!; place < table.placeStarts[number + 1]!; place++)
      digits.byte(table.example[start + table.places[place]!]!);
  }
  writer.sized(pack(lengths.done(), packings.columns));
  writer.sized(pack(Buffer.concat(texts), packings.text));
  writer.sized(pack(digits.done(), packings.columns));
  return Buffer.from(writer.done());
}

/** Shapes as `packShapes` wrote them, not unpacked yet. */
export interface PackedShapes {
  count: number;
  /** Which of them, by their place, are the line itself. */
  plain: readonly number[];
  /** Lengths, texts, digits of the examples; none where there are no shapes. */
  blobs: Uint8Array[];
}

/** The same, unpacked. */
export interface UnpackedShapes {
  lengths: Uint32Array;
  plain: readonly number[];
  text: Uint8Array;
  /** Digits of the examples, one shape's after the other's; none where these are not told. */
  digits: Uint8Array;
}

export function readShapes(body: Uint8Array): PackedShapes {
  const reader = new ByteReader(body);
  const count = reader.varint();
  if (count === 0) return { count, plain: [], blobs: [] };
  const plain = Array.from({ length: reader.varint() }, () => reader.varint());
  return { count, plain, blobs: [reader.sized(), reader.sized(), reader.sized()] };
}

const NOTHING = new Uint8Array(0);

/**
 * @param contents of the blobs, unpacked
 * @throws RangeError where they are not as long as they say
 */
export function openShapes({ count, plain }: PackedShapes, contents: readonly Uint8Array[]): UnpackedShapes {
  const lengths = new Uint32Array(count);
  const [packed = NOTHING, text = NOTHING, digits = NOTHING] = contents;
  const reader = new ByteReader(packed);
  let total = 0;
  for (let i = 0; i < count; i++) total += lengths[i] = reader.varint();
  if (total !== text.length) throw new RangeError('The shapes have not the length they should.');
  return { lengths, plain, text, digits };
}

/** Adds shapes as `packShapes` wrote them to a dictionary that goes on. */
export function unpackShapes(body: Uint8Array, into: ShapeTable): void {
  const packed = readShapes(body);
  const { lengths, text, digits } = openShapes(packed, unpackAll(packed.blobs).contents);
  const plain = new Set(packed.plain);
  let at = 0;
  let digit = 0;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i]!;
    const shape = text.subarray(at, at + length);
    const number = into.add(hashOfShape(text, at, length), shape, undefined, plain.has(i));
    at += length;
    if (digits.length === 0) continue;
    const start = into.starts[number]!;
    for (let place = into.placeStarts[number]!; place < into.placeStarts[number + 1]!; place++)
      into.example[start + into.places[place]!] = digits[digit++]!;
  }
}

let hashBytes = new Uint8Array(1 << 12);
let hashInts = new Int32Array(hashBytes.buffer);

function hashOfShape(text: Uint8Array, at: number, length: number): number {
  if (hashBytes.length < length + 4) {
    hashBytes = new Uint8Array((length * 2 + 11) & ~7);
    hashInts = new Int32Array(hashBytes.buffer);
  }
  hashBytes.set(text.subarray(at, at + length));
  hashBytes.fill(0, length, length + 4);
  return hashWords(hashInts, 0, length);
}
