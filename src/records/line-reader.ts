import { LEVELS, RecordFlag, TIME_KINDS } from '../model/vocabulary.js';
import { isPlausible } from '../wire/times.js';
import type { AssumedZone } from './calendar.js';
import { ColumnBuilder } from './columns.js';
import type { ContinuationTracker } from './continuation.js';
import { HeadReader } from './head.js';
import { skipBlank } from './head-marks.js';
import { displayBytes } from './text.js';

const CR = 0x0d;

const OWN = TIME_KINDS.indexOf('own');
const INHERITED = TIME_KINDS.indexOf('inherited');
const OBSERVED = TIME_KINDS.indexOf('observed');
const ERROR = LEVELS.indexOf('error');

/** Heads longer than this (a timestamp within ANSI codes or after a progress bar) are not looked at. */
const HEAD_BYTES = 4096;
/** What is looked at first; a tracing line's time and level end at byte 34. */
const PEEK_BYTES = 64;

/** What an envelope says of the line inside; the line's own words come first. */
export interface Outside {
  /** ms since the epoch, NaN where it tells none. */
  time: number;
  /** Index into LEVELS, 0 where it tells none. */
  level: number;
}

export const NOTHING_OUTSIDE: Outside = { time: Number.NaN, level: 0 };

/** Reads time, level and belonging of a source's lines, in order, and writes them down as columns. */
export class LineReader {
  lastTime = Number.NaN;
  lastAssumed = false;
  /** Full dates were seen. */
  strong = false;
  readonly columns = new ColumnBuilder();
  private readonly head: HeadReader;
  private readonly scratch = new Uint8Array(HEAD_BYTES);
  private readonly peek = new Uint8Array(PEEK_BYTES);

  constructor(zone: AssumedZone) {
    this.head = new HeadReader(zone);
  }

  /**
   * Reads the line bytes[start, end) and writes its columns down.
   * @param next where the following line begins
   * @param continuation of the stream the line belongs to
   * @param isRest the line goes on one that was cut
   */
  take(
    bytes: Uint8Array,
    start: number,
    end: number,
    next: number,
    given: number,
    observedAt: number,
    continuation: ContinuationTracker,
    { time: outside, level }: Outside,
    isRest: boolean,
  ): void {
    let flags = given;
    if (isRest) {
      // The middle of a line has no head of its own.
      flags |= RecordFlag.continuation | this.inheritedFlags();
      this.columns.add(next, this.inheritedTime(observedAt), this.inheritedKind(), 0, flags);
      return;
    }
    const { head } = this;
    const time = isPlausible(outside, observedAt) ? outside : Number.NaN;
    // An envelope's time is exact: a bare number inside is believed less.
    const near = Number.isNaN(time) ? observedAt : time;
    const trustWeak = !this.strong && Number.isNaN(time);
    if ((flags & (RecordFlag.ansi | RecordFlag.nul | RecordFlag.carriageReturn)) === 0)
      flags |= this.read(bytes, start, end, near, trustWeak, continuation);
    else flags |= this.readShown(bytes, start, end, flags, near, trustWeak, continuation);
    const isContinuation = (flags & RecordFlag.continuation) !== 0;
    const own = head.level === 0 && !isContinuation ? level : head.level;
    // A program whose clock was never set, a date in the text that is none: not the time of the line.
    if (head.hasTime && isPlausible(head.time, observedAt)) {
      this.lastTime = head.time;
      this.lastAssumed = head.assumed;
      if (head.strong) this.strong = true;
      if (head.assumed) flags |= RecordFlag.timeAssumed;
      this.columns.add(next, head.time, OWN, own, flags);
    } else if (!Number.isNaN(time)) {
      this.lastTime = time;
      this.lastAssumed = false;
      this.columns.add(next, time, OWN, isContinuation ? 0 : own, flags);
    } else
      this.columns.add(
        next,
        this.inheritedTime(observedAt),
        this.inheritedKind(),
        isContinuation ? 0 : own,
        flags | this.inheritedFlags(),
      );
    if (!isContinuation) {
      continuation.headHasTime = head.hasTime || !Number.isNaN(time);
      continuation.headIsError = continuation.headHasTime && own >= ERROR;
    }
  }

  /** The same for a line whose shown text isn't its bytes. */
  private readShown(
    bytes: Uint8Array,
    start: number,
    end: number,
    flags: number,
    near: number,
    trustWeak: boolean,
    continuation: ContinuationTracker,
  ): number {
    const from = shownFrom(bytes, start, end, flags);
    if ((flags & RecordFlag.carriageReturn) === 0) {
      // Nearly all coloured lines show time and level at once: copying the rest would cost half of their parsing.
      const length = displayBytes(bytes, from, end, this.peek);
      this.head.read(this.peek, 0, length, near, trustWeak);
      const { hasTime, prefixed, body } = this.head;
      if (hasTime && prefixed && body <= PEEK_BYTES - 24) {
        continuation.isContinuation(this.peek, 0, 0, length, true, true);
        return 0;
      }
    } else if (this.readFirstState(bytes, start, end, near, trustWeak)) {
      const length = displayBytes(bytes, from, end, this.scratch);
      continuation.isContinuation(this.scratch, 0, skipBlank(this.scratch, 0, length), length, true, true);
      return 0;
    }
    return this.read(
      this.scratch,
      0,
      displayBytes(bytes, from, end, this.scratch),
      near,
      trustWeak,
      continuation,
    );
  }

  /**
   * Where a program wrote a head and then states without one (`2026-11-30 10:00:00 INFO Loading 1%\r100%`), the first state's
   * head is the line's. Leaves that, with the last state's level where it tells one.
   */
  private readFirstState(
    bytes: Uint8Array,
    start: number,
    end: number,
    near: number,
    trustWeak: boolean,
  ): boolean {
    const { head, scratch } = this;
    const from = shownFrom(bytes, start, end, RecordFlag.carriageReturn);
    head.read(scratch, 0, displayBytes(bytes, from, end, scratch), near, trustWeak);
    if (head.hasTime) return false;
    const { level } = head;
    const first = bytes.indexOf(CR, start);
    head.read(scratch, 0, displayBytes(bytes, start, first, scratch), near, trustWeak);
    if (!head.hasTime) return false;
    if (level !== 0) head.level = level;
    return true;
  }

  /** Reads the head and says whether the line is a continuation. */
  private read(
    bytes: Uint8Array,
    start: number,
    end: number,
    near: number,
    trustWeak: boolean,
    continuation: ContinuationTracker,
  ): number {
    const head = this.head;
    head.read(bytes, start, end, near, trustWeak);
    const first = skipBlank(bytes, start, end);
    return continuation.isContinuation(bytes, start, first, end, head.hasTime, head.prefixed)
      ? RecordFlag.continuation
      : 0;
  }

  private inheritedTime(observedAt: number): number {
    return Number.isNaN(this.lastTime) ? observedAt : this.lastTime;
  }

  private inheritedKind(): number {
    return Number.isNaN(this.lastTime) ? OBSERVED : INHERITED;
  }

  private inheritedFlags(): number {
    return this.lastAssumed ? RecordFlag.timeAssumed : 0;
  }
}

/** Where to begin so that the last state of a long progress bar fits the scratch buffer. */
function shownFrom(bytes: Uint8Array, start: number, end: number, flags: number): number {
  if ((flags & RecordFlag.nul) !== 0) {
    // A hole can be longer than any head.
    let at = start;
    while (at < end && bytes[at] === 0) at++;
    if (end - at <= HEAD_BYTES || (flags & RecordFlag.carriageReturn) === 0) return at;
  }
  if ((flags & RecordFlag.carriageReturn) === 0 || end - start <= HEAD_BYTES) return start;
  const last = bytes.lastIndexOf(CR, end - 1);
  return Math.max(start, Math.min(last + 1, end - HEAD_BYTES));
}
