import type { AssumedZone } from './calendar.js';
import { readStamp } from './dates.js';
import { LevelScanner, levelOfOpening } from './level.js';
import { LEVEL_OF_SEVERITY, levelOfValue } from './level-words.js';
import { digitAt, digitRun, isLetter, Stamp } from './stamp.js';
import { readJsonFields, readLogfmtFields, StructuredFields } from './structured.js';

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const MINUS = 0x2d;
const BAR = 0x7c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Tokens that may stand before the timestamp: `INFO  [main] 2024-…`, `agent-1  | 2024-…`. */
const MAX_LEADING = 4;
/** Access logs put virtual host, client, identity and user before the date. */
const ACCESS_REACH = 200;
const ACCESS_WORDS = 5;

/**
 * Reads the head of a line: timestamp and level, and where the message begins. One object is reused for all lines;
 * results are valid until the next `read`.
 */
export class HeadReader {
  hasTime = false;
  /** Milliseconds since the epoch; meaningful when `hasTime`. */
  time = 0;
  /** Year, day or zone were not on the line. */
  assumed = false;
  /** Index into LEVELS. */
  level = 0;
  /** The level stands in a logger's place (not shown by an opening such as `Error:` or ❌). */
  prefixed = false;
  /** Where the message begins: past the timestamp, and past the level where it follows directly. */
  body = 0;

  /** An access log's line of a client's address, date and request: nothing on it is a level. */
  private request = false;
  private readonly stamp = new Stamp();
  private readonly levels = new LevelScanner();
  private readonly fields = new StructuredFields();

  constructor(private readonly zone: AssumedZone) {}

  /**
   * @param near the observed time, for what the line leaves out
   * @param trustWeak bare epochs and times of day count: false once the source has shown full dates
   */
  read(bytes: Uint8Array, start: number, end: number, near: number, trustWeak: boolean): void {
    this.hasTime = false;
    this.assumed = false;
    this.level = 0;
    this.prefixed = false;
    this.request = false;
    let at = skipBlank(bytes, start, end);
    this.body = at;
    if (at >= end) return;
    let severity = 0;
    if (bytes[at] === 0x3c) {
      const digits = digitRun(bytes, at + 1, end);
      if (digits >= 1 && digits <= 3 && bytes[at + 1 + digits] === 0x3e) {
        let priority = 0;
        for (let i = 1; i <= digits; i++) priority = priority * 10 + bytes[at + i]! - 0x30;
        severity = LEVEL_OF_SEVERITY[priority & 7]!;
        at += digits + 2;
        // RFC 5424 puts its version next.
        if (digitAt(bytes, at, end) <= 9 && bytes[at + 1] === SPACE) at += 2;
        this.body = at;
      }
    }
    if (bytes[at] === 0x7b) this.readJson(bytes, at, end, near);
    else if (this.findStamp(bytes, at, end, trustWeak)) this.accept(near);
    else if (!this.readLogfmt(bytes, at, end, near)) this.body = at;
    if (this.level !== 0) this.prefixed = true;
    // Looking for a level in vain through the request is half of what such a line costs.
    else if (!this.request) this.findLevel(bytes, end);
    if (this.hasTime) this.body = skipSeparators(bytes, this.body, end);
    if (this.level === 0 && severity !== 0) {
      this.level = severity;
      this.prefixed = true;
    }
    if (this.level === 0) this.level = levelOfOpening(bytes, this.body, end);
  }

  /** True when the time came from a shape that only a timestamp has. */
  get strong(): boolean {
    return this.hasTime && !this.stamp.weak;
  }

  private accept(near: number): void {
    this.hasTime = true;
    this.time = this.stamp.resolve(near, this.zone);
    this.assumed = this.stamp.assumed;
    if (this.level === 0) this.level = this.stamp.level;
  }

  /** Leaves `body` past the stamp it finds. */
  private findStamp(bytes: Uint8Array, from: number, end: number, trustWeak: boolean): boolean {
    const stamp = this.stamp;
    let at = from;
    // BGL and Thunderbird begin with an alert label, `-` for none, then the epoch.
    let labelled = true;
    for (let leading = 0; leading <= MAX_LEADING && at < end; leading++) {
      const byte = bytes[at]!;
      if (byte === OPEN) {
        if (this.inBrackets(bytes, at, end, trustWeak)) return true;
        // `[I 2024-01-31 12:00:00.123 App]`: Tornado and Jupyter.
        if (at + 3 < end && bytes[at + 2] === SPACE && isLetter(bytes[at + 1]!)) {
          if (this.inBrackets(bytes, at + 2, end, false)) {
            this.level = levelOfValue(bytes, at + 1, at + 2);
            return true;
          }
        }
      } else if (readStamp(bytes, at, end, stamp) && (!stamp.weak || (trustWeak && labelled))) {
        this.body = stamp.end;
        return true;
      }
      const next = this.skipLeading(bytes, at, end, leading);
      if (next < 0) break;
      labelled = leading === 0 && byte === MINUS;
      at = next;
    }
    return this.findAccessDate(bytes, from, end);
  }

  private inBrackets(bytes: Uint8Array, open: number, end: number, trustWeak: boolean): boolean {
    const stamp = this.stamp;
    const at = skipBlank(bytes, open + 1, end);
    if (!readStamp(bytes, at, end, stamp) || (stamp.weak && !trustWeak)) return false;
    this.body = stamp.end < end && bytes[stamp.end] === CLOSE ? stamp.end + 1 : stamp.end;
    return true;
  }

  /** Past one token that may precede a timestamp, or -1. Sets the level when the token is one. */
  private skipLeading(bytes: Uint8Array, at: number, end: number, leading: number): number {
    const byte = bytes[at]!;
    if (byte === OPEN) {
      const limit = Math.min(end, at + 80);
      for (let i = at + 1; i < limit; i++)
        if (bytes[i] === CLOSE) {
          if (this.level === 0)
            this.level = levelOfValue(bytes, skipBlank(bytes, at + 1, i), trimmed(bytes, i));
          return skipBlank(bytes, i + 1, end);
        }
      return -1;
    }
    if (byte === MINUS || byte === BAR) return skipBlank(bytes, at + 1, end);
    let stop = at;
    let upper = true;
    while (stop < end && bytes[stop] !== SPACE && bytes[stop] !== TAB && stop - at < 64) {
      const c = bytes[stop]!;
      if (!(c >= 0x41 && c <= 0x5a) && c !== 0x3a) upper = false;
      stop++;
    }
    const next = skipBlank(bytes, stop, end);
    if (next >= end) return -1;
    if (upper) {
      const colon = bytes[stop - 1] === 0x3a ? 1 : 0;
      const level = levelOfValue(bytes, at, stop - colon);
      if (level !== 0 && stop - colon - at > 1) {
        if (this.level === 0) this.level = level;
        return next;
      }
    }
    // docker-compose: `agent-1  | text`
    if (leading === 0 && bytes[next] === BAR && next > stop) return skipBlank(bytes, next + 1, end);
    return -1;
  }

  /** `127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET …`. */
  private findAccessDate(bytes: Uint8Array, from: number, end: number): boolean {
    // Whatever level words were skipped belonged to no timestamp; the level scan will see them again.
    this.level = 0;
    const limit = Math.min(end - 21, from + ACCESS_REACH);
    let words = 0;
    for (let i = from; i < limit && words < ACCESS_WORDS; i++) {
      if (bytes[i] === SPACE) words++;
      if (bytes[i] !== OPEN || bytes[i + 3] !== 0x2f) continue;
      if (readStamp(bytes, i + 1, end, this.stamp) && !this.stamp.weak) {
        this.body = from;
        const { end: stop } = this.stamp;
        this.request = digitAt(bytes, from, end) <= 9 && bytes[stop] === CLOSE && bytes[stop + 2] === QUOTE;
        return true;
      }
    }
    return false;
  }

  private readJson(bytes: Uint8Array, at: number, end: number, near: number): void {
    readJsonFields(bytes, at, end, this.fields);
    this.level = this.fields.level;
    this.takeField(bytes, near);
    this.body = at;
  }

  private readLogfmt(bytes: Uint8Array, at: number, end: number, near: number): boolean {
    let i = at;
    while (i < end && i - at < 32 && (isLetter(bytes[i]!) || bytes[i] === 0x5f || bytes[i] === 0x40)) i++;
    if (i === at || i >= end || bytes[i] !== 0x3d) return false;
    readLogfmtFields(bytes, at, end, this.fields);
    this.level = this.fields.level;
    this.takeField(bytes, near);
    this.body = at;
    return true;
  }

  /** The value under a time key, in any shape; a key makes also a bare epoch trustworthy. */
  private takeField(bytes: Uint8Array, near: number): void {
    const { timeStart, timeEnd } = this.fields;
    if (timeStart < 0) return;
    const stamp = this.stamp;
    if (readStamp(bytes, timeStart, timeEnd, stamp)) {
      stamp.weak = false;
      this.accept(near);
      return;
    }
    // zap prints seconds as 1.7000000001234567e+09.
    const text = String.fromCharCode(...bytes.subarray(timeStart, Math.min(timeEnd, timeStart + 40)));
    const seconds = /^\d\.\d+e\+?0?9$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(seconds)) return;
    stamp.reset();
    stamp.epoch = seconds * 1000;
    this.accept(near);
  }

  private findLevel(bytes: Uint8Array, end: number): void {
    this.level = this.levels.scan(bytes, this.body, end, this.hasTime);
    if (this.level === 0) return;
    this.prefixed = true;
    // Without a timestamp `Error: …` and `ERROR IN CONTACTING …` are the message's own words.
    if (this.hasTime && this.levels.end > 0) this.body = this.levels.end;
  }
}

/** Blanks, and the NULs that a file with a hole begins with. */
export function skipBlank(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === SPACE || byte === TAB || byte === 0) at++;
    else if (byte === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
    else break;
  }
  return at;
}

/** What loggers put between timestamp, level and message: blanks, `-`, `|`, `:`, `]`, `,`. */
function skipSeparators(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at]!;
    const mark = byte === 0x3a || byte === CLOSE || byte === BAR || byte === 0x2c;
    // A minus that touches the next word is a sign or a flag of the message.
    const dash = byte === MINUS && (at + 1 >= end || bytes[at + 1] === SPACE || bytes[at + 1] === MINUS);
    if (byte !== SPACE && byte !== TAB && !mark && !dash) break;
    at++;
  }
  return at;
}

function trimmed(bytes: Uint8Array, end: number): number {
  let at = end;
  while (at > 0 && bytes[at - 1] === SPACE) at--;
  return at;
}
