import { FOLDED_BYTES, TOKEN_BYTES } from '../../../query/tokens.js';
import { DIGIT, HEX_LOWER, HEX_UPPER } from './mask.js';
import type { ShapeTable } from './shape-table.js';

/** A word's folded byte, 0 for what ends a word (query/tokens.ts says what a word is). */
export const WORD_FOLD: Uint8Array = Uint8Array.from(FOLDED_BYTES, (folded, byte) =>
  TOKEN_BYTES[byte] ? folded : 0,
);

/** What begins the two hashes that tell words apart (word-table.ts). */
export interface WordHashes {
  begin(): void;
  take(folded: number): void;
  readonly key: number;
  readonly key2: number;
}

/** Numbers of a fixed word: its hashes, where it begins in the line, how long it is. */
export const FIXED = 4;
/** Numbers of a word with digits: where it begins in the line and where it ends. */
export const VARIED = 2;
const NONE = -1;

/**
 * Where the words of a shape's lines stand, of all shapes of a dictionary: all lines of a shape are of one length, and so are their
 * words. A word without digits is the same in each of them: it is hashed once a dictionary, not once a line. Only for plain ASCII,
 * as other letters are folded by characters.
 */
export class ShapeWords {
  /** Of each shape where its words begin in `words`, or NONE where its lines are to be read word by word. */
  private firsts = new Int32Array(64);
  /** By shape: how many fixed words it has, these, how many with digits, these. */
  words = new Int32Array(1 << 12);
  /** As `words`, for who keeps a number beside each fixed word: it stands where the word's first number does. */
  length = 0;
  private table: ShapeTable | undefined;
  private count = 0;

  constructor(private readonly hashes: WordHashes) {}

  /** Looks at the shapes that the table has got since the last time; at all of them where it is another table. */
  follow(table: ShapeTable): void {
    if (this.table !== table) {
      this.table = table;
      this.count = 0;
      this.length = 0;
    }
    while (this.count < table.count) this.add(table, this.count);
  }

  /** Where the words of a shape stand in `words`, or a negative number. */
  of(shape: number): number {
    return this.firsts[shape]!;
  }

  private add(table: ShapeTable, shape: number): void {
    if (shape >= this.firsts.length) {
      const firsts = new Int32Array(this.firsts.length * 2);
      firsts.set(this.firsts);
      this.firsts = firsts;
    }
    this.count = shape + 1;
    this.firsts[shape] = NONE;
    if (table.plain[shape] === 1) return;
    const text = table.shapeOf(shape);
    // Each word is parted from the next by a byte at least.
    this.reserve(this.length + 2 + (text.length + 1) * (FIXED / 2));
    const { words } = this;
    const first = this.length;
    const varied: number[] = [];
    let at = first + 1;
    for (let i = 0; i < text.length; ) {
      if (text[i]! >= 0x80) return;
      if (!isToken(text[i]!)) {
        i++;
        continue;
      }
      const from = i;
      let hasDigit = false;
      this.hashes.begin();
      for (; i < text.length && isToken(text[i]!); i++) {
        const c = text[i]!;
        if (c >= 0x80) return;
        hasDigit ||= c === DIGIT || c === HEX_LOWER || c === HEX_UPPER;
        this.hashes.take(WORD_FOLD[c]!);
      }
      const { key, key2 } = this.hashes;
      if (hasDigit) varied.push(from, i);
      else if (!has(words, first + 1, at, key, key2)) {
        words[at] = key;
        words[at + 1] = key2;
        words[at + 2] = from;
        words[at + 3] = i - from;
        at += FIXED;
      }
    }
    words[first] = (at - first - 1) / FIXED;
    words[at++] = varied.length / VARIED;
    for (const number of varied) words[at++] = number;
    this.length = at;
    this.firsts[shape] = first;
  }

  private reserve(size: number): void {
    if (size <= this.words.length) return;
    const words = new Int32Array(Math.max(size, this.words.length * 2));
    words.set(this.words);
    this.words = words;
  }
}

/** What stands for the digits of ids is part of a word as they are. */
function isToken(byte: number): boolean {
  return WORD_FOLD[byte] !== 0 || byte === HEX_LOWER || byte === HEX_UPPER;
}

function has(words: Int32Array, from: number, to: number, key: number, key2: number): boolean {
  for (let at = from; at < to; at += FIXED) if (words[at] === key && words[at + 1] === key2) return true;
  return false;
}
