import { DeadairError } from '../../platform/errors.js';
import { LEVELS, SIGNAL_CLASSES, TIME_KINDS } from '../../records/vocabulary.js';
import type { ExactLine, LogRow } from '../store.js';
import type { Origin } from './messages.js';
import { chunkOf, FOUND, lineEnd, offsetOf, pieceOf, type Unit } from './unit.js';

/** Rows of one page at most: what crosses threads and the wire stays bounded. */
export const MAX_ROWS = 10_000;

/**
 * The order of results: event time, then source, then offset; `newest` is its exact reverse. A cursor is the key of the
 * last row given, so that deep pages cost what the first one does and new lines don't shift them.
 */
export interface RowKey {
  time: number;
  source: string;
  offset: number;
}

export function encodeCursor(key: RowKey): string {
  return Buffer.from(JSON.stringify([key.time, key.source, key.offset])).toString('base64url');
}

/** @throws DeadairError `request.invalid` for what is no cursor of ours */
export function decodeCursor(cursor: string): RowKey {
  try {
    const [time, source, offset] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (typeof time === 'number' && typeof source === 'string' && typeof offset === 'number')
      return { time, source, offset };
  } catch {
    // told below
  }
  throw new DeadairError(
    'request.invalid',
    'The cursor is not one that a search returned: start from the first page.',
    {
      subject: 'cursor',
    },
  );
}

export function compareKeys(a: RowKey, b: RowKey): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.offset - b.offset;
}

interface Candidate {
  unit: Unit;
  line: number;
  time: number;
  /** Filled when a tie asks for it: the offset costs a look at the text. */
  source: string | undefined;
  offset: number;
}

/** The best `limit` lines seen so far. */
export class TopRows {
  private held: Candidate[] = [];
  private full = false;
  private sorted = false;
  /** Time of the worst line that is kept, once there are enough. */
  private edge: number;
  private readonly sign: 1 | -1;

  constructor(
    private readonly limit: number,
    private readonly order: 'newest' | 'oldest',
    private readonly after: RowKey | undefined,
    private readonly originOf: (id: number) => Origin,
  ) {
    this.sign = order === 'newest' ? -1 : 1;
    this.edge = order === 'newest' ? -Infinity : Infinity;
  }

  /** No line of a unit with these event times can be among the best. */
  excludes(t0: number, t1: number): boolean {
    const { after } = this;
    if (this.order === 'newest') {
      if (after && t0 > after.time) return true;
      return this.full && t1 < this.edge;
    }
    if (after && t1 < after.time) return true;
    return this.full && t0 > this.edge;
  }

  /** No line of this unit, or of any that comes after it in the order of results, can be among the best. */
  ends(t0: number, t1: number): boolean {
    if (!this.full) return false;
    return this.order === 'newest' ? t1 < this.edge : t0 > this.edge;
  }

  add(unit: Unit, line: number, time: number): void {
    if (this.full && (time - this.edge) * this.sign > 0) return;
    const { after } = this;
    const candidate: Candidate = { unit, line, time, source: undefined, offset: 0 };
    if (after) {
      if ((time - after.time) * this.sign < 0) return;
      if (time === after.time && compareKeys(this.keyOf(candidate), after) * this.sign <= 0) return;
    }
    this.held.push(candidate);
    this.sorted = false;
    if (this.held.length >= this.limit * 2 + 64) this.settle();
  }

  /** The best, in order. */
  rows(): LogRow[] {
    this.sort();
    return this.held.map(({ unit, line }) => rowOf(unit, line, this.originOf));
  }

  /** Called between units: once there are enough lines, `edge` rules out what comes next. */
  settle(): void {
    if (this.held.length >= this.limit && !this.sorted) this.sort();
  }

  private sort(): void {
    this.held.sort((a, b) => this.compare(a, b));
    this.sorted = true;
    if (this.held.length > this.limit) this.held.length = this.limit;
    if (this.held.length < this.limit) return;
    this.full = true;
    this.edge = this.held[this.limit - 1]!.time;
  }

  private compare(a: Candidate, b: Candidate): number {
    const byTime = a.time - b.time;
    return (byTime !== 0 ? byTime : compareKeys(this.keyOf(a), this.keyOf(b))) * this.sign;
  }

  private keyOf(candidate: Candidate): RowKey {
    if (candidate.source === undefined) {
      const { unit, line } = candidate;
      candidate.source = this.originOf(unit.pieces.origin[pieceOf(unit.pieces, line)]!).source;
      candidate.offset = offsetOf(unit, line);
    }
    return candidate as RowKey;
  }
}

/** One line as it is given out. */
export function rowOf(unit: Unit, line: number, originOf: (id: number) => Origin): LogRow {
  const columns = unit.columns();
  const piece = pieceOf(unit.pieces, line);
  const origin = originOf(unit.pieces.origin[piece]!);
  const index = chunkOf(unit.chunks, line);
  const { raw, rawStarts } = unit.chunk(index);
  const at = line - unit.chunks[index]!.line0;
  const from = rawStarts[at]!;
  const to = rawStarts[at + 1]!;
  const offset = offsetOf(unit, line);
  const signal = columns.classes[line]!;
  const finding = (signal & FOUND) !== 0 ? unit.findings().get(line) : undefined;
  return {
    id: `${origin.source}:${offset}`,
    seq: unit.pieces.seq[piece]!,
    time: columns.times[line]!,
    timeKind: TIME_KINDS[columns.timeKinds[line]!] ?? 'own',
    observedAt: unit.pieces.observedAt[piece]!,
    ingestedAt: unit.pieces.ingestedAt[piece]!,
    agent: origin.agent,
    host: origin.host,
    path: origin.path,
    source: origin.source,
    offset,
    length: to - from,
    level: LEVELS[columns.levels[line]!] ?? 'none',
    class: SIGNAL_CLASSES[signal & ~FOUND] ?? 'none',
    ...(finding ? { rule: finding.rule } : {}),
    ...(finding?.event === undefined ? {} : { event: finding.event }),
    flags: columns.flags[line]!,
    raw: raw.toString('utf8', from, lineEnd(raw, from, to)),
  };
}

/** A copy of its own for each line: what crosses threads takes its whole buffer along. */
export function exactLine(unit: Unit, line: number): ExactLine {
  const index = chunkOf(unit.chunks, line);
  const { raw, rawStarts } = unit.chunk(index);
  const at = line - unit.chunks[index]!.line0;
  const bytes = new Uint8Array(raw.subarray(rawStarts[at]!, rawStarts[at + 1]!));
  const finding = (unit.columns().classes[line]! & FOUND) !== 0 ? unit.findings().get(line) : undefined;
  return finding ? { bytes, finding } : { bytes };
}
