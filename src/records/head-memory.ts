import { readEpoch } from './dates-packed.js';
import { digitRun, FRACTION_DIVISORS, FRACTION_SCALE, Stamp } from './stamp.js';

/**
 * Remembers how the last heads of a source were written. A program writes one form of head, so nearly every line differs from one
 * before it in the clock's digits only: those are read, the bytes around them are compared, and what they mean is known. A form
 * answers only where the whole of what a full reading looks at is the same, so that a line means the same with and without memory.
 */

/** Longer heads are read in full each time. */
const MAX_HEAD = 96;
/** A source writes a handful of levels. */
const FORMS = 4;
/** After so many misses in a row the memory rests for as many lines: a source whose heads are all different. */
const MISSES = 32;
const REST = 256;

const SPACE = 0x20;
const COLON = 0x3a;

/** What is known once the bytes are the same. */
export interface KnownHead {
  stamp: Stamp;
  level: number;
  /** Where the message begins, from the head's beginning on. */
  body: number;
  /** Time and level: nothing is left to be read. Else the level is still to be looked for. */
  whole: boolean;
}

/** What a full reading found. Places are in the line's bytes. */
export interface HeadFound extends KnownHead {
  /** The timestamp's first and one past its last byte. */
  stampStart: number;
  stampEnd: number;
  /** One past what decided: a level, or the value of a key. */
  end: number;
  /** Bare epochs counted. */
  trustWeak: boolean;
}

class Form implements KnownHead {
  readonly stamp = new Stamp();
  level = 0;
  body = 0;
  whole = false;
  trustWeak = false;
  private readonly text = new Uint8Array(MAX_HEAD);
  private length = 0;
  /** Where the clock's or epoch's digits begin, and where the text goes on behind them. */
  private digits = 0;
  private after = 0;
  /** Digits of an epoch, or 0: a clock. */
  private epoch = 0;
  private fraction = 0;

  /** @returns whether a line can be told by this form; else it stays what it was */
  learn(bytes: Uint8Array, from: number, end: number, found: HeadFound): boolean {
    const { stamp, stampStart, stampEnd } = found;
    const length = found.end - from;
    if (length > MAX_HEAD || found.end > end) return false;
    const isEpoch = !Number.isNaN(stamp.epoch);
    const at = isEpoch ? stampStart : clockAt(bytes, stampStart, stampEnd, stamp);
    if (at < 0) return false;
    const epoch = isEpoch ? digitRun(bytes, at, end) : 0;
    if (isEpoch && (epoch < 10 || stampEnd < at + epoch)) return false;
    const fraction = isEpoch || !isPoint(bytes[at + 8]!) ? 0 : digitRun(bytes, at + 9, end);
    const after = isEpoch ? stampEnd : at + 8 + (fraction > 0 ? 1 + fraction : 0);
    if (fraction > 9 || after >= found.end) return false;
    this.digits = at - from;
    this.after = after - from;
    this.epoch = epoch;
    this.fraction = fraction;
    this.text.set(bytes.subarray(from, found.end));
    this.length = length;
    this.stamp.copy(stamp);
    this.level = found.level;
    this.body = found.body - from;
    this.whole = found.whole;
    this.trustWeak = found.trustWeak;
    return true;
  }

  matches(bytes: Uint8Array, from: number, end: number): boolean {
    const { text, length, digits, after } = this;
    for (let i = 0; i < digits; i++) if (bytes[from + i] !== text[i]) return false;
    if (this.epoch > 0) return this.readEpoch(bytes, from, end);
    if (from + length > end) return false;
    for (let i = after; i < length; i++) if (bytes[from + i] !== text[i]) return false;
    if (!this.whole && text[length - 1] === SPACE && !isDecided(bytes, from + length, end, this.stamp))
      return false;
    return this.readClock(bytes, from);
  }

  /** Behind an epoch may stand a fraction of as many digits as it has. */
  private readEpoch(bytes: Uint8Array, from: number, end: number): boolean {
    const { text, length, after, stamp, epoch } = this;
    const at = from + this.digits;
    if (digitRun(bytes, at, end) !== epoch || !readEpoch(bytes, at, end, stamp, epoch)) return false;
    const shift = stamp.end - after;
    if (shift + length > end) return false;
    for (let i = after; i < length; i++) if (bytes[shift + i] !== text[i]) return false;
    return true;
  }

  private readClock(bytes: Uint8Array, from: number): boolean {
    const at = from + this.digits;
    const hour = pair(bytes, at);
    const minute = pair(bytes, at + 3);
    const second = pair(bytes, at + 6);
    if (bytes[at + 2] !== COLON || bytes[at + 5] !== COLON) return false;
    if (hour > 23 || minute > 59 || second > 59) return false;
    const { stamp, fraction } = this;
    if (fraction > 0) {
      if (bytes[at + 8] !== this.text[this.digits + 8]) return false;
      let value = 0;
      for (let i = at + 9; i < at + 9 + fraction; i++) {
        const digit = (bytes[i]! - 0x30) >>> 0;
        if (digit > 9) return false;
        value = value * 10 + digit;
      }
      stamp.milli = fraction <= 3 ? value * FRACTION_SCALE[fraction]! : value / FRACTION_DIVISORS[fraction]!;
    }
    stamp.hour = hour;
    stamp.minute = minute;
    stamp.second = second;
    return true;
  }
}

/** What stands before the fraction of a second. */
function isPoint(byte: number): boolean {
  return byte === 0x2e || byte === 0x2c || byte === COLON;
}

/** Two digits as a number; more than 99 where they are none. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at]! - 0x30) >>> 0;
  const ones = (bytes[at + 1]! - 0x30) >>> 0;
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/** Where `HH:MM:SS` stands in a timestamp, or -1 where its clock is written otherwise. */
function clockAt(bytes: Uint8Array, from: number, end: number, stamp: Stamp): number {
  if (stamp.bound) return -1;
  for (let at = from; at + 8 <= end; at++) {
    if (bytes[at + 2] !== COLON || bytes[at + 5] !== COLON || pair(bytes, at) > 99) continue;
    const same =
      pair(bytes, at) === stamp.hour &&
      pair(bytes, at + 3) === stamp.minute &&
      pair(bytes, at + 6) === stamp.second;
    // `1:55:36 PM` and 24:00:00 mean another hour than they say.
    return same && stamp.second < 60 && (at === from || (bytes[at - 1]! - 0x30) >>> 0 > 9) ? at : -1;
  }
  return -1;
}

/**
 * Behind a blank: can what follows belong to the timestamp (a zone, AM and PM, a year)? Then the form does not know.
 * @param at the byte behind the blank
 */
function isDecided(bytes: Uint8Array, at: number, end: number, stamp: Stamp): boolean {
  if (at >= end) return false;
  const byte = bytes[at]!;
  if (byte === 0x28 || byte === 0xe2) return false;
  if (byte === 0x2b || byte === 0x2d) return bytes[at + 1] === SPACE;
  if (stamp.year < 0 && (byte - 0x30) >>> 0 <= 9) return false;
  if (!Number.isNaN(stamp.zone)) return true;
  if (byte >= 0x41 && byte <= 0x5a) return false;
  return !((byte === 0x61 || byte === 0x70) && (bytes[at + 1]! | 0x20) === 0x6d);
}

/** What may stand right behind a timestamp without being asked further. */
const ENDS = new Set([SPACE, 0x09, 0x5d, 0x29, 0x7c, 0x22, 0x3e]);

/** The forms of one source's heads, the last used first. */
export class HeadMemory {
  hits = 0;
  private readonly forms: Form[] = [];
  private spare: Form | undefined;
  private misses = 0;
  private resting = 0;

  /** What the head at `from` means, where one like it was read before; valid until the next call. */
  recall(bytes: Uint8Array, from: number, end: number, trustWeak: boolean): KnownHead | undefined {
    const { forms } = this;
    if (forms.length === 0) return undefined;
    if (this.resting > 0) {
      this.resting--;
      return undefined;
    }
    for (let i = 0; i < forms.length; i++) {
      const form = forms[i]!;
      if (form.trustWeak !== trustWeak || !form.matches(bytes, from, end)) continue;
      if (i > 0) this.first(i);
      this.misses = 0;
      this.hits++;
      return form;
    }
    if (++this.misses >= MISSES) {
      this.misses = 0;
      this.resting = REST;
    }
    return undefined;
  }

  learn(bytes: Uint8Array, from: number, end: number, found: HeadFound): void {
    if (this.resting > 0) return;
    // What follows a timestamp decides whether it goes on.
    if (!found.whole && !ENDS.has(bytes[found.stampEnd]!)) return;
    const { forms } = this;
    if (forms.length < FORMS) this.spare ??= new Form();
    const form = forms.length < FORMS ? this.spare! : forms[FORMS - 1]!;
    if (!form.learn(bytes, from, end, found)) return;
    if (form === this.spare) {
      forms.push(form);
      this.spare = undefined;
    }
    this.first(forms.length - 1);
  }

  private first(index: number): void {
    const { forms } = this;
    const form = forms[index]!;
    for (let i = index; i > 0; i--) forms[i] = forms[i - 1]!;
    forms[0] = form;
  }
}
