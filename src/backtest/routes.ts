import { z } from 'zod';
import { channelsFor } from '../alerts/policy.js';
import type { AlertSettings } from '../alerts/settings.js';
import type { LoadedPack } from '../detect/pack.js';
import { IncidentReply, incidentReply } from '../http/incident-reply.js';
import { readTimeSpan } from '../http/line-query.js';
import { type Route, route } from '../http/route.js';
import type { Witnessed } from '../incidents/replay/witnessed.js';
import type { EngineSettings } from '../incidents/settings.js';
import type { Run } from '../model/run.js';
import { SIGNAL_CLASSES } from '../model/vocabulary.js';
import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';
import { isoMicros } from '../records/ecs.js';
import { findRun, RUN_WORDS } from '../runs/find.js';
import type { Store } from '../store/store.js';
import { Profiles } from '../templates/profiles.js';
import { incidentHeadline } from '../wording/incident.js';
import { backtest } from './backtest.js';
import { type Question, trialOf } from './subject.js';

export interface BacktestRoutesDeps {
  store: Pick<Store, 'search'>;
  clock: Clock;
  /** Newest first. */
  runs: () => Promise<Run[]>;
  packs: () => readonly LoadedPack[];
  engine: Partial<EngineSettings>;
  /** What witnesses said in a span of the service's time, word by word. */
  witnesses?: (from: number, to: number) => Promise<readonly Witnessed[]>;
  alerts: AlertSettings;
}

export const BacktestReply = z.object({
  rules: z.array(z.string()),
  from: z.string(),
  to: z.string(),
  lines: z.number(),
  marked: z.number().describe('Lines the rules decide'),
  marks: z
    .array(
      z.object({
        id: z.string(),
        at: z.string(),
        agent: z.string(),
        rule: z.string(),
        class: z.enum(SIGNAL_CLASSES),
        event: z.string().nullable(),
        before: z.string().nullable().describe('The rule that decides the line without them'),
        text: z.string(),
      }),
    )
    .describe('The first 200 of them'),
  silenced: z
    .number()
    .describe('Lines that meant something and would mean nothing: a rule without a class vetoes'),
  silent: z
    .array(
      z.object({ id: z.string(), at: z.string(), agent: z.string(), before: z.string(), text: z.string() }),
    )
    .describe('The first 200 of them'),
  added: z.array(IncidentReply).describe('Incidents that would have followed'),
  removed: z.array(IncidentReply).describe('Incidents that there would not have been'),
  same: z.number(),
  alerts: z.array(
    z.object({ at: z.string(), change: z.string(), headline: z.string(), channels: z.array(z.string()) }),
  ),
});
export type BacktestReply = z.infer<typeof BacktestReply>;

/** What is tried, and on which lines. */
export interface TrialRequest {
  rule: Question;
  run?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/**
 * A rule against stored lines. Nothing is stored or sent.
 * @param only of a pack's rules this one alone is told of
 * @throws DeadairError `request.invalid` where no lines are named; what `trialOf` throws
 */
export async function tryRule(
  { store, clock, runs, packs, engine, witnesses, alerts }: BacktestRoutesDeps,
  request: TrialRequest,
  signal: AbortSignal,
  only?: string,
): Promise<z.input<typeof BacktestReply>> {
  const all = await runs();
  const run = request.run === undefined ? undefined : findRun(all, request.run);
  const span = await readTimeSpan(request, { now: clock.now(), runs });
  if (!run && span.from === undefined)
    throw new DeadairError('request.invalid', 'Say which lines: a run, or since when.', {
      subject: 'run',
    });
  const lines = run
    ? Profiles.lines(run, all, clock.now())
    : { query: { kind: 'all' as const }, from: span.from!, to: span.to ?? clock.now() };
  const trial = trialOf(request.rule, packs());
  const result = await backtest(
    store,
    lines,
    only === undefined ? trial : { ...trial, rules: [only] },
    engine,
    { abort: signal, ...defined({ witnesses }) },
  );
  return {
    rules: result.rules,
    from: isoMicros(lines.from),
    to: isoMicros(lines.to),
    lines: result.lines,
    marked: result.marked,
    marks: result.marks.map(({ mark, before }) => ({
      id: `${mark.source}:${mark.offset}`,
      at: isoMicros(mark.time),
      agent: mark.agent,
      rule: mark.rule,
      class: mark.class,
      event: mark.event ?? null,
      before: before?.rule ?? null,
      text: mark.text,
    })),
    silenced: result.silenced,
    silent: result.silent.map(mark => ({
      id: `${mark.source}:${mark.offset}`,
      at: isoMicros(mark.time),
      agent: mark.agent,
      before: mark.rule,
      text: mark.text,
    })),
    added: result.added.map(incidentReply),
    removed: result.removed.map(incidentReply),
    same: result.same,
    alerts: result.changes
      .filter(one => one.change !== 'updated')
      .map(({ at, change, incident }) => ({
        at: isoMicros(at),
        change,
        headline: incidentHeadline(incident),
        channels: channelsFor(alerts, incident, run?.name),
      })),
  };
}

/** `POST /v1/rules/backtest`: a rule against stored lines. Nothing is stored or sent. */
export function backtestRoutes(deps: BacktestRoutesDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/v1/rules/backtest',
      summary:
        'What a rule would have marked in stored lines, and which incidents and alerts would have followed',
      description: 'Nothing is stored or sent. Heartbeats and probes are not stored, so only lines count.',
      tag: 'rules',
      auth: 'read',
      body: z.strictObject({
        rule: z.discriminatedUnion('kind', [
          z.strictObject({ kind: z.literal('name'), name: z.string().min(1).max(200) }),
          z.strictObject({
            kind: z.literal('pack'),
            name: z.string().max(500),
            text: z.string().max(1_000_000),
          }),
          z.strictObject({
            kind: z.literal('pattern'),
            text: z.string().min(3).max(2000),
            class: z.enum(SIGNAL_CLASSES).default('disconnect'),
          }),
        ]),
        run: z.string().min(1).max(200).optional().describe(`The lines of a run: ${RUN_WORDS}`),
        from: z.string().max(100).optional().describe('Beginning, as in searches: 15m, 16:58, yesterday'),
        to: z.string().max(100).optional(),
      }),
      reply: BacktestReply,
      handler: ({ body, signal }) => tryRule(deps, body, signal),
    }),
  ];
}
