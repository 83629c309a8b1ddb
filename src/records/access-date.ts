import { isDate, MONTHS, packThree } from './calendar.js';
import { readStamp } from './dates.js';
import { pairAt, type Stamp } from './stamp.js';

const SPACE = 0x20;
const PLUS = 0x2b;
const MINUS = 0x2d;
const SLASH = 0x2f;
const COLON = 0x3a;
const CLOSE = 0x5d;

/** Access logs put virtual host, client, identity and user before the date. */
const REACH = 200;
const WORDS = 5;
const OPEN = 0x5b;

/** Finds an access log's date in its brackets. Whatever level words stand before belong to no timestamp. */
export function findAccessStamp(bytes: Uint8Array, from: number, end: number, stamp: Stamp): boolean {
  const limit = Math.min(end - 21, from + REACH);
  let words = 0;
  for (let i = from; i < limit && words < WORDS; i++) {
    const byte = bytes[i];
    if (byte === SPACE) words++;
    if (byte !== OPEN || bytes[i + 3] !== SLASH) continue;
    if (readAccessDate(bytes, i + 1, end, stamp) || (readStamp(bytes, i + 1, end, stamp) && !stamp.weak))
      return true;
  }
  return false;
}

/** `31/Jan/2024:12:00:00 +0100]`, as nearly every access log writes it, read in one go. Fills the stamp only where it is just that. */
function readAccessDate(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  const month =
    bytes[at + 6] === SLASH && bytes[at + 3]! < 0x80 ? MONTHS.get(packThree(bytes, at + 3)) : undefined;
  const sign = bytes[at + 21];
  if (
    month !== undefined &&
    bytes[at + 26] === CLOSE &&
    at + 26 < end &&
    (sign === PLUS || sign === MINUS) &&
    bytes[at + 2] === SLASH &&
    bytes[at + 11] === COLON &&
    bytes[at + 14] === COLON &&
    bytes[at + 17] === COLON &&
    bytes[at + 20] === SPACE
  ) {
    const day = pairAt(bytes, at, end);
    const century = pairAt(bytes, at + 7, end);
    const year = pairAt(bytes, at + 9, end);
    const hour = pairAt(bytes, at + 12, end);
    const minute = pairAt(bytes, at + 15, end);
    const second = pairAt(bytes, at + 18, end);
    const zoneHours = pairAt(bytes, at + 22, end);
    const zoneMinutes = pairAt(bytes, at + 24, end);
    const isClock = hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
    const isZone = zoneHours >= 0 && zoneHours <= 14 && zoneMinutes >= 0 && zoneMinutes < 60;
    if (isClock && isZone && century >= 0 && year >= 0 && isDate(month, day)) {
      stamp.reset();
      stamp.year = century * 100 + year;
      stamp.month = month;
      stamp.day = day;
      stamp.hour = hour;
      stamp.minute = minute;
      stamp.second = second;
      stamp.milli = 0;
      stamp.zone = (zoneHours * 60 + zoneMinutes) * (sign === MINUS ? -1 : 1);
      stamp.end = at + 26;
      return true;
    }
  }
  return false;
}
