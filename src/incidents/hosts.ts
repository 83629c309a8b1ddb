import type { Cause, Evidence } from '../model/incident.js';
import type { ProbeResult } from '../model/probe.js';
import { type ByName, byName } from '../platform/by-name.js';
import { filesByAgent } from '../wire/listens.js';
import type { Heartbeat } from '../wire/protocol.js';
import { noteBacklog, waitedSince } from './backlog.js';
import { observation } from './facts.js';
import { learnClock } from './host-clock.js';
import { LATE_PERIODS, learnPeriod } from './host-period.js';
import type { AgentWitness, HostState, HostsState, Outage, SavedOutage } from './host-state.js';
import { endsLearntPort, forgetPort } from './learnt-port.js';
import { processOf, processWords } from './processes.js';
import { type Condition, NEAR, noteSpell, spellAround } from './spells.js';

/** A probe and a heartbeat of one moment arrive so close together, ms. */
const ANSWERS_WITHIN = 500;
/** After so many the next one should have come. */
const OVERDUE_PERIODS = 1.5;

/** Witnesses beside the logs: heartbeats of collectors, processes and ports they report, probes from the server. */
export class HostWatch {
  readonly hosts: ByName<HostState>;
  readonly agents: ByName<AgentWitness>;
  readonly outages: ByName<Outage>;
  /** Grows with every process that ends. */
  ends = 0;
  /** Agents whose processes turned out to be gone since this was asked. */
  private gone = new Set<string>();
  private readonly reported = new WeakMap<string[], Set<string>>();

  /** @param seenOf how long was looked in a span: only that much of it can have been silent */
  constructor(
    saved?: HostsState,
    private readonly seenOf: (from: number, to: number) => number = (from, to) => to - from,
  ) {
    this.hosts = byName(saved?.hosts);
    this.agents = byName(saved?.agents);
    // whoever probes them has to learn them anew
    for (const witness of Object.values(this.agents)) if (witness.learnt) forgetPort(witness);
    this.outages = mapValues(saved?.outages ?? byName<SavedOutage>(), one => ({
      ...one,
      agents: new Set(one.agents),
    }));
  }

  save(): HostsState {
    const outages = mapValues(this.outages, one => ({ ...one, agents: [...one.agents] }));
    return { hosts: this.hosts, agents: this.agents, outages };
  }

  heartbeat(beat: Heartbeat, receivedAt: number): void {
    const known = this.hosts[beat.host];
    const before = known?.lastAt ?? receivedAt;
    // the collector that took over beats before the old one's goodbye arrives
    if (beat.goodbye && known && known.collector !== beat.collector) return;
    const host: HostState = known ?? {
      host: beat.host,
      collector: beat.collector,
      agents: [],
      firstAt: receivedAt,
      lastAt: receivedAt,
      periodMs: 5000,
      intervals: [],
      gaps: [],
    };
    if (known && receivedAt > known.lastAt)
      learnPeriod(host, receivedAt, this.seenOf(host.lastAt, receivedAt));
    host.collector = beat.collector;
    host.lastAt = receivedAt;
    const reported = new Set([...beat.agents, ...beat.files.map(file => file.agent)]);
    for (const agent of host.agents)
      if (!reported.has(agent) && this.agents[agent]?.learnt) forgetPort(this.agents[agent]);
    host.agents = [...reported].sort();
    if (beat.goodbye) host.goodbye = receivedAt;
    else delete host.goodbye;
    if (beat.undelivered) host.undelivered = true;
    else if (host.undelivered) {
      delete host.undelivered;
      host.deliveredAt = receivedAt;
    }
    if (beat.bootId !== undefined) host.bootId = beat.bootId;
    if (beat.diskFree !== null) host.diskFree = beat.diskFree;
    if (beat.writable === undefined) delete host.writable;
    else host.writable = beat.writable;
    const clock = beat.roundTrip ? learnClock(host.clock, beat.roundTrip) : host.clock;
    if (clock) host.clock = clock;
    this.hosts[beat.host] = host;
    const files = filesByAgent(beat);
    for (const agent of host.agents) {
      this.learnProcess(agent, beat, files.get(agent) ?? [], receivedAt);
      const witness = this.witness(agent);
      const backlog = noteBacklog(witness.backlog, files.get(agent) ?? [], receivedAt, before);
      if (backlog) witness.backlog = backlog;
    }
  }

  /** Lines came from a host's collector. */
  sent(name: string, at: number): void {
    const host = this.hosts[name];
    if (host && at > (host.linesAt ?? 0)) host.linesAt = at;
  }

  probe(result: ProbeResult): void {
    const witness = this.witness(result.agent);
    witness.address = result.address;
    if (result.learnt) witness.learnt = true;
    else delete witness.learnt;
    noteSpell(witness.port, result.outcome, result.at);
    if (result.outcome === 'open' || result.learnt) witness.portWasOpen = true;
  }

  /** Whether the host's last heartbeat named the agent: a host that is pulled from may name hundreds. */
  reports(host: HostState, agent: string): boolean {
    let agents = this.reported.get(host.agents);
    if (!agents) {
      agents = new Set(host.agents);
      this.reported.set(host.agents, agents);
    }
    return agents.has(agent);
  }

  /** The host a collector on which reports an agent. */
  hostOf(agent: string): HostState | undefined {
    const host = this.agents[agent]?.host;
    return host === undefined ? undefined : this.hosts[host];
  }

  /**
   * Whether the collector that reads an agent's log runs on the agent's host, so that its heartbeat speaks for both: it has
   * seen the log's process, or has no other agent's log. Logs of many agents in a shared directory are read from elsewhere.
   */
  isBeside(agent: string): boolean {
    const witness = this.agents[agent];
    return witness?.hadProcess === true || this.hostOf(agent)?.agents.length === 1;
  }

  /** What witnesses saw of a loss at `at`; it stays what it was when everything is well again. */
  causeFor(agent: string, at: number, now: number): Cause | undefined {
    const witness = this.agents[agent];
    if (!witness) return undefined;
    const stood = witness.process.find(
      spell =>
        (spell.value === 'T' || spell.value === 'D') && spell.since <= at + 2000 && spell.last >= at - 30_000,
    );
    if (stood) return 'frozen';
    const ended = [
      ...witness.process.filter(spell => spell.value === 'gone'),
      ...witness.listening.filter(spell => !spell.value),
    ];
    if (ended.some(spell => Math.abs(spell.since - at) <= 30_000)) return 'crashed';
    const silence = this.silenceAround(agent, at, now);
    const port = witness.port.findLast(
      spell => spell.value !== 'open' && spell.since <= at + NEAR && spell.last >= at - NEAR,
    );
    if (!port) return undefined;
    // heard again while the port went on refusing: a host that was held up, not one that came back
    if (silence && !(port.value === 'refused' && silence.to + ANSWERS_WITHIN <= port.last))
      return port.value === 'refused' ? undefined : 'host-unreachable';
    const alive = this.livesBehind(agent, port);
    if (port.value === 'refused') return alive ? 'reset' : alive === undefined ? undefined : 'crashed';
    return alive ? 'timeout' : undefined;
  }

  /**
   * Whether an agent's process is well although its port does not answer from here, by a heartbeat later than the port's
   * failing. False: it is not, or its own host can't tell; undefined: the next heartbeat will.
   */
  livesBehind(agent: string, port: Condition<unknown>): boolean | undefined {
    const witness = this.agents[agent];
    const host = this.hostOf(agent);
    if (!witness || !host || !this.isBeside(agent)) return false;
    const told = [witness.process, witness.listening].filter(spells => spells.length > 0);
    if (told.length === 0) return false;
    // what began only after the port's last answer, such as a new process, says nothing of it
    // a heartbeat that was on its way when a program stopped listening says so only with the next one
    const from = port.since + ANSWERS_WITHIN + (witness.learnt ? host.periodMs : 0);
    const later = told.flatMap(spells =>
      spells.filter(spell => spell.last > from && spell.since + 1000 <= port.last),
    );
    if (later.length === 0) return host.lastAt > from ? false : undefined;
    return later.every(spell => spell.value === true || spell.value === 'running');
  }

  /** How long of a silence since `since` the agents' lines waited at their collectors, ms; Infinity while some do. */
  waitedSince(agents: readonly string[], since: number): number {
    return Math.max(0, ...agents.map(agent => waitedSince(this.agents[agent]?.backlog, since)));
  }

  /** When its collector last said that an agent's logs had been brought to their ends; `untold` where none speaks of it. */
  readUntil(agent: string): number | 'untold' | undefined {
    const witness = this.agents[agent];
    return witness?.host === undefined ? 'untold' : witness.readAt;
  }

  /** Whether a witness says now that the agent's process or port is not well. */
  isIll(agent: string): boolean {
    const witness = this.agents[agent];
    const process = witness?.process.at(-1)?.value ?? 'running';
    const listening = witness?.listening.at(-1)?.value ?? true;
    return process !== 'running' || !listening || (witness?.port.at(-1)?.value ?? 'open') !== 'open';
  }

  /**
   * Since when the process that wrote an agent's log is gone, by its host's last word; `untold` where no host tells of processes, or
   * its log holds bytes that were not read.
   */
  goneSince(agent: string): number | 'untold' | undefined {
    const witness = this.agents[agent];
    const last = witness?.process.at(-1);
    if (!last || witness?.unread) return 'untold';
    return last.value === 'gone' ? last.since : undefined;
  }

  /**
   * Since when an agent's program runs, by its host's word; `new` where the host is heard and its last word knew of no log of it yet;
   * undefined where nobody tells.
   */
  runsSince(agent: string, host: string): number | 'new' | undefined {
    const witness = this.agents[agent];
    const last = witness?.process.at(-1);
    if (last) return last.value === 'running' ? last.since : undefined;
    return this.hosts[host] !== undefined && witness?.host === undefined ? 'new' : undefined;
  }

  /** Agents of which `goneSince` has told a time since this was asked. */
  takeGone(): string[] {
    const gone = [...this.gone];
    this.gone.clear();
    return gone;
  }

  /** Agents whose processes ended in a span and have not begun anew. */
  endedWithin(from: number, to: number): { agent: string; host: string; at: number }[] {
    return Object.entries(this.agents).flatMap(([agent, { process, host }]) => {
      const last = process.at(-1);
      const ended = last?.value === 'gone' && last.since >= from && last.since <= to;
      return ended && host !== undefined ? [{ agent, host, at: last.since }] : [];
    });
  }

  /** Hosts whose heartbeats stay away now. */
  lateNow(now: number): string[] {
    return Object.values(this.hosts).flatMap(host =>
      host.goodbye === undefined && this.isLate(host, now) ? [host.host] : [],
    );
  }

  /** When everything that was ill around `at` was well again by all witnesses; undefined while it is not, or nothing was. */
  wellAgain(agent: string, at: number, now: number): number | undefined {
    const witness = this.agents[agent];
    const host = this.hostOf(agent);
    if (!witness) return undefined;
    const ends: number[] = [];
    const ill = (spells: Condition<unknown>[], well: unknown[]): boolean => {
      const last = spells.at(-1);
      if (!last) return false;
      if (!well.includes(last.value)) return true;
      const was = spells.some(
        spell => !well.includes(spell.value) && spell.last >= at - 30_000 && spell.since <= at + 60_000,
      );
      if (was && last.since > at) ends.push(last.since);
      return false;
    };
    if (ill(witness.port, ['open'])) return undefined;
    if (this.isBeside(agent)) {
      if (ill(witness.process, ['running']) || ill(witness.listening, [true])) return undefined;
      const gap = this.silenceAround(agent, at, now);
      if (gap && gap.to > at) ends.push(gap.to);
      if (host && this.isLate(host, now)) return undefined;
    }
    return ends.length > 0 ? Math.max(...ends) : undefined;
  }

  /** The spell without heartbeats that a loss at `at` falls into; `to` is Infinity while it lasts. */
  private silenceAround(agent: string, at: number, now: number): { from: number; to: number } | undefined {
    const host = this.hostOf(agent);
    if (!host || host.goodbye !== undefined || !this.isBeside(agent)) return undefined;
    const near = (gap: { from: number; to: number }) => gap.from <= at + NEAR && gap.to >= at - NEAR;
    const open = { from: host.lastAt, to: Number.POSITIVE_INFINITY };
    if (this.isLate(host, now) && near(open)) return open;
    return host.gaps.findLast(near);
  }

  evidenceFor(agent: string, at: number): Evidence[] {
    const witness = this.agents[agent];
    if (!witness) return [];
    const lines: Evidence[] = [];
    const process = spellAround(witness.process, at);
    if (process) {
      const listens = witness.listening.at(-1)?.value === true || witness.port.at(-1)?.value === 'open';
      // behind a `tee` that is gone the program may live on
      const words =
        process.value === 'gone' && listens ? 'nobody writes its log any more' : processWords(process.value);
      lines.push(observation(process.since, `${agent}: ${words}`));
    }
    const port = spellAround(witness.port, at);
    if (port) {
      lines.push(
        observation(port.since, `${agent}: port ${witness.address ?? ''} probed from here: ${port.value}`),
      );
    }
    const host = this.hostOf(agent);
    if (host)
      lines.push(observation(host.lastAt, `${agent}: last heartbeat of its collector on ${host.host}`));
    return lines;
  }

  /** A heartbeat has stayed away: one of them may be on its way. */
  isOverdue(host: HostState, now: number): boolean {
    return host.goodbye === undefined && this.seenOf(host.lastAt, now) > OVERDUE_PERIODS * host.periodMs;
  }

  private isLate(host: HostState, now: number): boolean {
    return this.seenOf(host.lastAt, now) > LATE_PERIODS * host.periodMs;
  }

  private witness(agent: string): AgentWitness {
    let witness = this.agents[agent];
    if (!witness) {
      witness = { process: [], listening: [], port: [] };
      this.agents[agent] = witness;
    }
    return witness;
  }

  /** @param files the agent's that can be read */
  private learnProcess(agent: string, beat: Heartbeat, files: Heartbeat['files'], at: number): void {
    const witness = this.witness(agent);
    const wasGone = typeof this.goneSince(agent) === 'number';
    if (endsLearntPort(witness, beat, files)) forgetPort(witness);
    witness.host = beat.host;
    witness.unread = files.some(file => file.position < file.size);
    const readTo = files.reduce((sum, file) => sum + file.position, 0);
    witness.stuck = witness.unread && readTo === witness.readTo;
    witness.readTo = readTo;
    if (files.length > 0 && !witness.unread) witness.readAt = at;
    const process = processOf(beat, files, at);
    if (process) {
      if (process.present) witness.hadProcess = true;
      if (witness.process.at(-1)?.value === 'running' && process.value === 'gone') this.ends++;
      if (witness.hadProcess) noteSpell(witness.process, process.value, at, process.since);
    }
    if (typeof this.goneSince(agent) === 'number' && !wasGone) this.gone.add(agent);
    const ports = beat.ports ?? [];
    // a host's watched ports can be told apart by agent only where there is one agent
    if (ports.length > 0 && beat.agents.length === 1) {
      noteSpell(
        witness.listening,
        ports.every(port => port.listening),
        at,
      );
    }
  }
}

function mapValues<T, U>(table: ByName<T>, change: (value: T) => U): ByName<U> {
  return byName(Object.fromEntries(Object.entries(table).map(([key, value]) => [key, change(value)])));
}
