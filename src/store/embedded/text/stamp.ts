import { DIGIT } from './mask.js';

/**
 * A line's own time stands in its column already: where the digits of its stamp are what that time gives, they are not stored
 * again. Two forms: a date and a time of day (ISO 8601, log4j, nginx), and syslog's `Nov 29 20:05:00`, whose month is part of
 * the shape.
 */
export interface StampForm {
  /** Which digit of the time its first one is: of year, month, day, hour, minute, second and fraction. */
  first: number;
  /** How many digits, the shape's first ones, are the time's. */
  digits: number;
}

const DATE_LENGTH = 10;
const CLOCK_LENGTH = 8;
/** Times are kept to the microsecond. */
const FRACTION = 6;
const COLON = 58;
const SPACE = 32;
/** Between year, month and day: `-`, `/`, `.`. */
const JOINTS = [45, 47, 46];

/** @param first where the first digit of the shape lies in it */
export function stampOf(
  text: Uint8Array,
  start: number,
  length: number,
  first: number,
): StampForm | undefined {
  const at = start + first;
  const end = start + length;
  const joint = text[at + 4]!;
  const clock = at + DATE_LENGTH + 1;
  if (
    JOINTS.includes(joint) &&
    text[at + 7] === joint &&
    isTwo(text, at, end) &&
    isTwo(text, at + 2, end) &&
    isTwo(text, at + 5, end) &&
    isTwo(text, at + 8, end) &&
    isClock(text, clock, end)
  )
    return { first: 0, digits: 8 + clockDigits(text, clock, end) };
  const days = isDigit(text, at + 1, end) ? 2 : 1;
  if (text[at + days] === SPACE && isClock(text, at + days + 1, end))
    return { first: 8 - days, digits: days + clockDigits(text, at + days + 1, end) };
  return undefined;
}

// No closures: thousands of shapes a block may be a block's own, and V8 compiles what is made anew for each of them again and again.

function isDigit(text: Uint8Array, at: number, end: number): boolean {
  return at < end && text[at] === DIGIT;
}

function isTwo(text: Uint8Array, at: number, end: number): boolean {
  return isDigit(text, at, end) && isDigit(text, at + 1, end);
}

/** `00:00:00` */
function isClock(text: Uint8Array, at: number, end: number): boolean {
  return (
    isTwo(text, at, end) &&
    text[at + 2] === COLON &&
    isTwo(text, at + 3, end) &&
    text[at + 5] === COLON &&
    isTwo(text, at + 6, end)
  );
}

/** Digits from the clock at `at` on, those of a fraction with it. */
function clockDigits(text: Uint8Array, at: number, end: number): number {
  const dot = at + CLOCK_LENGTH;
  let n = 0;
  if (text[dot] === 46 || text[dot] === 44) while (n < FRACTION && isDigit(text, dot + 1 + n, end)) n++;
  return 6 + n;
}

/** Zones lie whole quarters of an hour apart. */
const ZONE_SECONDS = 900;
const DAY_SECONDS = 86_400;
/** Of the year 10,000. */
const TOO_LATE = 253_402_300_800;

/** The digits of times, one after the other; the date is worked out once a day. */
export class Stamper {
  /** YYYY MM DD hh mm ss and microseconds, a digit a byte. */
  readonly digits = new Uint8Array(20);
  private day = Number.NaN;

  /**
   * @param time ms since the epoch @param zone quarters of an hour east of Greenwich
   * @returns false for a time that has no such digits: before 1970, after 9999
   */
  set(time: number, zone: number): boolean {
    const micros = Math.round(time * 1000) + zone * ZONE_SECONDS * 1_000_000;
    const seconds = Math.floor(micros / 1_000_000);
    if (!(seconds >= 0 && seconds < TOO_LATE)) return false;
    const day = Math.floor(seconds / DAY_SECONDS);
    if (day !== this.day) {
      this.day = day;
      const date = new Date(day * DAY_SECONDS * 1000);
      const year = date.getUTCFullYear();
      this.two(0, (year / 100) | 0);
      this.two(2, year % 100);
      this.two(4, date.getUTCMonth() + 1);
      this.two(6, date.getUTCDate());
    }
    const clock = seconds - day * DAY_SECONDS;
    const minutes = (clock / 60) | 0;
    const hours = (minutes / 60) | 0;
    this.two(8, hours);
    this.two(10, minutes - hours * 60);
    this.two(12, clock - minutes * 60);
    const fraction = micros - seconds * 1_000_000;
    const hundreds = (fraction / 10_000) | 0;
    const rest = fraction - hundreds * 10_000;
    this.two(14, hundreds);
    this.two(16, (rest / 100) | 0);
    this.two(18, rest % 100);
    return true;
  }

  private two(at: number, value: number): void {
    const tens = (value / 10) | 0;
    this.digits[at] = tens;
    this.digits[at + 1] = value - tens * 10;
  }
}

/**
 * The zone a stamp was written in.
 * @param digits of the stamp, as many as the form has @returns quarters of an hour; 0 where none fits
 */
export function zoneOf({ first }: StampForm, digits: Uint8Array, time: number): number {
  const two = (at: number) => digits[at - first]! * 10 + digits[at - first + 1]!;
  const seconds = Math.floor(time / 1000);
  const clock = two(8) * 3600 + two(10) * 60 + two(12);
  let apart = clock - (((seconds % DAY_SECONDS) + DAY_SECONDS) % DAY_SECONDS);
  if (first === 0) {
    const midnight = Date.UTC(two(0) * 100 + two(2), two(4) - 1, two(6)) / 1000;
    apart = midnight + clock - seconds;
  } else if (Math.abs(apart) > DAY_SECONDS / 2) apart -= Math.sign(apart) * DAY_SECONDS;
  const zone = Math.round(apart / ZONE_SECONDS);
  return Math.abs(zone) <= 60 ? zone : 0;
}
