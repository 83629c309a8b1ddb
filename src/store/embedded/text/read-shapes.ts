import { DIGIT, HEX_LOWER, HEX_UPPER } from './mask.js';
import type { UnpackedShapes } from './shape-codec.js';
import { stampOf } from './stamp.js';

/** What was not asked for yet. */
const UNKNOWN = 0xffff_ffff;
/** Of each byte of a shape: 1 where it stands for a decimal digit, HEX_DIGIT for a hexadecimal one. */
const HEX_DIGIT = 1 << 16;
const DIGITS = new Int32Array(256);
DIGITS[DIGIT] = 1;
DIGITS[HEX_LOWER] = HEX_DIGIT;
DIGITS[HEX_UPPER] = HEX_DIGIT;
/** So long a shape's digits of both kinds fit one number while they are counted. */
const COUNTED_AT_ONCE = 0xffff;

/** Shapes that came together, with their examples' digits one after the other. */
interface Part {
  end: number;
  /** Where its first shape's digits lie in `exampleDigits`. */
  digits0: number;
  /** Whether it says where those of each lie; a block's own shapes have none. */
  digits: number;
  placed: boolean;
}

/**
 * Shapes as a reader holds them. Most are looked at for a word and nothing else: how many digits one has, and where, is told when a
 * line of it is made, or passed over on the way to one. (A block of ten thousand lines may name as many that are its own.)
 */
export class ReadShapes {
  count = 0;
  /** Bytes of all, one after the other; shape `i` from `starts[i]` until before `starts[i + 1]`. */
  text = new Uint8Array(0);
  starts = new Uint32Array(1);
  /** 1 where the shape is the line itself. */
  plain = new Uint8Array(0);
  /** Decimal and hexadecimal digits, after `measure`. */
  decimals = new Uint32Array(0);
  hexes = new Uint32Array(0);
  /** Its stamp: which digit of a time its first one is, and how many it has; after `measure`. */
  stampFirst = new Uint8Array(0);
  stampDigits = new Uint8Array(0);
  /** Where the digits lie in the shape, in their order from `placeStarts[i]` on; after `place`. */
  places = new Uint32Array(1 << 10);
  placeStarts = new Uint32Array(0);
  /** `text` once more, for what wants Buffers. */
  bytes = Buffer.alloc(0);
  private placed = 0;
  private exampleDigits = new Uint8Array(0);
  private exampleEnd = 0;
  private examples = new Uint32Array(0);
  private parts: Part[] = [];

  /** Memory it holds, and is going to hold when all were asked for. */
  get size(): number {
    return this.text.length + this.exampleDigits.length * 5 + this.starts.length * 28;
  }

  /** Forgets all; its memory serves the next ones. */
  clear(): void {
    this.count = 0;
    this.placed = 0;
    this.exampleEnd = 0;
    this.parts = [];
  }

  /** Takes copies of more shapes; nobody reads `contents` later. */
  add(all: readonly UnpackedShapes[]): void {
    let { count, exampleEnd } = this;
    let bytes = this.starts[count]!;
    for (const { lengths, text, digits } of all) {
      count += lengths.length;
      bytes += text.length;
      exampleEnd += digits.length;
    }
    this.reserve(count, bytes, exampleEnd);
    for (const shapes of all) this.take(shapes);
  }

  private take({ lengths, plain, text, digits }: UnpackedShapes): void {
    const { starts, count } = this;
    const end = count + lengths.length;
    this.text.set(text, starts[count]!);
    for (let i = 0; i < lengths.length; i++) starts[count + i + 1] = starts[count + i]! + lengths[i]!;
    this.plain.fill(0, count, end);
    for (const i of plain) this.plain[count + i] = 1;
    this.decimals.fill(UNKNOWN, count, end);
    this.placeStarts.fill(UNKNOWN, count, end);
    this.exampleDigits.set(digits, this.exampleEnd);
    this.parts.push({ end, digits0: this.exampleEnd, digits: digits.length, placed: false });
    this.exampleEnd += digits.length;
    this.count = end;
  }

  lengthOf(shape: number): number {
    return this.starts[shape + 1]! - this.starts[shape]!;
  }

  /** Makes sure that a shape's digits are counted and its stamp is known. */
  measure(shape: number): void {
    if (this.decimals[shape] === UNKNOWN) this.countDigits(shape);
  }

  /** Makes sure that it is known where a shape's digits lie. */
  place(shape: number): void {
    if (this.placeStarts[shape] !== UNKNOWN) return;
    this.measure(shape);
    const first = this.placed;
    const wanted = first + this.decimals[shape]! + this.hexes[shape]!;
    if (wanted > this.places.length)
      this.places = enlarged(this.places, Math.max(wanted, this.places.length * 2));
    const { text, places } = this;
    const start = this.starts[shape]!;
    for (let at = first, i = start; at < wanted; i++) if (DIGITS[text[i]!] !== 0) places[at++] = i - start;
    this.placeStarts[shape] = first;
    this.placed = wanted;
  }

  /** Writes a shape with its example's digits, whose places are known; those of a block's own are zeros. */
  writeExample(shape: number, out: Uint8Array, at: number): void {
    const start = this.starts[shape]!;
    out.set(this.text.subarray(start, this.starts[shape + 1]!), at);
    const first = this.placeStarts[shape]!;
    const end = first + this.decimals[shape]! + this.hexes[shape]!;
    if (end === first) return;
    const { places, exampleDigits } = this;
    const digits = this.exampleOf(shape);
    if (digits === UNKNOWN) for (let i = first; i < end; i++) out[at + places[i]!] = DIGIT;
    else for (let i = first; i < end; i++) out[at + places[i]!] = exampleDigits[digits + i - first]!;
  }

  private exampleOf(shape: number): number {
    const { parts } = this;
    let low = 0;
    for (let high = parts.length - 1; low < high; ) {
      const middle = (low + high) >>> 1;
      if (parts[middle]!.end > shape) high = middle;
      else low = middle + 1;
    }
    const part = parts[low]!;
    if (part.digits === 0) return UNKNOWN;
    if (!part.placed) {
      let at = part.digits0;
      for (let i = low === 0 ? 0 : parts[low - 1]!.end; i < part.end; i++) {
        this.measure(i);
        this.examples[i] = at;
        at += this.decimals[i]! + this.hexes[i]!;
      }
      part.placed = true;
    }
    return this.examples[shape]!;
  }

  private countDigits(shape: number): void {
    const { text } = this;
    const start = this.starts[shape]!;
    const end = this.starts[shape + 1]!;
    let [decimals, hexes] = [0, 0];
    this.stampDigits[shape] = 0;
    if (this.plain[shape] !== 1)
      for (let from = start; from < end; from += COUNTED_AT_ONCE) {
        const to = Math.min(end, from + COUNTED_AT_ONCE);
        let both = 0;
        // Without branches: a processor guesses wrong at each end of each number.
        for (let i = from; i < to; i++) both += DIGITS[text[i]!]!;
        decimals += both & 0xffff;
        hexes += both >>> 16;
      }
    this.decimals[shape] = decimals;
    this.hexes[shape] = hexes;
    if (decimals === 0) return;
    let first = start;
    while (DIGITS[text[first]!] === 0) first++;
    const stamp = stampOf(text, start, end - start, first - start);
    if (!stamp) return;
    this.stampFirst[shape] = stamp.first;
    this.stampDigits[shape] = stamp.digits;
  }

  private reserve(count: number, bytes: number, digits: number): void {
    if (bytes > this.text.length) {
      this.text = enlarged(this.text, this.roomFor(bytes, this.text.length));
      this.bytes = Buffer.from(this.text.buffer);
    }
    if (digits > this.exampleDigits.length)
      this.exampleDigits = enlarged(this.exampleDigits, this.roomFor(digits, this.exampleDigits.length));
    if (count < this.starts.length) return;
    const size = this.roomFor(count, this.plain.length);
    this.starts = enlarged(this.starts, size + 1);
    this.plain = enlarged(this.plain, size);
    this.decimals = enlarged(this.decimals, size);
    this.hexes = enlarged(this.hexes, size);
    this.stampFirst = enlarged(this.stampFirst, size);
    this.stampDigits = enlarged(this.stampDigits, size);
    this.placeStarts = enlarged(this.placeStarts, size);
    this.examples = enlarged(this.examples, size);
  }

  /** What comes first is what there is, as a rule; what comes later may be followed by more. */
  private roomFor(wanted: number, had: number): number {
    return had === 0 ? wanted : Math.max(wanted, had + (had >> 1));
  }
}

function enlarged<T extends Uint8Array | Uint32Array>(array: T, size: number): T {
  const larger = new (array.constructor as new (length: number) => T)(size);
  larger.set(array as never);
  return larger;
}
