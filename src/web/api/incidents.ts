import { z } from 'zod';
import {
  CAUSES,
  type Evidence,
  INCIDENT_KINDS,
  type Incident,
  SEVERITIES,
} from '../../incidents/incident.js';
import type { Clock } from '../../platform/clock.js';
import { DeadairError } from '../../platform/errors.js';
import { isoMicros } from '../../records/ecs.js';
import type { Unusual } from '../../templates/unusual.js';
import { type Route, route } from '../route.js';

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

export function unusualReply(one: Unusual): UnusualReply {
  return { ...one, at: isoMicros(one.at), agent: one.agent ?? null };
}

export interface IncidentRoutesDeps {
  clock: Clock;
  /** All that are kept, newest first. */
  incidents: () => Promise<Incident[]>;
  /** What was unusual around one: weak evidence, kept beside it. */
  unusual?: (id: string) => Promise<Unusual[]>;
}

const EvidenceReply = z.object({
  at: z.string(),
  by: z.string().describe('Agent, `controller`, or `deadair` for its own observations'),
  role: z.enum(['cause', 'symptom', 'consequence', 'recovery']),
  text: z.string(),
  record: z.string().optional().describe('event.id of the line'),
  path: z.string().optional(),
  rule: z.string().optional(),
});

export const IncidentReply = z.object({
  id: z.string(),
  kind: z.enum(INCIDENT_KINDS),
  subjects: z.array(z.string()),
  cause: z.enum(CAUSES).nullable(),
  severity: z.enum(SEVERITIES),
  run: z.string().nullable(),
  startedAt: z.string().describe('When the fault began, as far as evidence tells'),
  openedAt: z.string().describe('When it could be known'),
  resolvedAt: z.string().nullable(),
  explanation: z.string().describe('One sentence'),
  evidence: z.array(EvidenceReply),
  consequences: z.array(EvidenceReply).describe('What others logged because of it'),
});
export type IncidentReply = z.infer<typeof IncidentReply>;

export function incidentReply(incident: Incident): IncidentReply {
  const { id, kind, subjects, severity, explanation } = incident;
  return {
    id,
    kind,
    subjects,
    cause: incident.cause ?? null,
    severity,
    run: incident.run ?? null,
    startedAt: isoMicros(incident.startedAt),
    openedAt: isoMicros(incident.openedAt),
    resolvedAt: incident.resolvedAt === undefined ? null : isoMicros(incident.resolvedAt),
    explanation,
    evidence: incident.evidence.map(evidenceReply),
    consequences: incident.consequences.map(evidenceReply),
  };
}

function evidenceReply(item: Evidence): z.infer<typeof EvidenceReply> {
  return { ...item, at: isoMicros(item.at) };
}

export function incidentRoutes({ incidents, unusual }: IncidentRoutesDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/incidents',
      summary: 'Incidents, newest first',
      tag: 'incidents',
      auth: 'token',
      query: z.strictObject({
        state: z.enum(['open', 'resolved', 'all']).default('all'),
        run: z.string().max(200).optional().describe('Id of a run'),
        agent: z.string().max(200).optional().describe('Only those about this agent, or `controller`'),
        limit: z.coerce.number().int().min(1).max(1000).default(100),
      }),
      reply: z.object({ incidents: z.array(IncidentReply) }),
      async handler({ query: { state, run, agent, limit } }) {
        const wanted = (await incidents()).filter(
          incident =>
            (state === 'all' || (incident.resolvedAt === undefined) === (state === 'open')) &&
            (run === undefined || incident.run === run) &&
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
      auth: 'token',
      params: z.object({ id: z.string().max(64) }),
      reply: IncidentReply.extend({
        unusual: z
          .array(UnusualReply)
          .describe('Lines out of the ordinary around it: weak evidence that raises no alarm by itself'),
      }),
      async handler({ params: { id } }) {
        const found = (await incidents()).find(incident => incident.id === id);
        if (!found) throw new DeadairError('not-found', `There is no incident ${id}.`, { subject: 'id' });
        return { ...incidentReply(found), unusual: ((await unusual?.(id)) ?? []).map(unusualReply) };
      },
    }),
  ];
}
