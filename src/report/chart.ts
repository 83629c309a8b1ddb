import { durationWords } from '../wording/duration.js';
import { escapeHtml } from '../wording/html.js';
import { clock, timeWords } from '../wording/time.js';
import type { Chart, Lane, PostMortem } from './model.js';

const WIDTH = 1080;
const LEFT = 96;
const RIGHT = 14;
const TOP = 52;

/** Heights in a lane; many hosts get narrow ones, so that a hundred are still seen together. */
interface Shape {
  lane: number;
  bar: number;
  activity: number;
  /** Of the marks, in half widths. */
  mark: number;
  name: string;
}
const WIDE: Shape = { lane: 36, bar: 17, activity: 6, mark: 5.5, name: '' };
const NARROW: Shape = { lane: 15, bar: 8, activity: 3, mark: 3.5, name: ' class="narrow"' };
const WIDE_LANES = 24;

/** Distances of the time axis in seconds, the first that gives at most ten labels. */
const TICKS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800,
];

/** Lanes per host as inline SVG: phases, outages, silences, activity and evidence. Needs no script; hover tells more. */
export function chartSvg(report: PostMortem): string {
  const { chart, first } = report;
  const shape = chart.lanes.length > WIDE_LANES ? NARROW : WIDE;
  const height = TOP + chart.lanes.length * shape.lane + 10;
  const x = (at: number) =>
    LEFT +
    ((Math.min(Math.max(at, chart.from), chart.to) - chart.from) / (chart.to - chart.from)) *
      (WIDTH - LEFT - RIGHT);
  const parts = [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Timeline of all hosts">`,
    '<defs><pattern id="hatch" width="6" height="6" patternTransform="rotate(45)" patternUnits="userSpaceOnUse">' +
      '<rect width="6" height="6" style="fill:var(--fault-bg)"/><rect width="2.4" height="6" style="fill:var(--fault)" opacity=".75"/></pattern></defs>',
    ...grid(chart, x, height),
    ...chart.lanes.flatMap((lane, i) => laneSvg(lane, TOP + i * shape.lane, chart, x, shape)),
  ];
  const { startedAt, endedAt } = report.run;
  parts.push(...edge(startedAt, 'run began', 'end', x, height));
  if (endedAt !== undefined) parts.push(...edge(endedAt, 'run ended', 'start', x, height));
  if (first) {
    const { startedAt: began, openedAt: known } = first.incident;
    const side = (at: number): Anchor => (x(at) > WIDTH - 170 ? 'end' : 'start');
    if (x(known) - x(began) > 90) {
      parts.push(...moment(began, 'fault began', x(began) < LEFT + 120 ? 'start' : 'end', x, height));
      parts.push(...moment(known, 'known', side(known), x, height));
    } else parts.push(...moment(began, 'fault began', side(began), x, height));
  }
  parts.push(...axis(chart, x), '</svg>');
  return parts.join('\n');
}

/** Times of the axis: round ones, at most ten. */
function ticks(chart: Chart): { times: number[]; step: number } {
  const seconds = (chart.to - chart.from) / 1000;
  const step = (TICKS.find(one => seconds / one <= 10) ?? TICKS.at(-1)!) * 1000;
  const times: number[] = [];
  for (let at = Math.ceil(chart.from / step) * step; at <= chart.to; at += step) times.push(at);
  return { times, step };
}

function grid(chart: Chart, x: (at: number) => number, height: number): string[] {
  return ticks(chart).times.map(
    at => `<line class="grid" x1="${n(x(at))}" x2="${n(x(at))}" y1="${TOP - 6}" y2="${height - 8}"/>`,
  );
}

/** Above the lines of the moments, so that no line crosses a time. */
function axis(chart: Chart, x: (at: number) => number): string[] {
  const { times, step } = ticks(chart);
  return times.map(at => {
    const day = step >= 86_400_000;
    const label = new Date(at).toISOString().slice(day ? 5 : 11, day ? 10 : 19);
    return `<text class="axis" x="${n(x(at))}" y="${TOP - 11}" text-anchor="middle">${label}</text>`;
  });
}

function laneSvg(lane: Lane, top: number, chart: Chart, x: (at: number) => number, shape: Shape): string[] {
  const { bar, activity, mark: size } = shape;
  const y = top + Math.min(6, shape.lane - bar - activity);
  const parts = [
    `<text x="${LEFT - 10}" y="${n(y + bar * 0.78)}" text-anchor="end"${shape.name}>${escapeHtml(short(lane.name))}</text>`,
  ];
  const span = (from: number, to: number) => `x="${n(x(from))}" width="${n(Math.max(1.5, x(to) - x(from)))}"`;
  for (const phase of lane.phases)
    parts.push(
      `<rect class="ph-${phase.phase}" ${span(phase.from, phase.to)} y="${y}" height="${bar}"><title>${escapeHtml(lane.name)}: ${phase.phase}, ${timeWords(phase.from, 'clock')} – ${timeWords(phase.to, 'clock')} (${durationWords(phase.to - phase.from)})</title></rect>`,
    );
  for (const silence of lane.silences)
    parts.push(
      `<line class="silence" x1="${n(x(silence.from))}" x2="${n(x(silence.to))}" y1="${y + bar + activity}" y2="${y + bar + activity}"><title>${escapeHtml(lane.name)}: no line for ${durationWords(silence.to - silence.from)}</title></line>`,
    );
  parts.push(...activitySvg(lane, y + bar + activity, chart, x, activity));
  for (const outage of lane.outages)
    parts.push(
      `<rect class="outage" ${span(outage.from, outage.to)} y="${y}" height="${bar}" rx="1.5"><title>${escapeHtml(lane.name)}: ${escapeHtml(outage.text)}</title></rect>`,
    );
  // Evidence on top of what only followed from it.
  const marks = [...lane.marks].sort((a, b) => rank(a) - rank(b));
  for (const mark of marks)
    parts.push(
      `<path class="m-${mark.kind}" d="M${n(x(mark.at))} ${n(y + size / 2)}l${size} ${n(-1.65 * size)}h${-2 * size}z" ${mark.kind === 'consequence' ? 'opacity=".8"' : ''}><title>${timeWords(mark.at, 'clock')} ${escapeHtml(lane.name)}: ${escapeHtml(mark.text.slice(0, 300))}</title></path>`,
    );
  return parts;
}

function rank(mark: Lane['marks'][number]): number {
  return mark.kind === 'consequence' ? 0 : 1;
}

/** Lines a bucket, as small bars on a logarithmic scale: one line must be seen beside ten thousand. */
function activitySvg(
  lane: Lane,
  base: number,
  chart: Chart,
  x: (at: number) => number,
  height: number,
): string[] {
  const most = Math.max(1, ...lane.activity);
  const bars = lane.activity.flatMap((count, i) => {
    if (count === 0) return [];
    const from = chart.from + i * chart.interval;
    const width = Math.max(1, x(from + chart.interval) - x(from) - 0.4);
    const tall = 1.5 + (height - 1.5) * (Math.log1p(count) / Math.log1p(most));
    return [`M${n(x(from))} ${n(base)}v${n(-tall)}h${n(width)}v${n(tall)}z`];
  });
  return bars.length > 0 ? [`<path class="act" d="${bars.join('')}"/>`] : [];
}

type Anchor = 'start' | 'end';

function edge(at: number, word: string, anchor: Anchor, x: (at: number) => number, height: number): string[] {
  const dx = anchor === 'end' ? -4 : 4;
  return [
    `<line class="edge" x1="${n(x(at))}" x2="${n(x(at))}" y1="${TOP - 24}" y2="${height - 6}"/>`,
    `<text class="edge-text" x="${n(x(at) + dx)}" y="${TOP - 24}" text-anchor="${anchor}">${word}</text>`,
  ];
}

function moment(
  at: number,
  word: string,
  anchor: Anchor,
  x: (at: number) => number,
  height: number,
): string[] {
  const dx = anchor === 'end' ? -5 : 5;
  return [
    `<line class="moment" x1="${n(x(at))}" x2="${n(x(at))}" y1="6" y2="${height - 6}"/>`,
    `<text class="moment-text" x="${n(x(at) + dx)}" y="13" text-anchor="${anchor}">${word} ${clock(at)}</text>`,
  ];
}

function short(name: string): string {
  return name.length > 13 ? `${name.slice(0, 12)}…` : name;
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}
