import { isPolar } from './polarity.js';
import { LONGEST, SkeletonBuffer } from './skeleton-buffer.js';
import {
  BLANK,
  CLASS,
  CODE_WORDS,
  COLONS,
  DIGIT,
  DURATION,
  endsInNumber,
  isAlnum,
  isClosing,
  isDate,
  isHex,
  isHexRun,
  isLetters,
  isNumber,
  isRandom,
  isTimeByte,
  isTrailing,
  LETTER,
  latin,
  NAMES,
  QUOTE,
  SIZE,
  SLASH,
  slashes,
  TELLING_KEYS,
  WORD,
} from './word-shapes.js';

/** A quotation longer than this is no name. */
const LONGEST_QUOTE = 256;

const NUMBER = Buffer.from('<n>');
const ID = Buffer.from('<id>');
const IP = Buffer.from('<ip>');
const HEX = Buffer.from('<hex>');
const URL = Buffer.from('<url>');
const PATH = Buffer.from('<path>');
const AMOUNT = Buffer.from('<size>');
const TIME = Buffer.from('<time>');
const ADDRESS = Buffer.from('<address>');
const SPAN = Buffer.from('<duration>');
const NAME = Buffer.from('<*>');

/**
 * Turns a line into its skeleton: what varies from line to line (numbers, ids, addresses, paths, durations, quoted
 * names) becomes a placeholder, what the programmer wrote stays. A pure function of the line, in one pass over its
 * bytes, so that counts of skeletons can be made anywhere in any order and added up; the order in which lines come never
 * changes a template, as it does with Drain.
 */
export class Masker extends SkeletonBuffer {
  private bytes: Uint8Array = this.out;
  private previousStart = 0;
  private previousEnd = 0;
  /** Where the quotation that is being read as text ends. */
  private closing = -1;

  /** Makes the skeleton of bytes [start, stop), a line as displayed. */
  mask(bytes: Uint8Array, start: number, stop: number): void {
    this.bytes = bytes;
    this.previousStart = this.previousEnd = start;
    this.closing = -1;
    const { out } = this;
    const end = stop - start > LONGEST ? start + LONGEST : stop;
    let length = 0;
    let at = start;
    while (at < end) {
      let byte = bytes[at]!;
      let kind = CLASS[byte]!;
      if ((kind & WORD) !== 0) {
        // Copied while it is looked at: most words are letters only.
        const from = at;
        const before = length;
        let kinds = 0;
        do {
          kinds |= kind;
          out[length++] = byte;
          at++;
          if (at >= end) break;
          byte = bytes[at]!;
          kind = CLASS[byte]!;
        } while ((kind & WORD) !== 0);
        if ((kinds & (DIGIT | SLASH)) !== 0 || (byte === 0x3a && at < end)) {
          this.length = before;
          at = this.word(from, at, end, (kinds & DIGIT) !== 0, (kinds & SLASH) !== 0);
          length = this.length;
        } else {
          this.previousStart = from;
          this.previousEnd = at;
        }
      } else if (kind === BLANK) {
        do at++;
        while (at < end && CLASS[bytes[at]!] === BLANK);
        if (length > 0 && at < end) out[length++] = 0x20;
      } else if (kind === QUOTE) {
        this.length = length;
        at = this.quoted(at, end);
        length = this.length;
      } else {
        out[length++] = byte;
        at++;
      }
    }
    this.length = length;
    this.hash();
  }

  /** A word that is more than letters, or has a colon behind it. @returns where reading goes on */
  private word(start: number, stop: number, end: number, hasDigit: boolean, hasSlash: boolean): number {
    const { bytes } = this;
    if (
      !hasSlash &&
      bytes[stop] === 0x3a &&
      bytes[stop + 1] === 0x2f &&
      bytes[stop + 2] === 0x2f &&
      stop + 2 < end
    ) {
      let at = stop;
      while (at < end && (CLASS[bytes[at]!]! & (BLANK | QUOTE)) === 0 && !isClosing(bytes[at]!)) at++;
      this.placeholder(URL);
      return at;
    }
    let last = stop;
    while (last > start + 1 && isTrailing(bytes[last - 1]!)) last--;
    let at = stop;
    if (!hasDigit && !hasSlash) this.copy(bytes, start, stop);
    else {
      const taken = this.masked(start, last, end, hasDigit, hasSlash);
      if (taken > last) at = taken;
      else this.copy(bytes, last, stop);
    }
    this.previousStart = start;
    this.previousEnd = last;
    return at;
  }

  /** A word that holds a digit or a slash. @returns where it ends: beyond `last` where it took more */
  private masked(start: number, last: number, end: number, hasDigit: boolean, hasSlash: boolean): number {
    const { bytes } = this;
    const first = bytes[start]!;
    const length = last - start;
    if (!hasDigit) {
      if (
        length > 1 &&
        (first === 0x2f ||
          first === 0x5c ||
          first === 0x7e ||
          first === 0x2e ||
          slashes(bytes, start, last) > 1)
      )
        this.placeholder(PATH);
      else this.copy(bytes, start, last);
      return last;
    }
    if (!hasSlash && isNumber(bytes, start, last)) return this.number(start, last, end);
    if (length >= 12 && isDate(bytes, start, last)) {
      // 2026-11-24T18:46:14.123Z: the time of day stands behind colons.
      let at = last;
      while (at < end && isTimeByte(bytes[at]!)) at++;
      while (at > last && !isAlnum(bytes[at - 1]!)) at--;
      this.placeholder(TIME);
      return at;
    }
    const leading = CLASS[first] === DIGIT || first === 0x2b || first === 0x2d;
    if (hasSlash) {
      if (!leading) this.placeholder(PATH);
      else this.leadingNumber(start, last);
      return last;
    }
    if (leading && this.unit(start, last)) return last;
    if (length >= 8 || (leading && bytes[start + 1] === 0x78)) {
      if (isHexRun(bytes, start, last)) {
        this.placeholder(HEX);
        return last;
      }
      if (isRandom(bytes, start, last)) {
        this.placeholder(ID);
        return last;
      }
    } else if (length <= 4 && bytes[last] === 0x3a && last < end) {
      const taken = this.address(start, last, end);
      if (taken > last) return taken;
    }
    this.parts(start, last);
    return last;
  }

  /** Something with slashes that begins with a digit: `12.5MB/s`, `3/8`, `9000/bucket/object`. */
  private leadingNumber(start: number, last: number): void {
    const word = latin(this.bytes, start, last);
    if (SIZE.test(word)) this.placeholder(AMOUNT);
    else if (/^[\d/]+$/.test(word)) this.parts(start, last);
    else this.placeholder(PATH);
  }

  /** A number with its unit. */
  private unit(start: number, last: number): boolean {
    const { bytes } = this;
    const length = last - start;
    if (length > 16) return false;
    // The common ones without a string: 12ms, 1.5s.
    let at = start;
    while (at < last && (CLASS[bytes[at]!] === DIGIT || bytes[at] === 0x2e)) at++;
    const rest = last - at;
    if (at > start && (rest === 1 || rest === 2) && bytes[last - 1] === 0x73) {
      const before = bytes[at]!;
      if (rest === 1 || before === 0x6d || before === 0x75 || before === 0x6e) {
        this.placeholder(SPAN);
        return true;
      }
    }
    const word = latin(bytes, start, last);
    const text = /[^\x00-\x7f]/.test(word) ? Buffer.from(word, 'latin1').toString('utf8') : word;
    if (DURATION.test(text)) this.placeholder(SPAN);
    else if (SIZE.test(word)) this.placeholder(AMOUNT);
    else return false;
    return true;
  }

  private number(start: number, last: number, end: number): number {
    const { bytes } = this;
    let dots = 0;
    for (let at = start; at < last; at++) if (bytes[at] === 0x2e) dots++;
    if (dots === 3) {
      this.placeholder(IP);
      return last;
    }
    if (last < end && bytes[last] === 0x3a && last - start <= 4) {
      const taken = this.address(start, last, end);
      if (taken > last) return taken;
    }
    if (last - start <= 3 && dots === 0 && this.afterCode()) this.copy(bytes, start, last);
    else this.placeholder(NUMBER);
    return last;
  }

  /** Times of day, IPv6 and hardware addresses: groups with colons between. @returns their end, -1 where it is none */
  private address(start: number, last: number, end: number): number {
    const { bytes } = this;
    let at = last;
    let colons = 0;
    for (; at < end && at - start < 45; at++) {
      const byte = bytes[at]!;
      if (byte === 0x3a) colons++;
      else if (!isHex(byte)) break;
    }
    while (at > last && bytes[at - 1] === 0x3a) {
      at--;
      colons--;
    }
    const text = colons >= 2 ? latin(bytes, start, at) : '';
    if (colons < 2 || !COLONS.test(text)) return -1;
    // A time of day may go on with a fraction.
    if (/^\d+:\d+:\d+$/.test(text)) {
      while (at < end && (bytes[at] === 0x2e || bytes[at] === 0x2c || CLASS[bytes[at]!] === DIGIT)) at++;
      while (at > last && CLASS[bytes[at - 1]!] !== DIGIT) at--;
      this.placeholder(TIME);
    } else this.placeholder(ADDRESS);
    return at;
  }

  /** `agent-4`, `worker12.pool`, `v0.8.5`: letters stay, numbers and mixed parts go; rows of them are one. */
  private parts(start: number, last: number): void {
    const { bytes } = this;
    let before: Uint8Array | undefined;
    for (let at = start; at < last; ) {
      if (!isAlnum(bytes[at]!)) {
        if (!before || CLASS[bytes[at]!] === SLASH || at + 1 >= last || !isAlnum(bytes[at + 1]!)) {
          this.put(bytes[at]!);
          before = undefined;
        }
        at++;
        continue;
      }
      const from = at;
      let digits = 0;
      while (at < last && isAlnum(bytes[at]!)) if (CLASS[bytes[at++]!] === DIGIT) digits++;
      const letters = at - from - digits;
      const isWord = digits === 0 || (letters > 0 && this.isName(from, at, digits));
      const now = isWord ? undefined : letters === 0 ? NUMBER : ID;
      if (now === ID && endsInNumber(bytes, from, at, digits)) {
        this.separate(before, from, start);
        this.copy(bytes, from, at - digits);
        this.placeholder(NUMBER);
        before = undefined;
      } else if (!now) {
        this.separate(before, from, start);
        this.copy(bytes, from, at);
        before = undefined;
      } else if (now !== before) {
        this.separate(before, from, start);
        this.placeholder(now);
        before = now;
      }
    }
  }

  /** The separator that was held back behind a placeholder, should the next part be another one. */
  private separate(before: Uint8Array | undefined, from: number, start: number): void {
    if (before && from > start) this.put(this.bytes[from - 1]!);
  }

  /** `h2`, `sha256`, `s3dlio`: names, not numbered things. */
  private isName(from: number, to: number, digits: number): boolean {
    const { bytes } = this;
    if (digits === 1 && CLASS[bytes[from]!] === LETTER && CLASS[bytes[to - 1]!] === LETTER)
      return to - from > 3;
    return (
      CLASS[bytes[from]!] === LETTER && to - from <= 7 && NAMES.has(latin(bytes, from, to).toLowerCase())
    );
  }

  /** A quoted name is data; a quoted sentence, and a word that says how it went, is not. */
  private quoted(start: number, end: number): number {
    const { bytes } = this;
    const quote = bytes[start]!;
    if (start === this.closing || (quote === 0x27 && start > 0 && isAlnum(bytes[start - 1]!))) {
      this.put(quote);
      return start + 1;
    }
    const most = Math.min(end, start + LONGEST_QUOTE);
    let at = start + 1;
    let blank = false;
    for (; at < most && bytes[at] !== quote; at++) if (CLASS[bytes[at]!] === BLANK) blank = true;
    this.put(quote);
    if (at >= most) return start + 1;
    const isKey = bytes[at + 1] === 0x3a;
    const tells =
      blank ||
      isKey ||
      at === start + 1 ||
      this.previousIs(TELLING_KEYS) ||
      (isLetters(bytes, start + 1, at) && isPolar(latin(bytes, start + 1, at)));
    if (tells) {
      // Read on as text; the quote at its end begins nothing.
      this.closing = at;
      return start + 1;
    }
    this.placeholder(NAME);
    this.put(quote);
    return at + 1;
  }

  /** Whether the word before this place is one of CODE_WORDS; their lengths rule most others out. */
  private afterCode(): boolean {
    const length = this.previousEnd - this.previousStart;
    if (length !== 2 && (length < 4 || length > 6) && length !== 8 && length !== 10) return false;
    const first = this.bytes[this.previousStart]! | 0x20;
    // e c s r h
    return (
      (first === 0x65 || first === 0x63 || first === 0x73 || first === 0x72 || first === 0x68) &&
      this.previousIs(CODE_WORDS)
    );
  }

  /** Whether the word before this place is one of these. */
  private previousIs(words: ReadonlySet<string>): boolean {
    const length = this.previousEnd - this.previousStart;
    if (length === 0 || length > 12) return false;
    return words.has(latin(this.bytes, this.previousStart, this.previousEnd).toLowerCase());
  }
}
