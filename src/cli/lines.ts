import { printable } from '../platform/printable.js';
import type { EcsLine } from '../records/ecs.js';
import { displayText, messageText } from '../records/text.js';
import { countWords } from '../wording/amount.js';
import { clockTime, type TimeStyle } from '../wording/time.js';
import { colors as pc } from './colors.js';

export interface LineStyle extends TimeStyle {
  /** Columns of the terminal; absent: lines are not cut. */
  width?: number | undefined;
  /** Widest agent id seen so far; grows, so that columns stay aligned without knowing what comes. */
  agentWidth: number;
}

const AGENT_COLOURS = [pc.cyan, pc.magenta, pc.blue, pc.green, pc.yellow];
const LEVEL_COLOURS: Record<string, (text: string) => string> = {
  fatal: pc.red,
  error: pc.red,
  warn: pc.yellow,
};

/** `16:58:42.358 agent-4    error disconnect  message`: one line of a terminal. */
export function lineText(line: EcsLine, style: LineStyle): string {
  const agent = printable(line.agent.id);
  style.agentWidth = Math.min(24, Math.max(style.agentWidth, agent.length));
  const level = line.log.level ?? '';
  const colour = AGENT_COLOURS[hash(agent) % AGENT_COLOURS.length]!;
  const signal = line.deadair.class === 'none' ? '' : `${classText(line.deadair.class)} `;
  const time = clockTime(Date.parse(line['@timestamp']), style);
  const plain = `${time} ${agent.padEnd(style.agentWidth)} ${level.padEnd(5)} `;
  const head =
    `${pc.dim(time)} ${colour(agent.padEnd(style.agentWidth))} ` +
    `${(LEVEL_COLOURS[level] ?? pc.dim)(level.padEnd(5))} `;
  const message = printable(
    line.log.level === undefined ? displayText(line.deadair.raw) : messageText(line.deadair.raw),
  );
  const room = style.width === undefined ? undefined : style.width - plain.length - visible(signal);
  return head + signal + (room === undefined ? message : cutTo(message, Math.max(room, 20)));
}

/** Of a line that is longer than the screen is wide, what fits; of a huge one it says how much more there is. */
function cutTo(message: string, room: number): string {
  if (message.length <= room) return message;
  const more = message.length - room;
  const mark = more > HUGE ? `… (+${countWords(more)} characters; --full)` : '…';
  return `${message.slice(0, Math.max(1, room - mark.length)).replace(/[\ud800-\udbff]$/, '')}${mark}`;
}

/** Characters beyond the screen's width from which on the mark says how many they are. */
const HUGE = 1000;

export function classText(name: string): string {
  return name === 'recovered' ? pc.green(name) : name === 'none' ? '' : pc.red(name);
}

/** Rows of plain cells as aligned columns; the last column is not padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, visible(cell));
  return rows.map(row =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat(widths[i]! - visible(cell))))
      .join('  ')
      .trimEnd(),
  );
}

/** Cells on the screen: colour codes take none. */
function visible(text: string): number {
  return text.replace(/\x1b\[[0-9;]*m/g, '').length;
}

function hash(text: string): number {
  let sum = 0;
  for (const char of text) sum = (sum * 31 + char.codePointAt(0)!) >>> 0;
  return sum;
}
