import type { Mark } from '../model/finding.js';
import type { Cause } from '../model/incident.js';
import { type FaultClass, isFault, LEVELS } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { naturalOrder } from '../platform/natural-order.js';
import { plural } from '../wording/amount.js';
import { clock } from '../wording/time.js';
import { list } from '../wording/words.js';
import { aboutWhom } from './complaints.js';
import { evidenceOf, type Fact, toFact, type Verdict } from './facts.js';
import type { Names } from './names.js';
import type { EngineSettings } from './settings.js';
import type { Skips } from './skips.js';

interface Signal {
  at: number;
  points: number;
  fact: Fact;
  class: string;
  about: string | undefined;
}

interface Trouble {
  agent: string;
  about: string | undefined;
  /** Signals of the last minute, bounded. */
  recent: Signal[];
  /** Faults per minute in the hour before, to know what is usual here. */
  minutes: Map<number, number>;
  /** Set while there is an incident. */
  since?: number;
  knownAt?: number;
  last: number;
  lastSeen: number;
  over?: { at: number; seen: number };
}

/** A verdict that holds as long as nothing it rests on has changed, and time has not passed `until`. */
interface Judged {
  agents: string;
  change: number;
  until: number;
  verdict: Verdict;
}

export interface NetworkState {
  troubles: (Omit<Trouble, 'minutes'> & { minutes: [number, number][] })[];
  programs: string[];
}

const WINDOW = 60_000;
/** No further fault for so long: it is over, even if nobody said so. */
const QUIET = 300_000;
/** Pairs of an agent and its peer that are remembered: of those without an incident the oldest are forgotten. */
const MOST = 2000;
/** Peers an agent is in trouble with, one by one; what it says of more is its own trouble, without a name. */
const MOST_PEERS = 100;
const MINUTES_KEPT = 60;
/** Signals of a trouble that are kept. */
const RECENT = 20;
const EVIDENCE = 20;
const ERROR = LEVELS.indexOf('error');
const WARN = LEVELS.indexOf('warn');
const INFO = LEVELS.indexOf('info');

const CAUSE_OF: Record<FaultClass, Cause> & Record<string, Cause> = {
  timeout: 'timeout',
  disconnect: 'reset',
  refused: 'refused',
  dns: 'dns',
  tls: 'tls',
};

/**
 * Network faults of programs that have no pack of their own, from what single lines signal. A lone line is no incident:
 * errors weigh more than warnings, a named peer more than none, and what a host prints all the time is usual there.
 */
export class NetworkWatch {
  /** By agent and peer; '' for no peer. */
  private readonly troubles = new Map<string, Map<string, Trouble>>();
  private count = 0;
  /** Those that are incidents. */
  private readonly open = new Set<Trouble>();
  /** Sources whose program is known: their faults are worked out from its events. */
  private readonly programs: Set<string>;
  /** Grows with every change; of each trouble, the change it had last. */
  private changes = 0;
  private readonly changedIn = new WeakMap<Trouble, number>();
  private readonly judged = new Map<string, Judged>();
  /** What was concluded last holds until something changes or time passes `until`. */
  private standing: { change: number; lost: string; until: number; verdicts: Verdict[] } | undefined;

  constructor(
    private readonly settings: EngineSettings,
    private readonly names: Names,
    private readonly skips: Skips,
    saved?: NetworkState,
  ) {
    for (const trouble of saved?.troubles ?? []) this.keep({ ...trouble, minutes: new Map(trouble.minutes) });
    this.programs = new Set(saved?.programs ?? []);
  }

  save(): NetworkState {
    const troubles = [...this.all()].map(trouble => ({ ...trouble, minutes: [...trouble.minutes] }));
    return { troubles, programs: [...this.programs] };
  }

  /** Troubles that are incidents: what a moment's judging walks over. */
  get size(): number {
    return this.open.size;
  }

  note(mark: Mark, at: number): void {
    const program = mark.event !== undefined && this.settings.behaviours.has(mark.rule.split('/')[0] ?? '');
    if (program && !this.programs.has(mark.source)) {
      this.programs.add(mark.source);
      for (const trouble of [...(this.troubles.get(mark.agent)?.values() ?? [])])
        if (trouble.since === undefined && trouble.recent.at(-1)?.fact.record.startsWith(mark.source))
          this.drop(trouble);
    }
    if (this.programs.has(mark.source)) return;
    const recovers = mark.class === 'recovered';
    if (!recovers && !isFault(mark.class)) return;
    const about = aboutWhom(mark, this.names);
    if (recovers) this.recovered(mark, about, at);
    else this.add(this.troubleOf(mark, about, at), mark, at);
  }

  /** Troubles that are incidents; those of many about one peer, or of one about many, are one. */
  judge(now: number, earlier: Verdict[]): Verdict[] {
    if (this.open.size === 0) {
      this.judged.clear();
      return [];
    }
    const lost = new Set(
      earlier.flatMap(({ kind, resolvedAt, subjects }) =>
        kind === 'agent-lost' && resolvedAt === undefined ? subjects : [],
      ),
    );
    const lostNames = [...lost].join();
    const { standing, changes } = this;
    if (standing && standing.change === changes && standing.lost === lostNames && now < standing.until)
      return standing.verdicts;
    const groups = this.groups(lost);
    for (const key of this.judged.keys()) if (!groups.has(key)) this.judged.delete(key);
    const verdicts = [...groups].map(([key, group]) => this.known(key, group, now));
    let until = Number.POSITIVE_INFINITY;
    for (const key of groups.keys()) until = Math.min(until, this.judged.get(key)?.until ?? now);
    this.standing = { change: changes, lost: lostNames, until, verdicts };
    return verdicts;
  }

  due(now: number): number {
    let due = Number.POSITIVE_INFINITY;
    for (const { lastSeen } of this.open) if (lastSeen + QUIET > now) due = Math.min(due, lastSeen + QUIET);
    return due;
  }

  private groups(lost: ReadonlySet<string>): Map<string, Trouble[]> {
    const peers = agentsByPeer(this.open);
    const groups = new Map<string, Trouble[]>();
    for (const trouble of this.open) {
      if (lost.has(trouble.agent)) continue;
      const shared = trouble.about !== undefined && peers.get(trouble.about)!.size > 1;
      const key = shared ? `about:${trouble.about}` : `of:${trouble.agent}`;
      const group = groups.get(key);
      if (group) group.push(trouble);
      else groups.set(key, [trouble]);
    }
    return groups;
  }

  private *all(): Iterable<Trouble> {
    for (const peers of this.troubles.values()) yield* peers.values();
  }

  /** Of so many peers that nobody can tell them one by one, or so many pairs in trouble, the agent's own trouble. */
  private troubleOf(mark: Mark, about: string | undefined, at: number): Trouble {
    const peers = this.troubles.get(mark.agent);
    const known = peers?.get(about ?? '');
    if (known) return known;
    if (about !== undefined && ((peers?.size ?? 0) >= MOST_PEERS || this.open.size >= MOST)) {
      const idle =
        peers && [...peers.values()].find(one => one.since === undefined && one.about !== undefined);
      if (idle && this.open.size < MOST) this.drop(idle);
      else return this.troubleOf(mark, undefined, at);
    }
    if (this.count - this.open.size >= MOST) this.forget();
    return this.keep({
      agent: mark.agent,
      about,
      recent: [],
      minutes: new Map(),
      last: at,
      lastSeen: mark.ingestedAt,
    });
  }

  private keep(trouble: Trouble): Trouble {
    let peers = this.troubles.get(trouble.agent);
    if (!peers) {
      peers = new Map();
      this.troubles.set(trouble.agent, peers);
    }
    peers.set(trouble.about ?? '', trouble);
    this.count++;
    if (trouble.since !== undefined) this.open.add(trouble);
    return trouble;
  }

  private drop(trouble: Trouble): void {
    const peers = this.troubles.get(trouble.agent);
    if (!peers?.delete(trouble.about ?? '')) return;
    this.count--;
    if (peers.size === 0) this.troubles.delete(trouble.agent);
  }

  /** Many hosts in trouble are judged some sixty times a second: only what changed since is judged anew. */
  private known(key: string, group: Trouble[], now: number): Verdict {
    const agents = group.map(trouble => trouble.agent).join();
    const change = group.reduce((latest, one) => Math.max(latest, this.changedIn.get(one) ?? 0), 0);
    const before = this.judged.get(key);
    if (before && before.agents === agents && before.change === change && now < before.until)
      return before.verdict;
    const verdict = this.verdict(key, group, now);
    // One that is over may have been closed by the verdict itself.
    if (verdict.resolvedAt !== undefined) this.judged.delete(key);
    else {
      const quiet = group.filter(one => one.over === undefined).map(one => one.lastSeen + QUIET);
      const until = Math.min(...quiet.filter(at => at > now));
      this.judged.set(key, { agents, change, until, verdict });
    }
    return verdict;
  }

  private changed(trouble: Trouble): void {
    this.changedIn.set(trouble, ++this.changes);
  }

  private add(trouble: Trouble, mark: Mark, at: number): void {
    this.changed(trouble);
    trouble.last = Math.max(trouble.last, at);
    trouble.lastSeen = Math.max(trouble.lastSeen, mark.ingestedAt);
    const minute = Math.floor(at / 60_000);
    const before = trouble.minutes.get(minute);
    trouble.minutes.set(minute, (before ?? 0) + (mark.count ?? 1));
    if (before === undefined)
      for (const old of trouble.minutes.keys())
        if (old < at / 60_000 - MINUTES_KEPT) trouble.minutes.delete(old);
    const { recent } = trouble;
    if (recent.length > RECENT || recent.some(signal => signal.at <= at - WINDOW))
      trouble.recent = recent.filter(signal => signal.at > at - WINDOW).slice(-RECENT);
    trouble.recent.push({
      at,
      points: pointsOf(mark, trouble.about),
      fact: toFact(mark, at, Number.NEGATIVE_INFINITY),
      class: mark.class,
      about: trouble.about,
    });
    if (trouble.over && at > trouble.over.at) delete trouble.over;
    if (trouble.since !== undefined) return;
    const points = trouble.recent.reduce((sum, signal) => sum + signal.points, 0);
    if (points < this.settings.networkPoints) {
      this.skips.note({
        at,
        rule: 'network-fault',
        agent: trouble.agent,
        reason: `${plural(trouble.recent.length, 'fault line')} within a minute weigh ${points} of ${this.settings.networkPoints} points`,
      });
      return;
    }
    if (this.isUsual(trouble, minute)) {
      this.skips.note({
        at,
        rule: 'network-fault',
        agent: trouble.agent,
        reason: 'it prints such lines all the time',
      });
      return;
    }
    trouble.since = trouble.recent[0]?.at ?? at;
    trouble.knownAt = mark.ingestedAt;
    this.open.add(trouble);
  }

  /** The hour before had such lines in most minutes, about as many. */
  private isUsual(trouble: Trouble, minute: number): boolean {
    if (trouble.minutes.size < 11) return false;
    let sum = 0;
    for (const [name, count] of trouble.minutes) if (name !== minute) sum += count;
    const mean = sum / (trouble.minutes.size - 1);
    return (trouble.minutes.get(minute) ?? 0) <= 3 * mean;
  }

  private recovered(mark: Mark, about: string | undefined, at: number): void {
    for (const trouble of this.troubles.get(mark.agent)?.values() ?? []) {
      if (about !== undefined && trouble.about !== undefined && trouble.about !== about) continue;
      this.changed(trouble);
      if (trouble.since === undefined) trouble.recent = [];
      else trouble.over = { at, seen: mark.ingestedAt };
    }
  }

  private verdict(key: string, group: Trouble[], now: number): Verdict {
    const agents = [...new Set(group.map(trouble => trouble.agent))].sort(naturalOrder);
    const since = Math.min(...group.map(trouble => trouble.since ?? 0));
    const counts = new Map<string, number>();
    for (const { recent } of group)
      for (const signal of recent) counts.set(signal.class, (counts.get(signal.class) ?? 0) + signal.points);
    const worst = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? 'timeout';
    const peers = [
      ...new Set(group.flatMap(trouble => (trouble.about === undefined ? [] : [trouble.about]))),
    ];
    const ends = group.map(
      trouble =>
        trouble.over ??
        (now >= trouble.lastSeen + QUIET ? { at: trouble.last, seen: trouble.lastSeen + QUIET } : undefined),
    );
    const over = ends.every(end => end !== undefined);
    if (over && ends.every(end => end.seen + QUIET <= now)) for (const trouble of group) this.close(trouble);
    return {
      key: `network:${key}:${Math.round(since)}`,
      kind: 'network-fault',
      subjects: agents,
      ...defined({ cause: CAUSE_OF[worst] }),
      severity: agents.length > 1 ? 'critical' : 'warning',
      startedAt: since,
      knowableAt: Math.min(...group.map(trouble => trouble.knownAt ?? 0)),
      ...(over
        ? {
            resolvedAt: Math.max(...ends.map(end => end.at)),
            resolvedSeen: Math.max(...ends.map(end => end.seen)),
          }
        : {}),
      explanation: `${list(agents)} ${agents.length > 1 ? 'report' : 'reports'} ${worst} faults${peers.length > 0 ? ` with ${list(peers)}` : ''} since ${clock(since)}${agents.length > 1 && peers.length === 1 ? '; what they share is the peer' : ''}.`,
      evidence: earliest(group, EVIDENCE).map(signal => evidenceOf(signal.fact, 'symptom')),
      consequences: [],
      // what began as one host's trouble turned out to be shared
      takesOver: group.map(trouble => `network:of:${trouble.agent}:${Math.round(trouble.since ?? 0)}`),
    };
  }

  private close(trouble: Trouble): void {
    this.changed(trouble);
    this.open.delete(trouble);
    delete trouble.since;
    delete trouble.knownAt;
    delete trouble.over;
    trouble.recent = [];
  }

  /** A tenth at once, so that the next hundreds need no search. */
  private forget(): void {
    const idle = [...this.all()].filter(trouble => trouble.since === undefined);
    for (const trouble of idle.sort((a, b) => a.last - b.last).slice(0, MOST / 10)) this.drop(trouble);
  }
}

function agentsByPeer(troubles: Iterable<Trouble>): Map<string, Set<string>> {
  const peers = new Map<string, Set<string>>();
  for (const { about, agent } of troubles) {
    if (about === undefined) continue;
    const agents = peers.get(about);
    if (agents) agents.add(agent);
    else peers.set(about, new Set([agent]));
  }
  return peers;
}

/** The first signals of a group. Hundreds of pairs of hosts hold thousands, so they are not sorted for twenty. */
function earliest(group: readonly Trouble[], most: number): Signal[] {
  const kept: Signal[] = [];
  for (const { recent } of group)
    for (const signal of recent) {
      if (kept.length === most && signal.at >= kept[most - 1]!.at) continue;
      let place = kept.length;
      while (place > 0 && kept[place - 1]!.at > signal.at) place--;
      kept.splice(place, 0, signal);
      if (kept.length > most) kept.pop();
    }
  return kept;
}

function pointsOf(mark: Mark, about: string | undefined): number {
  if (mark.level > ERROR) return 3;
  const named = about !== undefined;
  if (mark.level === ERROR) return named ? 2 : 1.5;
  if (mark.level === WARN || mark.level === 0) return named ? 1 : 0.75;
  return mark.level >= INFO && named ? 0.5 : 0.25;
}
