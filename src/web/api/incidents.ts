import { z } from 'zod';
import { CareReply, careReply, IncidentReply, incidentReply } from '../../http/incident-reply.js';
import { type Route, route } from '../../http/route.js';
import { type Care, NO_CARE } from '../../model/care.js';
import type { Incident } from '../../model/incident.js';
import type { Run } from '../../model/run.js';
import type { Clock } from '../../platform/clock.js';
import { DeadairError } from '../../platform/errors.js';
import { isoMicros } from '../../records/ecs.js';
import { findRun, RUN_WORDS } from '../../runs/find.js';
import type { Unusual } from '../../templates/unusual.js';

export const UnusualReply = z.object({
  why: z.enum(['new', 'burst', 'unlike-siblings']),
  at: z.string(),
  agent: z.string().nullable(),
  count: z.number(),
  template: z.string(),
  example: z.string(),
  sentence: z.string(),
});
export type UnusualReply = z.infer<typeof UnusualReply>;

function unusualReply(one: Unusual): UnusualReply {
  return { ...one, at: isoMicros(one.at), agent: one.agent ?? null };
}

export interface IncidentRoutesDeps {
  clock: Clock;
  /** All that are kept, newest first. */
  incidents: () => Promise<Incident[]>;
  runs: () => Promise<Run[]>;
  /** What was unusual around one: weak evidence, kept beside it. */
  unusual?: (id: string) => Promise<Unusual[]>;
  /** What people did about one. */
  care?: (id: string) => Care;
  /** What somebody can do about one; a sentence. */
  advice?: (incident: Incident) => string | undefined;
}

export function incidentRoutes({ incidents, runs, unusual, care, advice }: IncidentRoutesDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/incidents',
      summary: 'Incidents, newest first',
      tag: 'incidents',
      auth: 'read',
      query: z.strictObject({
        state: z.enum(['open', 'resolved', 'all']).default('all'),
        run: z.string().min(1).max(200).optional().describe(`Only those of a run: ${RUN_WORDS}`),
        agent: z.string().max(200).optional().describe('Only those about this agent, or `controller`'),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      reply: z.object({ incidents: z.array(IncidentReply) }),
      async handler({ query: { state, run, agent, limit } }) {
        const only = run === undefined ? undefined : findRun(await runs(), run).id;
        const wanted = (await incidents()).filter(
          incident =>
            (state === 'all' || (incident.resolvedAt === undefined) === (state === 'open')) &&
            (only === undefined || incident.run === only) &&
            (agent === undefined || incident.subjects.includes(agent)),
        );
        return { incidents: wanted.slice(0, limit).map(incidentReply) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/incidents/:id',
      summary: 'One incident with all its evidence',
      tag: 'incidents',
      auth: 'read',
      params: z.object({ id: z.string().max(64) }),
      reply: IncidentReply.extend({
        unusual: z
          .array(UnusualReply)
          .describe('Lines out of the ordinary around it: weak evidence that raises no alarm by itself'),
        care: CareReply,
        advice: z.string().nullable().describe('What to do about it'),
      }),
      async handler({ params: { id } }) {
        const found = (await incidents()).find(incident => incident.id === id);
        if (!found) throw new DeadairError('not-found', `There is no incident ${id}.`, { subject: 'id' });
        return {
          ...incidentReply(found),
          unusual: ((await unusual?.(id)) ?? []).map(unusualReply),
          care: careReply(care?.(id) ?? NO_CARE),
          advice: advice?.(found) ?? null,
        };
      },
    }),
  ];
}
