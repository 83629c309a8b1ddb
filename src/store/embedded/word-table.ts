import { PostingList } from './posting-list.js';
import type { ShapeTable } from './text/shape-table.js';
import { FIXED, ShapeWords, VARIED, WORD_FOLD } from './text/shape-words.js';
import { grown, WordCells } from './word-cells.js';
import {
  beginsWithLetter,
  fingerprint,
  HASH_START,
  hashStep,
  PREFIX_BYTES,
  PREFIX_START,
} from './word-hash.js';

// One word's numbers lie side by side: a look-up touches one cache line.
const STRIDE = 8;
/** The two hashes that tell words apart; the first is the index's (word-hash.ts). */
const KEY = 0;
const KEY2 = 1;
/** Chunk and cell the word was last seen in: one comparison settles the usual case. */
const PLACE = 2;
const LAST_LINE = 3;
const IN_CELL = 4;
const LINES = 5;
const START = 6;
const LENGTH = 7;

const CELL_BITS = 20;
const CELL_MASK = (1 << CELL_BITS) - 1;

const KEY2_START = 0x3c6ef372;
const KEY2_PRIME = 0x85ebca6b | 0;

/** What a usual block needs. */
const SLOTS = 1 << 16;
const WORDS = 1 << 15;
/** Some ten times the words of a usual block; memory for more is not kept. */
const KEPT_WORDS = 1 << 18;

const PREFIX_SLOTS = 1 << 14;

/**
 * The distinct words of one block while it is built: gives each chunk's words to the index, and how many lines hold
 * each word, by cell. Its memory serves one block after the other: fresh memory made all indexing a tenth dearer. Two words are
 * taken for the same when two hashes of 32 bits agree: comparing the bytes costs a third of all indexing, and in a block of
 * 20,000 words a collision has a chance of one in 10^11.
 *
 * Tried and no quicker (the processor waits for guesses about where words end, and for memory): edges of words found
 * without branches, 32 bytes at a time; two or four bytes a step; one hash instead of two; a small table before this one.
 */
export class WordTable {
  private text: Uint8Array = new Uint8Array(0);
  private slots = new Int32Array(SLOTS);
  private entries = new Int32Array(STRIDE * WORDS);
  private count = 0;
  private readonly postings = new PostingList();
  private readonly cells = new WordCells();
  /** (fingerprint · 2^16 + chunk) of prefixes that were posted lately; most are met again in the same chunk. */
  private readonly prefixSeen = new Float64Array(PREFIX_SLOTS);
  private chunk = 0;
  private readonly shapeWords = new ShapeWords(new Hashes());
  /** Of each fixed word of a shape (by its place in shapeWords.words) its entry's place and one; 0 while this block has not met it. */
  private met = new Int32Array(1 << 12);
  private refs: Int32Array = NO_REFS;
  private word = new Uint8Array(64);

  /**
   * Begins a block.
   * @param text the block's text, all chunks; it must stay until the block is built
   * @param refs by line the number of its shape in the table, where it is one of it; negative: its words are to be found byte by byte
   */
  begin(text: Uint8Array, refs: Int32Array = NO_REFS, shapes?: ShapeTable): void {
    this.text = text;
    this.refs = refs;
    if (shapes) this.shapeWords.follow(shapes);
    if (this.met.length < this.shapeWords.length) this.met = new Int32Array(this.shapeWords.words.length);
    this.met.fill(0, 0, this.shapeWords.length);
    if (this.count > KEPT_WORDS) {
      this.slots = new Int32Array(SLOTS);
      this.entries = new Int32Array(STRIDE * WORDS);
    }
    this.slots.fill(0);
    this.count = 0;
    this.chunk = 0;
    this.postings.clear();
    this.cells.clear();
    this.prefixSeen.fill(-1);
  }

  beginChunk(chunk: number): void {
    this.chunk = chunk;
  }

  /**
   * Takes the words of a chunk's lines. One long loop on local variables: it sees every word that is stored, and the
   * usual one (known, in the same cell) is settled without a call.
   * @param starts where the lines begin in the text, by their number in the block
   */
  addLines(starts: Uint32Array, line0: number, lines: number, cellOf: Int32Array): void {
    const { text, chunk, refs, shapeWords } = this;
    const { words } = shapeWords;
    // What is imported is loaded anew for each byte.
    const fold = WORD_FOLD;
    const [hashStart, fixed, numbers] = [HASH_START, FIXED, VARIED];
    let { slots, entries } = this;
    let mask = slots.length - 1;
    for (let line = line0; line < line0 + lines; line++) {
      const lineStart = starts[line]!;
      const place = (chunk << CELL_BITS) | cellOf[line]!;
      const ref = line < refs.length ? refs[line]! : -1;
      let varied = ref < 0 ? -1 : shapeWords.of(ref);
      let left = 1;
      let at = lineStart;
      let to = starts[line + 1]!;
      if (varied >= 0) {
        this.addFixed(varied, lineStart, line, place);
        ({ slots, entries } = this);
        mask = slots.length - 1;
        varied += 1 + words[varied]! * fixed;
        left = words[varied++]!;
      }
      for (; left > 0; left--) {
        if (varied >= 0) {
          at = lineStart + words[varied]!;
          to = lineStart + words[varied + 1]!;
          varied += numbers;
        }
        while (at < to) {
          let folded = fold[text[at]!]!;
          if (folded === 0) {
            at++;
            continue;
          }
          const start = at;
          let key = hashStart;
          let key2 = KEY2_START;
          do {
            // hashStep, written out
            key = Math.imul(key ^ folded, 0x01000193);
            key2 = Math.imul(key2 + folded, KEY2_PRIME);
            at++;
            folded = at < to ? fold[text[at]!]! : 0;
          } while (folded !== 0);
          const entry = (slots[(key ^ (key >>> 15)) & mask]! - 1) * STRIDE;
          if (
            entry >= 0 &&
            entries[entry] === key &&
            entries[entry + KEY2] === key2 &&
            entries[entry + PLACE] === place
          ) {
            if (entries[entry + LAST_LINE] !== line) {
              entries[entry + LAST_LINE] = line;
              entries[entry + IN_CELL]!++;
            }
            continue;
          }
          this.add(key, key2, start, at - start, line, place);
          ({ slots, entries } = this);
          mask = slots.length - 1;
        }
      }
    }
  }

  /** The words that all lines of a shape have. @param first where they stand in the shapes' words */
  private addFixed(first: number, lineStart: number, line: number, place: number): void {
    const { met } = this;
    const { words } = this.shapeWords;
    let { entries } = this;
    const end = first + 1 + words[first]! * FIXED;
    for (let word = first + 1; word < end; word += FIXED) {
      const at = met[word]! - 1;
      if (at >= 0 && entries[at + PLACE] === place) {
        if (entries[at + LAST_LINE] !== line) {
          entries[at + LAST_LINE] = line;
          entries[at + IN_CELL]!++;
        }
        continue;
      }
      const start = lineStart + words[word + 2]!;
      if (at >= 0) this.move(at, words[word]!, start, words[word + 3]!, line, place);
      else met[word] = 1 + this.add(words[word]!, words[word + 1]!, start, words[word + 3]!, line, place);
      ({ entries } = this);
    }
  }

  /** Sorted, each (fingerprint << 8 | chunk) once. */
  sortedPostings(): Uint32Array {
    return this.postings.sorted();
  }

  /**
   * Calls `each` for the words that at least `minimum` lines hold. What it gets is used again for the next.
   * @param each gets the word as `length` bytes, its cells, rising, and the lines in each
   */
  eachFrequent(
    minimum: number,
    cellCount: number,
    each: (word: Uint8Array, length: number, cells: Int32Array, lines: Int32Array, count: number) => void,
  ): void {
    const { entries, cells, count } = this;
    for (let at = 0; at < count * STRIDE; at += STRIDE)
      if (entries[at + LINES]! + entries[at + IN_CELL]! >= minimum) this.flush(at);
    cells.prepare(count, cellCount);
    for (let entry = 0; entry < count; entry++) {
      if (entries[entry * STRIDE + LINES]! < minimum) continue;
      const size = cells.gather(entry);
      // It may take larger memory for the word.
      const length = this.spell(entry);
      each(this.word, length, cells.cells, cells.lines, size);
    }
  }

  /** @returns where the word's numbers stand */
  private add(key: number, key2: number, start: number, length: number, line: number, place: number): number {
    const { slots, entries } = this;
    const mask = slots.length - 1;
    for (let slot = (key ^ (key >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const at = (slots[slot]! - 1) * STRIDE;
      if (at < 0) return this.insert(slot, key, key2, start, length, line, place);
      if (entries[at] !== key || entries[at + KEY2] !== key2) continue;
      this.move(at, key, start, length, line, place);
      return at;
    }
  }

  /** A known word in another line, which may lie in another cell. */
  private move(at: number, key: number, start: number, length: number, line: number, place: number): void {
    const { entries } = this;
    const before = entries[at + PLACE]!;
    if (before !== place) {
      this.flush(at);
      entries[at + PLACE] = place;
      if (before >> CELL_BITS !== place >> CELL_BITS) this.post(key, start, length);
    }
    if (entries[at + LAST_LINE] !== line) {
      entries[at + LAST_LINE] = line;
      entries[at + IN_CELL]!++;
    }
  }

  private insert(
    slot: number,
    key: number,
    key2: number,
    start: number,
    length: number,
    line: number,
    place: number,
  ): number {
    const at = this.count * STRIDE;
    if (at === this.entries.length) this.entries = grown(this.entries);
    const { entries } = this;
    entries[at + KEY] = key;
    entries[at + KEY2] = key2;
    entries[at + PLACE] = place;
    entries[at + LAST_LINE] = line;
    entries[at + IN_CELL] = 1;
    entries[at + LINES] = 0;
    entries[at + START] = start;
    entries[at + LENGTH] = length;
    this.slots[slot] = ++this.count;
    if (this.count * 2 > this.slots.length) this.rehash();
    this.post(key, start, length);
    return at;
  }

  /**
   * Writes down that this chunk holds the word, and that it holds a word with this beginning.
   * @param key which is the state of the index's hash too
   */
  private post(key: number, start: number, length: number): void {
    this.postings.push(fingerprint(key), this.chunk);
    if (length <= PREFIX_BYTES) return;
    const { text } = this;
    if (!beginsWithLetter(WORD_FOLD[text[start]!]!)) return;
    let state = PREFIX_START;
    for (let i = 0; i < PREFIX_BYTES; i++) state = hashStep(state, WORD_FOLD[text[start + i]!]!);
    const prefix = fingerprint(state);
    const slot = prefix & (PREFIX_SLOTS - 1);
    const seen = prefix * 65536 + this.chunk;
    if (this.prefixSeen[slot] === seen) return;
    this.prefixSeen[slot] = seen;
    this.postings.push(prefix, this.chunk);
  }

  private flush(at: number): void {
    const { entries } = this;
    const lines = entries[at + IN_CELL]!;
    if (lines === 0) return;
    this.cells.push(at / STRIDE, entries[at + PLACE]! & CELL_MASK, lines);
    entries[at + LINES]! += lines;
    entries[at + IN_CELL] = 0;
  }

  /** Writes the word of an entry to `word`. @returns its length */
  private spell(entry: number): number {
    const start = this.entries[entry * STRIDE + START]!;
    const length = this.entries[entry * STRIDE + LENGTH]!;
    if (this.word.length < length) this.word = new Uint8Array(length * 2);
    const { word, text } = this;
    const fold = WORD_FOLD;
    for (let i = 0; i < length; i++) word[i] = fold[text[start + i]!]!;
    return length;
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2);
    const mask = this.slots.length - 1;
    for (let entry = 0; entry < this.count; entry++) {
      const key = this.entries[entry * STRIDE]!;
      let slot = (key ^ (key >>> 15)) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = entry + 1;
    }
  }
}

const NO_REFS = new Int32Array(0);

class Hashes {
  key = HASH_START;
  key2 = KEY2_START;

  begin(): void {
    this.key = HASH_START;
    this.key2 = KEY2_START;
  }

  take(folded: number): void {
    this.key = hashStep(this.key, folded);
    this.key2 = Math.imul(this.key2 + folded, KEY2_PRIME);
  }
}
