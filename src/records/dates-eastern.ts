import { isDate } from './calendar.js';
import { digitRun, readClock, readHalfDay, type Stamp } from './stamp.js';
import { readZone } from './zones.js';

/** Dates whose parts have signs behind them: `2026年11月28日 10:00:00`, `2026년 11월 28일 10시00분00초`. */

const SPACE = 0x20;
/** The signs of year, month, day, hour, minute and second, in Chinese (both forms), Japanese and Korean. */
const SIGNS = ['年|년', '月|월', '日|일', '时|時|시', '分|분', '秒|초'].map(alternatives =>
  alternatives.split('|').map(sign => Buffer.from(sign)),
);
const FORENOON = ['上午', '午前', '오전'].map(word => Buffer.from(word));
const AFTERNOON = ['下午', '午後', '오후'].map(word => Buffer.from(word));

/** @param at the first of the year's four digits */
export function readEastAsian(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  const reader = new Signs(bytes, at, end);
  const year = reader.number(0, 4);
  const month = reader.number(1, 2);
  const day = reader.number(2, 2);
  if (year < 1970 || year > 2199 || !isDate(month, day)) return false;
  stamp.year = year;
  stamp.month = month;
  stamp.day = day;
  const forenoon = reader.skip(FORENOON);
  const afternoon = !forenoon && reader.skip(AFTERNOON);
  if (!readClock(bytes, reader.at, end, stamp)) {
    const hour = reader.number(3, 2);
    const minute = reader.number(4, 2);
    if (hour < 0 || hour > 24 || minute < 0 || minute > 59) return false;
    const second = reader.number(5, 2);
    stamp.hour = hour;
    stamp.minute = minute;
    stamp.second = Math.max(0, Math.min(60, second));
    stamp.end = reader.signEnd;
  } else {
    readHalfDay(bytes, end, stamp);
    readZone(bytes, end, stamp);
  }
  if (afternoon && stamp.hour < 12) stamp.hour += 12;
  if (forenoon && stamp.hour === 12) stamp.hour = 0;
  return true;
}

class Signs {
  /** One past the last sign read. */
  signEnd: number;

  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
    private readonly end: number,
  ) {
    this.signEnd = at;
  }

  /** A number of at most so many digits and the sign of its part; -1 where they don't stand here. */
  number(part: number, most: number): number {
    const { bytes, end } = this;
    const digits = digitRun(bytes, this.at, end);
    if (digits === 0 || digits > most) return -1;
    let value = 0;
    for (let i = this.at; i < this.at + digits; i++) value = value * 10 + bytes[i]! - 0x30;
    const before = this.at;
    this.at += digits;
    if (this.skip(SIGNS[part]!)) return value;
    this.at = before;
    return -1;
  }

  skip(words: readonly Uint8Array[]): boolean {
    const word = words.find(one => one.every((byte, i) => this.bytes[this.at + i] === byte));
    if (!word) return false;
    this.at += word.length;
    this.signEnd = this.at;
    while (this.at < this.end && this.bytes[this.at] === SPACE) this.at++;
    return true;
  }
}
