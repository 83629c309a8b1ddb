import { FOLDED_BYTES } from '../../query/tokens.js';
import { PostingList } from './posting-list.js';
import { grown, WordCells } from './word-cells.js';
import { EDGE_BYTES, type TextMemory } from './word-edges.js';
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
/** The two numbers that tell words apart. */
const KEY = 0;
const KEY2 = 1;
/** Chunk and cell the word was last seen in: one comparison settles the usual case. */
const PLACE = 2;
const LAST_LINE = 3;
const IN_CELL = 4;
const LINES = 5;
const FINGERPRINT = 6;
const START = 7;

const CELL_BITS = 20;
const CELL_MASK = (1 << CELL_BITS) - 1;

/** Which of a word's first bytes belong to it, by its length; every length above 8 is a loop's affair. */
const FIRST_BYTES = Int32Array.from({ length: 9 }, (_, length) => lowBytes(length));
const NEXT_BYTES = Int32Array.from({ length: 9 }, (_, length) => lowBytes(length - 4));

const MIX = 0x9e3779b1 | 0;
const MIX2 = 0x85ebca6b | 0;

const PREFIX_SLOTS = 1 << 14;

/**
 * The distinct words of one block while it is built: gives each chunk's words to the index, and how many lines hold
 * each word, by cell. Its memory serves one block after the other, since fresh pages cost as much as what is written to
 * them.
 *
 * A word of up to 8 bytes is told apart by its (folded) bytes, which two loads fetch; a longer one by two hashes of 32 bits:
 * comparing its bytes costs more than all hashing, and among 20,000 words a collision has a chance of one in 10^11.
 */
export class WordTable {
  private text: TextMemory | undefined;
  private slots = new Int32Array(1 << 16);
  private entries = new Int32Array(STRIDE << 14);
  private lengths = new Int32Array(1 << 14);
  private count = 0;
  private readonly postings = new PostingList();
  private readonly cells = new WordCells();
  /** (fingerprint · 2^16 + chunk) of prefixes that were posted lately; most are met again in the same chunk. */
  private readonly prefixSeen = new Float64Array(PREFIX_SLOTS);
  private chunk = 0;

  /**
   * Begins a block.
   * @param text the block's text with its edges found, where every line ends with a byte that belongs to no word
   */
  begin(text: TextMemory): void {
    this.text = text;
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
    const { view, edges } = this.text!;
    let { slots, entries } = this;
    let mask = slots.length - 1;
    for (let line = line0; line < line0 + lines; line++) {
      const from = starts[line]!;
      const to = starts[line + 1]!;
      const place = (this.chunk << CELL_BITS) | cellOf[line]!;
      let base = from & -EDGE_BYTES;
      let left = edges[base >>> 5]! & (-1 << (from & (EDGE_BYTES - 1)));
      for (;;) {
        while (left === 0 && base + EDGE_BYTES < to) {
          base += EDGE_BYTES;
          left = edges[base >>> 5]!;
        }
        if (left === 0) break;
        const start = base + 31 - Math.clz32(left & -left);
        if (start >= to) break;
        left &= left - 1;
        while (left === 0) {
          base += EDGE_BYTES;
          left = edges[base >>> 5]!;
        }
        const length = base + 31 - Math.clz32(left & -left) - start;
        left &= left - 1;
        let key = view.getInt32(start, true);
        let key2 = view.getInt32(start + 4, true);
        // ASCII bytes become lower case. It makes _ another byte that no word holds; bytes from 0x80 stay.
        key |= (~key >>> 2) & 0x20202020;
        key2 |= (~key2 >>> 2) & 0x20202020;
        if (length <= 8) {
          key &= FIRST_BYTES[length]!;
          key2 &= NEXT_BYTES[length]!;
        } else {
          let [hash, hash2] = [length, ~length];
          for (let i = 0; i < length; i += 4) {
            // The last four bytes may overlap those before: the length, which is hashed too, says by how many.
            let four = view.getInt32(i + 4 <= length ? start + i : start + length - 4, true);
            four |= (~four >>> 2) & 0x20202020;
            hash = Math.imul(hash ^ four, MIX);
            hash ^= hash >>> 15;
            hash2 = Math.imul(hash2 + four, MIX2);
            hash2 ^= hash2 >>> 13;
          }
          key = hash;
          key2 = hash2;
        }
        const home = slotHash(key, key2) & mask;
        const entry = (slots[home]! - 1) * STRIDE;
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
        this.add(key, key2, home, start, length, line, place);
        ({ slots, entries } = this);
        mask = slots.length - 1;
      }
    }
  }

  /** Sorted, each (fingerprint << 8 | chunk) once. */
  sortedPostings(): Uint32Array {
    return this.postings.sorted();
  }

  /** Calls `each` for the words that at least `minimum` lines hold. What it gets is used again for the next. */
  eachFrequent(
    minimum: number,
    cellCount: number,
    each: (word: Uint8Array, cells: Int32Array, lines: Int32Array, count: number) => void,
  ): void {
    const { entries, cells, count } = this;
    for (let entry = 0; entry < count; entry++) {
      const at = entry * STRIDE;
      if (entries[at + LINES]! + entries[at + IN_CELL]! < minimum) continue;
      this.flush(at);
    }
    cells.eachWord(
      count,
      cellCount,
      entry => entries[entry * STRIDE + LINES]! >= minimum,
      (entry, own, lines, size) => each(this.wordAt(entry), own, lines, size),
    );
  }

  private add(
    key: number,
    key2: number,
    home: number,
    start: number,
    length: number,
    line: number,
    place: number,
  ): void {
    const { slots, entries } = this;
    const mask = slots.length - 1;
    for (let slot = home; ; slot = (slot + 1) & mask) {
      const at = (slots[slot]! - 1) * STRIDE;
      if (at < 0) {
        this.insert(slot, key, key2, start, length, line, place);
        return;
      }
      if (entries[at] !== key || entries[at + KEY2] !== key2) continue;
      const before = entries[at + PLACE]!;
      if (before !== place) {
        this.flush(at);
        entries[at + PLACE] = place;
        if (before >> CELL_BITS !== place >> CELL_BITS) this.post(entries[at + FINGERPRINT]!, start, length);
      }
      if (entries[at + LAST_LINE] !== line) {
        entries[at + LAST_LINE] = line;
        entries[at + IN_CELL]!++;
      }
      return;
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
  ): void {
    if (this.count === this.lengths.length) {
      this.entries = grown(this.entries);
      this.lengths = grown(this.lengths);
    }
    const { entries } = this;
    const { bytes } = this.text!;
    let hash = HASH_START;
    for (let at = start; at < start + length; at++) hash = hashStep(hash, FOLDED_BYTES[bytes[at]!]!);
    const mark = fingerprint(hash);
    const at = this.count * STRIDE;
    entries[at + KEY] = key;
    entries[at + KEY2] = key2;
    entries[at + PLACE] = place;
    entries[at + LAST_LINE] = line;
    entries[at + IN_CELL] = 1;
    entries[at + LINES] = 0;
    entries[at + FINGERPRINT] = mark;
    entries[at + START] = start;
    this.lengths[this.count] = length;
    this.slots[slot] = ++this.count;
    if (this.count * 2 > this.slots.length) this.rehash();
    this.post(mark, start, length);
  }

  /** Writes down that this chunk holds the word, and that it holds a word with this beginning. */
  private post(mark: number, start: number, length: number): void {
    this.postings.push(mark, this.chunk);
    if (length <= PREFIX_BYTES) return;
    const { bytes } = this.text!;
    if (!beginsWithLetter(FOLDED_BYTES[bytes[start]!]!)) return;
    let state = PREFIX_START;
    for (let i = 0; i < PREFIX_BYTES; i++) state = hashStep(state, FOLDED_BYTES[bytes[start + i]!]!);
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

  private wordAt(entry: number): Uint8Array {
    const start = this.entries[entry * STRIDE + START]!;
    const word = new Uint8Array(this.lengths[entry]!);
    for (let i = 0; i < word.length; i++) word[i] = FOLDED_BYTES[this.text!.bytes[start + i]!]!;
    return word;
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2);
    const mask = this.slots.length - 1;
    for (let entry = 0; entry < this.count; entry++) {
      let slot = slotHash(this.entries[entry * STRIDE]!, this.entries[entry * STRIDE + KEY2]!) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = entry + 1;
    }
  }
}

function slotHash(key: number, key2: number): number {
  const hash = Math.imul(key ^ Math.imul(key2, MIX2), MIX);
  return hash ^ (hash >>> 15);
}

function lowBytes(count: number): number {
  return count <= 0 ? 0 : count >= 4 ? -1 : (1 << (8 * count)) - 1;
}
