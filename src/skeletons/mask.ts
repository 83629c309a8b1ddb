import { isPolar } from './polarity.js';

/** As much of a line as tells its template, in bytes; what follows is mostly data. */
const LONGEST = 1024;
/** A quotation longer than this is no name. */
const LONGEST_QUOTE = 256;
/** A placeholder and the blank before it are at most so many times as long as what they stand for (`0s` → `<duration>`). */
const GROWTH = 5;

// Kinds of bytes, as bits.
const LETTER = 1;
const DIGIT = 2;
/** Part of a word, but not of its name: `-`, `.`, `@` … */
const INNER = 4;
const SLASH = 8;
const WORD = LETTER | DIGIT | INNER | SLASH;
const BLANK = 16;
const QUOTE = 32;

const CLASS = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const char = String.fromCharCode(byte);
  if (/[A-Za-z]/.test(char) || byte >= 0x80) CLASS[byte] = LETTER;
  else if (/[0-9]/.test(char)) CLASS[byte] = DIGIT;
  else if (/[-_.+%@~&#$*^]/.test(char)) CLASS[byte] = INNER;
  else if (/[/\\]/.test(char)) CLASS[byte] = SLASH;
  else if (byte <= 0x20) CLASS[byte] = BLANK;
  else if (/["'`]/.test(char)) CLASS[byte] = QUOTE;
}

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

/** Units behind a number: durations, and amounts of data and their rates. */
const DURATION = /^[+-]?(?:\d+(?:[.,]\d+)?(?:ns|us|µs|μs|ms|s|secs?|m|mins?|h|hrs?|d|days?))+$/;
const SIZE = /^[+-]?\d+(?:[.,]\d+)?(?:[KMGTP]i?)?(?:B|b|bit|bps|iB)?(?:\/s|ps)?$/;
const COLONS = /^[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}$/;
/** Names that happen to hold a digit. */
const NAMES = new Set(
  (
    'h2 http2 http1 http3 s3 ec2 ipv4 ipv6 tcp4 tcp6 udp4 udp6 sha1 sha2 sha256 sha512 md5 utf8 utf16 x86 x64 arm64 amd64 ' +
    'base64 k8s x509 tls1 l2 l3 l4 l7 i18n oauth2 log4j int32 int64 uint32 uint64 float32 float64 p50 p90 p95 p99 e2e b2b i2c'
  ).split(' '),
);
/** A small number behind one of these is a code: 111 and 98 mean different things. */
const CODE_WORDS = new Set('error errno code status exit exitcode signal rc statuscode http'.split(' '));
/** A quoted word behind one of these says what happened. */
const TELLING_KEYS = new Set(
  'msg message event error err reason type status state level severity lvl kind result outcome action'.split(
    ' ',
  ),
);

/**
 * Turns a line into its skeleton: what varies from line to line (numbers, ids, addresses, paths, durations, quoted
 * names) becomes a placeholder, what the programmer wrote stays. A pure function of the line, in one pass over its
 * bytes, so that counts of skeletons can be made anywhere in any order and added up; the order in which lines come never
 * changes a template, as it does with Drain.
 */
export class Masker {
  /** The skeleton of the last line; valid until the next. */
  readonly out = new Uint8Array(LONGEST * GROWTH);
  private readonly words = new Int32Array(this.out.buffer);
  length = 0;
  /** 64 bits that stand for the skeleton. */
  hash1 = 0;
  hash2 = 0;
  private bytes: Uint8Array = this.out;
  private previousStart = 0;
  private previousEnd = 0;
  /** Where the quotation that is being read as text ends. */
  private closing = -1;

  text(): string {
    return Buffer.from(this.out.buffer, 0, this.length).toString('utf8');
  }

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

  /** FNV-1a and a rotating one, four bytes at a time. */
  private hash(): void {
    const { out, words, length } = this;
    const count = (length + 3) >> 2;
    for (let at = length; at < count << 2; at++) out[at] = 0;
    let a = 0x811c9dc5 ^ length;
    let b = 0x2545f491;
    for (let i = 0; i < count; i++) {
      const word = words[i]!;
      a = Math.imul(a ^ word, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul((b << 13) ^ (b >>> 19) ^ word, 0x27d4eb2d);
    }
    this.hash1 = a;
    this.hash2 = b;
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
    if (!hasDigit && !hasSlash) this.copy(start, stop);
    else {
      const taken = this.masked(start, last, end, hasDigit, hasSlash);
      if (taken > last) at = taken;
      else this.copy(last, stop);
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
      else this.copy(start, last);
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
    if (last - start <= 3 && dots === 0 && this.afterCode()) this.copy(start, last);
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
        this.copy(from, at - digits);
        this.placeholder(NUMBER);
        before = undefined;
      } else if (!now) {
        this.separate(before, from, start);
        this.copy(from, at);
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

  private put(byte: number): void {
    this.out[this.length++] = byte;
  }

  private copy(from: number, to: number): void {
    const { bytes, out } = this;
    let { length } = this;
    for (let at = from; at < to; at++) out[length++] = bytes[at]!;
    this.length = length;
  }

  private placeholder(mark: Uint8Array): void {
    const { out } = this;
    let { length } = this;
    for (let i = 0; i < mark.length; i++) out[length++] = mark[i]!;
    this.length = length;
  }
}

function latin(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

function isAlnum(byte: number): boolean {
  const kind = CLASS[byte]!;
  return kind === LETTER || kind === DIGIT;
}

/** Short and of letters only. */
function isLetters(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 16) return false;
  for (let at = start; at < end; at++) if (CLASS[bytes[at]!] !== LETTER) return false;
  return true;
}

/** Letters, then all the digits. */
function endsInNumber(bytes: Uint8Array, from: number, to: number, digits: number): boolean {
  for (let at = from; at < to - digits; at++) if (CLASS[bytes[at]!] === DIGIT) return false;
  return to - from > digits;
}

/** `0x1f3a`, or groups of hexadecimal digits with dashes between. */
function isHexRun(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === 0x30 && bytes[start + 1] === 0x78 ? start + 2 : start;
  if (at >= end) return false;
  for (; at < end; at++) if (!isHex(bytes[at]!) && bytes[at] !== 0x2d) return false;
  return true;
}

/** Mail addresses and the like, and long mixtures of both cases and digits, as keys and tokens are. */
function isRandom(bytes: Uint8Array, start: number, end: number): boolean {
  let digits = 0;
  let upper = 0;
  let lower = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0x40) return true;
    if (byte === 0x2d || byte === 0x5f || byte === 0x2e) return false;
    if (byte >= 97) lower++;
    else if (byte >= 65) upper++;
    else digits++;
  }
  return end - start >= 16 && digits >= 3 && upper > 0 && lower > 0;
}

function isHex(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 102) || (byte >= 65 && byte <= 70);
}

/** Digits with signs, points and a percent sign. */
function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const fine =
      (byte >= 48 && byte <= 57) || byte === 0x2e || byte === 0x2d || byte === 0x2b || byte === 0x25;
    if (!fine) return false;
  }
  return true;
}

function isDate(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i]!;
    if (i === 4 || i === 7 ? byte !== 0x2d && byte !== 0x2f : byte < 48 || byte > 57) return false;
  }
  return end - start > 10 && (bytes[start + 10] === 0x54 || bytes[start + 10] === 0x74);
}

function isTimeByte(byte: number): boolean {
  return (
    (byte >= 48 && byte <= 58) ||
    byte === 0x2e ||
    byte === 0x2c ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x5a
  );
}

function slashes(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (CLASS[bytes[at]!] === SLASH) count++;
  return count;
}

function isTrailing(byte: number): boolean {
  return byte === 0x2e || byte === 0x2d || byte === 0x5f;
}

/** What ends a URL besides blanks and quotes. */
function isClosing(byte: number): boolean {
  return byte === 0x29 || byte === 0x5d || byte === 0x7d || byte === 0x3e || byte === 0x2c || byte === 0x3b;
}
