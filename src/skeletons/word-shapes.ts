// What a word is made of, told from its bytes: the masker's alphabet and the shapes it knows.

// Kinds of bytes, as bits.
export const LETTER = 1;
export const DIGIT = 2;
/** Part of a word, but not of its name: `-`, `.`, `@` … */
const INNER = 4;
export const SLASH = 8;
export const WORD = LETTER | DIGIT | INNER | SLASH;
export const BLANK = 16;
export const QUOTE = 32;

export const CLASS = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const char = String.fromCharCode(byte);
  if (/[A-Za-z]/.test(char) || byte >= 0x80) CLASS[byte] = LETTER;
  else if (/[0-9]/.test(char)) CLASS[byte] = DIGIT;
  else if (/[-_.+%@~&#$*^]/.test(char)) CLASS[byte] = INNER;
  else if (/[/\\]/.test(char)) CLASS[byte] = SLASH;
  else if (byte <= 0x20) CLASS[byte] = BLANK;
  else if (/["'`]/.test(char)) CLASS[byte] = QUOTE;
}

export function latin(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

export function isAlnum(byte: number): boolean {
  const kind = CLASS[byte]!;
  return kind === LETTER || kind === DIGIT;
}

/** Short and of letters only. */
export function isLetters(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > 16) return false;
  for (let at = start; at < end; at++) if (CLASS[bytes[at]!] !== LETTER) return false;
  return true;
}

/** Letters, then all the digits. */
export function endsInNumber(bytes: Uint8Array, from: number, to: number, digits: number): boolean {
  for (let at = from; at < to - digits; at++) if (CLASS[bytes[at]!] === DIGIT) return false;
  return to - from > digits;
}

/** `0x1f3a`, or groups of hexadecimal digits with dashes between. */
export function isHexRun(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === 0x30 && bytes[start + 1] === 0x78 ? start + 2 : start;
  if (at >= end) return false;
  for (; at < end; at++) if (!isHex(bytes[at]!) && bytes[at] !== 0x2d) return false;
  return true;
}

/** Mail addresses and the like, and long mixtures of both cases and digits, as keys and tokens are. */
export function isRandom(bytes: Uint8Array, start: number, end: number): boolean {
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

export function isHex(byte: number): boolean {
  return (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 102) || (byte >= 65 && byte <= 70);
}

/** Digits with signs, points and a percent sign. */
export function isNumber(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    const fine =
      (byte >= 48 && byte <= 57) || byte === 0x2e || byte === 0x2d || byte === 0x2b || byte === 0x25;
    if (!fine) return false;
  }
  return true;
}

export function isDate(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i]!;
    if (i === 4 || i === 7 ? byte !== 0x2d && byte !== 0x2f : byte < 48 || byte > 57) return false;
  }
  return end - start > 10 && (bytes[start + 10] === 0x54 || bytes[start + 10] === 0x74);
}

export function isTimeByte(byte: number): boolean {
  return (
    (byte >= 48 && byte <= 58) ||
    byte === 0x2e ||
    byte === 0x2c ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x5a
  );
}

export function slashes(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) if (CLASS[bytes[at]!] === SLASH) count++;
  return count;
}

export function isTrailing(byte: number): boolean {
  return byte === 0x2e || byte === 0x2d || byte === 0x5f;
}

/** What ends a URL besides blanks and quotes. */
export function isClosing(byte: number): boolean {
  return byte === 0x29 || byte === 0x5d || byte === 0x7d || byte === 0x3e || byte === 0x2c || byte === 0x3b;
}

/** Units behind a number: durations, and amounts of data and their rates. */
export const DURATION = /^[+-]?(?:\d+(?:[.,]\d+)?(?:ns|us|µs|μs|ms|s|secs?|m|mins?|h|hrs?|d|days?))+$/;
export const SIZE = /^[+-]?\d+(?:[.,]\d+)?(?:[KMGTP]i?)?(?:B|b|bit|bps|iB)?(?:\/s|ps)?$/;
export const COLONS = /^[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}$/;
/** Names that happen to hold a digit. */
export const NAMES = new Set(
  (
    'h2 http2 http1 http3 s3 ec2 ipv4 ipv6 tcp4 tcp6 udp4 udp6 sha1 sha2 sha256 sha512 md5 utf8 utf16 x86 x64 arm64 amd64 ' +
    'base64 k8s x509 tls1 l2 l3 l4 l7 i18n oauth2 log4j int32 int64 uint32 uint64 float32 float64 p50 p90 p95 p99 e2e b2b i2c'
  ).split(' '),
);
/** A small number behind one of these is a code: 111 and 98 mean different things. */
export const CODE_WORDS = new Set(
  'error errno code status exit exitcode signal rc statuscode http'.split(' '),
);
/** A quoted word behind one of these says what happened. */
export const TELLING_KEYS = new Set(
  'msg message event error err reason type status state level severity lvl kind result outcome action'.split(
    ' ',
  ),
);
