import type { Finding } from '../../detect/finding.js';
import type { UnpackedBatch } from '../../records/packed.js';
import {
  type BlockHead,
  emptyCells,
  emptyPieces,
  encodeColumns,
  encodeHead,
  type SealedChunk,
} from './block-format.js';
import { pack } from './codec.js';
import type { Origin } from './messages.js';
import { displayed, FOUND, isRewritten, markText } from './unit.js';
import { type Cell, encodeCounts } from './word-counts.js';
import { WordTable } from './word-table.js';

export const BLOCK_LINES = 8192;
export const BLOCK_BYTES = 4 * 1024 * 1024;
const CHUNK_LINES = 1024;
const CHUNK_BYTES = 256 * 1024;

/** A run of lines of one hot batch. */
export interface Slice {
  origin: number;
  seq: number;
  body: UnpackedBatch;
  from: number;
  to: number;
}

export interface BuiltBlock {
  seq0: number;
  seq1: number;
  t0: number;
  t1: number;
  lines: number;
  bytes: number;
  levels: number;
  classes: number;
  head: Buffer;
  columns: Buffer;
  chunks: Buffer[];
  counts: Buffer;
  postings: Uint32Array;
  spans: { origin: number; start: number; end: number }[];
  marks: BuiltMark[];
}

export interface BuiltMark {
  line: number;
  seq: number;
  time: number;
  origin: number;
  offset: number;
  class: number;
  level: number;
  observedAt: number;
  ingestedAt: number;
  text: string;
  finding: Finding;
}

/** Cuts batches, in the order they came, into slices of about BLOCK_LINES lines: one list a block. */
export function cutBlocks(batches: { origin: number; seq: number; body: UnpackedBatch }[]): Slice[][] {
  const total = batches.reduce((sum, batch) => sum + batch.body.count, 0);
  const target = Math.ceil(total / Math.max(1, Math.round(total / BLOCK_LINES)));
  const blocks: Slice[][] = [];
  let current: Slice[] = [];
  let lines = 0;
  let bytes = 0;
  for (const { origin, seq, body } of batches) {
    for (let from = 0; from < body.count; ) {
      let to = from;
      while (to < body.count && lines < target && (bytes < BLOCK_BYTES || lines === 0)) {
        bytes += body.starts[to + 1]! - body.starts[to]!;
        to++;
        lines++;
      }
      if (to > from) current.push({ origin, seq, body, from, to });
      from = to;
      if (lines >= target || bytes >= BLOCK_BYTES) {
        blocks.push(current);
        current = [];
        lines = 0;
        bytes = 0;
      }
    }
  }
  if (current.length > 0) blocks.push(current);
  return blocks;
}

/**
 * Seals lines into a block. They are ordered by file and offset: like beside like compresses by 2–3 bytes a line
 * better, chunks hold one or two agents, and context reads one chunk.
 */
export function buildBlock(slices: Slice[], originOf: (id: number) => Origin): BuiltBlock {
  const ordered = [...slices].sort(
    (a, b) =>
      a.origin - b.origin || a.body.base + a.body.starts[a.from]! - b.body.base - b.body.starts[b.from]!,
  );
  const lines = ordered.reduce((sum, slice) => sum + slice.to - slice.from, 0);
  const bytes = ordered.reduce(
    (sum, slice) => sum + slice.body.starts[slice.to]! - slice.body.starts[slice.from]!,
    0,
  );
  const raw = Buffer.allocUnsafeSlow(bytes);
  const starts = new Uint32Array(lines + 1);
  const columns = {
    times: new Float64Array(lines),
    timeKinds: new Uint8Array(lines),
    levels: new Uint8Array(lines),
    classes: new Uint8Array(lines),
    flags: new Uint8Array(lines),
  };
  const marks: BuiltMark[] = [];
  let line = 0;
  let at = 0;
  for (const { origin, seq, body, from, to } of ordered) {
    const first = body.starts[from]!;
    raw.set(body.bytes.subarray(first, body.starts[to]!), at);
    for (let i = from; i < to; i++) starts[line + i - from] = at + body.starts[i]! - first;
    columns.times.set(body.times.subarray(from, to), line);
    columns.timeKinds.set(body.timeKinds.subarray(from, to), line);
    columns.levels.set(body.levels.subarray(from, to), line);
    columns.classes.set(body.classes.subarray(from, to), line);
    columns.flags.set(body.flags.subarray(from, to), line);
    for (const [i, finding] of body.findings) {
      if (i < from || i >= to) continue;
      const place = line + i - from;
      columns.classes[place]! |= FOUND;
      marks.push({
        line: place,
        seq,
        time: body.times[i]!,
        origin,
        offset: body.base + body.starts[i]!,
        class: body.classes[i]!,
        level: body.levels[i]!,
        observedAt: body.observedAt,
        ingestedAt: body.ingestedAt,
        text: markText(body.bytes, body.starts[i]!, body.starts[i + 1]!),
        finding,
      });
    }
    line += to - from;
    at += body.starts[to]! - first;
  }
  starts[lines] = at;
  const chunks = cutChunks(raw, starts, columns);
  const pieces = cutPieces(ordered, chunks, starts);
  const { cells, cellOf, wordCells } = countCells(ordered, columns, originOf);
  const table = indexWords(raw, starts, columns.flags, chunks, cellOf);
  const head: BlockHead = { chunks, pieces, cells };
  const lengths = new Uint32Array(lines);
  for (let i = 0; i < lines; i++) lengths[i] = starts[i + 1]! - starts[i]!;
  return {
    seq0: Math.min(...ordered.map(slice => slice.seq)),
    seq1: Math.max(...ordered.map(slice => slice.seq)),
    t0: Math.min(...chunks.map(chunk => chunk.t0)),
    t1: Math.max(...chunks.map(chunk => chunk.t1)),
    lines,
    bytes,
    levels: chunks.reduce((mask, chunk) => mask | chunk.levels, 0),
    classes: chunks.reduce((mask, chunk) => mask | chunk.classes, 0),
    head: pack(encodeHead(head)),
    columns: pack(encodeColumns(head, columns, lengths)),
    chunks: chunks.map(chunk => pack(raw.subarray(starts[chunk.line0]!, starts[chunk.line0 + chunk.lines]!))),
    counts: pack(encodeCounts(wordCells, table)),
    postings: table.sortedPostings(),
    spans: spansOf(ordered),
    marks: marks.sort((a, b) => a.line - b.line),
  };
}

const NEWLINE = 10;

function cutChunks(
  raw: Buffer,
  starts: Uint32Array,
  columns: { times: Float64Array; levels: Uint8Array; classes: Uint8Array; flags: Uint8Array },
): SealedChunk[] {
  const lines = starts.length - 1;
  const chunks: SealedChunk[] = [];
  for (let line0 = 0; line0 < lines; ) {
    let end = line0;
    let [t0, t1, levels, classes] = [Infinity, -Infinity, 0, 0];
    while (
      end < lines &&
      end - line0 < CHUNK_LINES &&
      (end === line0 || starts[end + 1]! - starts[line0]! <= CHUNK_BYTES)
    ) {
      const time = columns.times[end]!;
      if (time < t0) t0 = time;
      if (time > t1) t1 = time;
      levels |= 1 << columns.levels[end]!;
      classes |= 1 << (columns.classes[end]! & ~FOUND);
      end++;
    }
    const text = raw.subarray(starts[line0]!, starts[end]!);
    chunks.push({
      line0,
      lines: end - line0,
      rawLength: text.length,
      irregular: !endsRegularly(text, starts, line0, end),
      rewritten: isRewritten(columns.flags.subarray(line0, end)),
      t0,
      t1,
      levels,
      classes,
    });
    line0 = end;
  }
  return chunks;
}

/** Every line ends with its only newline, so that starts can be found again without stored lengths. */
function endsRegularly(text: Buffer, starts: Uint32Array, line0: number, end: number): boolean {
  const origin = starts[line0]!;
  let at = -1;
  for (let line = line0; line < end; line++) {
    at = text.indexOf(NEWLINE, at + 1);
    if (at < 0 || at + 1 + origin !== starts[line + 1]) return false;
  }
  return true;
}

function cutPieces(ordered: Slice[], chunks: SealedChunk[], starts: Uint32Array) {
  const cut: { line0: number; slice: Slice; base: number }[] = [];
  let line = 0;
  let chunk = 0;
  for (const slice of ordered) {
    const end = line + slice.to - slice.from;
    const sliceBase = slice.body.base + slice.body.starts[slice.from]!;
    const first = starts[line]!;
    while (line < end) {
      while (line >= chunks[chunk]!.line0 + chunks[chunk]!.lines) chunk++;
      cut.push({ line0: line, slice, base: sliceBase + starts[line]! - first });
      line = Math.min(end, chunks[chunk]!.line0 + chunks[chunk]!.lines);
    }
  }
  const pieces = emptyPieces(cut.length);
  cut.forEach(({ line0, slice, base }, i) => {
    pieces.line0[i] = line0;
    pieces.origin[i] = slice.origin;
    pieces.base[i] = base;
    pieces.seq[i] = slice.seq;
    pieces.observedAt[i] = slice.body.observedAt;
    pieces.ingestedAt[i] = slice.body.ingestedAt;
  });
  return pieces;
}

function countCells(
  ordered: Slice[],
  columns: { times: Float64Array; levels: Uint8Array; classes: Uint8Array },
  originOf: (id: number) => Origin,
) {
  const counted = new Map<string, { minute: number; origin: number; pair: number; lines: number }>();
  const wordCells: Cell[] = [];
  const wordCellIds = new Map<string, number>();
  const cellOf = new Int32Array(columns.times.length);
  let line = 0;
  for (const { origin, from, to } of ordered) {
    const { agent } = originOf(origin);
    let lastMinute = -1;
    let lastPair = -1;
    let cell: { lines: number } | undefined;
    let wordCell = 0;
    for (let i = from; i < to; i++, line++) {
      const minute = Math.max(0, Math.floor(columns.times[line]! / 60_000));
      const pair = (columns.levels[line]! << 3) | (columns.classes[line]! & ~FOUND);
      if (minute !== lastMinute) {
        const key = `${minute} ${agent}`;
        const known = wordCellIds.get(key);
        wordCell = known ?? wordCells.length;
        if (known === undefined) {
          wordCellIds.set(key, wordCell);
          wordCells.push({ minute, agent });
        }
      }
      cellOf[line] = wordCell;
      if (minute !== lastMinute || pair !== lastPair) {
        const key = `${minute} ${origin} ${pair}`;
        cell = counted.get(key);
        if (!cell) {
          const made = { minute, origin, pair, lines: 0 };
          counted.set(key, made);
          cell = made;
        }
        lastMinute = minute;
        lastPair = pair;
      }
      cell!.lines++;
    }
  }
  const cells = emptyCells(counted.size);
  [...counted.values()].forEach(({ minute, origin, pair, lines }, i) => {
    cells.minute[i] = minute;
    cells.origin[i] = origin;
    cells.level[i] = pair >> 3;
    cells.class[i] = pair & 7;
    cells.lines[i] = lines;
  });
  return { cells, cellOf, wordCells };
}

/** What is displayed is indexed: colour codes are neither words nor parts of them. */
function indexWords(
  raw: Buffer,
  rawStarts: Uint32Array,
  flags: Uint8Array,
  chunks: SealedChunk[],
  cellOf: Int32Array,
): WordTable {
  const { text, starts } = displayed(raw, rawStarts, flags);
  const table = new WordTable(text);
  chunks.forEach(({ line0, lines }, chunk) => {
    table.beginChunk(chunk);
    table.addLines(starts, line0, lines, cellOf);
  });
  return table;
}

/** Where each file's lines in this block begin and end. */
function spansOf(ordered: Slice[]): { origin: number; start: number; end: number }[] {
  const spans: { origin: number; start: number; end: number }[] = [];
  for (const { origin, body, from, to } of ordered) {
    const start = body.base + body.starts[from]!;
    const end = body.base + body.starts[to]!;
    const last = spans.at(-1);
    if (last?.origin === origin) last.end = Math.max(last.end, end);
    else spans.push({ origin, start, end });
  }
  return spans;
}
