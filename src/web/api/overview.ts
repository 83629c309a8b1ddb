import { z } from 'zod';
import { AGENT_STATES, type AgentView } from '../../agents/views.js';
import type { Care } from '../../model/care.js';
import { CAUSES, INCIDENT_KINDS, type Incident, SEVERITIES } from '../../model/incident.js';
import { isoMicros } from '../../records/ecs.js';
import { RunReply } from './runs.js';

/** What changes rarely of an agent; `Life` has the rest. */
export const AgentHead = z.object({
  id: z.string(),
  host: z.string(),
  state: z.enum(AGENT_STATES),
  phase: z.string().nullable(),
  gaps: z.number(),
  clockOffsetMs: z.number().nullable(),
  clockUncertaintyMs: z.number().nullable(),
  files: z.array(z.object({ path: z.string(), error: z.string().nullable() })),
  incidents: z.array(z.string()).describe('Open incidents about it'),
});
export type AgentHead = z.infer<typeof AgentHead>;

/** An agent's signs of life, which change with every line. */
export const Life = z.object({
  id: z.string(),
  line: z.number().nullable().describe('Time of the last line, ms since the epoch'),
  heartbeat: z.number().nullable(),
  lag: z.number().nullable().describe('Bytes its collector has seen and not yet delivered'),
  lines: z.number(),
});
export type Life = z.infer<typeof Life>;

/** An incident without its evidence: /v1/incidents/ID has that. */
export const IncidentHead = z.object({
  id: z.string(),
  kind: z.enum(INCIDENT_KINDS),
  subjects: z.array(z.string()),
  cause: z.enum(CAUSES).nullable(),
  severity: z.enum(SEVERITIES),
  run: z.string().nullable(),
  startedAt: z.string(),
  openedAt: z.string(),
  resolvedAt: z.string().nullable(),
  explanation: z.string(),
  evidence: z.number().describe('Lines and observations it rests on'),
  consequences: z.number(),
  acknowledged: z.object({ by: z.string(), at: z.string() }).nullable(),
  notes: z.number(),
});
export type IncidentHead = z.infer<typeof IncidentHead>;

export const StoreHead = z.object({
  id: z.literal('store'),
  kind: z.enum(['embedded', 'elasticsearch']),
  lines: z.number(),
  bytes: z.number(),
  rawBytes: z.number(),
  oldest: z.string().nullable(),
  newest: z.string().nullable(),
  diskFree: z.number().nullable(),
  damaged: z.array(z.object({ file: z.string(), reason: z.string() })),
  warnings: z.array(z.string()),
});

export const ServiceHead = z.object({
  id: z.literal('service'),
  version: z.string(),
  startedAt: z.string(),
  watching: z.array(z.string()),
  kibana: z.boolean(),
});

/** The lists of an overview; every entry has an id, by which changes name it. */
export const OVERVIEW_LISTS = ['service', 'store', 'agents', 'life', 'incidents', 'runs'] as const;
export type OverviewList = (typeof OVERVIEW_LISTS)[number];

export const Overview = z.object({
  service: z.array(ServiceHead),
  store: z.array(StoreHead),
  agents: z.array(AgentHead),
  life: z.array(Life),
  incidents: z.array(IncidentHead).describe('Open ones and the newest that are over, newest first'),
  runs: z.array(RunReply).describe('The newest few'),
});
export type Overview = z.infer<typeof Overview>;

export const OverviewChange = z.object({
  now: z.string(),
  reset: z.boolean().describe('What was known before is not to be kept'),
  set: Overview.partial(),
  gone: z.partialRecord(z.enum(OVERVIEW_LISTS), z.array(z.string())),
});
export type OverviewChange = z.infer<typeof OverviewChange>;

export function agentHead(agent: AgentView): AgentHead {
  return {
    id: agent.id,
    host: agent.host,
    state: agent.state,
    phase: agent.phase ?? null,
    gaps: agent.gaps,
    clockOffsetMs: agent.clockOffsetMs === undefined ? null : coarse(agent.clockOffsetMs),
    clockUncertaintyMs: agent.clockUncertaintyMs === undefined ? null : coarse(agent.clockUncertaintyMs),
    files: agent.files.map(({ path, error }) => ({ path, error })),
    incidents: agent.incidents,
  };
}

/** Two digits: an offset that wavers by a tenth is no news. */
function coarse(ms: number): number {
  return Number(ms.toPrecision(2));
}

export function lifeOf(agent: AgentView): Life {
  return {
    id: agent.id,
    line: agent.lastLineAt === undefined ? null : Math.round(agent.lastLineAt),
    heartbeat: agent.lastHeartbeatAt === undefined ? null : Math.round(agent.lastHeartbeatAt),
    lag: agent.lagBytes ?? null,
    lines: agent.lines,
  };
}

export function incidentHead(incident: Incident, care: Care | undefined): IncidentHead {
  const { id, kind, subjects, severity, explanation } = incident;
  const seen = care?.acknowledged;
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
    evidence: incident.evidence.length,
    consequences: incident.consequences.length,
    acknowledged: seen ? { by: seen.by, at: isoMicros(seen.at) } : null,
    notes: care?.notes.length ?? 0,
  };
}
