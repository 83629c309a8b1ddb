import type { Mark } from '../model/finding.js';
import type { Incident, IncidentChange } from '../model/incident.js';
import type { Attempt, ProbeResult } from '../model/probe.js';
import type { Run } from '../model/run.js';
import type { Heartbeat } from '../wire/protocol.js';
import { Attempts } from './attempts.js';
import { Blindness } from './blindness.js';
import { isNews, markAlone } from './company.js';
import { type Complaint, ComplaintMatrix } from './complaints.js';
import { type EngineState, STATE_VERSION } from './engine-state.js';
import { type Answer, answer, type Question } from './explain.js';
import type { RunFacts, Verdict } from './facts.js';
import { Gaps } from './gaps.js';
import { HeldMarks } from './held.js';
import { HostWatch } from './hosts.js';
import type { Activity, Input, LostBytes } from './inputs.js';
import { Ledger } from './ledger.js';
import { judgeMoment, type Known } from './moment.js';
import { Names } from './names.js';
import { NetworkWatch } from './network.js';
import { placeSubjects, type Whereabouts } from './places.js';
import { setBack } from './set-back.js';
import { DEFAULT_SETTINGS, type EngineSettings } from './settings.js';
import { Skips } from './skips.js';
import { inOrder, Timeline } from './timeline.js';
import { Tracker } from './tracker.js';
import { earliestOf } from './undated.js';

/**
 * Of what a moment's judging walks over (hosts, agents, agents of runs, troubles), so much costs next to nothing. Where there is
 * more, moments are as many ms apart: what a second of judging takes then does not grow with the hosts, and what many
 * hosts say within a moment is judged once.
 */
const SMALL = 40;
const LONGEST_GRAIN = 1000;

/**
 * Works out who failed and how. Facts in, incidents out, no clock and no I/O of its own: what it says depends on what
 * was said and when it arrived, not on how the bytes were cut, so live, replay and back-test agree.
 *
 * Marks become facts about runs and agents (ledger.ts), judges are functions of the facts (judges/), and what they
 * conclude is held together as incidents (tracker.ts). A verdict names the time from which it can be known, so the
 * engine wakes for it and `openedAt` does not depend on how often it is asked.
 */
export class IncidentEngine {
  private readonly settings: EngineSettings;
  private readonly names: Names;
  private readonly skips: Skips;
  private readonly ledger: Ledger;
  private readonly hosts: HostWatch;
  private readonly timeline: Timeline;
  private readonly tracker: Tracker;
  private readonly blind: Blindness;
  private readonly network: NetworkWatch;
  private readonly matrix: ComplaintMatrix;
  private readonly gaps: Gaps;
  private readonly attempts: Attempts;
  private readonly held: HeldMarks;
  private queue: Input[];
  /** How far apart moments are, ms. */
  private grain: number;
  private time: number;
  private due = Number.POSITIVE_INFINITY;
  private pending: Verdict[] = [];
  /** When something new or graver was told last. */
  private newsAt = Number.NEGATIVE_INFINITY;
  private readonly whereabouts: Whereabouts;
  private readonly known: Known;
  private dirty = true;

  constructor(settings: Partial<EngineSettings> = {}, snapshot?: string) {
    const saved = snapshot === undefined ? undefined : (JSON.parse(snapshot) as EngineState);
    if (saved && saved.v !== STATE_VERSION)
      throw new Error(`a saved state of version ${saved.v}; this release reads ${STATE_VERSION}`);
    this.settings = { ...DEFAULT_SETTINGS, ...settings };
    this.names = new Names(saved?.names);
    this.skips = new Skips(saved?.skips);
    this.blind = new Blindness(saved?.blind);
    this.ledger = new Ledger(
      this.settings,
      this.names,
      this.skips,
      (mark, at) => this.earliestOf(mark, at),
      saved?.ledger,
    );
    this.timeline = new Timeline(
      host => this.measuredClock(host),
      agent => this.readUntil(agent),
      saved?.timeline,
    );
    this.tracker = new Tracker(saved?.tracker);
    this.hosts = new HostWatch(saved?.hosts, (from, to) => this.blind.seenOf(from, to));
    this.matrix = new ComplaintMatrix(this.names, saved?.complaints);
    this.network = new NetworkWatch(
      this.settings,
      this.names,
      this.skips,
      this.hosts,
      agent => this.ledger.agents[agent]?.firstSeen ?? 0,
      saved?.network,
    );
    this.gaps = new Gaps(saved?.gaps);
    const { ledger, hosts, names } = this;
    this.whereabouts = { ledger, hosts, names, settings: this.settings };
    this.attempts = new Attempts(saved?.attempts);
    this.held = new HeldMarks(saved?.held);
    const { skips, tracker, blind, network, gaps, attempts } = this;
    this.known = { ...this.whereabouts, skips, tracker, blind, network, gaps, attempts };
    this.queue = saved?.queue ?? [];
    this.grain = saved?.grain ?? 1;
    this.time = saved?.now ?? Number.NEGATIVE_INFINITY;
    for (const agent of this.settings.agents) {
      if (agent.address) this.names.learnAddress(agent.address, agent.id);
    }
  }

  mark(mark: Mark): void {
    this.queue.push({ seen: mark.ingestedAt, mark });
  }

  activity(activity: Activity): void {
    this.queue.push({ seen: activity.ingestedAt, activity });
  }

  heartbeat(heartbeat: Heartbeat, receivedAt: number): void {
    this.queue.push({ seen: receivedAt, heartbeat });
  }

  probe(probe: ProbeResult): void {
    this.queue.push({ seen: probe.at, probe });
  }

  /** The service tried the address that a controller complained of. */
  attempt(attempt: Attempt): void {
    this.queue.push({ seen: attempt.at, attempt });
  }

  /** Addresses to be tried, each once in a while. */
  takeWanted(): { agent: string; address: string }[] {
    return this.attempts.takeWanted();
  }

  gap(gap: LostBytes): void {
    this.queue.push({ seen: gap.at, gap });
  }

  /** Deadair was not looking: silences in this time prove nothing. `to` absent: it does not look any more. */
  outage(from: number, to?: number): void {
    this.blind.add(from, to);
    this.dirty = true;
  }

  /** The server's clock was set back and shows `to`. */
  setBack(to: number): void {
    setBack(this.queue, this.hosts, this.ledger, to);
    this.blind.setBack(to);
    this.time = Math.min(this.time, to);
    this.dirty = true;
  }

  /** An agent that is not expected any more. */
  retire(agent: string, retired = true): void {
    this.ledger.agent(agent, Number.isFinite(this.time) ? this.time : 0).retired = retired;
    this.dirty = true;
  }

  /**
   * Takes in what arrived before `now` and judges at every moment something arrived or fell due. What arrived at `now`
   * itself waits for the next call: more of the same moment may still come.
   */
  advance(now: number): IncidentChange[] {
    const changes: IncidentChange[] = [];
    this.queue.sort((a, b) => a.seen - b.seen);
    let taken = 0;
    for (;;) {
      const next = this.momentOf(this.queue[taken]?.seen ?? Number.POSITIVE_INFINITY);
      const arrival = next < now ? Math.max(next, this.time) : Number.POSITIVE_INFINITY;
      const due = this.momentOf(this.due);
      const at = Math.min(arrival, due <= now ? Math.max(due, this.time) : Number.POSITIVE_INFINITY);
      if (at === Number.POSITIVE_INFINITY) break;
      this.time = at;
      if (next <= at && next < now) {
        const from = taken;
        while (taken < this.queue.length && this.queue[taken]!.seen <= at && this.queue[taken]!.seen < now)
          taken++;
        this.take(this.queue.slice(from, taken));
      }
      changes.push(...this.judge(at));
    }
    this.queue = this.queue.slice(taken);
    this.time = Math.max(this.time, now);
    if (this.dirty) changes.push(...this.judge(this.time));
    return changes;
  }

  /** The moment at which something of that time is judged. */
  private momentOf(at: number): number {
    return this.grain > 1 ? Math.ceil(at / this.grain) * this.grain : at;
  }

  incidents(): Incident[] {
    return this.tracker
      .incidents()
      .map(incident => placeSubjects(structuredClone(incident), this.whereabouts));
  }

  runs(): Run[] {
    return structuredClone(this.liveRuns());
  }

  /** The runs themselves, which go on changing (their lists of agents are replaced, not changed). */
  liveRuns(): Run[] {
    return this.ledger.runs.map(facts => facts.run);
  }

  /** Who complained about whom, in a span of time. */
  complaints(from?: number, to?: number): Complaint[] {
    return structuredClone(this.matrix.between(from, to));
  }

  /** Clock offset of a host, ms ahead of the server's clock, with its uncertainty. */
  clockOf(host: string): { offset: number; within: number } | undefined {
    return this.hosts.hosts[host]?.clock;
  }

  /** Why there is an incident, or why there is none. */
  explain(question: Question): Answer {
    const { ledger, hosts, skips, pending } = this;
    return answer(question, { incidents: this.incidents(), pending, skips, ledger, hosts });
  }

  /** Everything, as text for the store; a new engine made with it goes on where this one was. */
  snapshot(): string {
    const state: EngineState = {
      v: STATE_VERSION,
      now: this.time,
      grain: this.grain,
      queue: this.queue,
      ledger: this.ledger.save(),
      hosts: this.hosts.save(),
      tracker: this.tracker.save(),
      timeline: this.timeline.save(),
      names: this.names.save(),
      skips: this.skips.save(),
      blind: this.blind.save(),
      network: this.network.save(),
      complaints: this.matrix.save(),
      gaps: this.gaps.save(),
      attempts: this.attempts.save(),
      held: this.held.save(),
    };
    return JSON.stringify(state);
  }

  static restore(snapshot: string, settings: Partial<EngineSettings> = {}): IncidentEngine {
    return new IncidentEngine(settings, snapshot);
  }

  /** All inputs of one moment, in an order that does not depend on how they came. */
  private take(inputs: readonly Input[]): void {
    this.dirty = true;
    for (const input of inputs) {
      if ('activity' in input) {
        const { agent, host, observedAt, ingestedAt } = input.activity;
        this.ledger.hear(agent, Math.min(ingestedAt, observedAt), ingestedAt);
        this.hosts.sent(host, ingestedAt);
      } else if ('heartbeat' in input) this.hosts.heartbeat(input.heartbeat, input.seen);
      else if ('probe' in input) this.hosts.probe(input.probe);
      else if ('attempt' in input) this.attempts.note(input.attempt);
      else if ('gap' in input) this.gaps.note(input.gap);
    }
    const marks = inputs.flatMap(input => ('mark' in input ? [input.mark] : []));
    const times = this.timeline.place(marks);
    const held = this.timeline.takeCorrected().flatMap(source => this.held.take(source));
    for (const [mark, at] of this.timeline.timesOf(held)) times.set(mark, at);
    const placed = inOrder([...marks, ...held], times);
    for (const { mark, at: time } of placed) {
      const renamed = this.ledger.apply(mark, time);
      if (renamed) this.tracker.rename(renamed.from, renamed.to);
      this.matrix.note(mark, time);
      if (!this.ledger.isOldOutput(mark, time)) this.network.note(mark, time);
      // where a clock is measured it is known who is old
      else if (!this.hosts.hosts[mark.host]?.clock) this.held.hold(mark);
    }
  }

  private judge(at: number): IncidentChange[] {
    this.dirty = false;
    const { verdicts, runs, next } = judgeMoment(this.known, at);
    const judged = new Set(runs.map(({ run }) => run.id));
    this.pending = verdicts.filter(verdict => verdict.knowableAt > at);
    this.markLost(verdicts, at);
    const { changes, due } = this.tracker.update(
      verdicts,
      at,
      incident => incident.run === undefined || judged.has(incident.run),
    );
    for (const { incident } of changes) placeSubjects(incident, this.whereabouts);
    markAlone(changes, { now: at, verdicts, hosts: this.hosts, newsAt: this.newsAt });
    if (changes.some(isNews)) this.newsAt = at;
    const soonest = Math.min(due, next);
    this.due = soonest > at ? soonest : Number.POSITIVE_INFINITY;
    this.grain = this.grainFor(runs);
    return changes;
  }

  private grainFor(judged: readonly RunFacts[]): number {
    const { hosts, network } = this;
    let size = Object.keys(hosts.hosts).length + Object.keys(hosts.agents).length + network.size;
    for (const { run } of judged) size += run.agents.length;
    return size <= SMALL ? 1 : Math.min(size, LONGEST_GRAIN);
  }

  private markLost(verdicts: Verdict[], at: number): void {
    for (const verdict of verdicts) {
      if (verdict.kind !== 'controller-lost' || verdict.knowableAt > at || !verdict.run) continue;
      const facts = this.ledger.runs.find(run => run.run.id === verdict.run);
      if (facts && facts.run.outcome === undefined) {
        facts.run.endedAt = verdict.startedAt;
        facts.run.outcome = verdict.cause === 'interrupted' ? 'interrupted' : 'lost';
      }
    }
  }

  /** When an agent's logs were known to have been read to their ends for the last time. */
  private readUntil(agent: string): number | undefined {
    const told = this.hosts.readUntil(agent);
    return told === 'untold' ? this.ledger.pausedAt(agent) : told;
  }

  private earliestOf(mark: Mark, at: number): number | undefined {
    return earliestOf(mark, at, {
      firstSeen: this.ledger.agent(mark.agent, mark.ingestedAt).firstSeen,
      readUntil: this.readUntil(mark.agent),
      absence: this.blind.latest(),
    });
  }

  /** Only an offset that is certain to be one; below that, clocks agree well enough. */
  private measuredClock(host: string): number | undefined {
    const clock = this.hosts.hosts[host]?.clock;
    return clock && Math.abs(clock.offset) > clock.within + 250 ? clock.offset : clock ? 0 : undefined;
  }
}
