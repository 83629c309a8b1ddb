import type { Finding } from '../../model/finding.js';
import type { Matchable } from '../../query/matcher.js';
import { FoldedNeedle } from '../../query/tokens.js';
import { type LineOrigin, originOf, streamOf } from '../../records/logged.js';
import type { Origin } from './messages.js';
import { COMBINATIONS, combination, MAYBE, NO, type Plan } from './planner.js';
import { type Chunk, FOUND, lineEnd, pieceOf, type Unit } from './unit.js';

export interface ScanLimits {
  /** Event time [from, to). */
  from: number;
  to: number;
  afterSeq: number;
  /** Only these chunks may hold a match (word index); undefined: all. */
  chunks?: Set<number> | undefined;
  /** Which chunks are worth it, the best first; undefined: all, as they lie. */
  guide?: ChunkGuide;
}

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
 * out by columns; where every match must hold a known text, that text is searched in the chunk's bytes first, and
 * the columns of chunks without it are never decoded.
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
  scan(unit: Unit, limits: ScanLimits, found: (line: number) => void): void {
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
      if (this.searches) this.scanText(index, limits, found);
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

  private scanText(index: number, limits: ScanLimits, found: (line: number) => void): void {
    const chunk = this.unit.peek(index, this.plan.sieve);
    const { lines } = this.unit.chunks[index]!;
    this.chunk = chunk;
    const candidates = this.candidates;
    candidates.length = 0;
    for (const search of this.searches!) hitLines(chunk, lines, search, candidates);
    if (this.searches!.length > 1) {
      candidates.sort((a, b) => a - b);
      dedupe(candidates);
    }
    if (candidates.length === 0) return;
    const columns = this.unit.columns();
    let piece = pieceOf(this.unit.pieces, this.chunkLine0);
    for (const candidate of candidates) {
      const line = this.chunkLine0 + candidate;
      piece = this.advance(piece, line);
      this.judge(line, piece, columns, limits, found);
    }
  }

  private scanColumns(index: number, limits: ScanLimits, found: (line: number) => void): void {
    const { line0, lines } = this.unit.chunks[index]!;
    const columns = this.unit.columns();
    this.chunk = undefined as unknown as Chunk;
    let piece = pieceOf(this.unit.pieces, line0);
    for (let line = line0; line < line0 + lines; line++) {
      piece = this.advance(piece, line);
      this.judge(line, piece, columns, limits, found, index);
    }
  }

  private advance(piece: number, line: number): number {
    const { pieces } = this.unit;
    let at = piece;
    while (at + 1 < pieces.count && pieces.line0[at + 1]! <= line) at++;
    return at;
  }

  private judge(
    line: number,
    piece: number,
    columns: { times: Float64Array; levels: Uint8Array; classes: Uint8Array; flags: Uint16Array },
    limits: ScanLimits,
    found: (line: number) => void,
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
    if (verdict === MAYBE) {
      // A query without drivers may still be decided without the text (`rule:`), so the chunk is fetched late.
      const { sieve } = this.plan;
      this.chunk ??= sieve ? this.unit.peek(chunkIndex, sieve) : this.unit.chunk(chunkIndex);
      const { chunk, view } = this;
      const at = line - this.chunkLine0;
      // Each line has at least a byte: this one was not made, as its shape rules it out.
      if (sieve && chunk.starts[at] === chunk.starts[at + 1]) return;
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
    found(line);
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
