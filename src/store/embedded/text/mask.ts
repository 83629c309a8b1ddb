import { hashWords } from './shape-hash.js';

/**
 * The shape of a line is the line with its numbers taken out: each decimal digit becomes `0`, each digit of a hexadecimal id
 * (a commit, a MAC address, a UUID) HEX_LOWER or HEX_UPPER. A service writes millions of lines of a few thousand shapes, so that
 * a stored line is the number of its shape and its digits. Any choice made here is undone to the byte, good or bad: it only
 * decides how small the store gets.
 */
export const DIGIT = 48;
export const HEX_LOWER = 1;
export const HEX_UPPER = 2;

/** Letters a to f are a number only in a stretch of at least so many characters that holds digits too. */
const HEX_LENGTH = 6;
/** Of groups joined by `-` or `:`, in all. */
const JOINED_LENGTH = 12;

const DECIMAL = 1;
const LETTER = 2;
/** What a byte may be a digit of. */
const KINDS = new Uint8Array(256);
for (let c = 48; c < 58; c++) KINDS[c] = DECIMAL;
for (let c = 97; c < 103; c++) KINDS[c] = LETTER;
for (let c = 65; c < 71; c++) KINDS[c] = LETTER;

const DASH = 45;
const COLON = 58;
const UNDERSCORE = 95;
const SMALL_X = 120;
const CASE = 32;
/** The high bit of each of four bytes. */
const HIGH = 0x80808080 | 0;

/**
 * Writes shapes of lines into one stretch of memory, each at a multiple of four and filled up with zeros. Four bytes at a time, without
 * branches: numbers are many and short, and a processor that guesses wrong at each end of each took four times as long; byte by
 * byte it took three times as long.
 */
export class LineMasker {
  /** The shapes. */
  bytes = new Uint8Array(0);
  /** The same, as words of four bytes. */
  words = new Int32Array(0);
  /** Of the shape written last (hashWords). */
  hash = 0;
  private raw = new Uint8Array(0);
  private view: DataView = new DataView(this.raw.buffer);

  /** @param size bytes of all shapes that will be written, and of what fills them up */
  begin(raw: Uint8Array<ArrayBuffer>, size: number): void {
    this.raw = raw;
    this.view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    if (this.bytes.length >= size) return;
    this.bytes = new Uint8Array((Math.ceil(size * 1.25) + 7) & ~7);
    this.words = new Int32Array(this.bytes.buffer);
  }

  /** Gives memory back that is larger than `most` bytes. */
  end(most: number): void {
    if (this.bytes.length <= most) return;
    this.bytes = new Uint8Array(0);
    this.words = new Int32Array(0);
  }

  /**
   * Writes the shape of the line [from, to) to `at`.
   * @returns false where the line holds a byte that stands for a digit here: it is its own shape then, digits and all
   */
  write(from: number, to: number, at: number): boolean {
    const { view, words, raw } = this;
    const length = to - from;
    const whole = to - 3;
    let hash = 0x811c9dc5 ^ length;
    let word = at >>> 2;
    // Set where a letter of hexadecimal digits follows a decimal one.
    let touch = 0;
    let small = 0;
    let digitBefore = 0;
    for (let i = from; i < to; i += 4) {
      let four: number;
      if (i < whole) {
        four = view.getInt32(i, true);
        small |= (four - 0x03030303) & ~four;
      } else {
        four = 0;
        for (let k = i; k < to; k++) four |= raw[k]! << ((k - i) * 8);
        const filled = four | (-1 << ((to - i) * 8));
        small |= (filled - 0x03030303) & ~filled;
      }
      // Of each byte the high bit: a decimal digit is 0 to 9 now, a letter of hexadecimal ones 1 to 6.
      const decimal = four ^ 0x30303030;
      const digits = ~(((decimal & 0x7f7f7f7f) + 0x76767676) | decimal) & HIGH;
      const letter = (four | 0x20202020) ^ 0x60606060;
      const low = letter & 0x7f7f7f7f;
      const letters = (low + 0x7f7f7f7f) & ~((low + 0x79797979) | letter) & HIGH;
      touch |= letters & ((digits << 8) | digitBefore);
      digitBefore = digits >>> 24;
      const ones = digits >>> 7;
      const shown = (four & ~(digits | (digits - ones))) | (ones << 5) | (ones << 4);
      words[word++] = shown;
      hash = Math.imul(hash ^ shown, 0x01000193);
      hash ^= hash >>> 17;
    }
    this.hash = hash;
    const reserved = (small & HIGH) !== 0 && hasReserved(raw, from, to);
    if (!reserved && touch === 0) return true;
    if (reserved) this.bytes.set(raw.subarray(from, to), at);
    else maskIds(raw, from, to, this.bytes, at - from);
    this.hash = hashWords(words, at, length);
    return !reserved;
  }
}

function hasReserved(raw: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (raw[i] === HEX_LOWER || raw[i] === HEX_UPPER) return true;
  return false;
}

function maskIds(raw: Uint8Array, from: number, to: number, out: Uint8Array, shift: number): void {
  let done = from;
  let before = 0;
  for (let i = from; i < to; i++) {
    const kind = KINDS[raw[i]!]!;
    const touch = (kind | before) === (DECIMAL | LETTER);
    before = kind;
    if (!touch) continue;
    let start = i;
    while (start > done && KINDS[raw[start - 1]!] !== 0) start--;
    let end = i;
    while (end < to && KINDS[raw[end]!] !== 0) end++;
    const joined = joinedRun(raw, done, to, start, end);
    const [first, last] = isId(raw, from, to, joined[0], joined[1], JOINED_LENGTH) ? joined : [start, end];
    if (first !== start || last !== end || isId(raw, from, to, start, end, HEX_LENGTH)) {
      const placeholder = hasUpper(raw, first, last) ? HEX_UPPER : HEX_LOWER;
      for (let k = first; k < last; k++) if (KINDS[raw[k]!] !== 0) out[k + shift] = placeholder;
      end = last;
    }
    done = end;
    i = end - 1;
    before = 0;
  }
}

/** The stretch with the groups that `-` or `:` joins to it. */
function joinedRun(raw: Uint8Array, from: number, to: number, start: number, end: number): [number, number] {
  let first = start;
  while (first - 2 >= from && isJoint(raw[first - 1]!) && KINDS[raw[first - 2]!] !== 0) {
    first--;
    while (first > from && KINDS[raw[first - 1]!] !== 0) first--;
  }
  let last = end;
  while (last + 1 < to && isJoint(raw[last]!) && KINDS[raw[last + 1]!] !== 0) {
    last++;
    while (last < to && KINDS[raw[last]!] !== 0) last++;
  }
  return [first, last];
}

/** Whether a stretch is no part of a word, has digits and letters of one case, and is long enough. */
function isId(
  raw: Uint8Array,
  from: number,
  to: number,
  first: number,
  last: number,
  length: number,
): boolean {
  if (last - first < length) return false;
  if (last < to && isWord(raw[last]!)) return false;
  if (first > from && isWord(raw[first - 1]!) && !(raw[first - 1] === SMALL_X && raw[first - 2] === DIGIT))
    return false;
  let digits = 0;
  let upper = 0;
  let lower = 0;
  for (let k = first; k < last; k++) {
    const c = raw[k]!;
    if (KINDS[c] === DECIMAL) digits++;
    else if (KINDS[c] !== LETTER) continue;
    else if ((c & CASE) !== 0) lower++;
    else upper++;
  }
  return digits > 0 && lower > 0 !== upper > 0 && digits + lower + upper >= length;
}

function hasUpper(raw: Uint8Array, first: number, last: number): boolean {
  for (let k = first; k < last; k++) if (KINDS[raw[k]!] === LETTER) return (raw[k]! & CASE) === 0;
  return false;
}

function isJoint(byte: number): boolean {
  return byte === DASH || byte === COLON;
}

function isWord(byte: number): boolean {
  return (
    (byte >= 97 && byte <= 122) ||
    (byte >= 65 && byte <= 90) ||
    byte === UNDERSCORE ||
    (byte >= 48 && byte <= 57)
  );
}
