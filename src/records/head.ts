import { findAccessStamp } from './access-date.js';
import type { AssumedZone } from './calendar.js';
import { readChromium } from './chromium.js';
import { isAddress, mayHoldStamp } from './clock-look.js';
import { isSentence, readStamp } from './dates.js';
import {
  behindPid,
  CLOSERS,
  hasTab,
  isBare,
  isBehindWord,
  skipBlank,
  skipSeparators,
  trimmed,
} from './head-marks.js';
import { HeadMemory, type KnownHead } from './head-memory.js';
import { LevelScanner } from './level.js';
import { LEVEL_OF_SEVERITY, levelOfValue } from './level-words.js';
import { levelOfOpening } from './openings.js';
import { clockBehindPrefix, isFact, jsonBehindPrefix, levelOfPrefix, stampBehindPrefix } from './prefix.js';
import { digitAt, isLetter, Stamp } from './stamp.js';
import { readJsonFields, readLogfmtFields, readLtsvFields, StructuredFields } from './structured.js';
import { behindHeader, behindLength, priorityAt } from './syslog.js';

const TAB = 0x09;
const SPACE = 0x20;
const QUOTE = 0x22;
const MINUS = 0x2d;
const BAR = 0x7c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Tokens that may stand before the timestamp: `INFO  [main] 2024-…`, `agent-1  | 2024-…`. */
const MAX_LEADING = 4;

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
  /** Words stood before the timestamp: where they begin and end. */
  private prefixStart = 0;
  private prefixEnd = 0;
  /** The time came from a shape that only a timestamp has. */
  strong = false;
  private stamp = new Stamp();
  /** Where the timestamp begins, where that is known; else -1. */
  private stampStart = -1;
  private readonly memory = new HeadMemory();
  private readonly levels = new LevelScanner();
  private readonly fields = new StructuredFields();

  constructor(private readonly zone: AssumedZone) {}

  /** So many heads were told by one that was read before. */
  get recalled(): number {
    return this.memory.hits;
  }

  /**
   * @param near the observed time, for what the line leaves out
   * @param trustWeak bare epochs and times of day count: false once the source has shown full dates
   */
  read(bytes: Uint8Array, start: number, end: number, near: number, trustWeak: boolean): void {
    this.hasTime = false;
    this.assumed = false;
    this.level = 0;
    this.prefixed = false;
    this.strong = false;
    this.request = false;
    this.prefixEnd = 0;
    this.stampStart = -1;
    const at = skipBlank(bytes, start, end);
    this.body = at;
    if (at >= end) return;
    const known = this.memory.recall(bytes, at, end, trustWeak);
    if (known !== undefined) this.takeKnown(known, bytes, at, end, near);
    else this.readAll(bytes, at, end, near, trustWeak);
  }

  /** A head like one that was read before. */
  private takeKnown(known: KnownHead, bytes: Uint8Array, from: number, end: number, near: number): void {
    this.hasTime = true;
    this.strong = true;
    this.time = known.stamp.resolve(near, this.zone);
    this.assumed = known.stamp.assumed;
    this.level = known.level;
    this.body = from + known.body;
    if (known.whole) {
      this.prefixed = true;
      this.body = skipSeparators(bytes, this.body, end);
    } else this.finish(bytes, end, near, 0);
  }

  private readAll(bytes: Uint8Array, from: number, end: number, near: number, trustWeak: boolean): void {
    let at = digitAt(bytes, from, end) <= 9 ? behindLength(bytes, from, end) : from;
    let severity = 0;
    let syslog = false;
    const priority = priorityAt(bytes, at, end);
    if (priority >= 0) {
      severity = LEVEL_OF_SEVERITY[priority & 7]!;
      while (bytes[at++] !== 0x3e);
      // RFC 5424 puts its version next.
      if (digitAt(bytes, at, end) <= 9 && bytes[at + 1] === SPACE) {
        at += 2;
        syslog = true;
      }
      this.body = at;
    }
    let structured = false;
    if (bytes[at] === 0x7b && digitAt(bytes, at + 1, end) > 9) {
      this.readJson(bytes, at, end, near);
      structured = true;
    } else if (this.findAny(bytes, at, end, near, trustWeak)) {
      this.accept(near);
      if (syslog) this.openFramed(bytes, end, near);
    } else if (this.readLogfmt(bytes, at, end, near)) structured = true;
    else this.body = at;
    const { level, body } = this;
    this.finish(bytes, end, near, severity);
    if (!this.hasTime || severity !== 0) return;
    if (structured) this.learnFields(bytes, from, end, trustWeak);
    else if (this.stampStart >= 0) this.learnStamp(bytes, from, end, trustWeak, level, body);
  }

  /** An object's time behind a name, a clock behind a number or level. */
  private readBehindPrefix(
    b: Uint8Array,
    at: number,
    end: number,
    near: number,
    trustWeak: boolean,
  ): boolean {
    const inside = jsonBehindPrefix(b, at, end);
    if (inside >= 0) this.readJson(b, inside, end, near);
    if (this.hasTime) return true;
    this.level = 0;
    this.prefixStart = at;
    this.prefixEnd = trustWeak ? clockBehindPrefix(b, at, end, this.stamp) : 0;
    this.body = this.stamp.end;
    return this.prefixEnd > 0;
  }

  /** Level and beginning of the message, behind what gave the time. */
  private finish(bytes: Uint8Array, end: number, near: number, severity: number): void {
    if (this.level !== 0) this.prefixed = true;
    // Looking for a level in vain through the request is half of what such a line costs.
    else if (!this.request) this.findLevel(bytes, end, near);
    if (this.hasTime) this.body = skipSeparators(bytes, this.body, end);
    if (this.level === 0 && this.hasTime && this.prefixEnd > 0) this.findPrefixLevel(bytes);
    // What came before the timestamp is all that was logged: `#Date: …`, `=CRASH REPORT==== … ===`.
    if (this.prefixEnd > 0 && isBare(bytes, this.prefixStart, this.prefixEnd, this.body, end))
      this.body = this.prefixStart;
    if (this.level === 0 && severity !== 0) {
      this.level = severity;
      this.prefixed = true;
    }
    if (this.level === 0) this.level = levelOfOpening(bytes, this.body, end);
  }

  /** @param level what was known of it before it was looked for, and `body` where it was looked for */
  private learnStamp(
    bytes: Uint8Array,
    from: number,
    end: number,
    trustWeak: boolean,
    level: number,
    body: number,
  ): void {
    const { stamp, stampStart, levels } = this;
    if (stamp.weak) return;
    const found = { stamp, stampStart, stampEnd: stamp.end, level, body, whole: false, trustWeak };
    if (level === 0 && levels.inside >= 0) return;
    if (level === 0 && levels.end > 0 && isBehindWord(bytes, levels.end)) {
      // Behind a small word a second blank makes a column, which decides.
      const column = bytes[levels.end] === SPACE && bytes[levels.end + 1] === SPACE ? 2 : 1;
      const whole = { level: levels.level, body: levels.end, whole: true, end: levels.end + column };
      this.memory.learn(bytes, from, end, { ...found, ...whole });
    } else this.memory.learn(bytes, from, end, { ...found, end: stamp.end + 1 });
  }

  private learnFields(bytes: Uint8Array, from: number, end: number, trustWeak: boolean): void {
    const { settledAt, timeStart } = this.fields;
    if (settledAt < 0 || timeStart < 0) return;
    const { stamp, level } = this;
    this.memory.learn(bytes, from, end, {
      stamp,
      stampStart: timeStart,
      stampEnd: stamp.end,
      level,
      body: from,
      whole: true,
      end: settledAt + 1,
      trustWeak,
    });
  }

  private accept(near: number): void {
    this.hasTime = true;
    this.strong = !this.stamp.weak;
    this.time = this.stamp.resolve(near, this.zone);
    this.assumed = this.stamp.assumed;
    if (this.level === 0) this.level = this.stamp.level;
  }

  private findAny(bytes: Uint8Array, from: number, end: number, near: number, trustWeak: boolean): boolean {
    if (isSentence(bytes, from, end)) return this.findAccessDate(bytes, from, end);
    // A client's address is no timestamp, and none follows it but the access log's.
    if (isAddress(bytes, from, end) && this.findAccessDate(bytes, from, end)) return true;
    if (!mayHoldStamp(bytes, from, end)) return false;
    return (
      this.findStamp(bytes, from, end, trustWeak) || this.readBehindPrefix(bytes, from, end, near, trustWeak)
    );
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
        if (leading === 0) {
          const body = readChromium(bytes, at, end, stamp);
          if (body >= 0) {
            this.body = body;
            return true;
          }
        }
        // `[I 2024-01-31 12:00:00.123 App]`: Tornado and Jupyter.
        if (at + 3 < end && bytes[at + 2] === SPACE && isLetter(bytes[at + 1]!)) {
          if (this.inBrackets(bytes, at + 2, end, false)) {
            this.level = levelOfValue(bytes, at + 1, at + 2);
            return true;
          }
        }
      } else if (readStamp(bytes, at, end, stamp) && (!stamp.weak || (trustWeak && labelled))) {
        this.body = stamp.end;
        this.stampStart = at;
        return true;
      }
      const next = this.skipLeading(bytes, at, end, leading);
      if (next < 0) break;
      labelled = leading === 0 && byte === MINUS;
      at = next;
    }
    this.level = 0;
    return this.findAccessDate(bytes, from, end) || this.findBehindPrefix(bytes, from, end);
  }

  /** A date behind some short prefix that no format foresees: `E, [2026-…`, `app: 2026-…`, `*** 2026-…`. */
  private findBehindPrefix(bytes: Uint8Array, from: number, end: number): boolean {
    const at = stampBehindPrefix(bytes, from, end, this.stamp);
    if (at < 0 || isFact(bytes, from, at, this.stamp.end, end)) return false;
    this.prefixStart = from;
    this.prefixEnd = at;
    const { end: stop } = this.stamp;
    this.body = stop < end && CLOSERS.has(bytes[stop]!) ? stop + 1 : behindPid(bytes, stop, end);
    return true;
  }

  private findPrefixLevel(bytes: Uint8Array): void {
    const level = levelOfPrefix(bytes, this.prefixStart, this.prefixEnd);
    if (level === 0) return;
    this.level = level;
    this.prefixed = true;
  }

  /** Goes on with what stands behind the header of RFC 5424. */
  private openFramed(bytes: Uint8Array, end: number, near: number): void {
    const inside = behindHeader(bytes, this.body, end);
    if (inside < 0) return;
    this.body = inside;
    this.openInside(bytes, inside, end, near);
  }

  /** JSON or pairs that syslog put its header in front of: their time and level are the event's own. */
  private openInside(bytes: Uint8Array, inside: number, end: number, near: number): void {
    const level = this.level;
    if (bytes[inside] === 0x7b) this.readJson(bytes, inside, end, near);
    else if (!this.readLogfmt(bytes, inside, end, near)) return;
    if (this.level === 0) this.level = level;
  }

  private inBrackets(bytes: Uint8Array, open: number, end: number, trustWeak: boolean): boolean {
    const stamp = this.stamp;
    const at = skipBlank(bytes, open + 1, end);
    if (!readStamp(bytes, at, end, stamp) || (stamp.weak && !trustWeak)) return false;
    this.body = stamp.end < end && bytes[stamp.end] === CLOSE ? stamp.end + 1 : stamp.end;
    this.stampStart = at;
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
    const { stamp } = this;
    if (!findAccessStamp(bytes, from, end, stamp)) return false;
    this.body = from;
    const { end: stop } = stamp;
    this.request = digitAt(bytes, from, end) <= 9 && bytes[stop] === CLOSE && bytes[stop + 2] === QUOTE;
    return true;
  }

  private readJson(bytes: Uint8Array, at: number, end: number, near: number): void {
    readJsonFields(bytes, at, end, this.fields);
    this.level = this.fields.level;
    this.takeField(near);
    this.body = at;
  }

  private readLogfmt(bytes: Uint8Array, at: number, end: number, near: number): boolean {
    let i = at;
    while (i < end && i - at < 32 && (isLetter(bytes[i]!) || bytes[i] === 0x5f || bytes[i] === 0x40)) i++;
    if (i === at || i >= end) return false;
    if (bytes[i] === 0x3d) readLogfmtFields(bytes, at, end, this.fields);
    else if (bytes[i] === 0x3a && bytes[i + 1] !== SPACE && hasTab(bytes, i, end))
      readLtsvFields(bytes, at, end, this.fields);
    else return false;
    this.level = this.fields.level;
    this.takeField(near);
    this.body = at;
    return true;
  }

  /** The value under a time key, in any shape; a key makes also a bare epoch trustworthy. */
  private takeField(near: number): void {
    const { fields } = this;
    if (fields.timeStart < 0) {
      if (Number.isNaN(fields.seconds)) return;
      this.stamp.reset();
      this.stamp.epoch = fields.seconds * 1000 + Math.min(fields.nanos, 999_999_999) / 1e6;
    } else {
      [this.stamp, fields.stamp] = [fields.stamp, this.stamp];
      this.stamp.weak = false;
    }
    this.accept(near);
  }

  private findLevel(bytes: Uint8Array, end: number, near: number): void {
    this.level = this.levels.scan(bytes, this.body, end, this.hasTime);
    if (this.levels.inside >= 0 && this.hasTime) this.openInside(bytes, this.levels.inside, end, near);
    if (this.level === 0) return;
    this.prefixed = true;
    // Without a timestamp `Error: …` and `ERROR IN CONTACTING …` are the message's own words.
    if (this.hasTime && this.levels.end > 0) this.body = this.levels.end;
  }
}
