import { type Cells, emptyCells } from './block-format.js';
import type { Slice } from './block-slices.js';
import type { Origin } from './messages.js';
import { type Columns, FOUND } from './unit.js';
import type { Cell } from './word-counts.js';

/** Above any pair of level and class, both of which are bytes. */
const PAIRS = 1 << 16;

/**
 * Counts a block's lines: by minute, file, level and class for its head, and which cell of the word counts each lies in.
 * @param cellOf is filled
 */
export function countCells(
  ordered: Slice[],
  columns: Columns,
  originOf: (id: number) => Origin,
  cellOf: Int32Array,
): { cells: Cells; wordCells: Cell[] } {
  const counted: { minute: number; origin: number; pair: number; lines: number }[] = [];
  /** By file, then by minute with level and class: nearly every line has others than the one before it. */
  const ofOrigins = new Map<number, Map<number, { lines: number }>>();
  const wordCells: Cell[] = [];
  const wordCellIds = new Map<string, number>();
  let line = 0;
  for (const { origin, from, to } of ordered) {
    const { agent } = originOf(origin);
    const ofOrigin = ofOrigins.get(origin) ?? new Map<number, { lines: number }>();
    ofOrigins.set(origin, ofOrigin);
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
        const key = minute * PAIRS + pair;
        cell = ofOrigin.get(key);
        if (!cell) {
          const made = { minute, origin, pair, lines: 0 };
          counted.push(made);
          ofOrigin.set(key, made);
          cell = made;
        }
        lastMinute = minute;
        lastPair = pair;
      }
      cell!.lines++;
    }
  }
  const cells = emptyCells(counted.length);
  counted.forEach(({ minute, origin, pair, lines }, i) => {
    cells.minute[i] = minute;
    cells.origin[i] = origin;
    cells.level[i] = pair >> 3;
    cells.class[i] = pair & 7;
    cells.lines[i] = lines;
  });
  return { cells, wordCells };
}
