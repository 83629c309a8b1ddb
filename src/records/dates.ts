import { LEVELS } from '../model/vocabulary.js';
import { isDate, MONTHS, WEEKDAYS } from './calendar.js';
import {
  numberAt,
  readClockAfterDate,
  readCompactYear,
  readEpoch,
  readKlog,
  readPackedDate,
} from './dates-packed.js';
import {
  digitAt,
  digitRun,
  isBoundary,
  isLetter,
  pairAt,
  readClock,
  readHalfDay,
  readZone,
  type Stamp,
} from './stamp.js';

/**
 * The shapes a timestamp can have, chosen by its first bytes and their number: no list of formats is tried one after
 * the other, so a line costs the same whatever its format. Each reader returns whether `stamp` holds a time now.
 */

const SPACE = 0x20;
const MINUS = 0x2d;
const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;

/** A timestamp that begins at `at` with a digit or a letter. */
export function readStamp(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  stamp.reset();
  if (at >= end) return false;
  const first = bytes[at]!;
  if ((first - 0x30) >>> 0 <= 9) return readNumeric(bytes, at, end, stamp);
  if (isLetter(first)) return readKlog(bytes, at, end, stamp) || readNamed(bytes, at, end, stamp);
  return false;
}

function readNumeric(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  const digits = digitRun(bytes, at, end);
  const next = at + digits < end ? bytes[at + digits]! : 0;
  switch (digits) {
    case 4:
      return readYearFirst(bytes, at, end, stamp, next);
    case 1:
    case 2:
      return readShort(bytes, at, end, stamp, digits, next);
    case 6:
      if (readCompactYear(bytes, at, end, stamp, next)) return true;
      break;
    case 8:
    case 14:
      return readPackedDate(bytes, at, end, stamp, digits, next);
    case 10:
    case 13:
    case 16:
    case 19:
      return readEpoch(bytes, at, end, stamp, digits);
  }
  return next === COLON && readRedis(bytes, at + digits, end, stamp);
}

/** `2024-01-31T12:00:00.123456Z`, `2024/01/31 12:00:00`, `2005-06-03-15.42.50.675872`, `2024 Jan 31 12:00:00`. */
function readYearFirst(bytes: Uint8Array, at: number, end: number, stamp: Stamp, mark: number): boolean {
  if (mark !== MINUS && mark !== SLASH && mark !== DOT) {
    if (mark !== SPACE || !readNamed(bytes, at + 5, end, stamp)) return false;
    if (stamp.year < 0) stamp.year = numberAt(bytes, at, 4);
    return true;
  }
  let month = pairAt(bytes, at + 5, end);
  let i = at + 7;
  if (month < 0) {
    month = digitAt(bytes, at + 5, end);
    i = at + 6;
  }
  if (i >= end || bytes[i] !== mark) return false;
  let day = pairAt(bytes, i + 1, end);
  if (day >= 0) i += 3;
  else {
    day = digitAt(bytes, i + 1, end);
    i += 2;
  }
  if (!isDate(month, day)) return false;
  stamp.year = numberAt(bytes, at, 4);
  stamp.month = month;
  stamp.day = day;
  return readClockAfterDate(bytes, i, end, stamp);
}

/** One or two digits first: a day, a month, a year of two digits, or an hour. */
function readShort(
  bytes: Uint8Array,
  at: number,
  end: number,
  stamp: Stamp,
  digits: number,
  mark: number,
): boolean {
  const first = numberAt(bytes, at, digits);
  const after = at + digits + 1;
  if (mark === COLON) {
    // A time of day alone; `3:15` could be anything, `03:15:42` rarely is.
    stamp.weak = true;
    if (readRedis(bytes, at + digits, end, stamp)) return true;
    return digits === 2 && readClock(bytes, at, end, stamp, COLON, true);
  }
  if (mark !== SLASH && mark !== MINUS && mark !== DOT && mark !== SPACE) return false;
  if (after < end && isLetter(bytes[after]!)) return readDayMonthName(bytes, after, end, stamp, first, mark);
  if (mark === SPACE) return false;
  const second = pairAt(bytes, after, end);
  if (second < 0) return false;
  const third = after + 3;
  if (after + 2 < end && bytes[after + 2] === mark) {
    const yearDigits = digitRun(bytes, third, end);
    if (yearDigits === 4) return readYearLast(bytes, third, end, stamp, first, second, mark);
    // Spark and Hadoop print `17/06/09 20:10:40`: year, month, day.
    if (yearDigits !== 2 || digits !== 2 || mark === DOT) return false;
    const day = numberAt(bytes, third, 2);
    if (!isDate(second, day)) return false;
    stamp.year = first < 70 ? 2000 + first : 1900 + first;
    stamp.month = second;
    stamp.day = day;
    return readClockAfterDate(bytes, third + 2, end, stamp);
  }
  // Android's logcat: `03-17 16:13:38.811`, month and day.
  if (digits !== 2 || mark === DOT || !isDate(first, second)) return false;
  stamp.month = first;
  stamp.day = second;
  if (after + 2 >= end || bytes[after + 2] !== SPACE) return false;
  return readClock(bytes, third, end, stamp, COLON, true);
}

/** `31/01/2024 12:00:00` or `01/31/2024 12:00:00`; a dot (`31.01.2024`) always means day first. */
function readYearLast(
  bytes: Uint8Array,
  at: number,
  end: number,
  stamp: Stamp,
  first: number,
  second: number,
  mark: number,
): boolean {
  const monthFirst = mark !== DOT && isDate(first, second);
  const dayFirst = isDate(second, first);
  if (!monthFirst && !dayFirst) return false;
  stamp.year = numberAt(bytes, at, 4);
  stamp.month = monthFirst ? first : second;
  stamp.day = monthFirst ? second : first;
  stamp.ambiguous = monthFirst && dayFirst && first !== second;
  return readClockAfterDate(bytes, at + 4, end, stamp);
}

/** `31/Jan/2024:12:00:00 +0100` (access logs), `31-Jan-2024 12:00:00.123` (Tomcat), `31 Jan 2024 12:00:00`. */
function readDayMonthName(
  bytes: Uint8Array,
  at: number,
  end: number,
  stamp: Stamp,
  day: number,
  mark: number,
): boolean {
  const month = monthAt(bytes, at, end);
  if (month === 0 || !isDate(month, day)) return false;
  let i = at + 3;
  while (i < end && isLetter(bytes[i]!)) i++;
  if (i >= end || bytes[i] !== mark) return false;
  stamp.month = month;
  stamp.day = day;
  if (digitRun(bytes, i + 1, end) === 4) {
    stamp.year = numberAt(bytes, i + 1, 4);
    return readClockAfterDate(bytes, i + 5, end, stamp);
  }
  return mark === SPACE && readClockAfterDate(bytes, i, end, stamp);
}

/** `Jan 31 12:00:00`, `Jan 31, 2024 1:55:36 PM`, `Sun Dec 04 04:47:44.123 2005`, `Mon, 02 Jan 2006 15:04:05 GMT`. */
function readNamed(bytes: Uint8Array, from: number, end: number, stamp: Stamp): boolean {
  let at = from;
  let month = monthAt(bytes, at, end);
  if (month === 0) {
    if (at + 3 > end || !WEEKDAYS.has(keyAt(bytes, at))) return false;
    at += 3;
    while (at < end && isLetter(bytes[at]!)) at++;
    if (at < end && bytes[at] === 0x2c) at++;
    if (at >= end || bytes[at] !== SPACE) return false;
    while (at < end && bytes[at] === SPACE) at++;
    const digits = digitRun(bytes, at, end);
    if (digits > 0) {
      const mark = at + digits < end ? bytes[at + digits]! : 0;
      if (digits === 4) return readYearFirst(bytes, at, end, stamp, mark);
      return digits <= 2 && readShort(bytes, at, end, stamp, digits, mark) && stamp.day > 0;
    }
    month = monthAt(bytes, at, end);
    if (month === 0) return false;
  }
  at += 3;
  while (at < end && isLetter(bytes[at]!)) at++;
  if (at < end && bytes[at] === DOT) at++;
  if (at >= end || bytes[at] !== SPACE) return false;
  while (at < end && bytes[at] === SPACE) at++;
  const dayDigits = digitRun(bytes, at, end);
  if (dayDigits < 1 || dayDigits > 2) return false;
  const day = numberAt(bytes, at, dayDigits);
  at += dayDigits;
  if (!isDate(month, day)) return false;
  stamp.month = month;
  stamp.day = day;
  if (at < end && bytes[at] === 0x2c) at++;
  if (at >= end || bytes[at] !== SPACE) return false;
  while (at < end && bytes[at] === SPACE) at++;
  if (digitRun(bytes, at, end) === 4 && (at + 4 >= end || bytes[at + 4] !== COLON)) {
    stamp.year = numberAt(bytes, at, 4);
    at += 4;
    if (at < end && bytes[at] === 0x2c) at++;
    while (at < end && bytes[at] === SPACE) at++;
  }
  if (!readClock(bytes, at, end, stamp)) return false;
  readHalfDay(bytes, end, stamp);
  readZone(bytes, end, stamp);
  if (stamp.year < 0) readTrailingYear(bytes, end, stamp);
  return true;
}

function readTrailingYear(bytes: Uint8Array, end: number, stamp: Stamp): void {
  const at = stamp.end + 1;
  if (at + 4 > end || bytes[at - 1] !== SPACE || digitRun(bytes, at, end) !== 4) return;
  const year = numberAt(bytes, at, 4);
  if (year < 1970 || year > 2199 || !isBoundary(bytes, at + 4, end)) return;
  stamp.year = year;
  stamp.end = at + 4;
}

const REDIS_LEVELS: Record<number, number> = {
  46: LEVELS.indexOf('debug'),
  45: LEVELS.indexOf('info'),
  42: LEVELS.indexOf('notice'),
  35: LEVELS.indexOf('warn'),
};

/** `123:M 31 Jan 2024 12:00:00.000 * text`; `at` is the colon. The mark after the time is the level (redis.conf). */
function readRedis(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  if (at + 3 >= end || !isLetter(bytes[at + 1]!) || bytes[at + 2] !== SPACE) return false;
  const digits = digitRun(bytes, at + 3, end);
  if (digits < 1 || digits > 2) return false;
  const mark = bytes[at + 3 + digits] ?? 0;
  if (mark !== SPACE || !readShort(bytes, at + 3, end, stamp, digits, mark)) return false;
  stamp.weak = false;
  const sign = stamp.end + 1;
  if (sign + 1 < end && bytes[sign - 1] === SPACE && bytes[sign + 1] === SPACE) {
    const level = REDIS_LEVELS[bytes[sign]!];
    if (level !== undefined) {
      stamp.level = level;
      stamp.end = sign + 1;
    }
  }
  return true;
}

function keyAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! & 31) * 32 + (bytes[at + 1]! & 31)) * 32 + (bytes[at + 2]! & 31);
}

/** 1–12, or 0 when no English month name (three letters or whole) stands here. */
function monthAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 3 > end || !isLetter(bytes[at]!) || !isLetter(bytes[at + 1]!) || !isLetter(bytes[at + 2]!))
    return 0;
  return MONTHS.get(keyAt(bytes, at)) ?? 0;
}
