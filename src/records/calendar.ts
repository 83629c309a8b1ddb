/** Civil dates and zones by arithmetic: `Date` and `Intl` cost more than the rest of a line's parsing together. */

const DAYS_BEFORE_MONTH = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_MONTH = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export const DAY_MS = 86_400_000;

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar; month 1–12. */
export function daysSinceEpoch(year: number, month: number, day: number): number {
  const before = year - 1;
  const leaps = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const leapDay = month > 2 && isLeap(year) ? 1 : 0;
  return (year - 1970) * 365 + leaps + DAYS_BEFORE_MONTH[month]! + leapDay + day - 1;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** February 29 passes in every year: a log without years can't say which one it is. */
export function isDate(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= DAYS_IN_MONTH[month]!;
}

/** Does the day exist in its year? */
export function isCivilDate(year: number, month: number, day: number): boolean {
  return isDate(month, day) && (month !== 2 || day < 29 || isLeap(year));
}

/** Letters packed five bits each, any case: a key for small maps of words without making a string. */
export function packWord(word: string): number {
  let key = 0;
  for (let i = 0; i < word.length; i++) key = key * 32 + (word.charCodeAt(i) & 31);
  return key;
}

/** The same of three bytes, as names of months and weekdays are cut to; -1 where one is no letter (`45%` is no `Tue`). */
export function packThree(bytes: Uint8Array, at: number): number {
  const [a, b, c] = [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!];
  // Of the bytes with bit 6 and without bit 7 only letters have one to 26 in the five below.
  if ((a & b & c & 0x40) === 0 || ((a | b | c) & 0x80) !== 0) return -1;
  return ((a & 31) * 32 + (b & 31)) * 32 + (c & 31);
}

export const MONTHS: ReadonlyMap<number, number> = new Map(
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map((name, index) => [
    packWord(name),
    index + 1,
  ]),
);

export const WEEKDAYS: ReadonlySet<number> = new Set(
  ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map(packWord),
);

/**
 * Minutes east of UTC (tzdata). Of abbreviations that name several zones those of RFC 2822 §4.3 have its meaning, IST is
 * India's and BST Britain's.
 */
export const ZONE_ABBREVIATIONS: ReadonlyMap<number, number> = new Map(
  Object.entries({
    utc: 0,
    gmt: 0,
    wet: 0,
    west: 60,
    cet: 60,
    cest: 120,
    eet: 120,
    eest: 180,
    msk: 180,
    jst: 540,
    kst: 540,
    est: -300,
    edt: -240,
    cst: -360,
    cdt: -300,
    mst: -420,
    mdt: -360,
    pst: -480,
    pdt: -420,
    ast: -240,
    adt: -180,
    nst: -210,
    ndt: -150,
    akst: -540,
    akdt: -480,
    hst: -600,
    brt: -180,
    art: -180,
    clt: -240,
    bst: 60,
    ist: 330,
    sast: 120,
    cat: 120,
    wat: 60,
    eat: 180,
    trt: 180,
    irst: 210,
    gst: 240,
    pkt: 300,
    npt: 345,
    ict: 420,
    wib: 420,
    sgt: 480,
    hkt: 480,
    pht: 480,
    awst: 480,
    acst: 570,
    acdt: 630,
    aest: 600,
    aedt: 660,
    nzst: 720,
    nzdt: 780,
  }).map(([name, minutes]) => [packWord(name), minutes]),
);

/** The zone that timestamps without one are read in. */
export class AssumedZone {
  private readonly fixed: number | undefined;
  private readonly format: Intl.DateTimeFormat | undefined;
  private which: 'earlier' | 'later' | undefined;
  private cachedHour = Number.NaN;
  private cachedOffset = 0;

  /**
   * @param name `UTC`, an offset such as `+02:00`, or an IANA name such as `Europe/Berlin`
   * @throws RangeError when the name is none of these
   */
  constructor(private readonly name = 'UTC') {
    const offset = /^([+-])(\d\d):?(\d\d)$/.exec(name);
    if (name === 'UTC' || name === 'Z') this.fixed = 0;
    else if (offset) {
      const minutes = Number(offset[2]) * 60 + Number(offset[3]);
      this.fixed = offset[1] === '-' ? -minutes : minutes;
    } else
      this.format = new Intl.DateTimeFormat('en-US', {
        timeZone: name,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
  }

  /** The same zone, with this choice where a wall-clock time comes twice (the hour that ends summer time). */
  preferring(which: 'earlier' | 'later'): AssumedZone {
    if (this.fixed !== undefined) return this;
    const zone = new AssumedZone(this.name);
    zone.which = which;
    return zone;
  }

  /** Milliseconds since the epoch of a wall-clock time given as if it were UTC. */
  toEpoch(wallMs: number): number {
    if (this.fixed !== undefined) return wallMs - this.fixed * 60_000;
    // Zones change on the hour (or half hour) at most twice a year: one Intl call a quarter of an hour of log time.
    const quarter = Math.floor(wallMs / 900_000);
    if (quarter !== this.cachedHour) {
      this.cachedHour = quarter;
      this.cachedOffset = this.offsetOf(wallMs);
    }
    return wallMs - this.cachedOffset;
  }

  /** Milliseconds east of UTC at a wall-clock time. */
  private offsetOf(wallMs: number): number {
    if (this.which !== undefined) {
      const around = [this.offsetAt(wallMs - DAY_MS), this.offsetAt(wallMs + DAY_MS)];
      const possible = around.filter(offset => this.offsetAt(wallMs - offset) === offset);
      if (possible.length > 1)
        return this.which === 'earlier' ? Math.max(...possible) : Math.min(...possible);
    }
    return this.offsetAt(wallMs - this.offsetAt(wallMs));
  }

  /** Milliseconds east of UTC at an instant. */
  private offsetAt(epochMs: number): number {
    const parts: Record<string, number> = {};
    for (const part of this.format!.formatToParts(epochMs)) parts[part.type] = Number(part.value);
    const wall =
      daysSinceEpoch(parts.year!, parts.month!, parts.day!) * DAY_MS +
      parts.hour! * 3_600_000 +
      parts.minute! * 60_000 +
      parts.second! * 1000;
    return wall - Math.floor(epochMs / 1000) * 1000;
  }
}
