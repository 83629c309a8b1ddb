import { LineShape, LONGEST_SHAPE } from './shape.js';

/** Shapes that are remembered, and words of four bytes for them, in each of two generations. */
const SHAPES = 16_384;
const WORDS = 512 * 1024;

/**
 * What was found out about lines, by their shape (shape.ts) and by what else it depends on. A generation is filled; then it is the old
 * one, and a new one takes up what is asked for: what was not asked for in a whole generation is forgotten. At most 5 MB.
 */
export class ShapeMemory<Known> {
  private readonly shape = new LineShape();
  private young = new Generation<Known>();
  private old = new Generation<Known>();
  /** Of the line asked for last. */
  private words = 0;
  private hash = 0;

  /** Lines of these bytes are asked for from now on. */
  of(bytes: Uint8Array): void {
    this.shape.of(bytes);
  }

  /**
   * What was kept for a line of the shape of [from, to); undefined where nothing was.
   * @param about what else it depends on, as a number
   */
  find(from: number, to: number, about: number): Known | undefined {
    const { shape } = this;
    const length = shape.read(from, to);
    this.words = 0;
    if (length === 0) return undefined;
    const { words } = shape;
    const count = (length + 3) >> 2;
    words[count] = about;
    this.words = count + 1;
    this.hash = shape.hash ^ Math.imul(about, 0x9e3779b1);
    const known = this.young.find(words, count + 1, this.hash);
    if (known !== undefined) return known;
    const before = this.old.find(words, count + 1, this.hash);
    if (before !== undefined) this.keep(before);
    return before;
  }

  /** Whether the line that `find` was asked for last has a shape. */
  get canKeep(): boolean {
    return this.words > 0;
  }

  /** Of that line. */
  keep(known: Known): void {
    if (!this.canKeep) return;
    if (this.young.isFull) {
      const oldest = this.old;
      this.old = this.young;
      this.young = oldest;
      oldest.clear();
    }
    this.young.add(this.shape.words, this.words, this.hash, known);
  }
}

class Generation<Known> {
  /** Open addressing: number of an entry + 1. */
  private readonly slots = new Uint32Array(2 * SHAPES);
  private readonly hashes = new Int32Array(SHAPES);
  /** Where the entry's shape begins; that of the next one is where it ends. */
  private readonly starts = new Uint32Array(SHAPES + 1);
  private readonly entries: Known[] = [];
  private text = new Int32Array(0);

  get isFull(): boolean {
    const count = this.entries.length;
    return count === SHAPES || this.starts[count]! + LONGEST_SHAPE / 4 + 1 > WORDS;
  }

  clear(): void {
    this.slots.fill(0);
    this.entries.length = 0;
  }

  find(words: Int32Array, count: number, hash: number): Known | undefined {
    const { slots, hashes, starts, text } = this;
    for (let slot = hash & MASK; ; slot = (slot + 1) & MASK) {
      const entry = slots[slot]! - 1;
      if (entry < 0) return undefined;
      if (hashes[entry] !== hash) continue;
      const start = starts[entry]!;
      if (starts[entry + 1]! - start !== count) continue;
      let at = 0;
      while (at < count && text[start + at] === words[at]) at++;
      if (at === count) return this.entries[entry];
    }
  }

  add(words: Int32Array, count: number, hash: number, known: Known): void {
    const { slots, hashes, starts, entries } = this;
    let slot = hash & MASK;
    while (slots[slot] !== 0) slot = (slot + 1) & MASK;
    const entry = entries.length;
    const start = starts[entry]!;
    this.grow(start + count);
    this.text.set(words.subarray(0, count), start);
    hashes[entry] = hash;
    starts[entry + 1] = start + count;
    entries.push(known);
    slots[slot] = entry + 1;
  }

  /** Few sources write few shapes. */
  private grow(words: number): void {
    if (words <= this.text.length) return;
    const text = new Int32Array(Math.min(WORDS, Math.max(16_384, 2 * words)));
    text.set(this.text);
    this.text = text;
  }
}

const MASK = 2 * SHAPES - 1;
