/**
 * A quick look whether any timestamp can stand in a line's head: most lines of plain prose are done with it. Every form that
 * readStamp knows has a clock (`10:00`, `10.00.00`), a run of six digits (packed dates, epochs), or four digits before a letter
 * beyond ASCII (`2026年`); TAI64 and hexadecimal clocks, which have neither for sure, are told by their first bytes.
 */

const COLON = 0x3a;
const DOT = 0x2e;
/** Four tokens of eighty bytes may be skipped, and a date in another language with its weekday follows. */
const REACH = 448;
/** Of the four bytes of a shortest clock each is a digit or the colon: one of every four is looked at. */
const STEP = 4;

/** What a clock or a number consists of. */
const PARTS = new Uint8Array(256);
for (let byte = 0x30; byte <= COLON; byte++) PARTS[byte] = 2;
PARTS[DOT] = 1;

export function mayHoldStamp(bytes: Uint8Array, from: number, lineEnd: number): boolean {
  // slapd's `6b0cd8a4.12fb5bcd 0x7f68829d1200`
  if (bytes[from + 8] === DOT && bytes[from + 18] === 0x30) return true;
  const end = Math.min(lineEnd, from + REACH);
  for (let at = from + STEP - 1; at < end; at += STEP) {
    if (PARTS[bytes[at]!]! < 2) continue;
    let start = at;
    while (start > from && PARTS[bytes[start - 1]!] !== 0) start--;
    at++;
    while (at < lineEnd && PARTS[bytes[at]!] !== 0) at++;
    if (at - start >= STEP && isTelling(bytes, start, at, lineEnd)) return true;
  }
  return false;
}

/** Digits, dots and colons: do they hold a clock, or a number that can be one or an epoch? */
function isTelling(bytes: Uint8Array, start: number, stop: number, lineEnd: number): boolean {
  let run = 0;
  for (let i = start; ; i++) {
    const byte = i < stop ? bytes[i]! : DOT;
    if (byte !== COLON && byte !== DOT) {
      run++;
      continue;
    }
    if (run >= 6 && isLongNumber(bytes, i - run, run)) return true;
    if (i >= stop) break;
    if (run > 0 && isPair(bytes, i + 1, stop)) {
      if (byte === COLON && bytes[i + 1]! < 0x36 && !isDigit(bytes, i + 3, stop)) return true;
      if (byte === DOT && bytes[i + 3] === DOT && isPair(bytes, i + 4, stop)) return true;
    }
    run = 0;
  }
  return run >= 4 && stop < lineEnd && bytes[stop]! >= 0x80;
}

/** `120000` as a clock, `20261130120000`, an epoch of whatever unit, the beginning of a TAI64 label. */
function isLongNumber(bytes: Uint8Array, at: number, digits: number): boolean {
  if (digits === 6) return bytes[at]! < 0x33 && bytes[at + 2]! < 0x36 && bytes[at + 4]! < 0x37;
  if (digits === 14) return bytes[at]! < 0x33;
  return (
    digits === 10 || digits === 13 || digits === 16 || digits === 19 || (at > 0 && bytes[at - 1] === 0x40)
  );
}

function isDigit(bytes: Uint8Array, at: number, end: number): boolean {
  return at < end && (bytes[at]! - 0x30) >>> 0 <= 9;
}

function isPair(bytes: Uint8Array, at: number, end: number): boolean {
  return isDigit(bytes, at, end) && isDigit(bytes, at + 1, end);
}

/** `10.77.1.3 `: four numbers with dots between them. */
export function isAddress(bytes: Uint8Array, from: number, end: number): boolean {
  let dots = 0;
  const limit = Math.min(end, from + 16);
  for (let at = from; at < limit; at++) {
    const byte = bytes[at]!;
    if (byte === 0x2e) dots++;
    else if ((byte - 0x30) >>> 0 > 9) return byte === 0x20 && dots === 3;
  }
  return false;
}
