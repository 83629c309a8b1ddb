import { parseLine, type Segment, terminalStates, withoutPrefix } from './ansi.js';
import type { LineRecord } from './api.js';
import { h } from './dom.js';
import { agentHue, clockTime, fullTime, type TimeStyle } from './format.js';

/** How often the class is worth a badge: a line without a signal has none. */
export const CLASS_NAMES = ['timeout', 'disconnect', 'refused', 'dns', 'tls', 'recovered'] as const;

export const timeOf = (record: LineRecord): number => Date.parse(record['@timestamp']);

/** Lines of another day show it, and their list gives the column room. */
export function isToday(record: LineRecord, style: TimeStyle): boolean {
  return clockTime(timeOf(record), style).length <= 12;
}

/** The text as a terminal would have left it, coloured. */
export function renderText(raw: string, options: { prefix: boolean }): HTMLElement[] {
  const segments = parseLine(raw);
  return (options.prefix ? segments : withoutPrefix(segments)).map(renderSegment);
}

function renderSegment({ text, style }: Segment): HTMLElement {
  return h('span', { class: style || undefined }, text);
}

export function agentName(agent: string): HTMLElement {
  return h('span', { class: 'agent', vars: { '--hue': agentHue(agent) } }, agent);
}

export function classBadge(name: string): HTMLElement | null {
  return name === 'none' || name === '' ? null : h('span', { class: `badge class-${name}` }, name);
}

/** The cells of one line; the row around them is the list's. */
export function lineCells(record: LineRecord, style: TimeStyle): HTMLElement[] {
  const time = timeOf(record);
  const level = record.log.level ?? '';
  const raw = record.deadair.raw;
  const states = raw.includes('\r') ? terminalStates(raw).length : 0;
  const own = record.deadair.timeKind === 'own';
  return [
    h(
      'time',
      {
        class: own ? 'time' : 'time borrowed',
        datetime: record['@timestamp'],
        title: own ? fullTime(time, style) : `${fullTime(time, style)} (the line has no time of its own)`,
      },
      clockTime(time, style),
    ),
    agentName(record.agent.id),
    h('span', { class: `level level-${level || 'none'}` }, level),
    h(
      'span',
      { class: 'text' },
      classBadge(record.deadair.class),
      states > 1 &&
        h(
          'span',
          { class: 'badge states', title: `A progress bar: the last of ${states} states` },
          `↻ ${states}`,
        ),
      renderText(raw, { prefix: !own }),
    ),
  ];
}
