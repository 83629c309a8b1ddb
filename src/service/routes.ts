import { z } from 'zod';
import type { AlertManager } from '../alerts/manager.js';
import { IncidentReply, incidentReply } from '../http/incident-reply.js';
import { RawReply, type Route, route } from '../http/route.js';
import type { IncidentWatch } from '../incidents/live/incident-watch.js';
import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';
import type { Metrics } from '../platform/metrics.js';
import { isoMicros } from '../records/ecs.js';

export interface ServiceRoutesDeps {
  watch: Pick<IncidentWatch, 'explain' | 'retire'>;
  alerts: Pick<AlertManager, 'suppressions'>;
  metrics: Metrics;
  /** Whether anything was ever heard of it: no name is kept because somebody asked for it. */
  isAgent: (agent: string) => Promise<boolean>;
  /** Throws where another ingester leads: only the leader knows why something did or did not fire. */
  mustLead?: (() => void) | undefined;
  /** Why nothing can be stored just now. */
  trouble?: () => DeadairError | undefined;
  /** Since when the lines' store is out of reach, ms since the epoch. */
  away?: () => { since: number } | undefined;
}

const ExplainReply = z.object({
  incidents: z.array(IncidentReply),
  pending: z.array(
    z.object({ kind: z.string(), subjects: z.array(z.string()), until: z.string(), explanation: z.string() }),
  ),
  skipped: z
    .array(
      z.object({
        at: z.string(),
        rule: z.string(),
        agent: z.string().nullable(),
        run: z.string().nullable(),
        reason: z.string(),
      }),
    )
    .describe('What did not become an incident, and why'),
  suppressed: z
    .array(
      z.object({
        at: z.string(),
        incident: z.string(),
        channel: z.string().nullable(),
        reason: z.string(),
        detail: z.string(),
      }),
    )
    .describe('What was no message, and why'),
  known: z.array(z.string()),
});
export type ExplainReply = z.infer<typeof ExplainReply>;

/** Health, metrics, and why something did or did not fire. */
export function serviceRoutes({
  watch,
  alerts,
  metrics,
  isAgent,
  mustLead,
  trouble = () => undefined,
  away = () => undefined,
}: ServiceRoutesDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/healthz',
      summary: 'Answers when the service runs; whether it can store lines says /readyz',
      tag: 'service',
      auth: 'none',
      reply: z.object({ status: z.literal('ok') }),
      handler() {
        // Whoever asks here may be anybody: which file, the status and the log say.
        if (trouble()?.code === 'store.gone')
          throw new DeadairError(
            'store.gone',
            "The store's files are not where they were: nothing is stored; `deadair status` and the log say which.",
          );
        return { status: 'ok' as const };
      },
    }),
    route({
      method: 'get',
      path: '/readyz',
      summary: 'Answers when lines can be stored and searched',
      description:
        'With Elasticsearch and its book at home the service also runs while Elasticsearch is away: heartbeats are taken, hosts ' +
        'judged, alerts sent; lines wait at the collectors. Then this is 503 and says since when.',
      tag: 'service',
      auth: 'none',
      reply: z.object({ status: z.literal('ready') }),
      handler() {
        const gone = away();
        if (gone)
          throw new DeadairError(
            'unavailable',
            `The store of lines is out of reach since ${new Date(gone.since).toISOString()}, lines wait at the collectors; \`deadair status\` says why.`,
            { retryAfterSeconds: 5 },
          );
        if (trouble())
          throw new DeadairError(
            'unavailable',
            'Nothing can be stored just now; `deadair status` says why.',
            { retryAfterSeconds: 5 },
          );
        return { status: 'ready' as const };
      },
    }),
    route({
      method: 'get',
      path: '/metrics',
      summary: "The service's own figures in Prometheus' format",
      tag: 'service',
      auth: 'read',
      reply: new RawReply('text/plain', 'Metrics'),
      async handler({ res }) {
        res.setHeader('Content-Type', metrics.registry.contentType);
        res.end(await metrics.registry.metrics());
      },
    }),
    route({
      method: 'get',
      path: '/v1/explain',
      summary: 'Why there is an incident or a message, or why there is none',
      tag: 'incidents',
      auth: 'read',
      query: z.strictObject({
        agent: z.string().max(200).optional(),
        rule: z.string().max(200).optional(),
        at: z.iso.datetime({ offset: true }).optional(),
      }),
      reply: ExplainReply,
      async handler({ query: { agent, rule, at } }) {
        mustLead?.();
        const answer = await watch.explain({
          ...defined({ agent, rule }),
          ...(at === undefined ? {} : { at: Date.parse(at) }),
        });
        const suppressed = await alerts.suppressions({ agent, limit: 100 });
        return {
          incidents: answer.incidents.map(incidentReply),
          pending: answer.pending.map(one => ({ ...one, until: isoMicros(one.until) })),
          skipped: answer.skipped.map(skip => ({
            at: isoMicros(skip.at),
            rule: skip.rule,
            agent: skip.agent ?? null,
            run: skip.run ?? null,
            reason: skip.reason,
          })),
          suppressed: suppressed.map(one => ({
            at: isoMicros(one.at),
            incident: one.incident,
            channel: one.channel ?? null,
            reason: one.reason,
            detail: one.detail,
          })),
          known: answer.known,
        };
      },
    }),
    route({
      method: 'post',
      path: '/v1/agents/:agent/retire',
      summary: 'An agent that is not expected any more raises no alarm; or expect it again',
      tag: 'agents',
      auth: 'write',
      params: z.object({ agent: z.string().min(1).max(200) }),
      body: z.strictObject({ retired: z.boolean().default(true) }),
      reply: z.object({ agent: z.string(), retired: z.boolean() }),
      async handler({ params: { agent }, body: { retired } }) {
        mustLead?.();
        if (!(await isAgent(agent)))
          throw new DeadairError('not-found', `There is no agent ${agent}; \`deadair status\` lists them.`, {
            subject: 'agent',
          });
        watch.retire(agent, retired);
        return { agent, retired };
      },
    }),
  ];
}
