import type { TallyMaker } from '../../skeletons/tally.js';
import { BlockUnit } from './block-unit.js';
import type { Plan } from './planner.js';
import type { Scanner } from './scan.js';
import { type Chunk, FOUND, lineEnd, pieceOf, type Unit } from './unit.js';
import type { WordFilter } from './word-filter.js';

/** Counts a unit's matching lines by skeleton, from the bytes as they lie there: no object a line. */
export function tallyUnit(
  unit: Unit,
  plan: Plan,
  filter: WordFilter,
  scanner: Scanner,
  maker: TallyMaker,
): void {
  const chunks = unit instanceof BlockUnit ? filter.chunksOf(unit) : undefined;
  const { pieces } = unit;
  let index = -1;
  let line0 = 0;
  let end = 0;
  let piece = 0;
  let chunk: Chunk | undefined;
  scanner.scan(unit, { from: plan.from, to: plan.to, afterSeq: -1, chunks }, line => {
    // Lines come in rising order, so chunk and piece only move on.
    if (!chunk || line >= end) {
      unit.letGo(index);
      do index++;
      while (unit.chunks[index]!.line0 + unit.chunks[index]!.lines <= line);
      const info = unit.chunks[index]!;
      line0 = info.line0;
      end = line0 + info.lines;
      chunk = unit.peek(index);
      piece = pieceOf(pieces, line);
    }
    while (piece + 1 < pieces.count && pieces.line0[piece + 1]! <= line) piece++;
    const { times, levels, classes, flags } = unit.columns();
    const { text, starts } = chunk;
    const start = starts[line - line0]!;
    const stop = lineEnd(text, start, starts[line - line0 + 1]!);
    maker.add(
      text,
      start,
      stop,
      times[line]!,
      pieces.origin[piece]!,
      levels[line]!,
      classes[line]! & ~FOUND,
      flags[line]!,
    );
  });
  unit.letGo(index);
}
