import { DIGIT_PACKING, type Packing, pack, USUAL_PACKINGS } from '../codec.js';
import { ByteWriter } from '../varint.js';
import { DIGIT, LineMasker } from './mask.js';
import { type LineRange, packShapes, planesFor } from './shape-codec.js';
import { ShapeTable } from './shape-table.js';
import type { ShapePart, SharedShapes } from './shared-shapes.js';
import { Stamper, zoneOf } from './stamp.js';

/** What the lines of a block became. */
export interface PackedLines {
  /** The dictionary, and how many of its shapes the block may name. */
  dictionary: number;
  known: number;
  /** What the block adds to it. */
  added: ShapePart | undefined;
  /** Shapes that stand in this block alone. */
  local: Buffer;
  /** The numbers of the lines' shapes, and what is small beside them, of all chunks. */
  refs: Buffer;
  /** How the decimal digits differ, a chunk each. */
  digits: Buffer[];
}

/** Memory for larger blocks is not kept. */
const KEPT_BYTES = 12 * 1024 * 1024;

/**
 * Packs the lines of blocks, one after the other in the same memory. A line is the number of its shape and how its digits
 * differ from those of the line of that shape before it in the chunk (of the first one: from the shape's example). A shape
 * that is met again goes to the day's dictionary, one that is not stays in its block.
 */
export class LinePacker {
  private readonly masker = new LineMasker();
  private refs = new Int32Array(0);
  private readonly local = new ShapeTable();
  private met = new Uint32Array(64);
  private firstLine = new Uint32Array(64);
  private readonly writer = new ChunkWriter();
  /** Shapes that stay in the block, by their number there: their number in `local`. */
  private numbers: readonly number[] = [];

  /**
   * The first step: finds the shapes of a block's lines, and gives the dictionary those that were met before.
   * @returns by line the number of its shape in the dictionary's table, negative where it is not in it; good until the next block
   */
  begin(bytes: Uint8Array, starts: Uint32Array, shared: SharedShapes): Int32Array {
    const lines = starts.length - 1;
    const raw = plainArray(bytes);
    shared.begin();
    this.findShapes(raw, starts, lines, shared);
    this.numbers = this.promote(raw, starts, lines, shared);
    return this.refs.subarray(0, lines);
  }

  /** The second: packs the lines that `begin` was given. */
  pack(
    bytes: Uint8Array,
    starts: Uint32Array,
    times: Float64Array,
    chunks: readonly LineRange[],
    shared: SharedShapes,
    packings = USUAL_PACKINGS,
  ): PackedLines {
    const lines = starts.length - 1;
    const raw = plainArray(bytes);
    const { refs, local, writer, numbers } = this;
    writer.begin(shared.table, local, numbers);
    const digits = chunks.map(info => writer.chunk(raw, starts, times, info, refs));
    const packed: PackedLines = {
      dictionary: shared.id,
      known: shared.table.count,
      added: shared.added(packings),
      local: packShapes(local, numbers, false, packings),
      refs: writer.end(refs, lines, packings.columns),
      digits,
    };
    this.masker.end(KEPT_BYTES);
    return packed;
  }

  /** Gives each line the number of its shape; those the dictionary has not, of this block: -1 - number. */
  private findShapes(
    raw: Uint8Array<ArrayBuffer>,
    starts: Uint32Array,
    lines: number,
    shared: SharedShapes,
  ): void {
    this.masker.begin(raw, starts[lines]! - starts[0]! + lines * 4 + 8);
    if (this.refs.length < lines) this.refs = new Int32Array(Math.ceil(lines * 1.25));
    const { masker, refs, local } = this;
    const { bytes: masked, words } = masker;
    const { table } = shared;
    local.clear();
    let at = 0;
    for (let line = 0; line < lines; line++) {
      const from = starts[line]!;
      const to = starts[line + 1]!;
      const length = to - from;
      const plain = !masker.write(from, to, at);
      const { hash } = masker;
      let ref = table.find(hash, words, at, length, plain);
      if (ref < 0) {
        let number = local.find(hash, words, at, length, plain);
        if (number < 0) {
          number = local.add(hash, masked.subarray(at, at + length), undefined, plain);
          if (number >= this.met.length) this.grow();
          this.met[number] = 0;
          this.firstLine[number] = line;
        }
        this.met[number]!++;
        ref = -1 - number;
      }
      refs[line] = ref;
      at = (at + length + 3) & ~3;
    }
  }

  /** Shapes met again go to the dictionary. @returns of those that stay, by their number in the block: their number in the table */
  private promote(raw: Uint8Array, starts: Uint32Array, lines: number, shared: SharedShapes): number[] {
    const { local, refs } = this;
    const renumbered = new Int32Array(local.count);
    const numbers: number[] = [];
    for (let number = 0; number < local.count; number++) {
      const from = starts[this.firstLine[number]!]!;
      const example = raw.subarray(from, from + local.lengths[number]!);
      const added = shared.offer(local, number, example, this.met[number]!);
      if (added === undefined) renumbered[number] = -1 - (numbers.push(number) - 1);
      else renumbered[number] = added;
    }
    for (let line = 0; line < lines; line++) if (refs[line]! < 0) refs[line] = renumbered[-1 - refs[line]!]!;
    return numbers;
  }

  private grow(): void {
    const met = new Uint32Array(this.met.length * 2);
    met.set(this.met);
    this.met = met;
    const firstLine = new Uint32Array(this.firstLine.length * 2);
    firstLine.set(this.firstLine);
    this.firstLine = firstLine;
  }
}

/** Writes the chunks of a block, one after the other. */
class ChunkWriter {
  private shared!: ShapeTable;
  private local!: ShapeTable;
  private numbers: readonly number[] = [];
  private digits = new Uint8Array(1 << 15);
  private nibbles: Uint8Array = new Uint8Array(1 << 12);
  private hexes = 0;
  private stamped: Uint8Array = new Uint8Array(1 << 13);
  private stamps = 0;
  /** Where the last line of each shape begins, in this chunk; -1: none yet. */
  private last = new Int32Array(1 << 12);
  private heads = new ByteWriter(256);
  private readonly stamper = new Stamper();

  begin(shared: ShapeTable, local: ShapeTable, numbers: readonly number[]): void {
    this.shared = shared;
    this.local = local;
    this.numbers = numbers;
    this.hexes = 0;
    this.stamps = 0;
    this.heads = new ByteWriter(256);
  }

  private get shapes(): number {
    return this.shared.count + this.numbers.length;
  }

  /** @returns its decimal digits */
  chunk(
    raw: Uint8Array,
    starts: Uint32Array,
    times: Float64Array,
    { line0, lines }: LineRange,
    refs: Int32Array,
  ): Buffer {
    this.makeRoom(starts[line0 + lines]! - starts[line0]!, lines);
    const { shared, local, numbers, digits, nibbles, last, stamper } = this;
    // What is imported is loaded anew each time.
    const digit = DIGIT;
    const known = shared.count;
    let zone: number | undefined;
    let decimals = 0;
    let { hexes } = this;
    const [stamps0, hexes0] = [this.stamps, hexes];
    for (let line = line0; line < line0 + lines; line++) {
      let ref = refs[line]!;
      const table = ref >= 0 ? shared : local;
      const number = ref >= 0 ? ref : numbers[-1 - ref]!;
      if (ref < 0) ref = known - 1 - ref;
      const from = starts[line]!;
      const { places } = table;
      let place = table.placeStarts[number]!;
      const end = table.placeStarts[number + 1]!;
      const stamp = table.stamps[number];
      if (stamp) {
        zone ??= zoneOf(stamp, stampDigits(raw, from, places, place, stamp.digits), times[line]!);
        let same = stamper.set(times[line]!, zone);
        const own = stamper.digits;
        for (let k = 0; same && k < stamp.digits; k++)
          same = raw[from + places[place + k]!]! - digit === own[stamp.first + k]!;
        this.stamped[this.stamps++] = same ? 1 : 0;
        if (same) place += stamp.digits;
      }
      const before = last[ref]!;
      const base = before >= 0 ? raw : table.example;
      const shape = table.starts[number]!;
      const baseAt = before >= 0 ? before : shape;
      last[ref] = from;
      if (table.hexes[number] === 0) {
        for (; place < end; place++) {
          const at = places[place]!;
          const difference = raw[from + at]! - base[baseAt + at]!;
          digits[decimals++] = difference + (10 & (difference >> 31));
        }
        continue;
      }
      const { text } = table;
      for (; place < end; place++) {
        const at = places[place]!;
        const own = raw[from + at]!;
        const other = base[baseAt + at]!;
        if (text[shape + at] === digit) digits[decimals++] = own >= other ? own - other : own - other + 10;
        else nibbles[hexes++] = nibble(own) ^ nibble(other);
      }
    }
    this.hexes = hexes;
    this.heads.signed(zone ?? 0);
    this.heads.varint(this.stamps - stamps0);
    this.heads.varint(hexes - hexes0);
    return pack(digits.subarray(0, decimals), DIGIT_PACKING);
  }

  /** What the chunks have in common. */
  end(refs: Int32Array, lines: number, packing: Packing): Buffer {
    const { heads, stamped, stamps, nibbles, hexes, shapes } = this;
    const writer = new ByteWriter(lines * 2 + 1024);
    writer.raw(heads.done());
    const known = this.shared.count;
    const plane = new Uint8Array(lines);
    for (let shift = 0; shift < planesFor(shapes) * 8; shift += 8) {
      for (let i = 0; i < lines; i++) {
        const ref = refs[i]!;
        plane[i] = (ref >= 0 ? ref : known - 1 - ref) >>> shift;
      }
      writer.sized(pack(plane, packing));
    }
    writer.sized(pack(stamped.subarray(0, stamps), packing));
    writer.sized(pack(halved(nibbles, hexes), packing));
    return Buffer.from(writer.done());
  }

  private makeRoom(bytes: number, lines: number): void {
    const { shapes } = this;
    if (this.last.length < shapes) this.last = new Int32Array(Math.ceil(shapes * 1.25));
    this.last.fill(-1, 0, shapes);
    if (this.digits.length < bytes) this.digits = new Uint8Array(bytes);
    this.nibbles = roomier(this.nibbles, this.hexes + bytes);
    this.stamped = roomier(this.stamped, this.stamps + lines);
  }
}

/** One kind of array for all that is read here: a Buffer among them makes each access dearer. */
function plainArray(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

function roomier(array: Uint8Array, length: number): Uint8Array {
  if (array.length >= length) return array;
  const larger = new Uint8Array(Math.max(length, array.length * 2));
  larger.set(array);
  return larger;
}

function stampDigits(
  raw: Uint8Array,
  from: number,
  places: Uint32Array,
  place: number,
  count: number,
): Uint8Array {
  return Uint8Array.from({ length: count }, (_, k) => raw[from + places[place + k]!]! - DIGIT);
}

/** The digit's value: 0–9, a–f, A–F. */
function nibble(byte: number): number {
  return byte < 58 ? byte - 48 : (byte & 15) + 9;
}

/** Two a byte. */
function halved(nibbles: Uint8Array, count: number): Uint8Array {
  const out = new Uint8Array((count + 1) >> 1);
  for (let i = 0; i < count; i++) out[i >> 1]! |= nibbles[i]! << ((i & 1) * 4);
  return out;
}
