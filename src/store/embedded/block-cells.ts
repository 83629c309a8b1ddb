import { type Cells, emptyCells } from './block-format.js';
import type { Slice } from './block-slices.js';
import type { Origin } from './messages.js';
import { type Columns, FOUND } from './unit.js';
import type { Cell } from './word-counts.js';

/** Of one file's lines of one minute. */
interface Minute {
  minute: number;
  origin: number;
  /** Number of the word counts' cell. */
  wordCell: number;
  /** How many, by level and class: nearly every line has others than the one before it. */
  lines: number[];
}

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
  const counted: [minute: Minute, pair: number][] = [];
  const ofOrigins = new Map<number, Map<number, Minute>>();
  const wordCells: Cell[] = [];
  const wordCellIds = new Map<string, number>();
  let line = 0;
  for (const { origin, from, to } of ordered) {
    const { agent } = originOf(origin);
    const minutes = ofOrigins.get(origin) ?? new Map<number, Minute>();
    ofOrigins.set(origin, minutes);
    const minuteOf = (minute: number): Minute => {
      const known = minutes.get(minute);
      if (known) return known;
      const key = `${minute} ${agent}`;
      const wordCell = wordCellIds.get(key) ?? wordCells.push({ minute, agent }) - 1;
      wordCellIds.set(key, wordCell);
      const made = { minute, origin, wordCell, lines: [] };
      minutes.set(minute, made);
      return made;
    };
    const end = line + to - from;
    countLines(columns, line, end, cellOf, minuteOf, counted);
    line = end;
  }
  const cells = emptyCells(counted.length);
  counted.forEach(([{ minute, origin, lines }, pair], i) => {
    cells.minute[i] = minute;
    cells.origin[i] = origin;
    cells.level[i] = pair >> 3;
    cells.class[i] = pair & 7;
    cells.lines[i] = lines[pair]!;
  });
  return { cells, wordCells };
}

/** Of one slice: a loop over a whole block runs once a block, and V8 would take hundreds of blocks to make it quick. */
function countLines(
  { times, levels, classes }: Columns,
  from: number,
  to: number,
  cellOf: Int32Array,
  minuteOf: (minute: number) => Minute,
  counted: [minute: Minute, pair: number][],
): void {
  let last = -1;
  let here: Minute | undefined;
  for (let line = from; line < to; line++) {
    const minute = Math.max(0, Math.floor(times[line]! / 60_000));
    if (minute !== last || here === undefined) {
      here = minuteOf(minute);
      last = minute;
    }
    cellOf[line] = here.wordCell;
    const pair = (levels[line]! << 3) | (classes[line]! & ~FOUND);
    const before = here.lines[pair];
    if (before === undefined) counted.push([here, pair]);
    here.lines[pair] = (before ?? 0) + 1;
  }
}
