import { z } from 'zod';
import { AGENT_STATES, type AgentView } from '../../agents/views.js';
import { IncidentFacts, incidentFacts } from '../../http/incident-reply.js';
import type { Care } from '../../model/care.js';
import type { Incident } from '../../model/incident.js';
import { isoMicros } from '../../records/ecs.js';
import type { Store, StoreStats } from '../../store/store.js';
import { RunReply } from './runs.js';
import { StoreReply, storeReply } from './store-reply.js';

/** What changes rarely of an agent; `Life` has the rest. */
const AgentHead = z.object({
  id: z.string(),
  host: z.string(),
  state: z.enum(AGENT_STATES),
  phase: z.string().nullable(),
  gaps: z.number(),
  clockOffsetMs: z.number().nullable(),
  clockUncertaintyMs: z.number().nullable(),
  files: z.array(z.object({ path: z.string(), error: z.string().nullable() })),
  incidents: z.array(z.string()).describe('Open incidents about it'),
  trouble: z.string().nullable().describe('Why nothing is had of it, and what to do'),
});
export type AgentHead = z.infer<typeof AgentHead>;

/** An agent's signs of life, which change with every line. */
const Life = z.object({
  id: z.string(),
  line: z.number().nullable().describe('Time of the last line, ms since the epoch'),
  heartbeat: z.number().nullable(),
  lag: z.number().nullable().describe('Bytes its collector has seen and not yet delivered'),
  lines: z.number(),
});
export type Life = z.infer<typeof Life>;

/** An incident without its evidence: /v1/incidents/ID has that. */
const IncidentHead = IncidentFacts.extend({
  evidence: z.number().describe('Lines and observations it rests on'),
  consequences: z.number(),
  acknowledged: z.object({ by: z.string(), at: z.string() }).nullable(),
  notes: z.number(),
});
export type IncidentHead = z.infer<typeof IncidentHead>;

const StoreHead = z.object({ id: z.literal('store'), ...StoreReply.shape });
export type StoreHead = z.infer<typeof StoreHead>;

const ServiceHead = z.object({
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
    trouble: agent.trouble ?? null,
  };
}

/** Two digits: what wavers by a tenth is no news. */
function coarse(value: number): number {
  return Number(value.toPrecision(2));
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
  const seen = care?.acknowledged;
  return {
    ...incidentFacts(incident),
    evidence: incident.evidence.length,
    consequences: incident.consequences.length,
    acknowledged: seen ? { by: seen.by, at: isoMicros(seen.at) } : null,
    notes: care?.notes.length ?? 0,
  };
}

export function storeHead(store: Store, stats: StoreStats, warnings: string[]): StoreHead {
  const reply = storeReply(store, stats, warnings);
  // Other programs write all the time.
  return { id: 'store', ...reply, diskFree: reply.diskFree === null ? null : coarse(reply.diskFree) };
}
