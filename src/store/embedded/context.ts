import type { LogRow } from '../../model/log-row.js';
import type { ContextPage, ContextRequest } from '../store.js';
import type { DayFile } from './day-file.js';
import type { Origin } from './messages.js';
import { exactLine, rowOf } from './top-rows.js';
import { offsetOf, type Unit } from './unit.js';

/** Of an exact request: beyond it the page is cut short. */
const MAX_EXACT_BYTES = 4 * 1024 * 1024;

interface Place {
  unit: Unit;
  line: number;
  offset: number;
}

/**
 * Lines of a source around an offset. Blocks are asked for by their spans, nearest first, and more of them only while
 * too few lines have been found.
 */
export function readContext(
  request: ContextRequest,
  origins: Set<number>,
  days: DayFile[],
  hot: Unit[],
  originOf: (id: number) => Origin,
): ContextPage {
  const { offset, before, after } = request;
  const fixed = hot.flatMap(unit => placesIn(unit, origins));
  for (let limit = 2; ; limit *= 4) {
    const units = new Set<Unit>();
    // Where spans were left out, lines further on are no neighbours, though other days or hot batches may hold some.
    let [from, to] = [-Infinity, Infinity];
    for (const day of days)
      for (const origin of origins)
        for (const side of ['before', 'after'] as const) {
          const spans = day.spans(origin, offset, side, limit);
          const farthest = spans.length === limit ? spans.at(-1) : undefined;
          if (farthest && side === 'before') from = Math.max(from, farthest.start);
          if (farthest && side === 'after') to = Math.min(to, farthest.end);
          for (const { block } of spans) {
            const entry = day.entry(block);
            if (entry) units.add(day.unit(entry));
          }
        }
    const places = [...fixed, ...[...units].flatMap(unit => placesIn(unit, origins))].filter(
      place => place.offset >= from && place.offset < to,
    );
    places.sort((a, b) => a.offset - b.offset);
    // The line that holds the byte: the last one that begins at or before it.
    const at = places.findLastIndex(place => place.offset <= offset);
    const enough = (at >= before || from === -Infinity) && (places.length - at > after || to === Infinity);
    if (!enough) continue;
    const found = at >= 0 && places[at]!.offset === offset;
    const first = Math.max(0, at - before);
    const shown = places.slice(first, Math.max(0, at) + after + 1);
    let bytes = 0;
    const rows: LogRow[] = [];
    for (const { unit, line } of shown) {
      const row = rowOf(unit, line, originOf);
      rows.push(request.exact ? { ...row, exact: exactLine(unit, line) } : row);
      bytes += row.length;
      // Who copies lines asks for many at a time; a line may be a MiB.
      if (request.exact && bytes > MAX_EXACT_BYTES && rows.length > before + 1) break;
    }
    return { rows, at: found ? at - first : -1 };
  }
}

function placesIn(unit: Unit, origins: Set<number>): Place[] {
  const places: Place[] = [];
  const { pieces } = unit;
  for (let piece = 0; piece < pieces.count; piece++) {
    if (!origins.has(pieces.origin[piece]!)) continue;
    const end = piece + 1 < pieces.count ? pieces.line0[piece + 1]! : unit.lines;
    for (let line = pieces.line0[piece]!; line < end; line++)
      places.push({ unit, line, offset: offsetOf(unit, line) });
  }
  return places;
}
