import type { Mark } from '../model/finding.js';
import { isFault } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { naturalOrder } from '../platform/natural-order.js';
import { plural } from '../wording/amount.js';
import { clock } from '../wording/time.js';
import { list } from '../wording/words.js';
import { Candidates } from './borne-out.js';
import { aboutWhom } from './complaints.js';
import { evidenceOf, toFact, type Verdict } from './facts.js';
import type { HostWatch } from './hosts.js';
import type { Names } from './names.js';
import { groupsOf } from './network-groups.js';
import { CAUSE_OF, earliest, isGrave, pointsOf, type Trouble } from './network-signals.js';
import { endWords, witnessWords } from './network-words.js';
import type { EngineSettings } from './settings.js';
import { joinByWitness } from './shared-witness.js';
import type { Skips } from './skips.js';

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
  keys?: [group: string, key: string][];
}

const WINDOW = 60_000;
/** No further fault for so long: it is over, even if nobody said so. */
const QUIET = 300_000;
/** Pairs of an agent and its peer that are remembered: of those without an incident the oldest are forgotten. */
const MOST = 2000;
/** Peers an agent is in trouble with, one by one; what it says of more is its own trouble, without a name. */
const MOST_PEERS = 100;
const MINUTES_KEPT = 60;
/** So long a program that begins may be refused by those it looks for, or lose them again as all connect to each other, ms. */
const STARTING = 20_000;
const AT_THE_START: ReadonlySet<string> = new Set(['refused', 'disconnect']);
/** Signals of a trouble that are kept. */
const RECENT = 20;
const EVIDENCE = 20;
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
  private readonly candidates: Candidates;
  /** Grows with every change; of each trouble, the change it had last. */
  private changes = 0;
  private readonly changedIn = new WeakMap<Trouble, number>();
  private readonly judged = new Map<string, Judged>();
  private ends = '';
  /** Under which keys troubles that last are told: who joins later may have begun earlier. */
  private readonly keys: Map<string, string>;
  /** Under which keys others were told that have turned out to be of this group. */
  private joined = new Map<string, string[]>();
  /** What was concluded last holds until something changes or time passes `until`. */
  private standing: { change: number; lost: string; until: number; verdicts: Verdict[] } | undefined;

  constructor(
    private readonly settings: EngineSettings,
    private readonly names: Names,
    private readonly skips: Skips,
    private readonly hosts: HostWatch,
    /** When the first line of an agent was read. */
    private readonly firstSeen: (agent: string) => number,
    saved?: NetworkState,
  ) {
    this.candidates = new Candidates(hosts);
    for (const trouble of saved?.troubles ?? []) this.keep({ ...trouble, minutes: new Map(trouble.minutes) });
    this.programs = new Set(saved?.programs ?? []);
    this.keys = new Map(saved?.keys);
  }

  save(): NetworkState {
    const troubles = [...this.all()].map(trouble => ({ ...trouble, minutes: [...trouble.minutes] }));
    return { troubles, programs: [...this.programs], keys: [...this.keys] };
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
    for (const { trouble, ended } of this.candidates.take(now)) {
      if (ended !== undefined) trouble.ended = ended;
      this.begin(trouble, Math.max(now, trouble.recent.at(-1)?.fact.seen ?? now));
    }
    if (this.open.size === 0) {
      this.judged.clear();
      this.keys.clear();
      return [];
    }
    const lost = new Set(
      earlier.flatMap(({ kind, resolvedAt, subjects }) =>
        kind === 'agent-lost' && resolvedAt === undefined ? subjects : [],
      ),
    );
    const lostNames = [...lost].join();
    const { standing, changes } = this;
    const ends = `${this.hosts.ends} ${this.hosts.lateNow(now).join()}`;
    if (this.ends !== ends) {
      // what ended or fell silent meanwhile may be why
      this.ends = ends;
      this.judged.clear();
    } else if (standing && standing.change === changes && standing.lost === lostNames && now < standing.until)
      return standing.verdicts;
    const { groups, joined } = joinByWitness(groupsOf(this.open, lost), this.hosts, now);
    this.joined = new Map(
      [...joined].map(([key, others]) => [key, others.flatMap(one => this.keys.get(one) ?? [])]),
    );
    for (const key of this.judged.keys()) if (!groups.has(key)) this.judged.delete(key);
    for (const key of this.keys.keys()) if (!groups.has(key)) this.keys.delete(key);
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
    this.candidates.delete(trouble);
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

  private keyOf(group: string, since: number): string {
    const key = this.keys.get(group) ?? `network:${group}:${Math.round(since)}`;
    this.keys.set(group, key);
    return key;
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
    const words = this.settings.wordsOnly.has(mark.rule);
    trouble.minutes.set(minute, (before ?? 0) + (words ? 0 : (mark.count ?? 1)));
    if (before === undefined)
      for (const old of trouble.minutes.keys())
        if (old < at / 60_000 - MINUTES_KEPT) trouble.minutes.delete(old);
    const { recent } = trouble;
    if (recent.length > RECENT || recent.some(signal => signal.at <= at - WINDOW))
      trouble.recent = recent.filter(signal => signal.at > at - WINDOW).slice(-RECENT);
    const decides = this.settings.decisive.has(mark.rule);
    const starting = AT_THE_START.has(mark.class) && this.isStarting(mark, at);
    const points =
      starting || words ? 0 : decides ? this.settings.networkPoints : pointsOf(mark, trouble.about);
    trouble.recent.push({
      at,
      points,
      fact: toFact(mark, at),
      class: mark.class,
      about: trouble.about,
      grave: decides || (!words && isGrave(mark)),
    });
    if (trouble.over && at > trouble.over.at) delete trouble.over;
    if (trouble.since !== undefined) return;
    const last = trouble.recent.at(-1);
    if (last && (last.grave || last.points >= 1)) this.candidates.add(trouble);
    const sum = trouble.recent.reduce((all, signal) => all + signal.points, 0);
    if (sum < this.settings.networkPoints) {
      this.skips.note({
        at,
        rule: 'network-fault',
        agent: trouble.agent,
        reason: starting
          ? 'its program had just begun: who it looks for may begin later'
          : `${plural(trouble.recent.length, 'fault line')} within a minute weigh ${sum} of ${this.settings.networkPoints} points`,
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
    this.begin(trouble, mark.ingestedAt);
  }

  /** Programs that are begun one after the other find nobody there at first. */
  private isStarting({ agent, host }: Mark, at: number): boolean {
    const since = this.hosts.runsSince(agent, host);
    return since !== undefined && at - (since === 'new' ? this.firstSeen(agent) : since) < STARTING;
  }

  private begin(trouble: Trouble, knownAt: number): void {
    this.changed(trouble);
    // what it said as it had just begun is none of it, unless that is all it said
    const weighty = trouble.recent.filter(({ points }) => points > 0);
    if (weighty.length > 0) trouble.recent = weighty;
    trouble.since = trouble.recent[0]?.at ?? knownAt;
    trouble.knownAt = knownAt;
    this.open.add(trouble);
    this.candidates.delete(trouble);
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
      if (trouble.since === undefined) {
        trouble.recent = [];
        this.candidates.delete(trouble);
      } else trouble.over = { at, seen: mark.ingestedAt };
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
      key: this.keyOf(key, since),
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
      explanation: `${list(agents)} ${agents.length > 1 ? 'report' : 'reports'} ${worst} faults${peers.length > 0 ? ` with ${list(peers)}` : ''} since ${clock(since)}${agents.length > 1 && peers.length === 1 ? '; what they share is the peer' : ''}${endWords(group)}${witnessWords(this.hosts, agents, since, now)}.`,
      evidence: earliest(group, EVIDENCE).map(signal => evidenceOf(signal.fact, 'symptom')),
      consequences: [],
      // what began as one host's trouble turned out to be shared
      takesOver: [
        ...group.map(trouble => `network:of:${trouble.agent}:${Math.round(trouble.since ?? 0)}`),
        ...(this.joined.get(key) ?? []),
      ],
    };
  }

  private close(trouble: Trouble): void {
    this.changed(trouble);
    this.open.delete(trouble);
    delete trouble.since;
    delete trouble.knownAt;
    delete trouble.over;
    delete trouble.ended;
    trouble.recent = [];
  }

  /** A tenth at once, so that the next hundreds need no search. */
  private forget(): void {
    const idle = [...this.all()].filter(trouble => trouble.since === undefined);
    for (const trouble of idle.sort((a, b) => a.last - b.last).slice(0, MOST / 10)) this.drop(trouble);
  }
}
