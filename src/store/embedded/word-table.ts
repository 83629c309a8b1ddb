import { FOLDED_BYTES, TOKEN_BYTES } from '../../query/tokens.js';
import {
  beginsWithLetter,
  fingerprint,
  HASH_START,
  hashStep,
  PREFIX_BYTES,
  PREFIX_START,
} from './word-hash.js';

/** A word's folded byte, 0 for what ends a word (query/tokens.ts says what a word is). */
const WORD_FOLD: Uint8Array = Uint8Array.from(FOLDED_BYTES, (folded, byte) =>
  TOKEN_BYTES[byte] ? folded : 0,
);

// One word's numbers lie side by side: a look-up touches one cache line.
const STRIDE = 8;
const HASH = 0;
const HASH2 = 1;
/** Chunk and cell the word was last seen in: one comparison settles the usual case. */
const PLACE = 2;
const LAST_LINE = 3;
const IN_CELL = 4;
const LINES = 5;
const START = 6;
const LENGTH = 7;

const CELL_BITS = 20;
const CELL_MASK = (1 << CELL_BITS) - 1;

const HASH2_START = 0x3c6ef372;
const HASH2_PRIME = 0x85ebca6b | 0;

const PREFIX_SLOTS = 1 << 14;

/** A frequent word: its (folded) bytes, and how many lines hold it in each cell, cells rising. */
export type EachWord = (word: Uint8Array, cells: Int32Array, lines: Int32Array, count: number) => void;

/**
 * The distinct words of one block while it is built: gives each chunk's words to the index, and how many lines hold
 * each frequent word, by cell. Two words are taken for the same when two hashes of 32 bits agree: comparing the bytes costs
 * a third of all indexing, and in a block of 20,000 words a collision has a chance of one in 10^11.
 */
export class WordTable {
  private readonly text: Uint8Array;
  private slots = new Int32Array(1 << 15);
  private mask = (1 << 15) - 1;
  private entries = new Int32Array(STRIDE << 14);
  private count = 0;
  /** (fingerprint << 8 | chunk), once a chunk and word. */
  private postings = new Uint32Array(1 << 15);
  private postingCount = 0;
  /** (word, cell, lines) when a word's cell changes. */
  private flushed = new Int32Array(3 << 14);
  private flushedCount = 0;
  private readonly prefixSeen = new Float64Array(PREFIX_SLOTS);
  private chunk = 0;

  /** @param text the block's text, all chunks */
  constructor(text: Uint8Array) {
    this.text = text;
    this.prefixSeen.fill(-1);
  }

  beginChunk(chunk: number): void {
    this.chunk = chunk;
  }

  /**
   * Takes the words of a chunk's lines. One long loop on local variables: it sees every byte that is stored, and the
   * usual word (known, in the same cell) is settled without a call.
   * @param starts where the lines begin in the text, by their number in the block
   */
  addLines(starts: Uint32Array, line0: number, lines: number, cellOf: Int32Array): void {
    const { text, chunk } = this;
    let { slots, mask, entries } = this;
    let at = starts[line0]!;
    for (let line = line0; line < line0 + lines; line++) {
      const to = starts[line + 1]!;
      const place = (chunk << CELL_BITS) | cellOf[line]!;
      while (at < to) {
        let folded = WORD_FOLD[text[at]!]!;
        if (folded === 0) {
          at++;
          continue;
        }
        const start = at;
        let hash = HASH_START;
        let hash2 = HASH2_START;
        do {
          // hashStep, written out
          hash = Math.imul(hash ^ folded, 0x01000193);
          hash2 = Math.imul(hash2 + folded, HASH2_PRIME);
          at++;
          folded = at < to ? WORD_FOLD[text[at]!]! : 0;
        } while (folded !== 0);
        const entry = (slots[(hash ^ (hash >>> 15)) & mask]! - 1) * STRIDE;
        if (
          entry >= 0 &&
          entries[entry] === hash &&
          entries[entry + HASH2] === hash2 &&
          entries[entry + PLACE] === place
        ) {
          if (entries[entry + LAST_LINE] !== line) {
            entries[entry + LAST_LINE] = line;
            entries[entry + IN_CELL]!++;
          }
          continue;
        }
        this.add(hash, hash2, start, at - start, line, place);
        ({ slots, mask, entries } = this);
      }
    }
  }

  /** Sorted, each (fingerprint << 8 | chunk) once. */
  sortedPostings(): Uint32Array {
    const sorted = this.postings.subarray(0, this.postingCount).sort();
    let kept = 0;
    for (let i = 0; i < sorted.length; i++)
      if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[kept++] = sorted[i]!;
    return sorted.slice(0, kept);
  }

  /** Calls `each` for the words that at least `minimum` lines hold. The arrays it gets are used again for the next. */
  eachFrequent(minimum: number, cellCount: number, each: EachWord): void {
    const { entries } = this;
    for (let entry = 0; entry < this.count; entry++)
      if (entries[entry * STRIDE + LINES]! + entries[entry * STRIDE + IN_CELL]! >= minimum)
        this.flush(entry * STRIDE);
    // A counting sort brings each word's counts together.
    const { flushed, flushedCount } = this;
    const next = new Int32Array(this.count + 1);
    for (let i = 0; i < flushedCount; i++) next[flushed[i * 3]! + 1]!++;
    for (let entry = 0; entry < this.count; entry++) next[entry + 1]! += next[entry]!;
    const starts = next.slice();
    const order = new Int32Array(flushedCount);
    for (let i = 0; i < flushedCount; i++) order[next[flushed[i * 3]!]!++] = i;
    const inCell = new Int32Array(cellCount);
    const touched = new Int32Array(cellCount);
    const lines = new Int32Array(cellCount);
    for (let entry = 0; entry < this.count; entry++) {
      if (entries[entry * STRIDE + LINES]! < minimum) continue;
      let count = 0;
      for (let at = starts[entry]!; at < starts[entry + 1]!; at++) {
        const cell = flushed[order[at]! * 3 + 1]!;
        if (inCell[cell] === 0) touched[count++] = cell;
        inCell[cell]! += flushed[order[at]! * 3 + 2]!;
      }
      const cells = touched.subarray(0, count).sort();
      for (let i = 0; i < count; i++) {
        lines[i] = inCell[cells[i]!]!;
        inCell[cells[i]!] = 0;
      }
      each(this.wordAt(entry * STRIDE), cells, lines, count);
    }
  }

  private add(hash: number, hash2: number, start: number, length: number, line: number, place: number): void {
    const { slots, mask, entries } = this;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const at = (slots[slot]! - 1) * STRIDE;
      if (at < 0) {
        this.insert(slot, hash, hash2, start, length, line, place);
        return;
      }
      if (entries[at + HASH] === hash && entries[at + HASH2] === hash2) {
        const before = entries[at + PLACE]!;
        if (before !== place) {
          this.flush(at);
          entries[at + PLACE] = place;
          if (before >> CELL_BITS !== place >> CELL_BITS) this.post(hash, entries[at + START]!, length);
        }
        if (entries[at + LAST_LINE] !== line) {
          entries[at + LAST_LINE] = line;
          entries[at + IN_CELL]!++;
        }
        return;
      }
      slot = (slot + 1) & mask;
    }
  }

  private insert(
    slot: number,
    hash: number,
    hash2: number,
    start: number,
    length: number,
    line: number,
    place: number,
  ): void {
    const at = this.count * STRIDE;
    if (at === this.entries.length) this.entries = grown(this.entries);
    const { entries } = this;
    entries[at + HASH] = hash;
    entries[at + HASH2] = hash2;
    entries[at + PLACE] = place;
    entries[at + LAST_LINE] = line;
    entries[at + IN_CELL] = 1;
    entries[at + START] = start;
    entries[at + LENGTH] = length;
    this.slots[slot] = ++this.count;
    if (this.count * 2 > this.slots.length) this.rehash();
    this.post(hash, start, length);
  }

  /** Writes down that this chunk holds the word, and that it holds a word with this beginning. */
  private post(hash: number, start: number, length: number): void {
    this.pushPosting(fingerprint(hash));
    if (length <= PREFIX_BYTES) return;
    let first = 0;
    let state = PREFIX_START;
    for (let i = 0; i < PREFIX_BYTES; i++) {
      const byte = WORD_FOLD[this.text[start + i]!]!;
      if (i === 0) first = byte;
      state = hashStep(state, byte);
    }
    if (!beginsWithLetter(first)) return;
    const mark = fingerprint(state);
    const slot = mark & (PREFIX_SLOTS - 1);
    const seen = mark * 65536 + this.chunk;
    if (this.prefixSeen[slot] === seen) return;
    this.prefixSeen[slot] = seen;
    this.pushPosting(mark);
  }

  private pushPosting(mark: number): void {
    if (this.postingCount === this.postings.length) this.postings = grown(this.postings);
    this.postings[this.postingCount++] = ((mark << 8) | this.chunk) >>> 0;
  }

  private flush(at: number): void {
    const { entries } = this;
    if (entries[at + IN_CELL] === 0) return;
    const to = this.flushedCount * 3;
    if (to === this.flushed.length) this.flushed = grown(this.flushed);
    this.flushed[to] = at / STRIDE;
    this.flushed[to + 1] = entries[at + PLACE]! & CELL_MASK;
    this.flushed[to + 2] = entries[at + IN_CELL]!;
    this.flushedCount++;
    entries[at + LINES]! += entries[at + IN_CELL]!;
    entries[at + IN_CELL] = 0;
  }

  private wordAt(at: number): Uint8Array {
    const start = this.entries[at + START]!;
    const length = this.entries[at + LENGTH]!;
    return this.text.slice(start, start + length).map(byte => WORD_FOLD[byte]!);
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2);
    this.mask = this.slots.length - 1;
    for (let entry = 0; entry < this.count; entry++) {
      const hash = this.entries[entry * STRIDE + HASH]!;
      let slot = (hash ^ (hash >>> 15)) & this.mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
      this.slots[slot] = entry + 1;
    }
  }
}

function grown<T extends Int32Array | Uint32Array | Uint8Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array as never);
  return larger;
}
