import type { Heartbeat } from '../wire/protocol.js';
import { observation } from './facts.js';
import type { Cause, Evidence } from './incident.js';

/** What a probe of an agent's port found. */
export interface ProbeResult {
  agent: string;
  address: string;
  at: number;
  /** `open`, `refused` (host answers, nobody listens), `timeout`, `unreachable` (no route, no such host). */
  outcome: 'open' | 'refused' | 'timeout' | 'unreachable';
  milliseconds?: number;
  detail?: string;
}

interface Condition<T> {
  value: T;
  since: number;
  last: number;
}

interface AgentWitness {
  host?: string;
  /** State of the process that holds the log open; `gone` once there was one and now is none. */
  process?: Condition<string>;
  hadProcess?: boolean;
  /** Whether the watched port listens, as its own host sees it. */
  listening?: Condition<boolean>;
  /** How the port answers from the controller's side. */
  port?: Condition<ProbeResult['outcome']>;
  /** It has answered once: only then does its silence mean anything. */
  portWasOpen?: boolean;
  address?: string;
}

export interface HostState {
  host: string;
  agents: string[];
  firstAt: number;
  /** When the last heartbeat was received, by the server's clock. */
  lastAt: number;
  periodMs: number;
  goodbye?: number;
  bootId?: string;
  diskFree?: number;
  /** Host clock minus server clock, from the exchange with the shortest round trip, and its uncertainty. */
  clock?: { offset: number; within: number; at: number };
}

export interface HostsState {
  hosts: Record<string, HostState>;
  agents: Record<string, AgentWitness>;
}

/** Witnesses beside the logs: heartbeats of collectors, processes and ports they report, probes from the server. */
export class HostWatch {
  readonly hosts: Record<string, HostState>;
  readonly agents: Record<string, AgentWitness>;

  constructor(saved?: HostsState) {
    this.hosts = saved?.hosts ?? {};
    this.agents = saved?.agents ?? {};
  }

  save(): HostsState {
    return { hosts: this.hosts, agents: this.agents };
  }

  heartbeat(beat: Heartbeat, receivedAt: number): void {
    const known = this.hosts[beat.host];
    const host: HostState = known ?? {
      host: beat.host,
      agents: [],
      firstAt: receivedAt,
      lastAt: receivedAt,
      periodMs: 5000,
    };
    if (known && receivedAt > known.lastAt) {
      const gap = receivedAt - known.lastAt;
      if (gap < 60_000) host.periodMs = Math.round(0.7 * host.periodMs + 0.3 * gap);
    }
    host.lastAt = receivedAt;
    host.agents = [...new Set([...beat.agents, ...beat.files.map(file => file.agent)])].sort();
    if (beat.goodbye) host.goodbye = receivedAt;
    else delete host.goodbye;
    if (beat.bootId !== undefined) host.bootId = beat.bootId;
    if (beat.diskFree !== null) host.diskFree = beat.diskFree;
    this.learnClock(host, beat);
    this.hosts[beat.host] = host;
    for (const agent of host.agents) this.learnProcess(agent, beat, receivedAt);
  }

  probe(result: ProbeResult): void {
    const witness = this.witness(result.agent);
    witness.address = result.address;
    witness.port = changed(witness.port, result.outcome, result.at);
    if (result.outcome === 'open') witness.portWasOpen = true;
  }

  /** The host a collector on which reports an agent. */
  hostOf(agent: string): HostState | undefined {
    const host = this.agents[agent]?.host;
    return host === undefined ? undefined : this.hosts[host];
  }

  /** What witnesses say of a loss at `at`: the log's process is gone, or stands still. */
  causeFor(agent: string, at: number, now: number): Cause | undefined {
    const witness = this.agents[agent];
    if (!witness) return undefined;
    const process = witness.process;
    if (process && process.last >= at - 30_000) {
      if ((process.value === 'T' || process.value === 'D') && process.since <= at + 2000) return 'frozen';
      if (process.value === 'gone' && process.since >= at - 30_000 && process.since <= at + 30_000)
        return 'crashed';
    }
    const host = this.hostOf(agent);
    const silent =
      host && !host.goodbye && now - host.lastAt > 3 * host.periodMs && host.lastAt <= at + 10_000;
    const port = witness.port;
    if (port && port.last >= at - 5000) {
      if (port.value === 'refused') return silent ? undefined : 'crashed';
      if (port.value !== 'open' && silent) return 'host-unreachable';
    }
    return undefined;
  }

  evidenceFor(agent: string, at: number): Evidence[] {
    const witness = this.agents[agent];
    if (!witness) return [];
    const lines: Evidence[] = [];
    const process = witness.process;
    if (process && process.last >= at - 60_000) {
      lines.push(
        observation(
          process.since,
          process.value === 'gone'
            ? `${agent}: its log's process is gone`
            : `${agent}: its log's process is in state ${process.value}`,
        ),
      );
    }
    const port = witness.port;
    if (port && port.last >= at - 60_000) {
      lines.push(
        observation(port.since, `${agent}: port ${witness.address ?? ''} probed from here: ${port.value}`),
      );
    }
    const host = this.hostOf(agent);
    if (host)
      lines.push(observation(host.lastAt, `${agent}: last heartbeat of its collector on ${host.host}`));
    return lines;
  }

  private witness(agent: string): AgentWitness {
    let witness = this.agents[agent];
    if (!witness) {
      witness = {};
      this.agents[agent] = witness;
    }
    return witness;
  }

  private learnProcess(agent: string, beat: Heartbeat, at: number): void {
    const witness = this.witness(agent);
    witness.host = beat.host;
    const files = beat.files.filter(file => file.agent === agent && file.error === null);
    // absent writers: the collector can't tell (no /proc, no right to look)
    const writers = files.flatMap(file => file.writers ?? []);
    if (files.some(file => file.writers !== undefined)) {
      if (writers.length > 0) witness.hadProcess = true;
      const stopped =
        writers.find(writer => writer.state === 'T' || writer.state === 't') ??
        writers.find(writer => writer.state === 'D');
      const state = writers.length === 0 ? 'gone' : (stopped?.state.toUpperCase() ?? 'running');
      if (witness.hadProcess) witness.process = changed(witness.process, state, at);
    }
    const ports = beat.ports ?? [];
    // a host's watched ports can be told apart by agent only where there is one agent
    if (ports.length > 0 && beat.agents.length === 1) {
      witness.listening = changed(
        witness.listening,
        ports.every(port => port.listening),
        at,
      );
    }
  }

  private learnClock(host: HostState, beat: Heartbeat): void {
    const trip = beat.roundTrip;
    if (!trip) return;
    const within = (trip.receivedAt - trip.sentAt) / 2;
    if (within < 0) return;
    const offset = (trip.sentAt + trip.receivedAt) / 2 - trip.serverNow;
    // clocks drift: an old good exchange loses to a new one after ten minutes
    if (!host.clock || within <= host.clock.within || trip.serverNow - host.clock.at > 600_000) {
      host.clock = { offset, within, at: trip.serverNow };
    }
  }
}

function changed<T>(known: Condition<T> | undefined, value: T, at: number): Condition<T> {
  return known && known.value === value ? { ...known, last: at } : { value, since: at, last: at };
}
