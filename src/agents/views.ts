import type { Incident } from '../model/incident.js';
import type { Clock } from '../platform/clock.js';
import { isImported } from '../platform/ids.js';
import { naturalOrder } from '../platform/natural-order.js';
import type { Store } from '../store/store.js';
import type { FileStatus } from '../wire/protocol.js';
import { AgentPhases, OLD_OUTPUT } from './phases.js';

/** What is known of a host from its collector's heartbeats. */
export interface HostLife {
  host: string;
  agents: string[];
  /** Instance and version of the collector. */
  collector: string;
  program: string;
  lastHeartbeatAt: number;
  /** It said it would stop. */
  goodbyeAt?: number | undefined;
  /** Host clock minus server clock, ms, and its uncertainty. */
  clock?: { offset: number; within: number } | undefined;
  diskFree?: number | undefined;
  files: FileStatus[];
  /** The host is pulled from and can't be reached, read or trusted. */
  trouble?: { kind: string; message: string };
  unread?: { path: string; why: string }[];
  /** Its collector beats and can't deliver lines. */
  undelivered?: { since: number; error: string };
}

/** `quiet`: no line, but its host's heartbeat; `ended`: its program is over and says so; `stopped`: it was asked to stop. */
export const AGENT_STATES = [
  'live',
  'quiet',
  'late',
  'silent',
  'lost',
  'ended',
  'stopped',
  'unknown',
] as const;
export type AgentLifeState = (typeof AGENT_STATES)[number];

/** An agent as status, page and command line show it; times in ms since the epoch. */
export interface AgentView {
  id: string;
  host: string;
  state: AgentLifeState;
  phase?: string;
  lastLineAt?: number;
  lastHeartbeatAt?: number;
  /** Bytes its collector has seen and not yet delivered. */
  lagBytes?: number;
  clockOffsetMs?: number;
  clockUncertaintyMs?: number;
  gaps: number;
  lines: number;
  files: { path: string; size: number; position: number; error: string | null }[];
  /** Open incidents it is a subject of. */
  incidents: string[];
  /** Why nothing is had of it, and what to do. */
  trouble?: string;
}

/** An agent that the settings name. */
export interface ExpectedAgent {
  id: string;
  /** `host:port` of its program. */
  address?: string | undefined;
}

export interface AgentViewsDeps {
  store: Store;
  clock: Clock;
  hosts: () => HostLife[];
  incidents: () => Promise<Incident[]>;
  /** Agents of the settings: each has its row from the first second on. */
  expected?: readonly ExpectedAgent[];
  /** Silence thresholds (`silence` in the settings), ms. */
  lateAfter: number;
  silentAfter: number;
}

/** Kinds that say the subject itself is gone or stands still. */
const LOSS = new Set([
  'agent-lost',
  'agent-stalled',
  'controller-lost',
  'controller-stalled',
  'collector-lost',
]);

const NOT_HEARD =
  'no line and no heartbeat yet: see that `deadair collect` runs there, follows its log and reaches this service';

/** Phases of a program that is alive. */
const AT_IT = new Set(['idle', 'ready', 'working', 'starting', 'waiting']);

/** Brings together what sources, heartbeats, marks and incidents say of each agent. */
export class AgentViews {
  private readonly phases: AgentPhases;

  constructor(private readonly deps: AgentViewsDeps) {
    this.phases = new AgentPhases(deps.store);
  }

  async list(): Promise<AgentView[]> {
    const { store, clock, hosts, incidents } = this.deps;
    const [sources, gaps, all] = await Promise.all([
      store.sources(),
      store.gaps(),
      incidents(),
      this.phases.refresh(),
    ]);
    const open = all.filter(incident => incident.resolvedAt === undefined);
    const views = new Map<string, AgentView>();
    const view = (id: string, host: string): AgentView => {
      const known = views.get(id);
      if (known) return known;
      const fresh: AgentView = { id, host, state: 'unknown', gaps: 0, lines: 0, files: [], incidents: [] };
      views.set(id, fresh);
      return fresh;
    };
    const firstSeen = new Map<string, number>();
    for (const source of sources) {
      if (isImported(source.id)) continue;
      firstSeen.set(
        source.agent,
        Math.min(firstSeen.get(source.agent) ?? source.firstSeenAt, source.firstSeenAt),
      );
      const agent = view(source.agent, source.host);
      agent.lines += source.lines;
      agent.lastLineAt = Math.max(agent.lastLineAt ?? 0, source.lastIngestedAt);
      if (!source.ended)
        addFile(agent, { path: source.path, size: source.position, position: source.position, error: null });
    }
    const lives = hosts();
    for (const life of lives) {
      const lags = new Map<string, number>();
      for (const { agent, size, position } of life.files)
        lags.set(agent, (lags.get(agent) ?? 0) + Math.max(0, size - position));
      for (const id of life.agents) this.addLife(view(id, life.host), life, lags.get(id) ?? 0);
      for (const file of life.files) addFile(view(file.agent, life.host), file);
    }
    for (const life of lives) {
      if (!life.trouble) continue;
      // Nothing is known yet of what runs there: the host stands for it, under its own name.
      for (const id of life.agents.length > 0 ? life.agents : [life.host])
        view(id, life.host).trouble = life.trouble.message;
    }
    for (const { id, address } of this.deps.expected ?? [])
      if (!views.has(id)) view(id, address?.replace(/:\d+$/, '') ?? id).trouble = NOT_HEARD;
    for (const gap of gaps)
      if (gap.reason !== 'unseen' && !isImported(gap.source)) view(gap.agent, gap.host).gaps++;
    const now = clock.now();
    const troubles = bySubject(open);
    const lifeOf = new Map(lives.toReversed().map(life => [life.host, life]));
    for (const agent of views.values()) {
      const own = troubles.get(agent.id) ?? [];
      agent.incidents = own.map(incident => incident.id);
      const phase = this.phases.of(agent.id, firstSeen.get(agent.id) ?? 0);
      if (phase !== undefined) agent.phase = phase;
      agent.state = this.stateOf(agent, lifeOf.get(agent.host), own, now);
      // Nobody who is lost works: the phase is what it was doing.
      if (agent.state === 'lost' && agent.phase !== undefined && AT_IT.has(agent.phase))
        agent.phase = `was ${agent.phase}`;
    }
    return [...views.values()].sort(byName);
  }

  /** @param lag bytes of its files that have not been delivered */
  private addLife(agent: AgentView, life: HostLife, lag: number): void {
    agent.host = life.host;
    agent.lastHeartbeatAt = Math.max(agent.lastHeartbeatAt ?? 0, life.lastHeartbeatAt);
    agent.lagBytes ??= 0;
    agent.lagBytes += lag;
    if (life.clock) {
      agent.clockOffsetMs = life.clock.offset;
      agent.clockUncertaintyMs = life.clock.within;
    }
  }

  private stateOf(
    agent: AgentView,
    life: HostLife | undefined,
    own: readonly Incident[],
    now: number,
  ): AgentLifeState {
    if (own.some(incident => LOSS.has(incident.kind))) return 'lost';
    if (
      agent.phase === 'stopped' ||
      (life?.goodbyeAt !== undefined && life.goodbyeAt >= life.lastHeartbeatAt)
    )
      return 'stopped';
    if (this.phases.hasEnded(agent.id) && agent.phase !== OLD_OUTPUT) return 'ended';
    const sinceLine = agent.lastLineAt === undefined ? Number.POSITIVE_INFINITY : now - agent.lastLineAt;
    if (sinceLine < this.deps.lateAfter) return 'live';
    // A healthy agent may write nothing for hours: then its host's heartbeat is its sign of life.
    if (agent.lastHeartbeatAt === undefined) return 'unknown';
    const sinceBeat = now - agent.lastHeartbeatAt;
    if (sinceBeat < this.deps.lateAfter) return 'quiet';
    return sinceBeat < this.deps.silentAfter ? 'late' : 'silent';
  }
}

/** Incidents by each agent they name, once: of a mass failure each may name a thousand. */
function bySubject(incidents: readonly Incident[]): Map<string, Incident[]> {
  const own = new Map<string, Incident[]>();
  for (const incident of incidents)
    for (const subject of new Set(incident.subjects)) {
      const known = own.get(subject);
      if (known) known.push(incident);
      else own.set(subject, [incident]);
    }
  return own;
}

/** The collector's word on a file is newer than the store's. */
function addFile(agent: AgentView, file: AgentView['files'][number]): void {
  const { path, size, position, error } = file;
  const fresh = { path, size, position, error };
  const at = agent.files.findIndex(known => known.path === path);
  if (at < 0) agent.files.push(fresh);
  else agent.files[at] = fresh;
}

/** agent-2 before agent-10; the controller first, as people look for it there. */
function byName(a: AgentView, b: AgentView): number {
  const first = (view: AgentView) => (/^controller/i.test(view.id) ? 0 : 1);
  return first(a) - first(b) || naturalOrder(a.id, b.id);
}
