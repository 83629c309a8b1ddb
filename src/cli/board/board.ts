import type { IncidentReply } from '../../http/incident-reply.js';
import { printableOutput } from '../../platform/printable.js';
import type { EcsLine } from '../../records/ecs.js';
import { plural } from '../../wording/amount.js';
import { durationWords } from '../../wording/duration.js';
import { incidentHeadline } from '../../wording/incident.js';
import { shortTime, type TimeStyle } from '../../wording/time.js';
import { cells, cutMiddle, padded, wrapWords } from '../cells.js';
import { colors as pc } from '../colors.js';
import { lineText } from '../lines.js';
import { LANE_LEGEND, laneRows, type TextLane } from './lanes.js';

/** What the board knows; times: ms since the epoch. */
export interface BoardData {
  now: number;
  run: { name: string; startedAt: number; endedAt: number | null; outcome: string | null } | undefined;
  from: number;
  to: number;
  lanes: TextLane[];
  /** Open ones, newest first. */
  incidents: IncidentReply[];
  /** Newest last, of the chosen lane. */
  lines: EcsLine[];
  /** Why nothing newer is known. */
  away: string | undefined;
}

export interface BoardView extends TimeStyle {
  columns: number;
  rows: number;
  /** Index of the chosen lane. */
  chosen: number;
  /** What stands below the lanes. */
  below: 'incidents' | 'lines';
  /** Which of the open incidents is told first. */
  incident: number;
}

const KEYS = '↑↓ host   enter its lines   i next incident   q end';

/** The board as rows of a screen: exactly `rows`, none wider than `columns`. */
export function boardRows(data: BoardData, view: BoardView): string[] {
  const { columns, rows } = view;
  const head = [headRow(data, view), ''];
  const foot = [pc.dim(fit(KEYS, columns))];
  const room = rows - head.length - foot.length;
  // Incidents need a few rows; lanes get what they need of the rest.
  const least = Math.min(9, Math.max(3, Math.floor(room / 3)));
  const lanes = laneBlock(data, view, Math.max(2, room - least - 1));
  const left = room - lanes.length - 1;
  const below = view.below === 'lines' ? linesBlock(data, view, left) : incidentsBlock(data, view, left);
  const body = [...head, ...lanes, '', ...below.slice(0, Math.max(0, left))];
  while (body.length < rows - foot.length) body.push('');
  return [...body, ...foot].slice(0, rows).map(printableOutput);
}

function headRow({ run, now, lanes, incidents, away }: BoardData, view: BoardView): string {
  const clock = shortTime(now, view, now);
  const lost = lanes.filter(lane => lane.outages.some(one => one.to === null)).map(lane => lane.name);
  const state = run
    ? `${run.name}  ${run.endedAt === null ? `running ${durationWords(now - run.startedAt)}` : (run.outcome ?? 'ended')}`
    : 'no run';
  const words =
    away ??
    `${state}  ${plural(lanes.length, 'host')}${lost.length > 0 ? `, lost: ${lost.length > 3 ? lost.length : lost.join(', ')}` : ''}`;
  const text = fit(`Deadair  ${words}`, view.columns - clock.length - 2);
  const colour = away ? pc.yellow : incidents.length > 0 ? pc.red : pc.green;
  return `${pc.bold(colour(padded(text, view.columns - clock.length)))}${pc.dim(clock)}`;
}

/** As many lanes as have room, around the chosen one. */
function laneBlock({ lanes, from, to }: BoardData, view: BoardView, room: number): string[] {
  if (lanes.length === 0) return wrapWords('No host has written a line yet.', view.columns).split('\n');
  const shown = Math.min(lanes.length, Math.max(1, room - 2));
  const first = Math.max(0, Math.min(lanes.length - shown, view.chosen - Math.floor(shown / 2)));
  const chosen = lanes[Math.min(view.chosen, lanes.length - 1)];
  const rows = laneRows(
    lanes.slice(first, first + shown),
    { from, to, width: view.columns, utc: view.utc },
    lane => (lane === chosen ? pc.bold('> ') : '  '),
  );
  const hidden = lanes.length - shown;
  const more = hidden > 0 ? `${hidden} more hosts   ` : '';
  return [...rows, pc.dim(fit(`  ${more}${LANE_LEGEND}`, view.columns))];
}

function incidentsBlock({ incidents, now }: BoardData, view: BoardView, room: number): string[] {
  if (incidents.length === 0) return [pc.green('No open incident.')];
  const at = view.incident % incidents.length;
  const ordered = [...incidents.slice(at), ...incidents.slice(0, at)];
  const out = [pc.bold(`Open incidents: ${incidents.length}`)];
  for (const one of ordered) {
    if (out.length >= room) break;
    const headline = incidentHeadline({ ...one, cause: one.cause ?? 'unknown' });
    const since = durationWords(now - Date.parse(one.startedAt));
    out.push(
      pc.red(fit(`✗ ${headline}, for ${since}`, view.columns)),
      ...wrapWords(`  ${one.explanation}`, view.columns).split('\n'),
      pc.dim(fit(`  deadair incidents ${one.id}`, view.columns)),
    );
  }
  return out;
}

function linesBlock({ lanes, lines }: BoardData, view: BoardView, room: number): string[] {
  const name = lanes[Math.min(view.chosen, lanes.length - 1)]?.name ?? '';
  const title = pc.bold(fit(`Newest lines of ${name}`, view.columns));
  if (lines.length === 0) return [title, pc.dim('None yet.')];
  const style = { utc: view.utc, width: view.columns, agentWidth: 0 };
  return [title, ...lines.slice(-(room - 1)).map(line => lineText(line, style))];
}

function fit(text: string, width: number): string {
  if (cells(text) <= width) return text;
  const { pieces, mark } = cutMiddle(text, Math.max(1, width));
  return pieces.map(([from, to]) => text.slice(from, to)).join(mark);
}
