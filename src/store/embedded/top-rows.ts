import type { ExactLine, LogRow } from '../../model/log-row.js';
import { LEVELS, SIGNAL_CLASSES, TIME_KINDS } from '../../model/vocabulary.js';
import { DeadairError } from '../../platform/errors.js';
import { loggedLine } from '../../records/logged.js';
import { lineEnd } from './line-end.js';
import type { Origin } from './messages.js';
import { comparePlaces, leastOf, mostOf, type PlaceRange, placesOfChunk, placesOfUnit } from './places.js';
import type { ChunkGuide } from './scan.js';
import { chunkOf, FOUND, offsetOf, pieceOf, type Unit } from './unit.js';

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

/** Units in the order of their best lines: where times are equal, by place, so that the first ones fill a page. */
export function inOrder(units: Unit[], order: 'newest' | 'oldest', originOf: (id: number) => Origin): Unit[] {
  return order === 'newest'
    ? units.sort(
        (a, b) =>
          b.t1 - a.t1 || comparePlaces(mostOf(placesOfUnit(b, originOf)), mostOf(placesOfUnit(a, originOf))),
      )
    : units.sort(
        (a, b) =>
          a.t0 - b.t0 ||
          comparePlaces(leastOf(placesOfUnit(a, originOf)), leastOf(placesOfUnit(b, originOf))),
      );
}

/**
 * The best `limit` lines seen so far. What can't be among them is ruled out by time, and where a whole stretch of lines
 * has one time (a file without timestamps read at once), by place: a page then costs what a page costs elsewhere.
 */
export class TopRows implements ChunkGuide {
  private held: Candidate[] = [];
  private full = false;
  private sorted = false;
  /** Time of the worst line that is kept, once there are enough. */
  private edge: number;
  /** That line. */
  private worst: Candidate | undefined;
  private readonly sign: 1 | -1;

  constructor(
    private readonly limit: number,
    private readonly direction: 'newest' | 'oldest',
    private readonly after: RowKey | undefined,
    private readonly originOf: (id: number) => Origin,
  ) {
    this.sign = direction === 'newest' ? -1 : 1;
    this.edge = direction === 'newest' ? -Infinity : Infinity;
  }

  /** No line of this unit can be among the best. */
  excludes(unit: Unit): boolean {
    return this.rulesOut(unit, () => placesOfUnit(unit, this.originOf));
  }

  excludesChunk(unit: Unit, index: number): boolean {
    return this.rulesOut(unit.chunks[index]!, () => placesOfChunk(unit, index, this.originOf));
  }

  /** No line of this unit, or of any that comes after it in the order of results, can be among the best. */
  ends(t0: number, t1: number): boolean {
    if (!this.full) return false;
    return this.direction === 'newest' ? t1 < this.edge : t0 > this.edge;
  }

  /** The chunks with the best lines first: what they hold rules out others. */
  order(unit: Unit): Iterable<number> {
    const { chunks } = unit;
    if (chunks.length === 1) return [0];
    const places = chunks.map((_, index) => placesOfChunk(unit, index, this.originOf));
    const order = [...chunks.keys()];
    return this.direction === 'newest'
      ? order.sort(
          (a, b) => chunks[b]!.t1 - chunks[a]!.t1 || comparePlaces(mostOf(places[b]!), mostOf(places[a]!)),
        )
      : order.sort(
          (a, b) => chunks[a]!.t0 - chunks[b]!.t0 || comparePlaces(leastOf(places[a]!), leastOf(places[b]!)),
        );
  }

  chunkDone(): void {
    // Sorting after every chunk would cost more than it spares where pages are long.
    const enough = this.full ? this.limit + Math.max(64, this.limit >> 2) : this.limit;
    if (this.held.length >= enough && !this.sorted) this.sort();
  }

  add(unit: Unit, line: number, time: number): void {
    if (this.full && (time - this.edge) * this.sign > 0) return;
    const { after, worst } = this;
    const candidate: Candidate = { unit, line, time, source: undefined, offset: 0 };
    if (after) {
      if ((time - after.time) * this.sign < 0) return;
      if (time === after.time && compareKeys(this.keyOf(candidate), after) * this.sign <= 0) return;
    }
    if (worst && time === this.edge && this.compare(candidate, worst) >= 0) return;
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

  /** Whether lines of these times, at these places, are all at or before `after`, or at or behind the worst kept. */
  private rulesOut({ t0, t1 }: { t0: number; t1: number }, places: () => PlaceRange[]): boolean {
    const { after, edge, worst } = this;
    const newest = this.direction === 'newest';
    if (newest ? t1 < edge : t0 > edge) return true;
    if (after && (newest ? t0 > after.time : t1 < after.time)) return true;
    const before = after && (newest ? t0 : t1) === after.time ? after : undefined;
    const behind = worst && (newest ? t1 : t0) === edge ? this.keyOf(worst) : undefined;
    if (!before && !behind) return false;
    const [low, high] = newest ? [behind, before] : [before, behind];
    return places().every(
      ({ least, most }) =>
        (low && comparePlaces(most, low) <= 0) || (high && comparePlaces(least, high) >= 0),
    );
  }

  private sort(): void {
    this.held.sort((a, b) => this.compare(a, b));
    this.sorted = true;
    if (this.held.length > this.limit) this.held.length = this.limit;
    if (this.held.length < this.limit) return;
    this.full = true;
    this.worst = this.held[this.limit - 1]!;
    this.edge = this.worst.time;
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
    ...loggedLine(raw, from, lineEnd(raw, from, to), columns.flags[line]!, origin.path),
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
