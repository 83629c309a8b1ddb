import type { Finding } from '../../model/finding.js';
import type { Matchable } from '../../query/matcher.js';
import { FoldedNeedle } from '../../query/tokens.js';
import { type LineOrigin, originOf, streamOf } from '../../records/logged.js';
import { lineEnd } from './line-end.js';
import type { Origin } from './messages.js';
import { COMBINATIONS, combination, type Plan } from './planner.js';
import { type Chunk, FOUND, pieceOf, type Unit } from './unit.js';
import { MAYBE, NO, YES } from './verdict.js';

export interface ScanLimits {
  /** Event time [from, to). */
  from: number;
  to: number;
  afterSeq: number;
  /** Only these chunks may hold a match (word index); undefined: all. */
  chunks?: Set<number> | undefined;
  /** Which chunks are worth it, the best first; undefined: all, as they lie. */
  guide?: ChunkGuide;
  /** The text of each line that is found is wanted, too. */
  texts?: boolean;
}

/** @param chunk with `texts`: holds the line, as its line `at` */
export type Found = (line: number, chunk: Chunk, at: number) => void;

/** Knows what is found already, and so which chunks can add nothing. */
export interface ChunkGuide {
  order(unit: Unit): Iterable<number>;
  /** Asked right before a chunk is looked at. */
  excludesChunk(unit: Unit, index: number): boolean;
  /** A chunk has been looked at. */
  chunkDone(): void;
}

/**
 * Finds the lines of a unit that match. Text is looked at last: time, origin, level and class rule chunks and lines
 * out by columns, and shapes say of most lines whether they match; where every match must hold a known text, that text is
 * searched in the bytes of what is left first, and the columns of chunks without it are never decoded.
 */
export class Scanner {
  /** Chunks looked at so far, for tests and figures: what a query costs is about this. */
  looked = 0;
  private readonly searches: FoldedNeedle[] | undefined;
  private readonly view: LineView;
  private unit!: Unit;
  private chunk!: Chunk;
  private chunkLine0 = 0;
  private candidates: number[] = [];

  constructor(
    private readonly plan: Plan,
    private readonly originOf: (id: number) => Origin,
  ) {
    this.searches = plan.drivers?.map(text => new FoldedNeedle(text));
    this.view = new LineView();
  }

  /** Calls `found` for each matching line, in the unit's order within a chunk; chunks in the guide's order. */
  scan(unit: Unit, limits: ScanLimits, found: Found): void {
    if (unit.t1 < limits.from || unit.t0 >= limits.to || unit.seq1 <= limits.afterSeq) return;
    const { guide } = limits;
    // Before the unit's head is read: of a rare word nearly all blocks end here.
    if (limits.chunks?.size === 0) return;
    this.unit = unit;
    for (const index of guide?.order(unit) ?? unit.chunks.keys()) {
      if (limits.chunks && !limits.chunks.has(index)) continue;
      const info = unit.chunks[index]!;
      if (info.t1 < limits.from || info.t0 >= limits.to || !this.possible(index)) continue;
      if (guide?.excludesChunk(unit, index)) continue;
      this.looked++;
      this.chunkLine0 = info.line0;
      const verdicts = this.plan.sieve && unit.verdicts(index, this.plan.sieve);
      if (verdicts) this.scanShapes(index, verdicts, limits, found);
      else if (this.searches) this.scanText(index, limits, found);
      else this.scanColumns(index, limits, found);
      unit.letGo(index);
      guide?.chunkDone();
    }
  }

  /** Whether some origin, level and class that occurs in the chunk is not ruled out. */
  private possible(index: number): boolean {
    const { unit } = this;
    const info = unit.chunks[index]!;
    const { pieces } = unit;
    const end = info.line0 + info.lines;
    let lastOrigin = -1;
    for (
      let piece = pieceOf(unit.pieces, info.line0);
      piece < pieces.count && pieces.line0[piece]! < end;
      piece++
    ) {
      const origin = pieces.origin[piece]!;
      if (origin === lastOrigin) continue;
      lastOrigin = origin;
      const table = this.plan.verdicts(this.originOf(origin));
      for (let at = 0; at < COMBINATIONS; at++)
        if (table[at] !== NO && info.levels & (1 << (at >> 3)) && info.classes & (1 << (at & 7))) return true;
    }
    return false;
  }

  private scanShapes(index: number, verdicts: Uint8Array, limits: ScanLimits, found: Found): void {
    const { candidates } = this;
    candidates.length = 0;
    // Each line of which its shape does not tell is made; those without the texts that must be there are none.
    if (verdicts.includes(MAYBE) || (limits.texts && verdicts.includes(YES))) {
      this.chunk = this.unit.peek(index, limits.texts ? likeMaybe(verdicts) : verdicts);
      if (this.searches) this.findCandidates(verdicts.length);
      else for (let i = 0; i < verdicts.length; i++) if (verdicts[i] === MAYBE) candidates.push(i);
    }
    let next = 0;
    if (candidates.length === 0 && !verdicts.includes(YES)) return;
    const columns = this.unit.columns();
    let piece = pieceOf(this.unit.pieces, this.chunkLine0);
    for (let i = 0; i < verdicts.length; i++) {
      while (candidates[next]! < i) next++;
      const looked = candidates[next] === i && verdicts[i] === MAYBE;
      if (!looked && verdicts[i] !== YES) continue;
      const line = this.chunkLine0 + i;
      piece = this.advance(piece, line);
      this.judge(line, piece, columns, limits, found, !looked);
    }
  }

  private scanText(index: number, limits: ScanLimits, found: Found): void {
    this.chunk = this.unit.peek(index);
    this.findCandidates(this.unit.chunks[index]!.lines);
    if (this.candidates.length === 0) return;
    const columns = this.unit.columns();
    let piece = pieceOf(this.unit.pieces, this.chunkLine0);
    for (const candidate of this.candidates) {
      const line = this.chunkLine0 + candidate;
      piece = this.advance(piece, line);
      this.judge(line, piece, columns, limits, found);
    }
  }

  /** Lines of the chunk that hold one of the texts, in rising order. */
  private findCandidates(lines: number): void {
    const { candidates, searches } = this;
    candidates.length = 0;
    for (const search of searches!) hitLines(this.chunk, lines, search, candidates);
    if (searches!.length === 1) return;
    candidates.sort((a, b) => a - b);
    dedupe(candidates);
  }

  private scanColumns(index: number, limits: ScanLimits, found: Found): void {
    const { line0, lines } = this.unit.chunks[index]!;
    const columns = this.unit.columns();
    this.chunk = (limits.texts ? this.unit.peek(index) : undefined) as Chunk;
    let piece = pieceOf(this.unit.pieces, line0);
    for (let line = line0; line < line0 + lines; line++) {
      piece = this.advance(piece, line);
      this.judge(line, piece, columns, limits, found, false, index);
    }
  }

  private advance(piece: number, line: number): number {
    const { pieces } = this.unit;
    let at = piece;
    while (at + 1 < pieces.count && pieces.line0[at + 1]! <= line) at++;
    return at;
  }

  /** @param decided the line's shape says that its text matches @param chunkIndex where the chunk is not at hand */
  private judge(
    line: number,
    piece: number,
    columns: { times: Float64Array; levels: Uint8Array; classes: Uint8Array; flags: Uint16Array },
    limits: ScanLimits,
    found: Found,
    decided = false,
    chunkIndex = -1,
  ): void {
    const time = columns.times[line]!;
    if (time < limits.from || time >= limits.to) return;
    const { pieces } = this.unit;
    if (pieces.seq[piece]! <= limits.afterSeq) return;
    const signal = columns.classes[line]! & ~FOUND;
    const origin = this.originOf(pieces.origin[piece]!);
    const verdict = this.plan.verdicts(origin)[combination(columns.levels[line]!, signal)];
    if (verdict === NO) return;
    if (verdict === MAYBE && !decided) {
      // A query without drivers may still be decided without the text (`rule:`), so the chunk is fetched late.
      this.chunk ??= this.unit.chunk(chunkIndex);
      const { chunk, view } = this;
      const at = line - this.chunkLine0;
      view.unit = this.unit;
      view.line = line;
      view.origin = origin;
      view.level = columns.levels[line]!;
      view.class = signal;
      view.time = time;
      view.flags = columns.flags[line]!;
      view.chunk = chunk;
      view.index = at;
      view.bytes = chunk.text;
      view.start = chunk.starts[at]!;
      view.end = lineEnd(chunk.text, view.start, chunk.starts[at + 1]!);
      if (!this.plan.matcher.matches(view)) return;
    }
    found(line, this.chunk, line - this.chunkLine0);
  }
}

/** One line while it is judged; one object is reused for all lines of a scan. */
class LineView implements Matchable {
  unit!: Unit;
  line = 0;
  origin!: Origin;
  time = 0;
  level = 0;
  class = 0;
  flags = 0;
  /** The line's place in its chunk: there its bytes lie as they were in the file. */
  chunk!: Chunk;
  index = 0;
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;

  get agent(): string {
    return this.origin.agent;
  }
  get host(): string {
    return this.origin.host;
  }
  get path(): string {
    return this.origin.path;
  }
  get source(): string {
    return this.origin.source;
  }
  get rule(): string | undefined {
    return this.finding()?.rule;
  }
  get event(): string | undefined {
    return this.finding()?.event;
  }

  get stream(): string | undefined {
    return streamOf(this.flags);
  }
  get container(): string | undefined {
    return this.from().container;
  }
  get pod(): string | undefined {
    return this.from().pod;
  }
  get namespace(): string | undefined {
    return this.from().namespace;
  }

  private from(): LineOrigin {
    const { raw, rawStarts } = this.chunk;
    const start = rawStarts[this.index]!;
    const end = lineEnd(raw, start, rawStarts[this.index + 1]!);
    return originOf(raw, start, end, this.flags, this.origin.path);
  }

  text(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }

  private finding(): Finding | undefined {
    if ((this.unit.columns().classes[this.line]! & FOUND) === 0) return undefined;
    return this.unit.findings().get(this.line);
  }
}

/** Verdicts by which each line is made that may be found. */
function likeMaybe(verdicts: Uint8Array): Uint8Array {
  return verdicts.map(verdict => (verdict === NO ? NO : MAYBE));
}

/** Appends the lines that hold the text, each once, in rising order. */
function hitLines(chunk: Chunk, lines: number, search: FoldedNeedle, into: number[]): void {
  const { text } = chunk;
  const end = text.length;
  let line = 0;
  for (let at = search.find(text, 0, end); at >= 0; ) {
    const { starts } = chunk;
    line = lineAt(starts, line, lines, at);
    into.push(line);
    at = search.find(text, starts[line + 1]!, end);
  }
}

function lineAt(starts: Uint32Array, from: number, lines: number, at: number): number {
  let low = from;
  let high = lines - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

function dedupe(sorted: number[]): void {
  let kept = 0;
  for (let i = 0; i < sorted.length; i++)
    if (i === 0 || sorted[i] !== sorted[i - 1]) sorted[kept++] = sorted[i]!;
  sorted.length = kept;
}
