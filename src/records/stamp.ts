import { type AssumedZone, DAY_MS, daysSinceEpoch, isDate, packWord } from './calendar.js';

/**
 * What a timestamp on a line says, filled in place by the readers of dates.ts: one object for all lines, because an
 * allocation a line is what parsing would mostly consist of.
 */
export class Stamp {
  /** -1: the line tells no year. */
  year = -1;
  month = 0;
  /** -1: the line tells a time of day only. */
  day = -1;
  hour = 0;
  minute = 0;
  second = 0;
  /** Milliseconds within the second, with fraction. */
  milli = 0;
  /** Minutes east of UTC; NaN: the line tells no offset. */
  zone = Number.NaN;
  /** A zone by name (`Europe/Berlin`). */
  place: AssumedZone | undefined;
  /** Milliseconds since the epoch where the line tells them outright, else NaN. */
  epoch = Number.NaN;
  /** One past the last byte read. */
  end = 0;
  /** A shape that other numbers can have too (a bare epoch, a time of day): not believed where dates were seen. */
  weak = false;
  /** Level that the timestamp's own syntax carries (klog's letter, Redis' mark), else 0. */
  level = 0;
  /** Day and month may be swapped (`03/04/2026`). */
  ambiguous = false;
  /** What stands around the clock's digits changes what they mean (AM and PM), or could be part of the timestamp. */
  bound = false;
  /** Three numbers of two digits, of which one is the year: `03/04/26`. Which is which the time near by tells. */
  short: readonly [number, number, number] | undefined;
  private lastNear = Number.NaN;
  private lastYear = 1970;

  reset(): void {
    this.year = -1;
    this.day = -1;
    this.hour = 0;
    this.minute = 0;
    this.second = 0;
    this.milli = 0;
    this.zone = Number.NaN;
    this.epoch = Number.NaN;
    this.weak = false;
    this.level = 0;
    this.ambiguous = false;
    this.place = undefined;
    this.short = undefined;
    this.bound = false;
  }

  /** Takes over all that another says. */
  copy(other: Stamp): void {
    this.year = other.year;
    this.month = other.month;
    this.day = other.day;
    this.hour = other.hour;
    this.minute = other.minute;
    this.second = other.second;
    this.milli = other.milli;
    this.zone = other.zone;
    this.place = other.place;
    this.epoch = other.epoch;
    this.end = other.end;
    this.weak = other.weak;
    this.level = other.level;
    this.ambiguous = other.ambiguous;
    this.short = other.short;
    this.bound = other.bound;
  }

  /** True when a year, day or zone has to be assumed. */
  get assumed(): boolean {
    if (!Number.isNaN(this.epoch)) return false;
    return this.year < 0 || (Number.isNaN(this.zone) && this.place === undefined);
  }

  /**
   * Milliseconds since the epoch. What the line leaves out is chosen so that the time comes as close to `near` as
   * possible without lying more than a day after it.
   */
  resolve(near: number, zone: AssumedZone): number {
    if (!Number.isNaN(this.epoch)) return this.epoch;
    if (this.short) return this.resolveShort(this.short, near, zone);
    if (this.day < 0) return this.resolveDay(near, zone);
    if (this.year < 0) return this.resolveYear(near, zone);
    const asWritten = this.at(daysSinceEpoch(this.year, this.month, this.day), zone);
    if (!this.ambiguous) return asWritten;
    const swapped = this.at(daysSinceEpoch(this.year, this.day, this.month), zone);
    return closest(near, [asWritten, swapped]);
  }

  private resolveYear(near: number, zone: AssumedZone): number {
    const year = this.yearOf(near);
    // Nearly every line is of this year and not ahead of it: no need to compare candidates.
    if (this.month !== 2 || this.day !== 29) {
      const time = this.at(daysSinceEpoch(year, this.month, this.day), zone);
      if (time <= near + DAY_MS && time > near - 180 * DAY_MS) return time;
    }
    // February 29 exists in one year of four (eight around 1900 and 2100).
    const years = this.month === 2 && this.day === 29 ? leapYearsAround(year) : [year, year - 1, year + 1];
    return closest(
      near,
      years.map(candidate => this.at(daysSinceEpoch(candidate, this.month, this.day), zone)),
    );
  }

  /** Year first, month first, day first; in that order where all are as near. */
  private resolveShort(
    [a, b, c]: readonly [number, number, number],
    near: number,
    zone: AssumedZone,
  ): number {
    const orders: [number, number, number][] = [
      [a, b, c],
      [c, a, b],
      [c, b, a],
    ];
    const possible = orders.filter(([, month, day]) => isDate(month, day));
    return closest(
      near,
      possible.map(([year, month, day]) =>
        this.at(daysSinceEpoch(year < 70 ? 2000 + year : 1900 + year, month, day), zone),
      ),
    );
  }

  private yearOf(near: number): number {
    if (near !== this.lastNear) {
      this.lastNear = near;
      this.lastYear = new Date(near).getUTCFullYear();
    }
    return this.lastYear;
  }

  private resolveDay(near: number, zone: AssumedZone): number {
    const today = Math.floor(near / DAY_MS);
    return closest(
      near,
      [today, today - 1, today + 1].map(day => this.at(day, zone)),
    );
  }

  private at(days: number, zone: AssumedZone): number {
    const wall =
      days * DAY_MS + this.hour * 3_600_000 + this.minute * 60_000 + this.second * 1000 + this.milli;
    return Number.isNaN(this.zone) ? (this.place ?? zone).toEpoch(wall) : wall - this.zone * 60_000;
  }
}

function leapYearsAround(year: number): number[] {
  const years: number[] = [];
  for (let candidate = year - 8; candidate <= year + 1; candidate++)
    if (new Date(Date.UTC(candidate, 1, 29)).getUTCMonth() === 1) years.push(candidate);
  return years;
}

function closest(near: number, candidates: number[]): number {
  let best = Number.NaN;
  for (const candidate of candidates) {
    if (candidate > near + DAY_MS) continue;
    if (Number.isNaN(best) || Math.abs(candidate - near) < Math.abs(best - near)) best = candidate;
  }
  return Number.isNaN(best) ? Math.min(...candidates) : best;
}

/** Digit value of a byte, or more than 9. Past the end of the line there is no digit. */
export function digitAt(bytes: Uint8Array, at: number, end: number): number {
  return at < end ? (bytes[at]! - 0x30) >>> 0 : 99;
}

/** Two digits as a number, or -1. */
export function pairAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const tens = (bytes[at]! - 0x30) >>> 0;
  const ones = (bytes[at + 1]! - 0x30) >>> 0;
  return tens > 9 || ones > 9 ? -1 : tens * 10 + ones;
}

/** Length of the run of digits at a place, at most 20. */
export function digitRun(bytes: Uint8Array, at: number, end: number): number {
  let n = 0;
  while (n < 20 && digitAt(bytes, at + n, end) <= 9) n++;
  return n;
}

export function isLetter(byte: number): boolean {
  const folded = byte | 0x20;
  return folded >= 0x61 && folded <= 0x7a;
}

/** A byte that can't go on a number or word: what must follow a timestamp. */
export function isBoundary(bytes: Uint8Array, at: number, end: number): boolean {
  if (at >= end) return true;
  const byte = bytes[at]!;
  return !((byte - 0x30) >>> 0 <= 9 || isLetter(byte) || byte === 0x5f);
}

const COLON = 0x3a;
const DOT = 0x2e;
const COMMA = 0x2c;
const SPACE = 0x20;

/** What so many digits behind the point are multiplied with, or from the fourth on divided by, to be milliseconds. */
export const FRACTION_SCALE = [0, 100, 10, 1] as const;
export const FRACTION_DIVISORS = [1, 1, 1, 1, 10, 1e2, 1e3, 1e4, 1e5, 1e6] as const;

/**
 * `H:MM`, `HH:MM:SS`, `HH:MM:SS.ffffff` (also with comma, and `:` before exactly three digits as some Java loggers
 * write). Sets the time of day and `end`.
 */
export function readClock(
  bytes: Uint8Array,
  from: number,
  end: number,
  stamp: Stamp,
  separator = COLON,
  needSeconds = false,
): boolean {
  let at = from;
  let hour = pairAt(bytes, at, end);
  if (hour >= 0) at += 2;
  else {
    hour = digitAt(bytes, at, end);
    if (hour > 9) return false;
    at += 1;
  }
  if (hour > 24 || at >= end || bytes[at] !== separator) return false;
  const minute = pairAt(bytes, at + 1, end);
  if (minute < 0 || minute > 59) return false;
  at += 3;
  stamp.hour = hour;
  stamp.minute = minute;
  if (at < end && bytes[at] === separator) {
    const second = pairAt(bytes, at + 1, end);
    if (second < 0 || second > 60) return false;
    stamp.second = second;
    at = readFraction(bytes, at + 3, end, stamp);
  } else if (needSeconds) return false;
  // A further digit means that this was some other number; 24:00:00 ends a day (ISO 8601-1).
  if (digitAt(bytes, at, end) <= 9) return false;
  if (hour === 24 && (minute > 0 || stamp.second > 0)) return false;
  stamp.end = at;
  return true;
}

/** `HHMMSS` with optional fraction. */
export function readPackedClock(bytes: Uint8Array, from: number, end: number, stamp: Stamp): boolean {
  const hour = pairAt(bytes, from, end);
  const minute = pairAt(bytes, from + 2, end);
  const second = pairAt(bytes, from + 4, end);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
  stamp.hour = hour;
  stamp.minute = minute;
  stamp.second = second;
  stamp.end = readFraction(bytes, from + 6, end, stamp);
  return digitAt(bytes, stamp.end, end) > 9;
}

/** Reads `.123456` after the seconds, if there is one; digits past the ninth are dropped. */
export function readFraction(bytes: Uint8Array, from: number, end: number, stamp: Stamp): number {
  if (from >= end) return from;
  const mark = bytes[from]!;
  if (mark !== DOT && mark !== COMMA && mark !== COLON) return from;
  const digits = digitRun(bytes, from + 1, end);
  if (digits === 0 || (mark === COLON && digits !== 3)) return from;
  let value = 0;
  const used = Math.min(digits, 9);
  for (let i = 1; i <= used; i++) value = value * 10 + (bytes[from + i]! - 0x30);
  // Division keeps .123456 exact to the last bit that a double has; multiplying by 1e-3 doesn't.
  stamp.milli = used <= 3 ? value * FRACTION_SCALE[used]! : value / FRACTION_DIVISORS[used]!;
  return from + 1 + digits;
}

const AM = packWord('am');
const PM = packWord('pm');

/** `1:55:36 PM`: turns the hour read before into one of 24. */
export function readHalfDay(bytes: Uint8Array, end: number, stamp: Stamp): void {
  let at = stamp.end;
  // Java 20 and later print a narrow no-break space (E2 80 AF) before AM and PM.
  if (at + 3 <= end && bytes[at] === 0xe2 && bytes[at + 1] === 0x80 && bytes[at + 2] === 0xaf) at += 3;
  else if (at < end && bytes[at] === SPACE) at++;
  // Five bits tell letters apart, not letters from signs: `-` has those of `m`.
  if (at + 2 > end || !isLetter(bytes[at]!) || !isLetter(bytes[at + 1]!)) return;
  if (!isBoundary(bytes, at + 2, end)) return;
  const key = (bytes[at]! & 31) * 32 + (bytes[at + 1]! & 31);
  if ((key !== AM && key !== PM) || stamp.hour > 12 || stamp.hour === 0) return;
  stamp.bound = true;
  stamp.hour = (stamp.hour % 12) + (key === PM ? 12 : 0);
  stamp.end = at + 2;
}
