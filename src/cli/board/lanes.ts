import { printable } from '../../platform/printable.js';
import { shortTime, type TimeStyle } from '../../wording/time.js';
import { cells, cutName, padded } from '../cells.js';
import { colors as pc } from '../colors.js';

/** What a host did over time, as far as characters can show it. Times: ms since the epoch. */
export interface TextLane {
  name: string;
  phases: { phase: string; from: number; to: number }[];
  /** `to` null: it lasts. */
  outages: { from: number; to: number | null }[];
  marks: { at: number; kind: string }[];
  restarts?: number[];
}

export interface LaneScale extends TimeStyle {
  from: number;
  to: number;
  /** Cells of the screen. */
  width: number;
}

type Paint = (text: string) => string;
const PHASES = new Map<string, [string, Paint]>([
  ['starting', ['░', pc.cyan]],
  ['waiting', ['░', pc.cyan]],
  ['working', ['━', pc.green]],
  ['done', ['═', pc.dim]],
  ['aborted', ['╌', pc.yellow]],
  ['failed', ['╌', pc.red]],
  ['idle', ['·', pc.dim]],
]);
const OUTAGE: [string, Paint] = ['×', pc.red];
/** The heaviest of what stands in one cell is shown. */
const MARKS: [string, [string, Paint]][] = [
  ['recovery', ['△', pc.green]],
  ['consequence', ['▾', pc.yellow]],
  ['symptom', ['▼', pc.red]],
  ['cause', ['▼', pc.red]],
];
const RESTART: [string, Paint] = ['↻', pc.yellow];

export const LANE_LEGEND = '░ starts ━ works ═ done ╌ aborted × lost ▼ evidence ▾ consequence ↻ restart';

const WIDEST_NAME = 16;

/** A row a host under an axis of time. @param marker what stands before a lane: two cells */
export function laneRows(
  lanes: readonly TextLane[],
  scale: LaneScale,
  marker: (lane: TextLane) => string = () => '  ',
): string[] {
  const widest = Math.min(WIDEST_NAME, Math.max(4, ...lanes.map(lane => cells(printable(lane.name)))));
  const room = Math.max(10, scale.width - widest - 4);
  return [
    `${' '.repeat(widest + 3)}${pc.dim(axis(scale, room))}`,
    ...lanes.map(lane => {
      const name = cutName(printable(lane.name), widest);
      return `${marker(lane)}${padded(name, widest)} ${track(lane, scale, room)}`;
    }),
  ];
}

function axis({ from, to, utc }: LaneScale, room: number): string {
  const time = (at: number) => shortTime(at, { utc }, to).slice(-8);
  const middle = time((from + to) / 2);
  const left = Math.floor((room - middle.length) / 2) - 8;
  if (left < 3) return padded(time(from), room - 8) + (room >= 16 ? time(to) : '');
  return `${time(from)}${' '.repeat(left)}${middle}${' '.repeat(room - 16 - left - middle.length)}${time(to)}`;
}

function track(lane: TextLane, { from, to }: LaneScale, room: number): string {
  const drawn: ([string, Paint] | undefined)[] = new Array(room).fill(undefined);
  const place = (at: number) =>
    Math.max(0, Math.min(room - 1, Math.floor(((at - from) / (to - from)) * room)));
  const fill = (a: number, b: number, what: [string, Paint] | undefined) => {
    if (what && b > from && a < to) for (let i = place(a); i <= place(b); i++) drawn[i] = what;
  };
  for (const { phase, from: a, to: b } of lane.phases) fill(a, b, PHASES.get(phase));
  for (const { from: a, to: b } of lane.outages) fill(a, b ?? to, OUTAGE);
  for (const at of lane.restarts ?? []) fill(at, at, RESTART);
  for (const [kind, what] of MARKS)
    for (const mark of lane.marks) if (mark.kind === kind) fill(mark.at, mark.at, what);
  return painted(drawn);
}

/** Neighbours of one colour in one go. */
function painted(drawn: readonly ([string, Paint] | undefined)[]): string {
  let out = '';
  for (let i = 0; i < drawn.length; ) {
    const paint = drawn[i]?.[1];
    let run = '';
    for (; i < drawn.length && drawn[i]?.[1] === paint; i++) run += drawn[i]?.[0] ?? ' ';
    out += paint ? paint(run) : run;
  }
  return out.trimEnd();
}
