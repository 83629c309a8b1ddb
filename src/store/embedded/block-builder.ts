import type { Finding } from '../../model/finding.js';
import { countCells } from './block-cells.js';
import { cutChunks, cutPieces } from './block-chunks.js';
import { type BlockHead, encodeColumns, encodeHead } from './block-format.js';
import type { BlockMemory } from './block-memory.js';
import { type Slice, spansOf } from './block-slices.js';
import { indexWords } from './block-words.js';
import { pack, USUAL_PACKINGS } from './codec.js';
import { encodeFindings } from './findings.js';
import { joinFrames } from './frames.js';
import type { Origin } from './messages.js';
import type { ShapePart, SharedShapes } from './text/shared-shapes.js';
import { FOUND } from './unit.js';
import { encodeCounts } from './word-counts.js';

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
  /** Columns, then findings. */
  columns: Buffer;
  /** Shapes of this block alone, numbers of the lines' shapes, then digits, a chunk each. */
  texts: Buffer;
  chunkCount: number;
  /** What the block adds to the day's dictionary. */
  shapes: ShapePart | undefined;
  counts: Buffer;
  postings: Uint32Array;
  spans: { origin: number; start: number; end: number }[];
  marks: number;
}

/**
 * Seals lines into a block. They are ordered by file and offset: like beside like compresses by 2–3 bytes a line
 * better, chunks hold one or two agents, and context reads one chunk.
 * @param memory of this thread; the block holds nothing of it
 * @param shared the day's dictionary, which the block adds to
 * @param packings how thriftily it is packed
 */
export function buildBlock(
  slices: Slice[],
  originOf: (id: number) => Origin,
  memory: BlockMemory,
  shared: SharedShapes,
  packings = USUAL_PACKINGS,
): BuiltBlock {
  const ordered = orderSlices(slices);
  const { lines, bytes, raw, starts, cellOf, columns, findings } = gatherLines(ordered, memory);
  const chunks = cutChunks(starts, columns);
  const pieces = cutPieces(ordered, chunks, starts);
  const { cells, wordCells } = countCells(ordered, columns, originOf, cellOf);
  const refs = memory.packer.begin(raw, starts, shared);
  const table = indexWords(raw, starts, columns.flags, chunks, cellOf, memory, { refs, table: shared.table });
  const packed = memory.packer.pack(raw, starts, columns.times, chunks, shared, packings);
  const head: BlockHead = {
    shapes: { dictionary: packed.dictionary, known: packed.known },
    chunks,
    pieces,
    cells,
  };
  return {
    seq0: Math.min(...ordered.map(slice => slice.seq)),
    seq1: Math.max(...ordered.map(slice => slice.seq)),
    t0: Math.min(...chunks.map(chunk => chunk.t0)),
    t1: Math.max(...chunks.map(chunk => chunk.t1)),
    lines,
    bytes,
    levels: chunks.reduce((mask, chunk) => mask | chunk.levels, 0),
    classes: chunks.reduce((mask, chunk) => mask | chunk.classes, 0),
    head: pack(encodeHead(head), packings.columns),
    columns: joinFrames([
      pack(encodeColumns(head, columns), packings.columns),
      pack(encodeFindings(findings), packings.columns),
    ]),
    texts: joinFrames([packed.local, packed.refs, ...packed.digits]),
    chunkCount: chunks.length,
    shapes: packed.added,
    counts: pack(encodeCounts(wordCells, table), packings.columns),
    postings: table.sortedPostings(),
    spans: spansOf(ordered),
    marks: findings.length,
  };
}

export function orderSlices(slices: Slice[]): Slice[] {
  return [...slices].sort(
    (a, b) =>
      a.origin - b.origin || a.body.base + a.body.starts[a.from]! - b.body.base - b.body.starts[b.from]!,
  );
}

/** Copies the slices' lines and columns together, into memory that the next block takes. */
export function gatherLines(ordered: Slice[], memory: BlockMemory) {
  let lines = 0;
  let bytes = 0;
  for (const { body, from, to } of ordered) {
    lines += to - from;
    bytes += body.starts[to]! - body.starts[from]!;
  }
  const { raw, starts, cellOf, columns } = memory.take(lines, bytes);
  const findings: [line: number, finding: Finding][] = [];
  let line = 0;
  let at = 0;
  for (const { body, from, to } of ordered) {
    const first = body.starts[from]!;
    raw.set(body.bytes.subarray(first, body.starts[to]!), at);
    moveStarts(body.starts, from, to, at - first, starts, line);
    columns.times.set(body.times.subarray(from, to), line);
    columns.timeKinds.set(body.timeKinds.subarray(from, to), line);
    columns.levels.set(body.levels.subarray(from, to), line);
    columns.classes.set(body.classes.subarray(from, to), line);
    columns.flags.set(body.flags.subarray(from, to), line);
    for (const [i, finding] of body.findings) {
      if (i < from || i >= to) continue;
      const place = line + i - from;
      columns.classes[place]! |= FOUND;
      findings.push([place, finding]);
    }
    line += to - from;
    at += body.starts[to]! - first;
  }
  starts[lines] = at;
  findings.sort((a, b) => a[0] - b[0]);
  return { lines, bytes, raw, starts, cellOf, columns, findings };
}

/** Where the lines [from, to) begin when they are moved by so many bytes. */
function moveStarts(
  starts: Uint32Array,
  from: number,
  to: number,
  by: number,
  into: Uint32Array,
  line: number,
): void {
  for (let i = from; i < to; i++) into[line + i - from] = starts[i]! + by;
}
