import { LEVELS, SIGNAL_CLASSES } from '../../model/vocabulary.js';
import { DeadairError } from '../../platform/errors.js';
import type { HistogramRequest } from '../store.js';
import { BlockUnit } from './block-unit.js';
import type { Origin } from './messages.js';
import { combination, type Plan } from './planner.js';
import type { Scanner } from './scan.js';
import { FOUND, pieceOf, type Unit } from './unit.js';
import { MAYBE, NO, YES } from './verdict.js';
import type { WordFilter } from './word-filter.js';

const MINUTE_MS = 60_000;
const MAX_BUCKETS = 20_000;
/** Lines of a block that a query's matches are remembered of: where more match, the page shows counts of words or asks for less. */
const MOST_REMEMBERED = 1024;
const NO_VERDICTS = new Uint8Array(0);

/** Counts by bucket and series. */
export class BucketCounts {
  readonly buckets: number;
  /** The word that is asked for was among the frequent ones of the block before. */
  wordIsFrequent = false;
  private readonly series = new Map<string, Float64Array>();

  constructor(
    readonly request: HistogramRequest,
    private readonly originOf: (id: number) => Origin,
  ) {
    const { from, to, interval } = request;
    if (!(interval >= 1000) || !Number.isFinite(from) || !Number.isFinite(to))
      throw new DeadairError(
        'request.invalid',
        'A histogram wants from, to and an interval of at least 1,000 ms.',
        {
          subject: 'interval',
        },
      );
    this.buckets = Math.max(0, Math.ceil((to - from) / interval));
    if (this.buckets > MAX_BUCKETS)
      throw new DeadairError(
        'request.invalid',
        `The histogram would have ${this.buckets} buckets; at most ${MAX_BUCKETS}: choose a wider interval.`,
        { subject: 'interval' },
      );
  }

  /** The bucket all of this minute falls in, or -1 when a bucket's edge (or the range's) cuts through it. */
  bucketOfMinute(minute: number): number {
    const { from, to, interval } = this.request;
    const start = minute * MINUTE_MS;
    const bucket = Math.floor((start - from) / interval);
    const whole = start >= from && start + MINUTE_MS <= Math.min(to, from + (bucket + 1) * interval);
    return whole ? bucket : -1;
  }

  /** No part of the minute lies in the range. */
  outside(minute: number): boolean {
    const start = minute * MINUTE_MS;
    return start + MINUTE_MS <= this.request.from || start >= this.request.to;
  }

  addLine(unit: Unit, line: number): void {
    const columns = unit.columns();
    const { from, interval } = this.request;
    const bucket = Math.floor((columns.times[line]! - from) / interval);
    this.add(this.keyOfLine(unit, line), bucket, 1);
  }

  /** Whether lines of one origin may count in several series. */
  get byLine(): boolean {
    return this.request.by === 'level' || this.request.by === 'class';
  }

  /** What lines of an origin, level and class count in, by bucket. */
  countsFor(origin: number, level: number, signal: number): Float64Array {
    return this.countsOf(this.keyOf(origin, level, signal));
  }

  add(key: string, bucket: number, n: number): void {
    this.countsOf(key)[bucket]! += n;
  }

  private countsOf(key: string): Float64Array {
    let counts = this.series.get(key);
    if (!counts) {
      counts = new Float64Array(this.buckets);
      this.series.set(key, counts);
    }
    return counts;
  }

  result(): { key: string; counts: number[] }[] {
    return [...this.series].map(([key, counts]) => ({ key, counts: Array.from(counts) }));
  }

  private keyOfLine(unit: Unit, line: number): string {
    const columns = unit.columns();
    return this.keyOf(
      unit.pieces.origin[pieceOf(unit.pieces, line)]!,
      columns.levels[line]!,
      columns.classes[line]! & ~FOUND,
    );
  }

  private keyOf(origin: number, level: number, signal: number): string {
    switch (this.request.by) {
      case 'agent':
        return this.originOf(origin).agent;
      case 'level':
        return LEVELS[level] ?? 'none';
      case 'class':
        return SIGNAL_CLASSES[signal] ?? 'none';
      default:
        return '';
    }
  }
}

/**
 * Counts a unit's matching lines, by what is known without looking at them where that is exact: cells (minute, origin,
 * level, class) when the text plays no part, counts of frequent words when one word is all that is asked. Minutes that
 * a bucket's edge cuts are counted line by line.
 */
export function countUnit(
  unit: Unit,
  plan: Plan,
  filter: WordFilter,
  scanner: Scanner,
  tally: BucketCounts,
  originOf: (id: number) => Origin,
): void {
  const limits = { from: plan.from, to: plan.to, afterSeq: -1 };
  const lineByLine = (chunks: Set<number> | undefined, cutMinutesOnly: boolean) =>
    scanner.scan(unit, { ...limits, chunks }, line => {
      if (cutMinutesOnly && tally.bucketOfMinute(minuteOf(unit.columns().times[line]!)) >= 0) return;
      tally.addLine(unit, line);
    });
  if (!(unit instanceof BlockUnit)) {
    lineByLine(undefined, false);
    return;
  }
  const wholeRange = plan.from <= tally.request.from && plan.to >= tally.request.to;
  const cut = wholeRange ? countCells(unit, plan, tally, originOf) : undefined;
  if (cut !== undefined) {
    if (cut) lineByLine(undefined, true);
    return;
  }
  const { by } = tally.request;
  // Blocks of format 1 counted words by other rules.
  const counted = wholeRange && (by === undefined || by === 'agent') && unit.head().shapes !== undefined;
  const word = counted ? plan.countedWord : undefined;
  const wordCounted = () => {
    const cutWord = countWord(unit, plan, word!, tally, originOf);
    tally.wordIsFrequent = cutWord !== undefined;
    if (cutWord) lineByLine(filter.chunksOf(unit), true);
    return cutWord !== undefined;
  };
  // A frequent word is in the next block, too: the index, which would only say so, costs as much as the counts.
  const tried = word !== undefined && tally.wordIsFrequent;
  if (tried && wordCounted()) return;
  const { file, entry } = unit;
  const whole = plan.from <= unit.t0 && plan.to > unit.t1;
  const known = whole ? file.matches(entry.id, plan.id) : undefined;
  if (known) {
    for (const line of known) tally.addLine(unit, line);
    return;
  }
  const chunks = filter.chunksOf(unit);
  if (word !== undefined && !tried && chunks?.size !== 0 && wordCounted()) return;
  const found: number[] = [];
  if (chunks?.size !== 0)
    scanner.scan(unit, { ...limits, chunks }, line => {
      tally.addLine(unit, line);
      if (found.length <= MOST_REMEMBERED) found.push(line);
    });
  if (whole && plan.id !== 0 && found.length <= MOST_REMEMBERED)
    file.keepMatches(entry.id, plan.id, Uint32Array.from(found));
}

function minuteOf(time: number): number {
  return Math.max(0, Math.floor(time / MINUTE_MS));
}

/** @returns whether some minutes are left to count line by line; undefined when cells can't tell (nothing added) */
function countCells(
  unit: BlockUnit,
  plan: Plan,
  tally: BucketCounts,
  originOf: (id: number) => Origin,
): boolean | undefined {
  const { cells } = unit.head();
  const { count, minute, level, lines } = cells;
  // Cells of one file lie side by side.
  let origin = -1;
  let verdicts: Uint8Array = NO_VERDICTS;
  for (let i = 0; i < count; i++) {
    if (cells.origin[i] !== origin) {
      origin = cells.origin[i]!;
      verdicts = plan.verdicts(originOf(origin));
    }
    if (verdicts[combination(level[i]!, cells.class[i]!)] === MAYBE) return undefined;
  }
  let cut = false;
  let counts: Float64Array | undefined;
  origin = -1;
  for (let i = 0; i < count; i++) {
    if (cells.origin[i] !== origin) {
      origin = cells.origin[i]!;
      verdicts = plan.verdicts(originOf(origin));
      counts = undefined;
    }
    if (verdicts[combination(level[i]!, cells.class[i]!)] !== YES) continue;
    const bucket = tally.bucketOfMinute(minute[i]!);
    if (bucket >= 0) {
      if (counts === undefined || tally.byLine) counts = tally.countsFor(origin, level[i]!, cells.class[i]!);
      counts[bucket]! += lines[i]!;
    } else if (!tally.outside(minute[i]!)) cut = true;
  }
  return cut;
}

/** The same for a word's counts by minute and agent; undefined when the word is not among the frequent ones. */
function countWord(
  unit: BlockUnit,
  plan: Plan,
  word: string,
  tally: BucketCounts,
  originOf: (id: number) => Origin,
): boolean | undefined {
  const allowed = new Set<string>();
  const { pieces } = unit;
  for (let piece = 0; piece < pieces.count; piece++) {
    const origin = originOf(pieces.origin[piece]!);
    // What is asked besides the word is about the agent, so any level and class tell.
    if (plan.verdicts(origin)[0] !== NO) allowed.add(origin.agent);
  }
  let cut = false;
  const counts = unit.file.wordCounts(unit.entry.id, word);
  if (!counts) return undefined;
  for (const { minute, agent, lines } of counts) {
    if (!allowed.has(agent)) continue;
    const bucket = tally.bucketOfMinute(minute);
    if (bucket >= 0) tally.add(tally.request.by === 'agent' ? agent : '', bucket, lines);
    else if (!tally.outside(minute)) cut = true;
  }
  return cut;
}

/** Adds up the parts of one histogram that several readers counted. */
export function mergeSeries(
  parts: { key: string; counts: number[] }[][],
  buckets: number,
): { series: { key: string; counts: number[] }[]; total: number } {
  const merged = new Map<string, number[]>();
  let total = 0;
  for (const { key, counts } of parts.flat()) {
    const into = merged.get(key) ?? new Array<number>(buckets).fill(0);
    merged.set(key, into);
    counts.forEach((n, bucket) => {
      into[bucket]! += n;
      total += n;
    });
  }
  const series = [...merged].map(([key, counts]) => ({ key, counts }));
  series.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return { series, total };
}
