import { DIGIT, HEX_LOWER, HEX_UPPER } from './mask.js';
import { type StampForm, stampOf } from './stamp.js';

const SLOTS = 1 << 12;

/**
 * Shapes by number. Each lies at a multiple of four in one stretch of memory, so that they are hashed and compared by words of
 * four bytes, beside an example: the line it was first seen as, from whose digits the first line of each chunk differs least.
 */
export class ShapeTable {
  count = 0;
  /** Bytes of all shapes, with what fills them up to multiples of four. */
  bytes = 0;
  text = new Uint8Array(1 << 12);
  example = new Uint8Array(1 << 12);
  starts = new Uint32Array(64);
  lengths = new Uint32Array(64);
  /** Decimal and hexadecimal digits of each. */
  decimals = new Uint32Array(64);
  hexes = new Uint32Array(64);
  /** 1 where the shape is the line itself. */
  plain = new Uint8Array(64);
  stamps: (StampForm | undefined)[] = [];
  /** Digits of its stamp; 0 where it has none. */
  stampDigits = new Uint8Array(64);
  /** Where the digits of a shape lie in it: places from `placeStarts[i]` until before `placeStarts[i + 1]`. */
  places = new Uint32Array(1 << 10);
  placeStarts = new Uint32Array(65);
  private words = new Int32Array(this.text.buffer);
  private hashes = new Int32Array(64);
  private slots = new Int32Array(SLOTS);

  clear(): void {
    this.count = 0;
    this.bytes = 0;
    this.stamps.length = 0;
    this.slots.fill(0);
    this.placeStarts[0] = 0;
  }

  /** Memory it holds. */
  get size(): number {
    return (
      this.text.length +
      this.example.length +
      this.places.byteLength +
      this.count * 24 +
      this.slots.byteLength
    );
  }

  /**
   * Number of a shape, or -1.
   * @param words of the memory it lies in, `at` (a multiple of four) and `length` in bytes; filled up with zeros
   */
  find(hash: number, words: Int32Array, at: number, length: number, plain: boolean): number {
    const { slots, hashes, lengths, starts } = this;
    const mask = slots.length - 1;
    const own = this.words;
    const size = (length + 3) >>> 2;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const shape = slots[slot]! - 1;
      if (shape < 0) return -1;
      if (hashes[shape] !== hash || lengths[shape] !== length || (this.plain[shape] === 1) !== plain)
        continue;
      let a = starts[shape]! >>> 2;
      let b = at >>> 2;
      const end = a + size;
      while (a < end && own[a] === words[b]) {
        a++;
        b++;
      }
      if (a === end) return shape;
    }
  }

  /**
   * @param shape the shape's bytes @param example the line's, of the same length; absent: zeros for its digits
   * @returns its number
   */
  add(hash: number, shape: Uint8Array, example: Uint8Array | undefined, plain: boolean): number {
    const { length } = shape;
    const start = this.bytes;
    const end = start + ((length + 3) & ~3);
    this.reserve(end);
    const { text } = this;
    text.fill(0, end - 4 < start ? start : end - 4, end);
    text.set(shape, start);
    this.example.set(example ?? shape, start);
    const number = this.count++;
    this.starts[number] = start;
    this.lengths[number] = length;
    this.plain[number] = plain ? 1 : 0;
    this.hashes[number] = hash;
    this.bytes = end;
    this.findPlaces(number, plain, example !== undefined);
    if (this.count * 2 > this.slots.length) this.rehash(this.slots.length * 2);
    else this.enter(number);
    return number;
  }

  hashOf(number: number): number {
    return this.hashes[number]!;
  }

  /** The shape's bytes, good until the next is added. */
  shapeOf(number: number): Uint8Array {
    return this.text.subarray(this.starts[number]!, this.starts[number]! + this.lengths[number]!);
  }

  private findPlaces(number: number, plain: boolean, hasExample: boolean): void {
    const { text, example } = this;
    const start = this.starts[number]!;
    const length = this.lengths[number]!;
    let at = this.placeStarts[number]!;
    if (this.places.length < at + length) {
      const larger = new Uint32Array(Math.max(at + length, this.places.length * 2));
      larger.set(this.places);
      this.places = larger;
    }
    const { places } = this;
    let decimals = 0;
    if (!plain)
      for (let i = 0; i < length; i++) {
        const c = text[start + i]!;
        if (c === DIGIT) decimals++;
        else if (c !== HEX_LOWER && c !== HEX_UPPER) continue;
        else if (!hasExample) example[start + i] = DIGIT;
        places[at++] = i;
      }
    this.placeStarts[number + 1] = at;
    this.decimals[number] = decimals;
    this.hexes[number] = at - this.placeStarts[number]! - decimals;
    const stamp =
      plain || decimals === 0 ? undefined : stampOf(text, start, length, places[this.placeStarts[number]!]!);
    this.stamps.push(stamp);
    this.stampDigits[number] = stamp?.digits ?? 0;
  }

  private reserve(bytes: number): void {
    if (bytes > this.text.length) {
      const size = Math.max((bytes + 7) & ~7, this.text.length * 2);
      this.text = enlarged(this.text, size);
      this.example = enlarged(this.example, size);
      this.words = new Int32Array(this.text.buffer);
    }
    if (this.count + 1 < this.starts.length) return;
    const size = this.starts.length * 2;
    this.starts = enlarged(this.starts, size);
    this.lengths = enlarged(this.lengths, size);
    this.decimals = enlarged(this.decimals, size);
    this.hexes = enlarged(this.hexes, size);
    this.plain = enlarged(this.plain, size);
    this.stampDigits = enlarged(this.stampDigits, size);
    this.hashes = enlarged(this.hashes, size);
    this.placeStarts = enlarged(this.placeStarts, size + 1);
  }

  private enter(number: number): void {
    const mask = this.slots.length - 1;
    const hash = this.hashes[number]!;
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = number + 1;
  }

  private rehash(size: number): void {
    if (size === this.slots.length) this.slots.fill(0);
    else this.slots = new Int32Array(size);
    for (let number = 0; number < this.count; number++) this.enter(number);
  }
}

function enlarged<T extends Uint8Array | Uint32Array | Int32Array>(array: T, size: number): T {
  const larger = new (array.constructor as new (length: number) => T)(size);
  larger.set(array as never);
  return larger;
}
