import { z } from 'zod';
import type { Run } from '../model/run.js';
import { FAULT_CLASSES, LEVELS, SIGNAL_CLASSES, type SignalClass } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import type { Query } from '../query/ast.js';
import { literal } from '../query/glob.js';
import { parseQuery, QUERY_LIMITS } from '../query/parser.js';
import { namesRun, resolveRuns } from '../query/runs.js';
import { simplify } from '../query/simplify.js';
import {
  parseBeginning,
  parseEnd,
  TIME_HELP,
  type TimeContext,
  type TimeRange,
} from '../query/time-range.js';

/** A parameter that may be repeated or hold a list: `agent=a&agent=b`, `agent=a,b`. */
const list = z
  .union([z.string(), z.array(z.string())])
  .transform(value =>
    (Array.isArray(value) ? value : [value]).flatMap(text => text.split(',')).filter(Boolean),
  );

const CLASS_NAMES = [...SIGNAL_CLASSES, 'fault'] as const;

/** Which lines: the parameters that search, histogram, tail and export share. */
export const lineQueryParameters = {
  q: z
    .string()
    .max(QUERY_LIMITS.characters)
    .default('')
    .describe('Query, such as: level>=warn "connection reset" -heartbeat'),
  agent: list
    .pipe(z.array(z.string().max(200)).max(1000))
    .optional()
    .describe('Only these agents; beside the query, so that its columns stay true'),
  level: z.enum(LEVELS).optional().describe('This level and worse'),
  class: list
    .pipe(z.array(z.enum(CLASS_NAMES)))
    .optional()
    .describe('Only these signal classes; `fault` is all but none and recovered'),
  from: z
    .string()
    .max(100)
    .optional()
    .describe(`Beginning, as people type it: 15m, 16:58, 2026-11-23T16:58, run (${TIME_HELP})`),
  to: z.string().max(100).optional().describe('End, exclusive; the same forms; absent: until now'),
};

export interface LineQueryText {
  q: string;
  agent?: string[] | undefined;
  level?: (typeof LEVELS)[number] | undefined;
  class?: (SignalClass | 'fault')[] | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** What a store can answer: runs resolved, times in ms since the epoch. */
export interface LineQuery {
  query: Query;
  from?: number;
  to?: number;
}

export interface LineQueryContext {
  now: number;
  /** Newest first; read only when the text names a run. */
  runs: () => Promise<Run[]>;
}

/**
 * Reads the shared parameters.
 * @throws DeadairError `query.invalid`, with the column where the query's text is wrong
 */
export async function readLineQuery(text: LineQueryText, context: LineQueryContext): Promise<LineQuery> {
  const time = await timeContext([text.q, text.from, text.to], context);
  const parts: Query[] = [];
  const query = parseQuery(text.q, { time });
  parts.push(namesRun(query) ? resolveRuns(query, await context.runs()) : query);
  if (text.agent?.length) parts.push({ kind: 'or', parts: text.agent.map(agentIs) });
  if (text.level && text.level !== 'none') parts.push({ kind: 'level', op: '>=', level: text.level });
  if (text.class?.length) parts.push({ kind: 'class', classes: text.class.flatMap(classesOf) });
  return { query: simplify({ kind: 'and', parts }), ...spanOf(text, time) };
}

/** The times alone, for what has no query. */
export async function readTimeSpan(
  text: { from?: string | undefined; to?: string | undefined },
  context: LineQueryContext,
): Promise<TimeRange> {
  return spanOf(text, await timeContext([text.from, text.to], context));
}

/** Runs are read only where a text may mean one. */
async function timeContext(texts: (string | undefined)[], context: LineQueryContext): Promise<TimeContext> {
  const runs = texts.some(text => /run/i.test(text ?? '')) ? await context.runs() : [];
  return { now: context.now, runs };
}

function agentIs(agent: string): Query {
  return { kind: 'field', field: 'agent', pattern: literal(agent) };
}

function classesOf(name: SignalClass | 'fault'): SignalClass[] {
  return name === 'fault' ? [...FAULT_CLASSES] : [name];
}

/** `from` alone may be a span with an end of its own (`run NAME`, `16:58 to 17:10`); a given `to` wins. */
function spanOf(text: { from?: string | undefined; to?: string | undefined }, time: TimeContext): TimeRange {
  const span = text.from ? parseBeginning(text.from, time) : {};
  const end = text.to ? parseEnd(text.to, time) : span.to;
  return {
    ...defined({ from: span.from, to: end }),
  };
}

/** The asked span; open ends are where the stored lines end, or now. */
export async function closedSpan(
  lines: TimeRange,
  store: { stats(): Promise<{ oldest: number | null; newest: number | null }> },
  now: number,
): Promise<{ from: number; to: number }> {
  if (lines.from !== undefined) return { from: lines.from, to: Math.max(lines.from + 1, lines.to ?? now) };
  const { oldest, newest } = await store.stats();
  const to = lines.to ?? Math.max(now, newest ?? now);
  return { from: Math.min(oldest ?? to - 3_600_000, to - 1), to };
}

/** The query with its time in it: where the edges of what is counted are rounded for the eye. */
export function narrowedQuery({ query, from, to }: LineQuery): Query {
  if (from === undefined && to === undefined) return query;
  return { kind: 'and', parts: [query, { kind: 'time', ...defined({ from, to }) }] };
}
