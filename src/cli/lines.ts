import { printable } from '../platform/printable.js';
import { findMarks } from '../query/highlight.js';
import type { EcsLine } from '../records/ecs.js';
import { earlierStates } from '../records/states.js';
import { displayText, messageText } from '../records/text.js';
import { clockTime, type TimeStyle } from '../wording/time.js';
import { cells, cutMiddle, cutName, padded, tellingSpot, wrapWords } from './cells.js';
import { colors as pc } from './colors.js';

export interface LineStyle extends TimeStyle {
  /** Columns of the terminal; absent: lines are not cut. */
  width?: number | undefined;
  /** Whole lines, broken between words where the screen ends. */
  wrap?: boolean;
  /** What the query asks for in the text. */
  marks?: RegExp | undefined;
  /** Widest agent id seen so far; grows, so that columns stay aligned without knowing what comes. */
  agentWidth: number;
}

const WIDEST_AGENT = 24;
const AGENT_COLOURS = [pc.cyan, pc.magenta, pc.blue, pc.green, pc.yellow];
const LEVEL_COLOURS: Record<string, (text: string) => string> = {
  fatal: pc.red,
  error: pc.red,
  warn: pc.yellow,
};

/** `16:58:42.358 agent-4    error disconnect  message`: one line of a terminal. */
export function lineText(line: EcsLine, style: LineStyle): string {
  const name = printable(line.agent.id);
  style.agentWidth = Math.min(WIDEST_AGENT, Math.max(style.agentWidth, cells(name)));
  // In a pipe names stay whole.
  const agent = padded(style.width === undefined ? name : cutName(name, WIDEST_AGENT), style.agentWidth);
  const level = line.log.level ?? '';
  const colour = AGENT_COLOURS[hash(name) % AGENT_COLOURS.length]!;
  const signal = line.deadair.class === 'none' ? '' : `${classText(line.deadair.class)} `;
  const time = clockTime(Date.parse(line['@timestamp']), style);
  const plain = `${time} ${agent} ${level.padEnd(5)} `;
  const head = `${pc.dim(time)} ${colour(agent)} ` + `${(LEVEL_COLOURS[level] ?? pc.dim)(level.padEnd(5))} `;
  const { raw, timeKind } = line.deadair;
  // What stands in the columns is not said twice; a line that has neither time nor level keeps its indent.
  const bare = line.log.level === undefined && timeKind !== 'own';
  const shown = printable(bare ? displayText(raw) : messageText(raw));
  const message = shown + foundState(raw, shown, style.marks);
  const text =
    style.width === undefined ? marked(message, style.marks) : fitted(message, style, plain, signal);
  return head + signal + text;
}

/** Where what was asked for stands in a state of a progress bar that was written over: that state, behind the last one. */
function foundState(raw: string, shown: string, marks: RegExp | undefined): string {
  if (!marks || !raw.includes('\r') || findMarks(shown, marks).length > 0) return '';
  const state = earlierStates(raw).findLast(text => findMarks(text, marks).length > 0);
  return state === undefined ? '' : `  (before: ${printable(state)})`;
}

/** A message as it fits behind the columns: cut in its middle, or broken between words under its own beginning. */
function fitted(message: string, style: LineStyle, plain: string, signal: string): string {
  const width = style.width!;
  if (style.wrap) {
    const indent = Math.min(cells(plain), Math.floor(width / 2));
    const filled = ' '.repeat(indent) + (signal === '' ? '' : `${'x'.repeat(cells(signal) - 1)} `);
    // Wrapped where it will stand; the columns themselves are put before it by the caller.
    return marked(wrapWords(filled + message, width).slice(filled.length), style.marks);
  }
  const room = Math.max(width - cells(plain) - cells(signal), 10);
  const keep = findMarks(message, style.marks)[0] ?? (signal === '' ? undefined : tellingSpot(message));
  const { pieces, mark } = cutMiddle(message, room, keep);
  return pieces.map(([from, to]) => marked(message.slice(from, to), style.marks)).join(pc.dim(mark));
}

/** What a query asked for, standing out. */
function marked(text: string, marks: RegExp | undefined): string {
  let out = '';
  let at = 0;
  for (const [from, to] of findMarks(text, marks)) {
    out += text.slice(at, from) + pc.inverse(text.slice(from, to));
    at = to;
  }
  return out + text.slice(at);
}

export function classText(name: string): string {
  return name === 'recovered' ? pc.green(name) : name === 'none' ? '' : pc.red(name);
}

/** Rows of plain cells as aligned columns; the last column is not padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cells(cell));
  return rows.map(row =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : padded(cell, widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

function hash(text: string): number {
  let sum = 0;
  for (const char of text) sum = (sum * 31 + char.codePointAt(0)!) >>> 0;
  return sum;
}
