import { z } from 'zod';
import { closedSpan, lineQueryParameters, narrowedQuery, readLineQuery } from '../../http/line-query.js';
import { alsoByPost, type Route, route } from '../../http/route.js';
import type { LogRow } from '../../model/log-row.js';
import type { Run } from '../../model/run.js';
import { LEVELS, SIGNAL_CLASSES, TIME_KINDS } from '../../model/vocabulary.js';
import type { Clock } from '../../platform/clock.js';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import { cutLine } from '../../records/cut-line.js';
import { ecsLine, isoMicros } from '../../records/ecs.js';
import { NotLookedReply, notLookedReply } from '../../store/not-looked.js';
import type { Store } from '../../store/store.js';

export interface LineRoutesDeps {
  store: Store;
  clock: Clock;
  /** Newest first. */
  runs: () => Promise<Run[]>;
}

const MAX_PAGE = 1000;
const MAX_CONTEXT = 1000;
const MAX_BUCKETS = 1000;
/** A hundred years, ms. */
const LONGEST_INTERVAL = 100 * 366 * 86_400_000;

/** A stored line in ECS names, as `ecsLine` makes it. */
const EcsLineReply = z.object({
  '@timestamp': z
    .string()
    .describe("The line's own time where it has one (see deadair.timeKind), RFC 3339, UTC"),
  message: z.string().describe('Without colours, timestamp and level'),
  event: z.object({
    id: z.string().describe('SOURCE:OFFSET, stable for ever'),
    created: z.string().describe('When the collector read it'),
    ingested: z.string().describe('When the service stored it'),
    sequence: z.number().describe('Commit'),
  }),
  host: z.object({ name: z.string() }),
  agent: z.object({ id: z.string() }),
  log: z.object({ level: z.enum(LEVELS).optional(), file: z.object({ path: z.string() }) }),
  deadair: z.object({
    raw: z.string(),
    source: z.string(),
    offset: z.number(),
    length: z.number(),
    class: z.enum(SIGNAL_CLASSES),
    rule: z.string().optional(),
    event: z.string().optional(),
    timeKind: z.enum(TIME_KINDS),
    flags: z.array(z.string()).optional(),
    run: z.array(z.string()).optional(),
  }),
});

/** Of longer lines only the beginning, or what a progress bar showed last; deadair.length tells of how much. */
export const cutParameter = z.coerce
  .number()
  .int()
  .min(100)
  .optional()
  .describe('Of longer lines only so many characters; deadair.length is the whole in bytes');

/** A row with at most so many characters of its line. */
export function cutRow(row: LogRow, most: number | undefined): LogRow {
  if (most === undefined || row.raw.length <= most) return row;
  return { ...row, raw: cutLine(row.raw, most) };
}

/** Reading stored lines: search, counts over time, and what stands around one. */
export function lineRoutes({ store, clock, runs }: LineRoutesDeps): Route[] {
  const read = (text: Parameters<typeof readLineQuery>[0]) => readLineQuery(text, { now: clock.now(), runs });
  return [
    ...alsoByPost(
      route({
        method: 'get',
        path: '/v1/search',
        summary: 'Lines that match, a page at a time',
        tag: 'lines',
        auth: 'read',
        query: z.strictObject({
          ...lineQueryParameters,
          order: z.enum(['newest', 'oldest']).default('newest').describe('By event time'),
          limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
          cursor: z.string().max(2000).optional().describe('From the page before'),
          cut: cutParameter,
        }),
        reply: z.object({
          records: z.array(EcsLineReply),
          cursor: z.string().optional().describe('Absent on the last page'),
          lookedTo: z
            .string()
            .optional()
            .describe(
              'Set where the time for a page was over before it was full: event time up to which was looked; the cursor goes on there',
            ),
        }),
        async handler({ query: { order, limit, cursor, cut, ...text }, signal }) {
          const page = await store.search(
            { ...(await read(text)), order, limit, ...defined({ cursor }) },
            signal,
          );
          return {
            records: page.rows.map(row => ecsLine(cutRow(row, cut))),
            ...defined({
              cursor: page.cursor,
              lookedTo: page.lookedTo === undefined ? undefined : isoMicros(page.lookedTo),
            }),
          };
        },
      }),
    ),
    ...alsoByPost(
      route({
        method: 'get',
        path: '/v1/histogram',
        summary: 'How many lines match, over time',
        tag: 'lines',
        auth: 'read',
        query: z.strictObject({
          ...lineQueryParameters,
          by: z.enum(['agent', 'level', 'class']).optional().describe('One series for each'),
          buckets: z.coerce
            .number()
            .int()
            .min(1)
            .max(MAX_BUCKETS)
            .default(60)
            .describe('About so many; the width is a round one'),
          interval: z.coerce
            .number()
            .int()
            .min(1000)
            .max(LONGEST_INTERVAL)
            .optional()
            .describe('Width of a bucket in ms, instead of `buckets`'),
        }),
        reply: z.object({
          from: z.string(),
          to: z.string(),
          interval: z.number().describe('ms'),
          total: z.number(),
          series: z.array(z.object({ key: z.string(), counts: z.array(z.number()) })),
          notLooked: NotLookedReply.optional(),
        }),
        async handler({ query: { by, buckets, interval, ...text }, signal }) {
          const lines = await read(text);
          const span = await closedSpan(lines, store, clock.now());
          const width = interval ?? niceInterval((span.to - span.from) / buckets);
          const from = Math.floor(span.from / width) * width;
          const to = Math.max(from + width, Math.ceil(span.to / width) * width);
          if ((to - from) / width > 10 * MAX_BUCKETS)
            throw new DeadairError(
              'request.invalid',
              'That would be too many buckets; make interval larger.',
              {
                subject: 'interval',
              },
            );
          const found = await store.histogram(
            // The edges are rounded for the eye; what is counted stays what was asked for.
            { query: narrowedQuery(lines), from, to, interval: width, ...defined({ by }) },
            signal,
          );
          return {
            from: isoMicros(found.from),
            to: isoMicros(to),
            interval: found.interval,
            total: found.total,
            series: found.series,
            ...notLookedReply(found),
          };
        },
      }),
    ),
    route({
      method: 'get',
      path: '/v1/context',
      summary: 'What stands around a line in its file',
      tag: 'lines',
      auth: 'read',
      query: z.strictObject({
        id: z.string().max(100).describe('event.id of the line'),
        before: z.coerce.number().int().min(0).max(MAX_CONTEXT).default(10),
        after: z.coerce.number().int().min(0).max(MAX_CONTEXT).default(10),
      }),
      reply: z.object({
        records: z.array(EcsLineReply),
        at: z.number().describe('Which of them is the line'),
      }),
      async handler({ query: { id, before, after }, signal }) {
        const page = await store.context({ ...placeOf(id), before, after }, signal);
        if (page.at < 0)
          throw new DeadairError('not-found', `There is no line ${id}; retention may have taken it.`, {
            subject: 'id',
          });
        return { records: page.rows.map(row => ecsLine(row)), at: page.at };
      },
    }),
  ];
}

/**
 * A line's place by its id.
 * @throws DeadairError `request.invalid`
 */
export function placeOf(id: string): { source: string; offset: number } {
  const place = /^([0-9A-HJKMNP-TV-Z]{26}):(\d{1,16})$/.exec(id);
  if (!place)
    throw new DeadairError(
      'request.invalid',
      `"${id}" is not a line's id; search with --json shows them as event.id.`,
      { subject: 'id' },
    );
  return { source: place[1]!, offset: Number(place[2]) };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const INTERVALS = [
  1000,
  2000,
  5000,
  10_000,
  15_000,
  30_000,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
  90 * DAY,
  365 * DAY,
];

/** The narrowest width people would choose that is at least `least` ms. */
function niceInterval(least: number): number {
  return INTERVALS.find(candidate => candidate >= least) ?? Math.ceil(least / (365 * DAY)) * 365 * DAY;
}
