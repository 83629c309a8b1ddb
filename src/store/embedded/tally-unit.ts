import type { TallyMaker } from '../../skeletons/tally.js';
import { BlockUnit } from './block-unit.js';
import { lineEnd } from './line-end.js';
import type { Plan } from './planner.js';
import type { Scanner } from './scan.js';
import { FOUND, type Unit } from './unit.js';
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
  const limits = { from: plan.from, to: plan.to, afterSeq: -1, chunks, texts: true };
  let piece = 0;
  scanner.scan(unit, limits, (line, { text, starts }, at) => {
    // Lines come in rising order, so the piece only moves on.
    while (piece + 1 < pieces.count && pieces.line0[piece + 1]! <= line) piece++;
    const { times, levels, classes, flags } = unit.columns();
    const start = starts[at]!;
    maker.add(
      text,
      start,
      lineEnd(text, start, starts[at + 1]!),
      times[line]!,
      pieces.origin[piece]!,
      levels[line]!,
      classes[line]! & ~FOUND,
      flags[line]!,
    );
  });
}
