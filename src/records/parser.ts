import { isUtf8 } from 'node:buffer';
import type { RecordBatch } from '../model/record-batch.js';
import { ENCODING_SHIFT, RecordFlag, StreamFlag } from '../model/vocabulary.js';
import { DeadairError } from '../platform/errors.js';
import { AssumedZone } from './calendar.js';
import { ContinuationTracker } from './continuation.js';
import { encodingOfHead, UTF8, UTF8_MARKED } from './encodings.js';
import { Envelope, exportEnd, insideOf, isExportStart, isSurelyPrefixed, mayOpen } from './envelope.js';
import { HeadReader } from './head.js';
import { Joiner } from './joiner.js';
import { HIGH, LineBits } from './line-bits.js';
import { LineEnds } from './line-ends.js';
import { LineReader, NOTHING_OUTSIDE, type Outside } from './line-reader.js';
import { loggedBytes } from './logged.js';
import { type ParserState, packTrace, Streams, streamKey, unpackTrace } from './parser-state.js';

/** Longer lines are cut in records of at most so many bytes. */
export const MAX_LINE_BYTES = 1024 * 1024;

const NEWLINE = 0x0a;
const CR = 0x0d;

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
  /** Index into ENCODINGS; undefined: UTF-8, or UTF-16 where the first bytes show it. */
  encoding?: number | undefined;
}

/** Whether names stand in front of a source's lines is seen by its first lines, or not at all. */
const PREFIX_LINES = 32;
/**
 * Turns the bytes of one source into records, range by range. The same bytes give the same records in whatever ranges
 * they come; the line still open at the end of a range is kept for the next.
 */
export class SourceParser {
  private open: Uint8Array = EMPTY;
  private position: number | undefined;
  private cut = false;
  private encoding: number | undefined;
  private prefixed = false;
  private looked = 0;
  private cutStreams = new Set<string>();
  private readonly streams = new Streams();
  private continuation = new ContinuationTracker();
  private readonly envelope = new Envelope();
  private readonly lines: LineReader;
  private readonly envelopeHead: HeadReader;

  /** @throws RangeError when the zone is unknown */
  constructor(options: SourceParserOptions = {}) {
    const zone = new AssumedZone(options.zone);
    this.lines = new LineReader(zone);
    this.envelopeHead = new HeadReader(zone);
    this.encoding = options.encoding;
    if (options.resume) this.restore(options.resume.state, options.resume.openBytes);
  }

  /**
   * Parses the next range. The batch's bytes are the open line's followed by `bytes` (not copied when no line was
   * open: the caller gives the buffer away). Of two streams whose lines came in interleaved parts, a line that is whole comes
   * before one that is not: the bytes are the source's, those of a line side by side.
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
    const given = held === 0 ? bytes : concat(this.open, bytes);
    const base = from - held;
    this.position = from + bytes.length;
    const { all, rest } = this.split(given, base, held, options.observedAt);
    // A copy (Buffer's own slice is none): the batch's memory may be transferred to another thread.
    this.open = rest === all.length ? EMPTY : new Uint8Array(all.subarray(rest));
    if (options.partial && this.open.length > 0) this.emitPartial(all, rest, base, options.observedAt);
    return this.lines.columns.take(all, base);
  }

  /**
   * Gives out the open line as a complete record: the generation ended, or its next bytes are lost. The batch is empty
   * when no line was open.
   */
  finish(options: { observedAt: number }): RecordBatch {
    let all = this.open;
    const base = (this.position ?? 0) - all.length;
    if (all.length > 0) {
      this.encoding ??= encodingOfHead(all, base, true) ?? UTF8;
      const { all: whole, rest } = this.split(all, base, 0, options.observedAt, true);
      all = whole;
      if (rest < all.length) this.emitRest(all, rest, options.observedAt, 0);
      this.open = EMPTY;
      this.cut = false;
      this.cutStreams.clear();
    }
    return this.lines.columns.take(all, base);
  }

  /** Bytes of the line that no complete record holds yet. */
  openBytes(): Uint8Array {
    return this.open;
  }

  /** What a new parser needs to go on; opaque. */
  state(): string {
    const { trace, head } = packTrace(this.continuation);
    const state: ParserState = {
      v: 1,
      position: this.position ?? 0,
      time: Number.isNaN(this.lines.lastTime) ? null : this.lines.lastTime,
      assumed: this.lines.lastAssumed,
      strong: this.lines.strong,
      trace,
      head,
      cut: this.cut,
      ...(this.encoding === undefined ? {} : { encoding: this.encoding }),
      ...(this.prefixed ? { prefixed: true } : {}),
      ...(this.looked > 0 ? { looked: this.looked } : {}),
      ...(this.cutStreams.size > 0 ? { cutStreams: [...this.cutStreams] } : {}),
    };
    const streams = this.streams.state();
    if (streams.length > 0) state.streams = streams;
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
    this.lines.lastTime = state.time ?? Number.NaN;
    this.lines.lastAssumed = state.assumed;
    this.lines.strong = state.strong;
    this.cut = state.cut;
    // A state of before encodings were told belongs to a source that is read as UTF-8.
    this.encoding = state.encoding ?? (state.position > openBytes.length ? UTF8 : this.encoding);
    this.prefixed = state.prefixed ?? false;
    this.looked = state.looked ?? 0;
    this.cutStreams = new Set(state.cutStreams);
    unpackTrace(this.continuation, state.trace, state.head);
    this.streams.restore(state.streams ?? []);
    this.open = new Uint8Array(openBytes);
  }

  /**
   * Emits the complete lines of `given`.
   * @param scanned so many bytes are known to hold no newline
   * @param closed nothing follows
   * @returns the bytes in the order of their records, and where the open line begins in them
   */
  private split(
    given: Uint8Array,
    base: number,
    scanned: number,
    observedAt: number,
    closed = false,
  ): { all: Uint8Array; rest: number } {
    this.encoding ??= encodingOfHead(given, base, closed);
    if (this.encoding === undefined) return { all: given, rest: 0 };
    const lines = new LineEnds(given, base, this.encoding);
    const bits = new LineBits(given);
    const joiner = new Joiner(given);
    let start = 0;
    // Parts that wait for the rest of their line are whole lines: they are seen again.
    let searched = lines.first(0) <= scanned ? 0 : Math.max(0, scanned - lines.width + 1);
    for (;;) {
      if (given[start] === 0x5f && !this.cut && isExportStart(given, start, given.length)) {
        const stop = exportEnd(given, start, given.length);
        if (stop >= 0 && stop - start <= MAX_LINE_BYTES) {
          this.emitEntry(joiner, start, stop, observedAt);
          start = stop;
          continue;
        }
        if (stop < 0 && given.length - start <= MAX_LINE_BYTES) break;
      }
      const next = lines.first(Math.max(searched, start));
      if (next - lines.width <= start + MAX_LINE_BYTES && next <= given.length) {
        const end = next - lines.width;
        this.line(joiner, start, end, next, bits.of(start, end), observedAt);
        start = next;
      } else if (given.length - start > MAX_LINE_BYTES) {
        const edge = lines.edge(start + MAX_LINE_BYTES);
        const [at, stop] = joiner.write(start, edge);
        this.emit(joiner.bytes, at, stop, stop, bits.of(start, edge), observedAt, RecordFlag.cut);
        this.cut = true;
        start = edge;
      } else break;
      searched = Math.max(searched, start);
    }
    return joiner.finish(start);
  }

  /** One line of the file: a record, or a part of one. */
  private line(
    joiner: Joiner,
    start: number,
    end: number,
    next: number,
    bits: number,
    observedAt: number,
  ): void {
    const given = joiner.given;
    if (!this.cut && this.encoding === UTF8 && this.opens(given, start, end)) {
      const { envelope } = this;
      const stream = streamKey(envelope);
      const held = joiner.held(stream);
      if (envelope.part || held > 0) {
        this.joined(joiner, stream, start, next, observedAt);
        return;
      }
      const [at, stop] = joiner.write(start, next);
      this.emitInside(joiner.bytes, at, stop, observedAt, stream);
      return;
    }
    if (joiner.isMoving) {
      const [at, stop] = joiner.write(start, next);
      this.emit(joiner.bytes, at, stop - (next - end), stop, bits, observedAt, 0);
    } else this.emit(given, start, end, next, bits, observedAt, 0);
    this.cut = false;
  }

  /** Is this line in an envelope? Leaves it open. */
  private opens(bytes: Uint8Array, start: number, lineEnd: number): boolean {
    // Nearly all lines are in none, which their first byte tells.
    if (!this.prefixed && this.looked === PREFIX_LINES && !mayOpen(bytes, start)) return false;
    let end = lineEnd;
    while (end > start && bytes[end - 1] === CR) end--;
    if (!this.prefixed && this.looked < PREFIX_LINES) {
      this.looked++;
      this.prefixed = isSurelyPrefixed(bytes, start, end);
    }
    return this.envelope.open(bytes, start, end, this.prefixed);
  }

  /** A part of a line, or the last of its parts. */
  private joined(joiner: Joiner, stream: string, start: number, next: number, observedAt: number): void {
    const { part } = this.envelope;
    joiner.hold(stream, start, next);
    if (part && joiner.held(stream) <= MAX_LINE_BYTES) return;
    const [at, stop] = joiner.release(stream);
    this.emitInside(joiner.bytes, at, stop, observedAt, stream, part ? RecordFlag.cut : 0);
    if (part) this.cutStreams.add(stream);
    else this.cutStreams.delete(stream);
  }

  private emitEntry(joiner: Joiner, start: number, next: number, observedAt: number): void {
    const [at, stop] = joiner.write(start, next);
    this.emitInside(joiner.bytes, at, stop, observedAt, '');
  }

  /** A partial record must leave no trace in the state: the whole line comes again. */
  private emitPartial(all: Uint8Array, start: number, base: number, observedAt: number): void {
    const before = this.state();
    this.encoding ??= encodingOfHead(all.subarray(start), base + start, true) ?? UTF8;
    this.emitRest(all, start, observedAt, RecordFlag.partial);
    const state = JSON.parse(before) as ParserState;
    this.encoding = state.encoding;
    this.restore(before, this.open);
    this.encoding = state.encoding;
  }

  /** What no newline ends, as one record. */
  private emitRest(all: Uint8Array, start: number, observedAt: number, extra: number): void {
    const newline = all.indexOf(NEWLINE, start);
    const end = newline < 0 ? all.length : newline;
    if (this.encoding === UTF8 && !this.cut && this.opens(all, start, end)) {
      this.emitInside(all, start, all.length, observedAt, streamKey(this.envelope), extra);
      return;
    }
    const bits = new LineBits(all).of(start, all.length);
    this.emit(all, start, all.length, all.length, bits, observedAt, extra);
  }

  /** The record of an enveloped line, bytes[start, next). */
  private emitInside(
    bytes: Uint8Array,
    start: number,
    next: number,
    observedAt: number,
    stream: string,
    extra = 0,
  ): void {
    let end = next;
    if (end > start && bytes[end - 1] === NEWLINE) end--;
    const outside = { ...NOTHING_OUTSIDE };
    let flags = extra | RecordFlag.enveloped;
    const inside = insideOf(bytes, start, end, envelope => {
      outside.time = this.timeOf(envelope, bytes, observedAt);
      outside.level = envelope.level;
      if (envelope.stream !== undefined) flags |= StreamFlag[envelope.stream];
    });
    const plain = this.continuation;
    this.continuation = this.streams.of(stream);
    this.emitText(inside, flags, next, observedAt, outside, this.cutStreams.has(stream));
    this.continuation = plain;
  }

  private timeOf(envelope: Envelope, bytes: Uint8Array, observedAt: number): number {
    if (!Number.isNaN(envelope.micros)) return envelope.micros / 1000;
    if (envelope.timeStart < 0) return Number.NaN;
    const { envelopeHead } = this;
    envelopeHead.read(bytes, envelope.timeStart, envelope.timeEnd, observedAt, false);
    return envelopeHead.hasTime ? envelopeHead.time : Number.NaN;
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
    if (this.encoding !== UTF8) {
      const flags = extra | (this.encoding! << ENCODING_SHIFT);
      this.emitText(
        loggedBytes(all, start, lineEnd, flags),
        flags,
        next,
        observedAt,
        NOTHING_OUTSIDE,
        this.cut,
      );
      return;
    }
    let flags = extra | (bits & ~HIGH);
    let end = lineEnd;
    if ((bits & RecordFlag.carriageReturn) !== 0) {
      while (end > start && all[end - 1] === CR) end--;
      const inner = all.indexOf(CR, start);
      if (inner < 0 || inner >= end) flags &= ~RecordFlag.carriageReturn;
    }
    if ((bits & HIGH) !== 0) {
      if (!isUtf8(all.subarray(start, end))) flags |= RecordFlag.invalidUtf8;
      if (all[start] === 0xef && all[start + 1] === 0xbb && all[start + 2] === 0xbf)
        flags |= UTF8_MARKED << ENCODING_SHIFT;
    }
    this.lines.take(all, start, end, next, flags, observedAt, this.continuation, NOTHING_OUTSIDE, this.cut);
  }

  /** A record whose text isn't its bytes. */
  private emitText(
    text: Uint8Array,
    given: number,
    next: number,
    observedAt: number,
    outside: Outside,
    isRest: boolean,
  ): void {
    let flags = given;
    if (text.includes(0x1b)) flags |= RecordFlag.ansi;
    if (text.includes(0)) flags |= RecordFlag.nul;
    let end = text.length;
    while (end > 0 && text[end - 1] === CR) end--;
    const inner = text.indexOf(CR);
    if (inner >= 0 && inner < end) flags |= RecordFlag.carriageReturn;
    if (!isUtf8(text)) flags |= RecordFlag.invalidUtf8;
    this.lines.take(text, 0, end, next, flags, observedAt, this.continuation, outside, isRest);
  }
}

const EMPTY = new Uint8Array(0);

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  // Not the pool's memory: batches are transferred between threads. Not zeroed: it is filled at once.
  const all = Buffer.allocUnsafeSlow(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
