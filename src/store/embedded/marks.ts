import type { Mark } from '../../model/finding.js';
import { SIGNAL_CLASSES } from '../../model/vocabulary.js';
import type { MarksRequest } from '../store.js';
import type { DayFile } from './day-file.js';
import type { MarkBody } from './day-writer.js';
import { type SqlRow, textOf } from './driver.js';
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
  for (const unit of hot)
    if (unit.seq > afterSeq) marks.push(...unitMarks(unit, originOf).filter(mark => wanted(mark, request)));
  for (const day of days) {
    if ((day.blocks.at(-1)?.seq1 ?? -1) <= afterSeq) continue;
    const found = readDay(day, request, originOf, 'seq > ?', afterSeq, limit);
    marks.push(...found);
    // The last commit may go on beyond the limit.
    const last = found.at(-1)?.seq;
    if (found.length >= limit && last !== undefined) {
      const whole = readDay(day, request, originOf, 'seq = ?', last, -1);
      marks.push(...whole.slice(found.filter(mark => mark.seq === last).length));
    }
  }
  marks.sort((a, b) => a.seq - b.seq);
  const edge = marks[limit - 1]?.seq;
  return edge === undefined ? marks : marks.filter(mark => mark.seq <= edge);
}

function readDay(
  day: DayFile,
  request: MarksRequest,
  originOf: (id: number) => Origin,
  seqCondition: string,
  seq: number,
  limit: number,
): Mark[] {
  const { from = -1e300, to = 1e300, agents, classes, events } = request;
  const conditions = [seqCondition, 'time >= ?', 'time < ?'];
  const values: (string | number)[] = [seq, from, to];
  if (agents) {
    conditions.push(`origin IN (${day.originsOf(agents).join(',')})`);
  }
  if (classes) conditions.push(`class IN (${classes.map(name => SIGNAL_CLASSES.indexOf(name)).join(',')})`);
  if (events) {
    conditions.push(`event IN (${events.map(() => '?').join(',')})`);
    values.push(...events);
  }
  const rows = day.query(
    `SELECT seq, time, origin, offset, CAST(body AS BLOB) AS body FROM marks WHERE ${conditions.join(' AND ')} ORDER BY seq, id LIMIT ?`,
    ...values,
    limit,
  );
  return rows.map(row => markOf(row, originOf));
}

function markOf(row: SqlRow, originOf: (id: number) => Origin): Mark {
  const { level, observedAt, ingestedAt, text, finding } = JSON.parse(textOf(row.body)) as MarkBody;
  const { source, agent, host, path } = originOf(Number(row.origin));
  return {
    ...finding,
    seq: Number(row.seq),
    agent,
    host,
    path,
    source,
    offset: Number(row.offset),
    time: Number(row.time),
    observedAt,
    ingestedAt,
    level,
    text,
  };
}

function unitMarks(unit: Unit, originOf: (id: number) => Origin): Mark[] {
  const columns = unit.columns();
  const lines = [...unit.findings()].sort((a, b) => a[0] - b[0]);
  return lines
    .filter(([line]) => (columns.classes[line]! & FOUND) !== 0)
    .map(([line, finding]) => {
      const piece = pieceOf(unit.pieces, line);
      const { source, agent, host, path } = originOf(unit.pieces.origin[piece]!);
      const index = chunkOf(unit.chunks, line);
      const { raw, rawStarts } = unit.chunk(index);
      const at = line - unit.chunks[index]!.line0;
      return {
        ...finding,
        seq: unit.pieces.seq[piece]!,
        agent,
        host,
        path,
        source,
        offset: offsetOf(unit, line),
        time: columns.times[line]!,
        observedAt: unit.pieces.observedAt[piece]!,
        ingestedAt: unit.pieces.ingestedAt[piece]!,
        level: columns.levels[line]!,
        text: markText(raw, rawStarts[at]!, rawStarts[at + 1]!, columns.flags[line]!),
      };
    });
}

function wanted(mark: Mark, request: MarksRequest): boolean {
  const { from = -Infinity, to = Infinity, agents, classes, events } = request;
  if (mark.time < from || mark.time >= to) return false;
  if (agents && !agents.includes(mark.agent)) return false;
  if (classes && !classes.includes(mark.class)) return false;
  return !events || (mark.event !== undefined && events.includes(mark.event));
}
