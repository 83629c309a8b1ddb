import { LEVELS } from '../model/vocabulary.js';
import { isDate, packThree, WEEKDAYS } from './calendar.js';
import { readEastAsian } from './dates-eastern.js';
import {
  numberAt,
  readClockAfterDate,
  readCompactYear,
  readEpoch,
  readHexClock,
  readKlog,
  readPackedDate,
  readTai64,
} from './dates-packed.js';
import { isNameByte, monthNameAt } from './month-names.js';
import { startsWith } from './openings.js';
import {
  digitAt,
  digitRun,
  isBoundary,
  isLetter,
  pairAt,
  readClock,
  readHalfDay,
  type Stamp,
} from './stamp.js';
import { readZone } from './zones.js';

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
  if (isNameByte(first)) return readKlog(bytes, at, end, stamp) || readNamed(bytes, at, end, stamp);
  return first === 0x40 && readTai64(bytes, at, end, stamp);
}

function readNumeric(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  const digits = digitRun(bytes, at, end);
  const next = at + digits < end ? bytes[at + digits]! : 0;
  if (digits < 10 && readHexClock(bytes, at, end, stamp)) return true;
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
    if (mark >= 0x80) return readEastAsian(bytes, at, end, stamp);
    if (mark !== SPACE || !readNamed(bytes, at + 5, end, stamp)) return false;
    if (stamp.year < 0) stamp.year = numberAt(bytes, at, 4);
    return true;
  }
  if (mark !== SLASH && digitRun(bytes, at + 5, end) === 3) return readDayOfYear(bytes, at, end, stamp);
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

/** `2026-332T10:00:00Z`, `2026.332.10:00:00`: the day of the year (ISO 8601-1 §4.1.3). */
function readDayOfYear(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  const year = numberAt(bytes, at, 4);
  const ordinal = numberAt(bytes, at + 5, 3);
  if (year < 1970 || year > 2199 || ordinal < 1 || ordinal > 366) return false;
  const date = new Date(Date.UTC(year, 0, ordinal));
  if (date.getUTCFullYear() !== year) return false;
  stamp.year = year;
  stamp.month = date.getUTCMonth() + 1;
  stamp.day = date.getUTCDate();
  return readClockAfterDate(bytes, at + 8, end, stamp);
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
    return digits === 2 && readClock(bytes, at, end, stamp, COLON, true) && readDateBehind(bytes, end, stamp);
  }
  // `28Nov2026 10:00:00.000`: Minecraft Forge.
  if (isLetter(mark)) return readDayMonthName(bytes, at + digits, end, stamp, first, 0);
  if (mark === DOT && bytes[after] === SPACE && isNameByte(bytes[after + 1] ?? 0))
    return readDayMonthName(bytes, after + 1, end, stamp, first, SPACE);
  if (mark !== SLASH && mark !== MINUS && mark !== DOT && mark !== SPACE) return false;
  if (after < end && isNameByte(bytes[after]!))
    return readDayMonthName(bytes, after, end, stamp, first, mark);
  if (mark === SPACE) return false;
  const second = pairAt(bytes, after, end);
  if (second < 0) return false;
  const third = after + 3;
  if (after + 2 < end && bytes[after + 2] === mark) {
    const yearDigits = digitRun(bytes, third, end);
    if (yearDigits === 4) return readYearLast(bytes, third, end, stamp, first, second, mark);
    if (yearDigits !== 2 || digits !== 2) return false;
    // Spark and Hadoop print `17/06/09 20:10:40`: year, month, day; Windows the day or the month first.
    const day = numberAt(bytes, third, 2);
    const yearFirst = isDate(second, day) && mark !== DOT;
    if (!yearFirst && !isDate(first, second) && !isDate(second, first)) return false;
    stamp.short = [first, second, day];
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

/** `10:00:00 28/11/2026`, `10:00:00.123 2026-11-28`: a date behind the clock. */
function readDateBehind(bytes: Uint8Array, end: number, stamp: Stamp): true {
  const at = stamp.end + 1;
  if (bytes[stamp.end] !== SPACE || digitAt(bytes, at, end) > 9) return true;
  const run = digitRun(bytes, at, end);
  const [first, second, third] = [at, at + run + 1, at + run + 4];
  const mark = bytes[at + run];
  if ((mark !== MINUS && mark !== SLASH && mark !== DOT) || bytes[third - 1] !== mark) return true;
  const middle = pairAt(bytes, second, end);
  const lastRun = digitRun(bytes, third, end);
  const year = run === 4 ? numberAt(bytes, first, 4) : lastRun === 4 ? numberAt(bytes, third, 4) : -1;
  const other = run === 4 ? pairAt(bytes, third, end) : pairAt(bytes, first, end);
  if (year < 1970 || year > 2199 || (run === 4 ? lastRun !== 2 : run !== 2)) return true;
  const monthMiddle = isDate(middle, other);
  if (!monthMiddle && (run === 4 || !isDate(other, middle))) return true;
  stamp.year = year;
  stamp.month = monthMiddle ? middle : other;
  stamp.day = monthMiddle ? other : middle;
  stamp.ambiguous = run !== 4 && mark !== DOT && monthMiddle && isDate(other, middle);
  stamp.weak = false;
  stamp.end = third + lastRun;
  return true;
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
  const named = monthNameAt(bytes, at, end);
  if (named === undefined || !isDate(named.month, day)) return false;
  const { month, end: i } = named;
  stamp.month = month;
  stamp.day = day;
  if (mark === 0) {
    if (digitRun(bytes, i, end) !== 4) return false;
    stamp.year = numberAt(bytes, i, 4);
    return readClockAfterDate(bytes, i + 4, end, stamp);
  }
  if (i >= end || bytes[i] !== mark) return false;
  if (digitRun(bytes, i + 1, end) === 4) {
    stamp.year = numberAt(bytes, i + 1, 4);
    return readClockAfterDate(bytes, i + 5, end, stamp);
  }
  return mark === SPACE && readClockAfterDate(bytes, i, end, stamp);
}

/** Longest name of a day of the week; `Sa 28 Nov 2026` may be in any language, what follows must be a date with its year. */
const WEEKDAY_BYTES = 24;

/**
 * `Jan 31 12:00:00`, `Jan 31, 2024 1:55:36 PM`, `Nov-28 12:00:00`, `Sun Dec 04 04:47:44.123 2005`,
 * `Mon, 02 Jan 2006 15:04:05 GMT`.
 */
function readNamed(bytes: Uint8Array, from: number, end: number, stamp: Stamp): boolean {
  let at = from;
  let named = monthNameAt(bytes, at, end);
  if (named === undefined) {
    const english = at + 3 <= end && WEEKDAYS.has(packThree(bytes, at));
    const start = at;
    while (at < end && at - start < WEEKDAY_BYTES && isNameByte(bytes[at]!)) at++;
    if (at < end && (bytes[at] === 0x2c || bytes[at] === DOT)) at++;
    if (at < end && bytes[at] === 0x2c) at++;
    if (at >= end || bytes[at] !== SPACE) return false;
    while (at < end && bytes[at] === SPACE) at++;
    const digits = digitRun(bytes, at, end);
    if (digits > 0) {
      const mark = at + digits < end ? bytes[at + digits]! : 0;
      if (digits === 4) return english && readYearFirst(bytes, at, end, stamp, mark);
      return (
        digits <= 2 &&
        readShort(bytes, at, end, stamp, digits, mark) &&
        stamp.day > 0 &&
        (english || (stamp.year >= 0 && mark === SPACE))
      );
    }
    if (!english) return false;
    named = monthNameAt(bytes, at, end);
    if (named === undefined) return false;
  }
  const { month } = named;
  at = named.end;
  if (at < end && bytes[at] === MINUS && digitRun(bytes, at + 1, end) === 2) at++;
  else if (at >= end || bytes[at] !== SPACE) return false;
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
  // It is another date's: `ts` puts its time before lines that have their own.
  const mark = bytes[at + 4];
  if ((mark === MINUS || mark === SLASH || mark === DOT) && digitAt(bytes, at + 5, end) <= 9) return;
  stamp.year = year;
  stamp.end = at + 4;
}

/** Two plain words, of which the first is no level and no day of the week: no timestamp can begin or come next. */
export function isSentence(bytes: Uint8Array, from: number, end: number): boolean {
  let at = from;
  let small = 0;
  while (at < end && isLetter(bytes[at]!)) small |= bytes[at++]! & 0x20;
  if (small === 0 || at - from < 2 || at + 1 >= end) return false;
  return bytes[at] === SPACE && isLetter(bytes[at + 1]!) && !WEEKDAYS.has(packThree(bytes, from));
}

const REDIS_SIGNAL = new TextEncoder().encode(':signal-handler (');
const REDIS_LEVELS: Record<number, number> = {
  46: LEVELS.indexOf('debug'),
  45: LEVELS.indexOf('info'),
  42: LEVELS.indexOf('notice'),
  35: LEVELS.indexOf('warn'),
};

/** `123:M 31 Jan 2024 12:00:00.000 * text`; `at` is the colon. The mark after the time is the level (redis.conf). */
function readRedis(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  if (bytes[at + 1] === 0x73 && startsWith(bytes, at, end, REDIS_SIGNAL))
    return readSignal(bytes, at, end, stamp);
  if (at + 3 >= end || !isLetter(bytes[at + 1]!) || bytes[at + 2] !== SPACE) return false;
  const digits = digitRun(bytes, at + 3, end);
  if (digits < 1 || digits > 2) return false;
  const mark = bytes[at + 3 + digits] ?? 0;
  if (mark !== SPACE || !readShort(bytes, at + 3, end, stamp, digits, mark)) return false;
  stamp.weak = false;
  stamp.bound = true;
  const sign = stamp.end + 1;
  if (sign + 1 < end && bytes[sign - 1] === SPACE && bytes[sign + 1] === SPACE) {
    const level = REDIS_LEVELS[bytes[sign]!];
    if (level !== undefined) {
      stamp.level = level;
      stamp.end = sign + 1;
      stamp.bound = false;
    }
  }
  return true;
}

/** `4711:signal-handler (1796003951) Received SIGTERM`: what may be called in a signal's handler can't write dates. */
function readSignal(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  const from = at + REDIS_SIGNAL.length;
  if (digitRun(bytes, from, end) !== 10 || bytes[from + 10] !== 0x29) return false;
  if (!readEpoch(bytes, from, end, stamp, 10)) return false;
  stamp.weak = false;
  stamp.bound = true;
  stamp.end = from + 11;
  return true;
}
