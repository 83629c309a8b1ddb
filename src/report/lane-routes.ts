import { z } from 'zod';
import { readTimeSpan } from '../http/line-query.js';
import { type Route, route } from '../http/route.js';
import type { Incident } from '../model/incident.js';
import type { Run } from '../model/run.js';
import type { Clock } from '../platform/clock.js';
import { findRun } from '../runs/find.js';
import { runSpan } from '../runs/span.js';
import { LaneBook, type LaneSources } from './live-lanes.js';

export interface LaneRoutesDeps extends LaneSources {
  clock: Clock;
  /** Newest first. */
  runs: () => Promise<Run[]>;
  /** All that are kept, newest first. */
  incidents: () => Promise<Incident[]>;
}

/** Without a run and a time: the last hour, which holds what led to now. */
const USUAL_SPAN_MS = 3_600_000;
const MOST_INCIDENTS = 500;

const Stretch = z.object({ from: z.number(), to: z.number() });
const LaneReply = z.object({
  name: z.string(),
  role: z.enum(['controller', 'agent']),
  host: z.string(),
  phases: z.array(
    Stretch.extend({
      phase: z.enum(['idle', 'starting', 'waiting', 'working', 'aborted', 'done', 'failed']),
    }),
  ),
  outages: z.array(
    z.object({ incident: z.string(), kind: z.string(), from: z.number(), to: z.number().nullable() }),
  ),
  silences: z.array(Stretch).describe('Stretches without a line'),
  marks: z
    .array(
      z.object({
        at: z.number(),
        kind: z.enum(['cause', 'symptom', 'consequence', 'recovery']),
        text: z.string(),
        record: z.string().optional().describe('event.id of the line'),
        incident: z.string(),
      }),
    )
    .describe('What it wrote, or what was seen of it, that incidents rest on'),
  restarts: z.array(z.number()),
  activity: z.array(z.number()).describe('Lines per bucket'),
  clockOffsetMs: z.number().optional(),
});

/** `/v1/lanes`: what every host did over time, for drawing; a run that goes on ends now. */
export function laneRoutes({ clock, runs, incidents, ...sources }: LaneRoutesDeps): Route[] {
  const book = new LaneBook(sources);
  return [
    route({
      method: 'get',
      path: '/v1/lanes',
      summary: 'What every host did over time: phases, silences, outages, restarts, evidence',
      tag: 'runs',
      auth: 'read',
      query: z.strictObject({
        run: z.string().max(200).optional().describe('Id, name or `latest`; absent: all hosts in a time'),
        from: z.string().max(100).optional(),
        to: z.string().max(100).optional(),
      }),
      reply: z.object({
        run: z.string().nullable().describe('Id of the run'),
        from: z.number().describe('ms since the epoch'),
        to: z.number(),
        now: z.number(),
        interval: z.number(),
        lanes: z.array(LaneReply).describe('The controller first; of many those that failed next'),
      }),
      async handler({ query }) {
        const now = clock.now();
        const [known, all] = await Promise.all([runs(), incidents()]);
        const run = query.run === undefined ? undefined : findRun(known, query.run);
        const own = run && all.filter(one => one.run === run.id);
        const asked = await readTimeSpan(query, { now, runs });
        const whole = run
          ? runSpan(run, 'report', { now, runs: known, incidents: own ?? [] })
          : { from: (asked.to ?? now) - USUAL_SPAN_MS, to: now };
        // What follows a run that ended just now has not happened yet.
        whole.to = Math.max(whole.from + 1000, Math.min(whole.to, now));
        const span = {
          from: asked.from ?? whole.from,
          to: Math.max(asked.to ?? whole.to, (asked.from ?? whole.from) + 1000),
        };
        const concerned = (own ?? all)
          .filter(one => (one.resolvedAt ?? now) >= span.from && one.startedAt <= span.to)
          .slice(0, MOST_INCIDENTS);
        const subject: Run = run ?? {
          id: '',
          name: '',
          startedAt: span.from,
          startedBy: 'hand',
          agents: [],
          pinned: false,
        };
        const drawn = await book.draw(subject, span, concerned, now);
        return { run: run?.id ?? null, now, ...drawn };
      },
    }),
  ];
}
