import { isUtf8 } from 'node:buffer';
import type { RecordBatch } from '../model/record-batch.js';
import { LEVELS, RecordFlag, TIME_KINDS } from '../model/vocabulary.js';
import { DeadairError } from '../platform/errors.js';
import { ByteSearch } from './byte-search.js';
import { AssumedZone } from './calendar.js';
import { ColumnBuilder } from './columns.js';
import { ContinuationTracker } from './continuation.js';
import { HeadReader, skipBlank } from './head.js';
import { HIGH, LineBits } from './line-bits.js';
import { displayBytes } from './text.js';

/** Longer lines are cut in records of at most so many bytes. */
export const MAX_LINE_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;
const CR = 0x0d;

const OWN = TIME_KINDS.indexOf('own');
const INHERITED = TIME_KINDS.indexOf('inherited');
const OBSERVED = TIME_KINDS.indexOf('observed');
const ERROR = LEVELS.indexOf('error');

/** Heads longer than this (a timestamp within ANSI codes or after a progress bar) are not looked at. */
const HEAD_BYTES = 4096;
/** What is looked at first; a tracing line's time and level end at byte 34. */
const PEEK_BYTES = 64;

export interface PushOptions {
  /** The collector's clock when it read the bytes, ms since the epoch. */
  observedAt: number;
  /** The open line has been quiet: give it out now as a partial record; the whole line replaces it later. */
  partial?: boolean | undefined;
}

export interface SourceParserOptions {
  /** `state()` of an earlier parser of this source, and the bytes of its open line. */
  resume?: { state: string; openBytes: Uint8Array } | undefined;
  /** For timestamps that name no zone: `UTC` (default), `+02:00`, `Europe/Berlin`. */
  zone?: string | undefined;
}

/** What is carried from line to line; version 1. */
interface ParserState {
  v: 1;
  position: number;
  /** Time of the last line that had one. */
  time: number | null;
  assumed: boolean;
  /** Full dates were seen: bare numbers at the head of a line are no timestamps. */
  strong: boolean;
  trace: number;
  head: number;
  /** The open line goes on a line that was cut. */
  cut: boolean;
}

/**
 * Turns the bytes of one source into records, range by range. The same bytes give the same records in whatever ranges
 * they come; the line still open at the end of a range is kept for the next.
 */
export class SourceParser {
  private open: Uint8Array = new Uint8Array(0);
  private position: number | undefined;
  private lastTime = Number.NaN;
  private lastAssumed = false;
  private strong = false;
  private cut = false;
  private readonly continuation = new ContinuationTracker();
  private readonly head: HeadReader;
  private readonly scratch = new Uint8Array(HEAD_BYTES);
  private readonly peek = new Uint8Array(PEEK_BYTES);
  private readonly columns = new ColumnBuilder();

  /** @throws RangeError when the zone is unknown */
  constructor(options: SourceParserOptions = {}) {
    this.head = new HeadReader(new AssumedZone(options.zone));
    if (options.resume) this.restore(options.resume.state, options.resume.openBytes);
  }

  /**
   * Parses the next range. The batch's bytes are the open line's followed by `bytes` (not copied when no line was
   * open: the caller gives the buffer away).
   *
   * @param from offset in the source of `bytes[0]`; must go on where the last range ended, unless `finish` was called
   * @throws DeadairError `internal` when a range is out of order
   */
  push(bytes: Uint8Array, from: number, options: PushOptions): RecordBatch {
    if (
      this.position !== undefined &&
      from !== this.position &&
      !(this.open.length === 0 && from > this.position)
    )
      throw new DeadairError(
        'internal',
        `range at ${from} does not follow position ${this.position} of its source`,
      );
    const held = this.open.length;
    const all = held === 0 ? bytes : concat(this.open, bytes);
    const base = from - held;
    this.position = from + bytes.length;
    const rest = this.split(all, held, options.observedAt);
    // A copy (Buffer's own slice is none): the batch's memory may be transferred to another thread.
    this.open = rest === all.length ? EMPTY : new Uint8Array(all.subarray(rest));
    if (options.partial && this.open.length > 0) this.emitPartial(all, rest, options.observedAt);
    return this.columns.take(all, base);
  }

  /**
   * Gives out the open line as a complete record: the generation ended, or its next bytes are lost. The batch is empty
   * when no line was open.
   */
  finish(options: { observedAt: number }): RecordBatch {
    const all = this.open;
    const base = (this.position ?? 0) - all.length;
    if (all.length > 0) {
      this.emit(all, 0, all.length, all.length, new LineBits(all).of(0, all.length), options.observedAt, 0);
      this.open = EMPTY;
      this.cut = false;
    }
    return this.columns.take(all, base);
  }

  /** Bytes of the line that no complete record holds yet. */
  openBytes(): Uint8Array {
    return this.open;
  }

  /** What a new parser needs to go on; opaque. */
  state(): string {
    const { trace, hasHead, headHasTime, headIsError } = this.continuation;
    const state: ParserState = {
      v: 1,
      position: this.position ?? 0,
      time: Number.isNaN(this.lastTime) ? null : this.lastTime,
      assumed: this.lastAssumed,
      strong: this.strong,
      trace,
      head: (hasHead ? 1 : 0) | (headHasTime ? 2 : 0) | (headIsError ? 4 : 0),
      cut: this.cut,
    };
    return JSON.stringify(state);
  }

  private restore(text: string, openBytes: Uint8Array): void {
    const state = JSON.parse(text) as ParserState;
    if (state.v !== 1)
      throw new DeadairError(
        'store.version',
        'The parser state of a source was written by a newer Deadair; use that version or a newer one.',
      );
    this.position = state.position;
    this.lastTime = state.time ?? Number.NaN;
    this.lastAssumed = state.assumed;
    this.strong = state.strong;
    this.cut = state.cut;
    this.continuation.trace = state.trace;
    this.continuation.hasHead = (state.head & 1) !== 0;
    this.continuation.headHasTime = (state.head & 2) !== 0;
    this.continuation.headIsError = (state.head & 4) !== 0;
    this.open = new Uint8Array(openBytes);
  }

  /**
   * Emits the complete lines of `all` and returns where the open line begins.
   * @param scanned so many bytes are known to hold no newline
   */
  private split(all: Uint8Array, scanned: number, observedAt: number): number {
    const newlines = new ByteSearch(all, NEWLINE);
    const bits = new LineBits(all);
    let start = 0;
    let searched = scanned;
    for (;;) {
      const end = newlines.first(searched);
      if (end <= start + MAX_LINE_BYTES && end < all.length) {
        this.emit(all, start, end, end + 1, bits.of(start, end), observedAt, 0);
        this.cut = false;
        start = end + 1;
      } else if (all.length - start > MAX_LINE_BYTES) {
        const edge = characterEdge(all, start + MAX_LINE_BYTES);
        this.emit(all, start, edge, edge, bits.of(start, edge), observedAt, RecordFlag.cut);
        this.cut = true;
        start = edge;
      } else return start;
      searched = Math.max(searched, start);
    }
  }

  /** A partial record must leave no trace in the state: the whole line comes again. */
  private emitPartial(all: Uint8Array, start: number, observedAt: number): void {
    const { trace, hasHead, headIsError, headHasTime } = this.continuation;
    const { lastTime, lastAssumed, strong } = this;
    const bits = new LineBits(all).of(start, all.length);
    this.emit(all, start, all.length, all.length, bits, observedAt, RecordFlag.partial);
    Object.assign(this.continuation, { trace, hasHead, headIsError, headHasTime });
    this.lastTime = lastTime;
    this.lastAssumed = lastAssumed;
    this.strong = strong;
  }

  private emit(
    all: Uint8Array,
    start: number,
    lineEnd: number,
    next: number,
    bits: number,
    observedAt: number,
    extra: number,
  ): void {
    let flags = extra | (bits & ~HIGH);
    let end = lineEnd;
    if ((bits & RecordFlag.carriageReturn) !== 0) {
      while (end > start && all[end - 1] === CR) end--;
      const inner = all.indexOf(CR, start);
      if (inner < 0 || inner >= end) flags &= ~RecordFlag.carriageReturn;
    }
    if ((bits & HIGH) !== 0 && !isUtf8(all.subarray(start, end))) flags |= RecordFlag.invalidUtf8;
    if (this.cut) {
      // The middle of a line has no head of its own.
      flags |= RecordFlag.continuation | this.inheritedFlags();
      this.columns.add(next, this.inheritedTime(observedAt), this.inheritedKind(), 0, flags);
      return;
    }
    const { head, continuation } = this;
    if ((flags & (RecordFlag.ansi | RecordFlag.nul | RecordFlag.carriageReturn)) === 0)
      flags |= this.read(all, start, end, observedAt);
    else flags |= this.readShown(all, start, end, flags, observedAt);
    const isContinuation = (flags & RecordFlag.continuation) !== 0;
    if (head.hasTime) {
      this.lastTime = head.time;
      this.lastAssumed = head.assumed;
      if (head.strong) this.strong = true;
      if (head.assumed) flags |= RecordFlag.timeAssumed;
      this.columns.add(next, head.time, OWN, head.level, flags);
    } else
      this.columns.add(
        next,
        this.inheritedTime(observedAt),
        this.inheritedKind(),
        isContinuation ? 0 : head.level,
        flags | this.inheritedFlags(),
      );
    if (!isContinuation) {
      continuation.headHasTime = head.hasTime;
      continuation.headIsError = head.hasTime && head.level >= ERROR;
    }
  }

  /** The same for a line whose shown text isn't its bytes. */
  private readShown(
    bytes: Uint8Array,
    start: number,
    end: number,
    flags: number,
    observedAt: number,
  ): number {
    const from = shownFrom(bytes, start, end, flags);
    if ((flags & RecordFlag.carriageReturn) === 0) {
      // Nearly all coloured lines show time and level at once: copying the rest would cost half of their parsing.
      const length = displayBytes(bytes, from, end, this.peek);
      this.head.read(this.peek, 0, length, observedAt, !this.strong);
      const { hasTime, prefixed, body } = this.head;
      if (hasTime && prefixed && body <= PEEK_BYTES - 24) {
        this.continuation.isContinuation(this.peek, 0, 0, length, true, true);
        return 0;
      }
    }
    return this.read(this.scratch, 0, displayBytes(bytes, from, end, this.scratch), observedAt);
  }

  /** Reads the head and says whether the line is a continuation. */
  private read(bytes: Uint8Array, start: number, end: number, observedAt: number): number {
    const head = this.head;
    head.read(bytes, start, end, observedAt, !this.strong);
    const first = skipBlank(bytes, start, end);
    return this.continuation.isContinuation(bytes, start, first, end, head.hasTime, head.prefixed)
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

const EMPTY = new Uint8Array(0);

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

/** The nearest place at or before `at` that doesn't split a UTF-8 character. */
function characterEdge(bytes: Uint8Array, at: number): number {
  let edge = at;
  while (edge > at - 4 && (bytes[edge]! & 0xc0) === 0x80) edge--;
  return (bytes[edge]! & 0xc0) === 0x80 ? at : edge;
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  // Not the pool's memory: batches are transferred between threads. Not zeroed: it is filled at once.
  const all = Buffer.allocUnsafeSlow(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
