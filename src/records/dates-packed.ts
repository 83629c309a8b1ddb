import { LEVELS } from '../model/vocabulary.js';
import { isDate } from './calendar.js';
import {
  digitAt,
  digitRun,
  isBoundary,
  pairAt,
  readClock,
  readFraction,
  readHalfDay,
  readPackedClock,
  type Stamp,
} from './stamp.js';
import { readZone } from './zones.js';

/** Shapes in which digits stand without separators: packed dates, epochs, klog; and what dates.ts shares with them. */

const TAB = 0x09;
const SPACE = 0x20;
const MINUS = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;

/** The digits at a place as a number; the caller has counted them. */
export function numberAt(bytes: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) value = value * 10 + (bytes[i]! - 0x30);
  return value;
}

/** What stands between date and clock differs by logger: `T`, spaces, `_`, `-`, `:`, `, `. */
export function readClockAfterDate(bytes: Uint8Array, from: number, end: number, stamp: Stamp): boolean {
  let at = from;
  if (at >= end) return false;
  const mark = bytes[at]!;
  // `[11/30/2026] [5:10:45 AM]`: date and clock in brackets of their own
  if (mark === 0x5d && bytes[at + 1] === SPACE && bytes[at + 2] === 0x5b) at += 3;
  else if (mark === 0x2c) at++;
  else if (
    mark === 0x54 ||
    mark === 0x74 ||
    mark === 0x5f ||
    mark === DOT ||
    mark === MINUS ||
    mark === COLON ||
    mark === 0x40
  )
    at++;
  else if (mark !== SPACE && mark !== TAB) return false;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB || (at === from + 1 && bytes[at] === COLON)))
    at++;
  const ok =
    readClock(bytes, at, end, stamp) ||
    readClock(bytes, at, end, stamp, DOT, true) ||
    (mark !== SPACE && readPackedClock(bytes, at, end, stamp));
  if (!ok) return false;
  readHalfDay(bytes, end, stamp);
  readZone(bytes, end, stamp);
  return true;
}

/** `081109 203615` (HDFS), `131204 14:05:20` (old MySQL), `240131 12:00:00` (Tornado). */
export function readCompactYear(
  bytes: Uint8Array,
  at: number,
  end: number,
  stamp: Stamp,
  next: number,
): boolean {
  if (next !== SPACE) return false;
  const month = pairAt(bytes, at + 2, end);
  const day = pairAt(bytes, at + 4, end);
  if (!isDate(month, day)) return false;
  const year = numberAt(bytes, at, 2);
  stamp.year = year < 70 ? 2000 + year : 1900 + year;
  stamp.month = month;
  stamp.day = day;
  let i = at + 7;
  if (i < end && bytes[i] === SPACE) i++;
  if (readClock(bytes, i, end, stamp, COLON, true)) return true;
  stamp.weak = true;
  return digitRun(bytes, i, end) === 6 && readPackedClock(bytes, i, end, stamp);
}

/** `20240131T120000Z`, `20171223-22:15:29:606`, `20240131120000`. */
export function readPackedDate(
  bytes: Uint8Array,
  at: number,
  end: number,
  stamp: Stamp,
  digits: number,
  next: number,
): boolean {
  const year = numberAt(bytes, at, 4);
  const month = numberAt(bytes, at + 4, 2);
  const day = numberAt(bytes, at + 6, 2);
  if (year < 1970 || year > 2199 || !isDate(month, day)) return false;
  stamp.year = year;
  stamp.month = month;
  stamp.day = day;
  if (digits === 14) {
    stamp.weak = true;
    if (!readPackedClock(bytes, at + 8, end, stamp)) return false;
    readZone(bytes, end, stamp);
    return true;
  }
  if (next === SPACE && digitRun(bytes, at + 9, end) === 6) {
    if (!readPackedClock(bytes, at + 9, end, stamp)) return false;
    readZone(bytes, end, stamp);
    return true;
  }
  return readClockAfterDate(bytes, at + 8, end, stamp);
}

const EPOCH_UNIT: Record<number, number> = { 10: 1000, 13: 1, 16: 1e-3, 19: 1e-6 };

/** Seconds, milli-, micro- or nanoseconds since 1970, told apart by their number of digits (2001 to 2286). */
export function readEpoch(bytes: Uint8Array, at: number, end: number, stamp: Stamp, digits: number): boolean {
  const unit = EPOCH_UNIT[digits];
  if (unit === undefined) return false;
  let seconds = numberAt(bytes, at, 10);
  if (seconds < 1e9) return false;
  let after = at + digits;
  // Nanoseconds don't fit a double: the digits after the seconds are read as a fraction.
  let milli = 0;
  if (digits > 10)
    milli = numberAt(bytes, at + 10, Math.min(digits - 10, 6)) / 10 ** Math.min(digits - 13, 3);
  else {
    stamp.milli = 0;
    after = readFraction(bytes, after, end, stamp);
    milli = stamp.milli;
  }
  if (digits > 10 && after < end && bytes[after] === DOT) after += 1 + digitRun(bytes, after + 1, end);
  if (!isBoundary(bytes, after, end)) return false;
  seconds *= 1000;
  stamp.epoch = seconds + milli;
  stamp.weak = true;
  stamp.end = after;
  return true;
}

const KLOG_LEVELS: Record<number, number> = {
  73: LEVELS.indexOf('info'),
  87: LEVELS.indexOf('warn'),
  69: LEVELS.indexOf('error'),
  70: LEVELS.indexOf('fatal'),
  68: LEVELS.indexOf('debug'),
};

/** `I0131 12:00:00.123456` and glog's newer `I20240131 12:00:00.123456`. */
export function readKlog(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  const level = KLOG_LEVELS[bytes[at]!];
  if (level === undefined || digitAt(bytes, at + 1, end) > 9) return false;
  const digits = digitRun(bytes, at + 1, end);
  if (digits !== 4 && digits !== 8) return false;
  const date = at + 1 + digits - 4;
  const month = numberAt(bytes, date, 2);
  const day = numberAt(bytes, date + 2, 2);
  if (!isDate(month, day) || at + digits + 1 >= end || bytes[at + digits + 1] !== SPACE) return false;
  if (digits === 8) stamp.year = numberAt(bytes, at + 1, 4);
  stamp.month = month;
  stamp.day = day;
  if (!readClock(bytes, at + digits + 2, end, stamp, COLON, true)) return false;
  stamp.level = level;
  return true;
}

/** DJB's label for 1970 begins 2^62 + 10 (daemontools, tai64n.c; svlogd writes the same). */
const TAI_OF_EPOCH = 10;

/** `@400000006a1914ea1dcd6500`, also without the nanoseconds. */
export function readTai64(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  let stop = at + 1;
  while (stop < end && hexAt(bytes[stop]!) >= 0) stop++;
  const digits = stop - at - 1;
  if ((digits !== 16 && digits !== 24) || bytes[at + 1] !== 0x34) return false;
  let seconds = 0;
  for (let i = at + 2; i < at + 17; i++) seconds = seconds * 16 + hexAt(bytes[i]!);
  let nanos = 0;
  for (let i = at + 17; i < stop; i++) nanos = nanos * 16 + hexAt(bytes[i]!);
  if (nanos >= 1e9 || seconds > 8e9) return false;
  stamp.epoch = (seconds - TAI_OF_EPOCH) * 1000 + nanos / 1e6;
  stamp.end = stop;
  return true;
}

/** `6b0cd8a4.12fb5bcd 0x7f68829d1200 text`: seconds and nanoseconds in hex before a thread's (OpenLDAP 2.5 and later, slapd -d). */
export function readHexClock(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  if (bytes[at + 8] !== DOT || bytes[at + 17] !== SPACE || bytes[at + 18] !== 0x30 || bytes[at + 19] !== 0x78)
    return false;
  let seconds = 0;
  let nanos = 0;
  for (let i = 0; i < 8; i++) {
    const high = hexAt(bytes[at + i]!);
    const low = hexAt(bytes[at + 9 + i]!);
    if (high < 0 || low < 0) return false;
    seconds = seconds * 16 + high;
    nanos = nanos * 16 + low;
  }
  let stop = at + 20;
  while (stop < end && hexAt(bytes[stop]!) >= 0) stop++;
  if (nanos >= 1e9 || seconds < 1e9 || stop < at + 24 || bytes[stop] !== SPACE) return false;
  stamp.epoch = seconds * 1000 + nanos / 1e6;
  stamp.end = stop;
  return true;
}

function hexAt(byte: number): number {
  const digit = (byte - 0x30) >>> 0;
  if (digit <= 9) return digit;
  const letter = (byte | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}
