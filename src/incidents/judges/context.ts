import type { Evidence, Incident } from '../../model/incident.js';
import type { Attempt } from '../../model/probe.js';
import type { ByName } from '../../platform/by-name.js';
import type { Absence } from '../blindness.js';
import {
  type AgentFacts,
  type AgentState,
  evidenceOf,
  type Fact,
  type RunFacts,
  type Verdict,
} from '../facts.js';
import type { HostWatch } from '../hosts.js';
import type { Names } from '../names.js';
import type { Behaviour, EngineSettings } from '../settings.js';

/** What a judge may look at. Judges are functions of it: the same facts give the same verdicts, however they came. */
export interface Context {
  now: number;
  settings: EngineSettings;
  run: RunFacts;
  behaviour: Behaviour;
  agents: ByName<AgentState>;
  names: Names;
  hosts: HostWatch;
  /** All runs, for what came after this one. */
  runs: readonly RunFacts[];
  /** Verdicts of the judges before. */
  earlier: Verdict[];
  skip(rule: string, agent: string | undefined, at: number, reason: string): void;
  /**
   * When a silence that began at `since` has lasted `limit`: time in which Deadair was not looking does not count.
   * Infinity where it is not looking any more.
   */
  silentAt(since: number, limit: number): number;
  /** The last time Deadair was away. */
  absence: Absence | undefined;
  /** Judge again then: something more can be told, though nothing new comes in. */
  wake(at: number): void;
  /** What was told of an agent in this run, the latest first. */
  told(agent: string): readonly Incident[];
  /** What came of the service's own try of the address that the controller has for an agent. */
  attempt(agent: string): Attempt | undefined;
  /** Somebody should try an address that a controller can't use, and say what came of it. */
  wantTried(agent: string, address: string): void;
  /** How long an agent's signs of life may stay away. */
  aliveLimit(agent: AgentFacts): number;
  /** Kept by `cascade`: what each agent printed, by time. */
  reactions?: { agent: string; line: Evidence }[];
}

/** The lines of an orderly end come together. */
const LAST_WORDS = 2000;

/** Agents of the run in the order people number them (which `run.agents` is kept in). */
export function agentsOf(run: RunFacts): AgentFacts[] {
  return run.run.agents.flatMap(id => run.agents[id] ?? []);
}

/**
 * When the run came to its end, whichever way (a controller's panic counts unless told not to); Infinity while it goes
 * on.
 */
export function endOf(run: RunFacts, panicCounts = true): number {
  return endFact(run, panicCounts).at;
}

interface RunEnd {
  at: number;
  /** When the news of it came. */
  seen: number;
  /** Where it is not known so well: it came between this and `at`. */
  earliest?: number;
}

export function endFact(run: RunFacts, panicCounts = true): RunEnd {
  const ends: (RunEnd | undefined)[] = [
    run.completed,
    run.failed,
    run.gaveUp,
    run.interrupted,
    panicCounts ? run.panicked : undefined,
    run.aborting,
    run.startupTimeout,
    run.supersededAt === undefined ? undefined : { at: run.supersededAt, seen: run.supersededAt },
    // without a controller's log the agents' words are all there is
    ...(run.implicit
      ? Object.values(run.agents).flatMap(agent => [agent.aborted, agent.controllerLost])
      : []),
  ];
  let first: RunEnd = { at: Number.POSITIVE_INFINITY, seen: Number.POSITIVE_INFINITY };
  let earliest = Number.POSITIVE_INFINITY;
  for (const end of ends) {
    if (!end) continue;
    earliest = Math.min(earliest, end.earliest ?? end.at);
    if (end.at < first.at) first = end;
  }
  return { at: first.at, seen: first.seen, ...(earliest < first.at ? { earliest } : {}) };
}

/** A log later than that is a backlog, and nobody waits for it. */
const LATEST_LOG = 20_000;

/** How late an agent's log comes: what it says is waited for so much longer. A clock that is measured to be off is none of it. */
export function lagOf({ agents, hosts }: Context, id: string): number {
  const late = (agents[id]?.lag ?? 0) + (hosts.hostOf(id)?.clock?.offset ?? 0);
  return late > LATEST_LOG ? 0 : Math.max(0, late);
}

/** Works on a phase it announced or was told to begin, and has not said that it is over. */
export function isWorking(agent: AgentFacts, at: number): boolean {
  if (!agent.started || agent.started.at > at) return false;
  return [agent.phaseEnded, agent.completed, agent.aborted, agent.workloadFailed, agent.stopping].every(
    end => end === undefined || end.at < (agent.started?.at ?? 0) || end.at > at,
  );
}

/** The first of the agent's own lines in a span of time, by reading time, up to the start of a new process. */
export function ownLineWithin(context: Context, id: string, from: number, to: number): number | undefined {
  const state = context.agents[id];
  const born = state?.births?.find(at => at >= from - 1000) ?? Number.POSITIVE_INFINITY;
  const end = Math.min(to, born - 250);
  return state?.heardAt.find(at => at >= from && at <= end);
}

/**
 * When lines that should have come since `since` have stayed away for `limit`: time in which the agents' collectors were behind, told to
 * wait or slow, does not count, for the lines may be among those that wait. Infinity while they are. Nor does the time after Deadair
 * was away in which their collectors may not have tried again yet.
 */
export function absentAt(
  context: Pick<Context, 'hosts' | 'silentAt' | 'agents' | 'absence'>,
  agents: readonly (string | undefined)[],
  since: number,
  limit: number,
): number {
  const known = agents.flatMap(agent => agent ?? []);
  const at = context.silentAt(since, limit + context.hosts.waitedSince(known, since));
  const { absence } = context;
  return absence && absence.from <= at && known.some(id => !isHeardSince(context, id, absence.to))
    ? Math.max(at, absence.caughtUp)
    : at;
}

/** Lines of an agent came after `at`, or its collector said that there are none. */
function isHeardSince({ agents, hosts }: Pick<Context, 'hosts' | 'agents'>, id: string, at: number): boolean {
  const read = hosts.readUntil(id);
  return (agents[id]?.cameAt ?? 0) >= at || (typeof read === 'number' && read >= at);
}

/**
 * Whether more can come of an agent's log: whoever wrote it is there. Where `tee` died and the program behind it works on, what its log
 * does not say proves nothing.
 */
export function canSpeak({ hosts }: Context, id: string): boolean {
  return typeof hosts.goneSince(id) !== 'number';
}

/** Deadair reads a log of this agent and had lines of it before `at`. */
export function isFollowed(context: Context, id: string, at: number): boolean {
  const state = context.agents[id];
  return state !== undefined && state.firstSeen <= at;
}

/**
 * When the agent gave the next sign of life after `at`: a new process, another run, or lines of its own from `linesAfter`
 * on (the last lines of a dying process may be read a little late).
 */
export function backAfter(
  context: Context,
  id: string,
  at: number,
  linesAfter = at + 5000,
): { at: number; seen: number } | undefined {
  const state = context.agents[id];
  const signs: { at: number; seen: number }[] = [];
  const facts = [state?.processStarted, state?.joined, state?.answered];
  for (const run of context.runs) facts.push(run.agents[id]?.answered);
  for (const fact of facts) if (fact && fact.at > at) signs.push({ at: fact.at, seen: fact.seen });
  const line = state?.heardAt.find(time => time > linesAfter);
  // the last words of one that was being stopped are none of one that is back
  const stopped = state?.stopping && state.stopping.at > at && state.stopping.at <= (line ?? 0) + LAST_WORDS;
  if (line !== undefined && !stopped) signs.push({ at: line, seen: line });
  return signs.sort((a, b) => a.at - b.at)[0];
}

export function symptoms(...facts: (Fact | undefined)[]): Evidence[] {
  return facts.flatMap(fact => (fact ? [evidenceOf(fact, 'symptom')] : []));
}

export function causes(...facts: (Fact | undefined)[]): Evidence[] {
  return facts.flatMap(fact => (fact ? [evidenceOf(fact, 'cause')] : []));
}

/** The verdicts of the judges before, by each agent they name. */
export function earlierOn({ earlier }: Context): Map<string, Verdict[]> {
  const byAgent = new Map<string, Verdict[]>();
  for (const verdict of earlier)
    for (const subject of verdict.subjects) {
      const verdicts = byAgent.get(subject);
      if (verdicts) verdicts.push(verdict);
      else byAgent.set(subject, [verdict]);
    }
  return byAgent;
}

/** Lines of a cascade that an incident tells. */
const CASCADE_KEPT = 40;
/** So long after a loss an agent's reaction belongs to it. */
const REACTS_WITHIN = 120_000;

function reactionsOf(run: RunFacts): NonNullable<Context['reactions']> {
  const reactions = agentsOf(run).flatMap(agent =>
    [agent.aborted, agent.streamError, agent.streamEnded].flatMap(fact =>
      fact ? [{ agent: agent.id, line: evidenceOf(fact, 'consequence') }] : [],
    ),
  );
  return reactions.sort((a, b) => a.line.at - b.line.at);
}

/** What the others printed because a run was stopped: an abort, a broken stream. Dozens of verdicts may ask for it at once. */
export function cascade(context: Context, except: string[], from: number): Evidence[] {
  const { run } = context;
  context.reactions ??= reactionsOf(run);
  const left = new Set(except);
  const lines: Evidence[] = [];
  for (const { agent, line } of context.reactions) {
    if (line.at > from + REACTS_WITHIN || lines.length === CASCADE_KEPT) break;
    if (line.at >= from - 1000 && !left.has(agent)) lines.push(line);
  }
  for (const fact of [run.failed, run.aborting, run.gaveUp]) {
    if (fact && fact.at >= from - 1000) lines.push(evidenceOf(fact, 'consequence'));
  }
  return lines.sort((a, b) => a.at - b.at).slice(0, CASCADE_KEPT);
}
