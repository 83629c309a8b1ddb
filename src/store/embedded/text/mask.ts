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
const RESERVED = 4;
/** What a byte may be a digit of. */
const KINDS = new Uint8Array(256);
/** Each byte, a decimal digit as DIGIT. */
const MASKED = Uint8Array.from({ length: 256 }, (_, c) => c);
for (let c = 48; c < 58; c++) KINDS[c] = DECIMAL;
for (let c = 97; c < 103; c++) KINDS[c] = LETTER;
for (let c = 65; c < 71; c++) KINDS[c] = LETTER;
for (let c = 48; c < 58; c++) MASKED[c] = DIGIT;
KINDS[HEX_LOWER] = RESERVED;
KINDS[HEX_UPPER] = RESERVED;

const DASH = 45;
const COLON = 58;
const UNDERSCORE = 95;
const SMALL_X = 120;
const CASE = 32;

/**
 * Writes the shape of `raw[from, to)` to `out` at `at`. Without branches for the usual byte: numbers are many and short, and a
 * processor that guesses wrong at each end of each took four times as long.
 * @returns false where the line holds a byte that stands for a digit here: it is its own shape then, digits and all
 */
export function maskLine(raw: Uint8Array, from: number, to: number, out: Uint8Array, at: number): boolean {
  const shift = at - from;
  let before = 0;
  // Set where a decimal digit and a letter of hexadecimal ones touch, or a reserved byte stands.
  let touch = 0;
  for (let i = from; i < to; i++) {
    const c = raw[i]!;
    out[i + shift] = MASKED[c]!;
    const kind = KINDS[c]!;
    touch |= (kind & (before << 1)) | ((kind >> 1) & before) | (kind & RESERVED);
    before = kind;
  }
  if (touch === 0) return true;
  if ((touch & RESERVED) !== 0 && hasReserved(raw, from, to)) {
    out.set(raw.subarray(from, to), at);
    return false;
  }
  maskIds(raw, from, to, out, shift);
  return true;
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
