/** JSON on bytes: keys and strings of a log line, without building its object. */

// Each file has its own: what is imported from another module is loaded anew for each byte, which took half of all reading of JSON.
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Place of the quote that closes the string opened at `open`, or -1. */
export function stringEnd(bytes: Uint8Array, open: number, end: number): number {
  const limit = Math.min(end, open + LOOKED_AT);
  for (let i = open + 1; i < limit; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) return escapedEnd(bytes, i, end);
  }
  return limit < end ? longEnd(bytes, limit, end) : -1;
}

/** Longer strings are searched by the system, whose call costs as much as so many bytes. */
const LOOKED_AT = 32;
const { indexOf } = Buffer.prototype;

/** @param from within the string, not behind a backslash */
function longEnd(bytes: Uint8Array, from: number, end: number): number {
  // A quote stands in each line that asks: the search ends in the next line at the latest.
  const at: number = indexOf.call(bytes, QUOTE, from);
  if (at < 0 || at >= end) return -1;
  return bytes[at - 1] === BACKSLASH ? escapedEnd(bytes, from, end) : at;
}

/** @param from within the string, not behind a backslash */
function escapedEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let i = from; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) i++;
  }
  return -1;
}

/** Past blanks and tabs. */
export function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++;
  return at;
}

/** One past the value that begins at `at` (string, number, word, or a whole object or array), or -1 where it doesn't end. */
export function valueEnd(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  if (first === QUOTE) {
    const close = stringEnd(bytes, at, end);
    return close < 0 ? -1 : close + 1;
  }
  if (first !== 0x7b && first !== 0x5b) {
    let i = at;
    while (i < end && ENDS_VALUE[bytes[i]!] === 0) i++;
    return i;
  }
  let depth = 0;
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) {
      i = stringEnd(bytes, i, end);
      if (i < 0) return -1;
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return i + 1;
  }
  return -1;
}

const ENDS_VALUE = new Uint8Array(256);
for (const byte of [0x2c, 0x7d, 0x5d, 0x20, 0x09]) ENDS_VALUE[byte] = 1;

/**
 * Calls `each` with the places of the outermost pairs of the object that begins at `open`: of the key without its quotes, of
 * the value with them.
 * @returns whether the object ends with the line
 */
export function eachPair(
  bytes: Uint8Array,
  open: number,
  end: number,
  each: (keyStart: number, keyEnd: number, valueStart: number, valueEnd: number) => void,
): boolean {
  let at = skipSpace(bytes, open + 1, end);
  while (at < end && bytes[at] === QUOTE) {
    const keyEnd = stringEnd(bytes, at, end);
    if (keyEnd < 0) return false;
    const colon = skipSpace(bytes, keyEnd + 1, end);
    if (bytes[colon] !== 0x3a) return false;
    const value = skipSpace(bytes, colon + 1, end);
    const stop = valueEnd(bytes, value, end);
    if (stop < 0 || stop === value) return false;
    each(at + 1, keyEnd, value, stop);
    at = skipSpace(bytes, stop, end);
    if (bytes[at] !== 0x2c) break;
    at = skipSpace(bytes, at + 1, end);
  }
  return at < end && bytes[at] === 0x7d && skipSpace(bytes, at + 1, end) >= end;
}

const ESCAPES: Record<number, number> = {
  98: 0x08,
  102: 0x0c,
  110: 0x0a,
  114: 0x0d,
  116: 0x09,
};

/**
 * Writes the text of a JSON string, bytes[from, to) between its quotes, to `out` and returns where it ends there. It is never
 * longer than what it is written as.
 */
export function unescapeInto(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
): number {
  let length = outAt;
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!;
    if (byte !== BACKSLASH) {
      out[length++] = byte;
      continue;
    }
    const kind = bytes[++at]!;
    if (kind !== 0x75) {
      out[length++] = ESCAPES[kind] ?? kind;
      continue;
    }
    let code = hex(bytes, at + 1, to);
    if (code < 0) {
      out[length++] = kind;
      continue;
    }
    at += 4;
    if (code >= 0xd800 && code < 0xdc00 && bytes[at + 1] === BACKSLASH && bytes[at + 2] === 0x75) {
      const low = hex(bytes, at + 3, to);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + low - 0xdc00;
        at += 6;
      }
    }
    length = writeCharacter(code, out, length);
  }
  return length;
}

function hex(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i]!;
    const digit = byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57;
    if (digit < 0 || digit > 15) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function writeCharacter(given: number, out: Uint8Array, at: number): number {
  const code = given >= 0xd800 && given < 0xe000 ? 0xfffd : given;
  let length = at;
  if (code < 0x80) out[length++] = code;
  else if (code < 0x800) {
    out[length++] = 0xc0 | (code >> 6);
    out[length++] = 0x80 | (code & 63);
  } else if (code < 0x10000) {
    out[length++] = 0xe0 | (code >> 12);
    out[length++] = 0x80 | ((code >> 6) & 63);
    out[length++] = 0x80 | (code & 63);
  } else {
    out[length++] = 0xf0 | (code >> 18);
    out[length++] = 0x80 | ((code >> 12) & 63);
    out[length++] = 0x80 | ((code >> 6) & 63);
    out[length++] = 0x80 | (code & 63);
  }
  return length;
}
