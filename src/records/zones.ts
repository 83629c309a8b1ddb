import { AssumedZone, ZONE_ABBREVIATIONS } from './calendar.js';
import { digitAt, isBoundary, isLetter, pairAt, type Stamp } from './stamp.js';

/** Zones behind a clock, in every form they are written in. */

const SPACE = 0x20;
const COLON = 0x3a;
const PLUS = 0x2b;
const MINUS = 0x2d;

/**
 * `Z`, `+02:00`, `+0200`, `+02`, ` +03`, ` UTC`, ` GMT+2`, ` UTC-03:00`, ` CET +0100`, ` +0100 (CET)`, ` Europe/Berlin`,
 * `+01:00[Europe/Berlin]`; advances `end` past it. No zone leaves the stamp as it was.
 */
export function readZone(bytes: Uint8Array, end: number, stamp: Stamp): void {
  let at = stamp.end;
  if (at >= end) return;
  let byte = bytes[at]!;
  if (byte === 0x5a || byte === 0x7a) {
    if (!isBoundary(bytes, at + 1, end)) return;
    stamp.zone = 0;
    stamp.end = at + 1;
    const next = bytes[stamp.end];
    if (next === 0x5b) skipBracketed(bytes, end, stamp);
    // `Z+01:00`: the offset says more.
    else if (next === PLUS || next === MINUS) readOffset(bytes, stamp.end, end, stamp);
    return;
  }
  if (byte === SPACE) {
    at++;
    if (at >= end) return;
    byte = bytes[at]!;
  }
  if (byte === PLUS || byte === MINUS || byte === 0xe2) {
    if (readOffset(bytes, at, end, stamp)) skipRemark(bytes, end, stamp);
  } else if (byte >= 0x41 && byte <= 0x5a) {
    if (!readAbbreviation(bytes, at, end, stamp)) readPlace(bytes, at, end, stamp);
    else skipRemark(bytes, end, stamp);
  }
}

/** `+02:00`, `+0200`, `+02`; U+2212 is a minus too (ISO 8601-1 §3.2.1). */
function readOffset(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  const wide = bytes[at] === 0xe2;
  if (wide && (bytes[at + 1] !== 0x88 || bytes[at + 2] !== 0x92)) return false;
  const from = wide ? at + 3 : at + 1;
  const hours = pairAt(bytes, from, end);
  if (hours < 0 || hours > 14) return false;
  const colon = from + 2 < end && bytes[from + 2] === COLON;
  const minutes = pairAt(bytes, from + (colon ? 3 : 2), end);
  let after = from + (colon ? 5 : 4);
  let total = hours * 60;
  if (minutes >= 0 && minutes < 60) total += minutes;
  else if (colon && digitAt(bytes, from + 3, end) <= 9) return false;
  else after = from + 2;
  // `-12.5` is a number.
  if (!isBoundary(bytes, after, end) || (bytes[after] === 0x2e && digitAt(bytes, after + 1, end) <= 9))
    return false;
  stamp.zone = bytes[at] === PLUS ? total : -total;
  stamp.end = after;
  return true;
}

function readAbbreviation(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  let after = at;
  let key = 0;
  while (after < end && after - at < 5 && bytes[after]! >= 0x41 && bytes[after]! <= 0x5a)
    key = key * 32 + (bytes[after++]! & 31);
  const minutes = ZONE_ABBREVIATIONS.get(key);
  if (minutes === undefined || !isBoundary(bytes, after, end) || bytes[after] === 0x2f) return false;
  stamp.zone = minutes;
  stamp.end = after;
  const sign = bytes[after];
  if (minutes === 0 && (sign === PLUS || sign === MINUS)) readDifference(bytes, after, end, stamp);
  return true;
}

/** `GMT+2`, `UTC-03:00`. */
function readDifference(bytes: Uint8Array, at: number, end: number, stamp: Stamp): void {
  if (readOffset(bytes, at, end, stamp)) return;
  const hours = digitAt(bytes, at + 1, end);
  if (hours > 9) return;
  const minutes = bytes[at + 2] === COLON ? pairAt(bytes, at + 3, end) : -1;
  const after = minutes < 0 ? at + 2 : at + 5;
  if (!isBoundary(bytes, after, end)) return;
  const total = hours * 60 + Math.max(0, minutes);
  stamp.zone = bytes[at] === MINUS ? -total : total;
  stamp.end = after;
}

/** What says the same again: ` +0100` behind CET, ` (CET)` behind +0100, `[Europe/Berlin]`. */
function skipRemark(bytes: Uint8Array, end: number, stamp: Stamp): void {
  const at = stamp.end;
  if (bytes[at] === 0x5b) skipBracketed(bytes, end, stamp);
  if (bytes[at] !== SPACE || at + 2 >= end) return;
  const next = bytes[at + 1]!;
  if (next === PLUS || next === MINUS) readOffset(bytes, at + 1, end, stamp);
  else if (next === 0x28 && bytes[at + 2]! >= 0x41 && bytes[at + 2]! <= 0x5a) {
    let close = at + 2;
    const limit = Math.min(end, at + 50);
    while (close < limit && (isLetter(bytes[close]!) || bytes[close] === SPACE)) close++;
    if (close < limit && bytes[close] === 0x29) stamp.end = close + 1;
  }
}

function skipBracketed(bytes: Uint8Array, end: number, stamp: Stamp): void {
  let close = stamp.end + 1;
  const limit = Math.min(end, stamp.end + 40);
  if (!isLetter(bytes[close] ?? 0)) return;
  while (close < limit && isPlaceByte(bytes[close]!)) close++;
  if (close < limit && bytes[close] === 0x5d) stamp.end = close + 1;
}

/** Names that were asked for; unknown ones too, so that a word with a slash costs one look. */
const places = new Map<string, AssumedZone | undefined>();
const MAX_PLACES = 256;

/** `Europe/Berlin`, `America/Argentina/Buenos_Aires`. */
function readPlace(bytes: Uint8Array, at: number, end: number, stamp: Stamp): void {
  let stop = at;
  let slash = false;
  const limit = Math.min(end, at + 40);
  while (stop < limit && isPlaceByte(bytes[stop]!)) slash = bytes[stop++] === 0x2f || slash;
  if (!slash || !isBoundary(bytes, stop, end)) return;
  const name = String.fromCharCode(...bytes.subarray(at, stop));
  if (!places.has(name)) {
    if (places.size >= MAX_PLACES) return;
    places.set(name, zoneNamed(name));
  }
  const place = places.get(name);
  if (!place) return;
  stamp.place = place;
  stamp.end = stop;
}

function zoneNamed(name: string): AssumedZone | undefined {
  if (
    !/^(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc|US|Canada)\//.test(
      name,
    )
  )
    return undefined;
  try {
    return new AssumedZone(name);
  } catch {
    return undefined;
  }
}

function isPlaceByte(byte: number): boolean {
  return (
    isLetter(byte) ||
    byte === 0x2f ||
    byte === 0x5f ||
    byte === MINUS ||
    byte === PLUS ||
    (byte - 0x30) >>> 0 <= 9
  );
}
