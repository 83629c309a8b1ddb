import type { Mark } from '../model/finding.js';
import type { Cause } from '../model/incident.js';
import { FAULT_CLASSES, LEVELS } from '../model/vocabulary.js';
import { byNumber, clock, list, plural } from '../wording/words.js';
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
  minutes: Record<string, number>;
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
  troubles: Record<string, Trouble>;
  programs: string[];
}

const WINDOW = 60_000;
/** No further fault for so long: it is over, even if nobody said so. */
const QUIET = 300_000;
const MOST = 2000;
const EVIDENCE = 20;
const FAULTS: ReadonlySet<string> = new Set(FAULT_CLASSES);
const ERROR = LEVELS.indexOf('error');
const WARN = LEVELS.indexOf('warn');
const INFO = LEVELS.indexOf('info');

const CAUSE_OF: Record<string, Cause> = {
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
  private readonly troubles: Record<string, Trouble>;
  /** Sources whose program is known: their faults are worked out from its events. */
  private readonly programs: Set<string>;
  /** Grows with every change; of each trouble, the change it had last. */
  private changes = 0;
  private readonly changedIn = new WeakMap<Trouble, number>();
  private readonly judged = new Map<string, Judged>();

  constructor(
    private readonly settings: EngineSettings,
    private readonly names: Names,
    private readonly skips: Skips,
    saved?: NetworkState,
  ) {
    this.troubles = saved?.troubles ?? {};
    this.programs = new Set(saved?.programs ?? []);
  }

  save(): NetworkState {
    return { troubles: this.troubles, programs: [...this.programs] };
  }

  note(mark: Mark, at: number): void {
    if (mark.event && this.settings.behaviours.has(mark.rule.split('/')[0] ?? '')) {
      this.programs.add(mark.source);
      for (const [key, trouble] of Object.entries(this.troubles)) {
        if (trouble.since === undefined && trouble.recent.at(-1)?.fact.record.startsWith(mark.source))
          delete this.troubles[key];
      }
    }
    if (this.programs.has(mark.source)) return;
    const about = aboutWhom(mark, this.names);
    if (mark.class === 'recovered') this.recovered(mark, about, at);
    if (!FAULTS.has(mark.class)) return;
    const key = `${mark.agent}|${about ?? ''}`;
    let trouble = this.troubles[key];
    if (!trouble) {
      this.forget();
      trouble = { agent: mark.agent, about, recent: [], minutes: {}, last: at, lastSeen: mark.ingestedAt };
      this.troubles[key] = trouble;
    }
    this.add(trouble, mark, at);
  }

  /** Troubles that are incidents; those of many about one peer, or of one about many, are one. */
  judge(now: number, earlier: Verdict[]): Verdict[] {
    const lost = new Set(
      earlier.flatMap(({ kind, resolvedAt, subjects }) =>
        kind === 'agent-lost' && resolvedAt === undefined ? subjects : [],
      ),
    );
    const open = Object.values(this.troubles).filter(trouble => trouble.since !== undefined);
    const peers = agentsByPeer(open);
    const groups = new Map<string, Trouble[]>();
    for (const trouble of open) {
      if (lost.has(trouble.agent)) continue;
      const shared = trouble.about !== undefined && peers.get(trouble.about)!.size > 1;
      const key = shared ? `about:${trouble.about}` : `of:${trouble.agent}`;
      const group = groups.get(key);
      if (group) group.push(trouble);
      else groups.set(key, [trouble]);
    }
    for (const key of this.judged.keys()) if (!groups.has(key)) this.judged.delete(key);
    return [...groups].map(([key, group]) => this.known(key, group, now));
  }

  due(now: number): number {
    let due = Number.POSITIVE_INFINITY;
    for (const trouble of Object.values(this.troubles)) {
      if (trouble.since !== undefined && trouble.lastSeen + QUIET > now)
        due = Math.min(due, trouble.lastSeen + QUIET);
    }
    return due;
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
    const minute = String(Math.floor(at / 60_000));
    trouble.minutes[minute] = (trouble.minutes[minute] ?? 0) + 1;
    for (const old of Object.keys(trouble.minutes))
      if (Number(old) < at / 60_000 - 60) delete trouble.minutes[old];
    trouble.recent = trouble.recent.filter(signal => signal.at > at - WINDOW).slice(-20);
    trouble.recent.push({
      at,
      points: pointsOf(mark, trouble.about),
      fact: toFact(mark, at),
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
  }

  /** The hour before had such lines in most minutes, about as many. */
  private isUsual(trouble: Trouble, minute: string): boolean {
    const before = Object.entries(trouble.minutes).filter(([name]) => name !== minute);
    if (before.length < 10) return false;
    const mean = before.reduce((sum, [, count]) => sum + count, 0) / before.length;
    return (trouble.minutes[minute] ?? 0) <= 3 * mean;
  }

  private recovered(mark: Mark, about: string | undefined, at: number): void {
    for (const trouble of Object.values(this.troubles)) {
      if (
        trouble.agent !== mark.agent ||
        (about !== undefined && trouble.about !== undefined && trouble.about !== about)
      )
        continue;
      this.changed(trouble);
      if (trouble.since === undefined) trouble.recent = [];
      else trouble.over = { at, seen: mark.ingestedAt };
    }
  }

  private verdict(key: string, group: Trouble[], now: number): Verdict {
    const agents = [...new Set(group.map(trouble => trouble.agent))].sort(byNumber);
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
      ...(CAUSE_OF[worst] ? { cause: CAUSE_OF[worst] } : {}),
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
    delete trouble.since;
    delete trouble.knownAt;
    delete trouble.over;
    trouble.recent = [];
  }

  private forget(): void {
    const all = Object.entries(this.troubles);
    if (all.length < MOST) return;
    const idle = all
      .filter(([, trouble]) => trouble.since === undefined)
      .sort((a, b) => a[1].last - b[1].last);
    for (const [key] of idle.slice(0, MOST / 10)) delete this.troubles[key];
  }
}

function agentsByPeer(troubles: readonly Trouble[]): Map<string, Set<string>> {
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
