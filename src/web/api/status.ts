import { z } from 'zod';
import { AGENT_STATES, type AgentView, type AgentViews, type HostLife } from '../../agents/views.js';
import { IncidentReply, incidentReply } from '../../http/incident-reply.js';
import { type Route, route } from '../../http/route.js';
import type { Incident } from '../../model/incident.js';
import type { Clock } from '../../platform/clock.js';
import { defined } from '../../platform/defined.js';
import { packageVersion } from '../../platform/package-root.js';
import { isoMicros } from '../../records/ecs.js';
import type { RunBook } from '../../runs/book.js';
import type { Gap, Store } from '../../store/store.js';
import { GAP_REASONS } from '../../wire/protocol.js';
import { RunReply, runReply } from './runs.js';
import { StoreReply, storeReply } from './store-reply.js';

export interface StatusRoutesDeps {
  store: Store;
  clock: Clock;
  agents: AgentViews;
  hosts: () => HostLife[];
  incidents: () => Promise<Incident[]>;
  runs: Pick<RunBook, 'list' | 'start' | 'stop' | 'pin'>;
  /** When this service started, ms since the epoch. */
  startedAt: number;
  /** Directories a local collector follows, for people who wonder where to write. */
  watching: () => string[];
  storeWarnings: () => string[];
  kibana: boolean;
}

const AgentReply = z.object({
  id: z.string(),
  host: z.string(),
  state: z
    .enum(AGENT_STATES)
    .describe(
      'live: lines now; quiet: heartbeat only; late, silent: neither; lost: see its incident; stopped: in good order',
    ),
  phase: z.string().nullable(),
  lastLineAt: z.string().nullable(),
  lastHeartbeatAt: z.string().nullable(),
  lagBytes: z.number().nullable().describe('Seen by its collector and not yet delivered'),
  clockOffsetMs: z.number().nullable().describe("Host's clock minus the service's"),
  clockUncertaintyMs: z.number().nullable(),
  gaps: z.number().describe('Byte ranges that could not be had'),
  lines: z.number(),
  files: z.array(
    z.object({ path: z.string(), size: z.number(), position: z.number(), error: z.string().nullable() }),
  ),
  incidents: z.array(z.string()).describe('Open incidents about it'),
  trouble: z.string().nullable().describe('Why nothing is had of it, and what to do'),
});
export type AgentReply = z.infer<typeof AgentReply>;

const HostReply = z.object({
  host: z.string(),
  agents: z.array(z.string()),
  program: z.string(),
  lastHeartbeatAt: z.string(),
  goodbyeAt: z.string().nullable(),
  diskFree: z.number().nullable(),
  trouble: z
    .object({ kind: z.string(), message: z.string() })
    .optional()
    .describe('Why a host that is pulled from can not be reached, read or trusted, and what to do'),
  unread: z
    .array(z.object({ path: z.string(), why: z.string() }))
    .optional()
    .describe('What the settings of its collector name and nobody reads: folders, patterns that fit nothing'),
  undelivered: z
    .object({ since: z.string(), error: z.string() })
    .optional()
    .describe('Its collector beats, and no line can be delivered since then'),
});

export const StatusReply = z.object({
  version: z.string(),
  now: z.string(),
  startedAt: z.string(),
  agents: z.array(AgentReply),
  hosts: z.array(HostReply),
  incidents: z.array(IncidentReply).describe('The open ones, newest first'),
  missing: z
    .array(
      z.object({
        agent: z.string(),
        host: z.string(),
        path: z.string(),
        from: z.number(),
        to: z.number().nullable().describe('null: how many bytes is not known'),
        reason: z.enum(GAP_REASONS),
        at: z.string(),
      }),
    )
    .describe('The newest named gaps; all are in /v1/sources'),
  runs: z.array(RunReply).describe('The newest few'),
  store: StoreReply,
  watching: z.array(z.string()),
  kibana: z.boolean().describe('There are ways into Kibana: /v1/kibana/line, incident, run'),
});
export type StatusReply = z.infer<typeof StatusReply>;

const NEWEST_RUNS = 5;
const NEWEST_GAPS = 20;
/** A doubt is told so long: a restart that truncates its log leaves one each time, and none of them proves a loss. */
const DOUBT_MS = 3_600_000;
const time = (at: number | undefined) => (at === undefined ? null : isoMicros(at));

function agentReply(agent: AgentView): AgentReply {
  return {
    id: agent.id,
    host: agent.host,
    state: agent.state,
    phase: agent.phase ?? null,
    lastLineAt: time(agent.lastLineAt),
    lastHeartbeatAt: time(agent.lastHeartbeatAt),
    lagBytes: agent.lagBytes ?? null,
    clockOffsetMs: agent.clockOffsetMs ?? null,
    clockUncertaintyMs: agent.clockUncertaintyMs ?? null,
    gaps: agent.gaps,
    lines: agent.lines,
    files: agent.files,
    incidents: agent.incidents,
    trouble: agent.trouble ?? null,
  };
}

/** What to say of missing bytes: every loss, and of each file at most its newest doubt, for an hour. */
export function worthTelling<G extends Pick<Gap, 'reason' | 'at' | 'agent' | 'path'>>(
  gaps: readonly G[],
  now: number,
): G[] {
  const doubted = new Set<string>();
  return gaps.filter(({ reason, at, agent, path }) => {
    if (reason !== 'unseen') return true;
    const file = `${agent} ${path}`;
    if (at < now - DOUBT_MS || doubted.has(file)) return false;
    doubted.add(file);
    return true;
  });
}

/** The state of everything at a glance: what the page's side strip and `deadair status` show. */
export function statusRoutes(deps: StatusRoutesDeps): Route[] {
  const { store, clock, agents, hosts, incidents, runs } = deps;
  return [
    route({
      method: 'get',
      path: '/v1/status',
      summary: 'Agents, open incidents, newest runs and the store at a glance',
      tag: 'status',
      auth: 'read',
      query: z.strictObject({}),
      reply: StatusReply,
      async handler() {
        const [list, all, known, stats, gaps] = await Promise.all([
          agents.list(),
          incidents(),
          runs.list(),
          store.stats(),
          store.gaps(),
        ]);
        return {
          version: packageVersion,
          now: isoMicros(clock.now()),
          startedAt: isoMicros(deps.startedAt),
          agents: list.map(agentReply),
          hosts: hosts().map(life => ({
            host: life.host,
            agents: life.agents,
            program: life.program,
            lastHeartbeatAt: isoMicros(life.lastHeartbeatAt),
            goodbyeAt: time(life.goodbyeAt),
            diskFree: life.diskFree ?? null,
            ...defined({ trouble: life.trouble, unread: life.unread }),
            ...(life.undelivered
              ? { undelivered: { ...life.undelivered, since: isoMicros(life.undelivered.since) } }
              : {}),
          })),
          incidents: all.filter(incident => incident.resolvedAt === undefined).map(incidentReply),
          missing: worthTelling(gaps, clock.now())
            .slice(0, NEWEST_GAPS)
            .map(({ agent, host, path, from, to, reason, at }) => ({
              agent,
              host,
              path,
              from,
              to,
              reason,
              at: isoMicros(at),
            })),
          runs: known.slice(0, NEWEST_RUNS).map(run => runReply(run, all)),
          store: storeReply(store, stats, deps.storeWarnings()),
          watching: deps.watching(),
          kibana: deps.kibana,
        };
      },
    }),
    route({
      method: 'get',
      path: '/v1/agents',
      summary: 'Agents with their last sign of life, lag, clock and gaps',
      tag: 'status',
      auth: 'read',
      query: z.strictObject({}),
      reply: z.object({ agents: z.array(AgentReply) }),
      async handler() {
        return { agents: (await agents.list()).map(agentReply) };
      },
    }),
  ];
}
