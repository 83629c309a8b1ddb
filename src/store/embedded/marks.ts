import type { Mark } from '../../model/finding.js';
import type { MarksRequest } from '../store.js';
import type { DayFile } from './day-file.js';
import type { HotUnit } from './hot-unit.js';
import type { Origin } from './messages.js';
import { chunkOf, FOUND, markText, offsetOf, pieceOf, type Unit } from './unit.js';

/**
 * Marks in commit order, of the days and of what is hot. At least `limit` of them unless there are fewer, and always
 * whole commits: whoever goes on after the last one's seq misses none.
 */
export function readMarks(
  request: MarksRequest,
  days: DayFile[],
  hot: HotUnit[],
  originOf: (id: number) => Origin,
): Mark[] {
  const afterSeq = request.afterSeq ?? -1;
  const limit = Math.max(1, request.limit);
  const marks: Mark[] = [];
  const take = (unit: Unit): number => {
    const found = unitMarks(unit, afterSeq, request, originOf);
    for (const mark of found) marks.push(mark);
    return found.length;
  };
  for (const unit of hot) if (unit.seq > afterSeq) take(unit);
  for (const day of days) {
    if ((day.blocks.at(-1)?.seq1 ?? -1) <= afterSeq) continue;
    let found = 0;
    let last = Infinity;
    for (const entry of day.readable()) {
      // Blocks lie in the order of their commits; the last commit of one may go on in the next.
      if (entry.seq0 > last) break;
      if (entry.marks === 0 || entry.seq1 <= afterSeq || outside(entry, request)) continue;
      found += take(day.unit(entry));
      if (found >= limit) last = Math.min(last, entry.seq1);
    }
  }
  marks.sort((a, b) => a.seq - b.seq);
  const edge = marks[limit - 1]?.seq;
  return edge === undefined ? marks : marks.filter(mark => mark.seq <= edge);
}

function outside({ t0, t1 }: { t0: number; t1: number }, { from, to }: MarksRequest): boolean {
  return (from !== undefined && t1 < from) || (to !== undefined && t0 >= to);
}

/** The marks of a unit that are wanted; the text of others is not looked at. */
function unitMarks(
  unit: Unit,
  afterSeq: number,
  request: MarksRequest,
  originOf: (id: number) => Origin,
): Mark[] {
  const { from = -Infinity, to = Infinity, agents, classes, events } = request;
  const columns = unit.columns();
  const { pieces } = unit;
  const marks: Mark[] = [];
  for (const [line, finding] of [...unit.findings()].sort((a, b) => a[0] - b[0])) {
    const time = columns.times[line]!;
    if ((columns.classes[line]! & FOUND) === 0 || time < from || time >= to) continue;
    if (classes && !classes.includes(finding.class)) continue;
    if (events && !(finding.event !== undefined && events.includes(finding.event))) continue;
    const piece = pieceOf(pieces, line);
    const { source, agent, host, path } = originOf(pieces.origin[piece]!);
    if (pieces.seq[piece]! <= afterSeq || (agents && !agents.includes(agent))) continue;
    const index = chunkOf(unit.chunks, line);
    const { raw, rawStarts } = unit.chunk(index);
    const at = line - unit.chunks[index]!.line0;
    marks.push({
      ...finding,
      seq: pieces.seq[piece]!,
      agent,
      host,
      path,
      source,
      offset: offsetOf(unit, line),
      time,
      observedAt: pieces.observedAt[piece]!,
      ingestedAt: pieces.ingestedAt[piece]!,
      level: columns.levels[line]!,
      text: markText(raw, rawStarts[at]!, rawStarts[at + 1]!, columns.flags[line]!, finding),
    });
  }
  return marks;
}
