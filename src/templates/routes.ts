import { z } from 'zod';
import { closedSpan, lineQueryParameters, readLineQuery } from '../http/line-query.js';
import { alsoByPost, type Route, route } from '../http/route.js';
import type { Run } from '../model/run.js';
import { LEVELS, SIGNAL_CLASSES } from '../model/vocabulary.js';
import type { Clock } from '../platform/clock.js';
import { DeadairError } from '../platform/errors.js';
import { isoMicros } from '../records/ecs.js';
import { findRun, RUN_WORDS } from '../runs/find.js';
import { NotLookedReply, notLookedReply } from '../store/not-looked.js';
import type { Store } from '../store/store.js';
import { countPatterns } from './count.js';
import { type DiffRow, diffRuns } from './diff.js';
import { compared, type Profile, Profiles, usualLines } from './profiles.js';
import { templatesOf } from './templates.js';

export interface PatternRoutesDeps {
  store: Store;
  clock: Clock;
  /** Newest first. */
  runs: () => Promise<Run[]>;
  profiles: Profiles;
}

const MAX_PATTERNS = 1000;

const Common = {
  id: z.string().describe('The same for the same template everywhere'),
  template: z.string().describe('The line with what varies replaced: <n>, <id>, <ip>, <path>, <duration> …'),
  level: z.enum(LEVELS).describe('The worst among its lines'),
  class: z.enum(SIGNAL_CLASSES),
  example: z.string().describe('The earliest line, without time and level'),
};

export const PatternReply = z.object({
  ...Common,
  count: z.number(),
  first: z.string(),
  last: z.string(),
  agents: z.record(z.string(), z.number()).describe('Lines of each agent'),
  new: z.boolean().nullable().describe('No healthy run had it; null: no healthy run is known'),
});
export type PatternReply = z.infer<typeof PatternReply>;

export const PatternsReply = z.object({
  lines: z.number().describe('Lines that match'),
  total: z.number().describe('Templates they have'),
  patterns: z.array(PatternReply).describe('Most frequent first; with `new` those only, worst first'),
  healthyRuns: z.number().describe('Runs that `new` was decided by'),
  cut: z.boolean().describe('Too many kinds of lines: those beyond the limit are told by their first words'),
  notLooked: NotLookedReply.optional(),
});
export type PatternsReply = z.infer<typeof PatternsReply>;

const DiffRowReply = z.object({
  ...Common,
  before: z.number(),
  now: z.number(),
  agent: z.string().nullable().describe('The only host that prints it'),
});

const RunOfDiff = z.object({
  id: z.string(),
  name: z.string(),
  startedAt: z.string(),
  lines: z.number(),
  agents: z.number(),
  healthy: z.boolean(),
});

export const DiffReply = z.object({
  before: RunOfDiff,
  now: RunOfDiff,
  new: z.array(DiffRowReply),
  gone: z.array(DiffRowReply),
  changed: z.array(DiffRowReply).describe('Much more or much less often, by count and by rate'),
  oneHost: z.array(DiffRowReply).describe('In both runs, but now on one host only'),
  same: z.number(),
});
export type DiffReply = z.infer<typeof DiffReply>;

/** Templates: what kinds of lines there are, and how two runs differ in them. */
export function patternRoutes({ store, clock, runs, profiles }: PatternRoutesDeps): Route[] {
  return [
    ...alsoByPost(
      route({
        method: 'get',
        path: '/v1/patterns',
        summary: 'Kinds of lines, with counts; those no healthy run had are marked',
        tag: 'lines',
        auth: 'read',
        query: z.strictObject({
          ...lineQueryParameters,
          run: z.string().max(200).optional().describe(`Only the lines of a run: ${RUN_WORDS}`),
          new: z.enum(['true', 'false']).optional().describe('Only those that no healthy run had'),
          rare: z.enum(['true', 'false']).optional().describe('Rarest first'),
          limit: z.coerce.number().int().min(1).max(MAX_PATTERNS).default(100),
        }),
        reply: PatternsReply,
        async handler({ query: { run: wanted, new: onlyNew, rare, limit, ...text }, signal }) {
          const all = await runs();
          const run = wanted === undefined ? undefined : findRun(all, wanted);
          const lines = await readLineQuery(text, { now: clock.now(), runs });
          const own = run && Profiles.lines(run, all, clock.now());
          const span = await closedSpan(lines, store, clock.now());
          const tally = await countPatterns(
            store,
            {
              query: own ? { kind: 'and', parts: [lines.query, own.query] } : lines.query,
              from: Math.max(own?.from ?? span.from, lines.from ?? Number.NEGATIVE_INFINITY),
              to: Math.min(own?.to ?? span.to + 1, lines.to ?? Number.POSITIVE_INFINITY),
            },
            signal,
          );
          const healthy = (await profiles.healthy()).filter(one => one.run.id !== run?.id);
          const usual = usualLines(healthy);
          const [templates, known] = templatesOf([tally, ...(usual ? [usual] : [])]);
          const seen = known && new Set(known.map(one => one.text));
          const rows = templates!.map(
            (one): PatternReply => ({
              id: one.id,
              template: one.text,
              level: one.level,
              class: one.class,
              example: one.example,
              count: one.count,
              first: isoMicros(one.first),
              last: isoMicros(one.last),
              agents: one.agents,
              new: seen ? !seen.has(one.text) : null,
            }),
          );
          const shown = onlyNew === 'true' ? rows.filter(one => one.new).sort(byWeight) : rows;
          if (rare === 'true') shown.reverse();
          return {
            lines: tally.lines,
            total: rows.length,
            patterns: shown.slice(0, limit),
            healthyRuns: healthy.length,
            cut: rows.some(one => one.template.endsWith('<…>')),
            ...notLookedReply(tally),
          };
        },
      }),
    ),
    route({
      method: 'get',
      path: '/v1/diff',
      summary: 'What differs between the lines of two runs',
      description:
        'Runs by id, name, `latest`, or one of these with ~1 behind it (the one of that name before). Without `now` the newest, without `before` the last healthy one of the same name.',
      tag: 'runs',
      auth: 'read',
      query: z.strictObject({
        before: z.string().max(200).optional(),
        now: z.string().max(200).default('latest'),
      }),
      reply: DiffReply,
      async handler({ query, signal }) {
        const all = await runs();
        const now = findRun(all, query.now);
        const [then, current] = await Promise.all([
          query.before === undefined
            ? lastHealthy(profiles, now)
            : profiles.of(findRun(all, query.before), signal),
          profiles.of(now, signal),
        ]);
        const diff = diffRuns(compared(then), compared(current));
        return {
          before: runReply(then),
          now: runReply(current),
          new: diff.new.map(rowReply),
          gone: diff.gone.map(rowReply),
          changed: diff.changed.map(rowReply),
          oneHost: diff.oneHost.map(rowReply),
          same: diff.same,
        };
      },
    }),
  ];
}

function byWeight(a: PatternReply, b: PatternReply): number {
  const weight = (one: PatternReply) => (one.class !== 'none' ? 8 : 0) + LEVELS.indexOf(one.level);
  return weight(b) - weight(a) || b.count - a.count;
}

async function lastHealthy(profiles: Profiles, now: Run): Promise<Profile> {
  const healthy = await profiles.healthy(now.startedAt);
  const found = healthy.find(one => one.run.name === now.name) ?? healthy[0];
  if (found) return found;
  throw new DeadairError(
    'not-found',
    `No healthy run before ${now.name} is known; name the run to compare with: deadair diff BEFORE ${now.name}`,
    { subject: 'before' },
  );
}

function runReply({ run, agents, tally, healthy }: Profile): z.infer<typeof RunOfDiff> {
  return {
    id: run.id,
    name: run.name,
    startedAt: isoMicros(run.startedAt),
    lines: tally.lines,
    agents: agents.length,
    healthy,
  };
}

function rowReply({ first: _, agent, ...row }: DiffRow): z.infer<typeof DiffRowReply> {
  return { ...row, agent: agent ?? null };
}
