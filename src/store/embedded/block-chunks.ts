import { ALTERED } from '../../model/vocabulary.js';
import { emptyPieces, type SealedChunk } from './block-format.js';
import type { Slice } from './block-slices.js';
import { type Columns, FOUND, type Pieces } from './unit.js';

const CHUNK_LINES = 1024;
const CHUNK_BYTES = 256 * 1024;

/** Cuts a block's lines into what is compressed, and read, as one piece. */
export function cutChunks(starts: Uint32Array, columns: Columns): SealedChunk[] {
  const lines = starts.length - 1;
  const chunks: SealedChunk[] = [];
  for (let line0 = 0; line0 < lines; ) {
    const chunk = cutChunk(starts, columns, line0, lines);
    chunks.push(chunk);
    line0 += chunk.lines;
  }
  return chunks;
}

/** The next one. A function of its own is quick after a few blocks; a loop over all lines, which runs once a block, only after hundreds. */
function cutChunk(starts: Uint32Array, columns: Columns, line0: number, lines: number): SealedChunk {
  const { times, levels, classes, flags } = columns;
  const first = starts[line0]!;
  const most = Math.min(lines, line0 + CHUNK_LINES);
  let end = line0;
  let [t0, t1, levelMask, classMask, flagMask] = [Infinity, -Infinity, 0, 0, 0];
  while (end < most && (end === line0 || starts[end + 1]! - first <= CHUNK_BYTES)) {
    const time = times[end]!;
    if (time < t0) t0 = time;
    if (time > t1) t1 = time;
    levelMask |= 1 << levels[end]!;
    classMask |= 1 << (classes[end]! & ~FOUND);
    flagMask |= flags[end]!;
    end++;
  }
  return {
    line0,
    lines: end - line0,
    rawLength: starts[end]! - first,
    irregular: false,
    rewritten: (flagMask & ALTERED) !== 0,
    t0,
    t1,
    levels: levelMask,
    classes: classMask,
  };
}

/** Runs of lines that lie side by side in their file and in one chunk. */
export function cutPieces(ordered: Slice[], chunks: SealedChunk[], starts: Uint32Array): Pieces {
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
