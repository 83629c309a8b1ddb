import type { ProgramEvent } from '../detect/events.js';
import type { Mark } from '../model/finding.js';
import { type AgentFacts, type AgentState, earlier, type Fact, type LateSpell, later } from './facts.js';

/** Clocks of hosts are taken to disagree by no more, and logs to come no later than each other. */
export const LONGEST_SKEW = 60_000;

/** Reports of a late agent come at least every second; a pause begins a new spell. */
const LATE_PAUSE = 30_000;
const SILENCES_KEPT = 50;
const SPELLS_KEPT = 20;

type FactName = {
  [K in keyof AgentFacts]-?: Exclude<AgentFacts[K], undefined> extends Fact ? K : never;
}[keyof AgentFacts];

type Words = Partial<Record<ProgramEvent, { sets: FactName; keep: typeof earlier }>>;

/** Which fact a controller's word of an agent sets, and whether its first or its last occurrence counts. */
const CONTROLLERS: Words = {
  'agent.answered': { sets: 'answered', keep: earlier },
  'agent.failed': { sets: 'failed', keep: earlier },
  'agent.stream-error': { sets: 'streamError', keep: earlier },
  'agent.connect-failed': { sets: 'connectFailed', keep: earlier },
  'agent.abort-unreachable': { sets: 'unreachable', keep: earlier },
  'agent.rejected': { sets: 'rejected', keep: earlier },
  'agent.stalled': { sets: 'stalled', keep: earlier },
  'agent.recovered': { sets: 'recovered', keep: later },
  'agent.completed': { sets: 'completed', keep: earlier },
  'agent.workload-failed': { sets: 'workloadFailed', keep: earlier },
};

/** The same for what an agent says of itself and of its controller. */
const OWN: Words = {
  'agent.ready': { sets: 'ready', keep: earlier },
  'agent.phase-ended': { sets: 'phaseEnded', keep: later },
  'agent.completed': { sets: 'completed', keep: earlier },
  'agent.aborted': { sets: 'aborted', keep: earlier },
  'agent.detail': { sets: 'detail', keep: earlier },
  'agent.workload-failed': { sets: 'workloadFailed', keep: earlier },
  'agent.start-overdue': { sets: 'startOverdue', keep: later },
  'agent.rejected': { sets: 'rejected', keep: earlier },
  'agent.start-failed': { sets: 'startFailed', keep: earlier },
  'controller.stream-error': { sets: 'streamEnded', keep: earlier },
  'controller.silent': { sets: 'streamEnded', keep: earlier },
  'controller.lost': { sets: 'controllerLost', keep: earlier },
  'controller.goodbye': { sets: 'goodbye', keep: earlier },
};

/** @param aliveLimit ms without a sign of life that make a silence */
export function applyControllersWord(
  event: ProgramEvent,
  agent: AgentFacts,
  mark: Mark,
  fact: Fact,
  aliveLimit: number,
): void {
  const word = CONTROLLERS[event];
  if (word) agent[word.sets] = word.keep(agent[word.sets], fact);
  else if (event === 'agent.late') agent.late = addLate(agent.late ?? [], fact);
  else if (event === 'agent.alive') addAlive(agent, fact, aliveLimit);
  else if (event === 'agent.clock-offset') {
    const milliseconds = Number(mark.fields?.milliseconds);
    if (Number.isFinite(milliseconds)) agent.clock = { milliseconds, fact };
  }
}

/** @param manyErrors failed operations within a minute that make a failing workload */
export function applyOwnWord(
  event: ProgramEvent,
  agent: AgentFacts,
  mark: Mark,
  fact: Fact,
  manyErrors: number,
): void {
  const word = OWN[event];
  if (word) agent[word.sets] = word.keep(agent[word.sets], fact);
  else if (event === 'agent.errors') addError(agent, mark, fact, manyErrors);
  else if (event === 'agent.started') {
    // the newest phase counts, but the line that announces a duration is not undone by one beside it that does not
    const announced = agent.started?.seconds !== undefined && fact.at <= (agent.started?.at ?? 0) + 1000;
    if (fact.seconds !== undefined || !announced) agent.started = later(agent.started, fact);
  }
}

/** Since when the agent takes part in the run; Infinity when it does not, or has come to its end. */
export function engagedSince(agent: AgentFacts): number {
  if (agent.completed) return Number.POSITIVE_INFINITY;
  const facts = [agent.joined, agent.ready, agent.answered, agent.started];
  // its controller's words are by another clock, and its own log may be read later: they tell only beyond what those may differ by
  const since = facts.flatMap(fact =>
    fact ? [fact.by === agent.id ? fact.at : fact.at + LONGEST_SKEW] : [],
  );
  return Math.min(Number.POSITIVE_INFINITY, ...since);
}

function addAlive(agent: AgentFacts, fact: Fact, limit: number): void {
  const alive = agent.alive;
  if (!alive) {
    agent.alive = { first: fact, last: fact, count: 1, longest: 0, silences: [] };
    return;
  }
  const gap = fact.at - alive.last.at;
  if (gap < 0) return;
  if (alive.count >= 3 && gap >= limit) {
    alive.silences.push({ from: alive.last.at, to: fact.at, seen: fact.seen });
    if (alive.silences.length > SILENCES_KEPT) alive.silences.shift();
  } else alive.longest = Math.max(alive.longest, gap);
  alive.count++;
  alive.last = fact;
}

/** Reports repeated without a pause are one spell. */
function addLate(spells: LateSpell[], fact: Fact): LateSpell[] {
  const near = spells.find(
    spell => fact.at >= spell.first.at - LATE_PAUSE && fact.at <= spell.last.at + LATE_PAUSE,
  );
  if (!near)
    return [...spells, { first: fact, last: fact, count: 1 }]
      .sort((a, b) => a.first.at - b.first.at)
      .slice(-SPELLS_KEPT);
  near.first = earlier(near.first, fact);
  near.last = later(near.last, fact);
  near.count++;
  return spells;
}

function addError(agent: AgentFacts, mark: Mark, fact: Fact, enough: number): void {
  const errors = agent.errors ?? { first: fact, last: fact, count: 0, recent: [] };
  errors.first = earlier(errors.first, fact);
  errors.last = later(errors.last, fact);
  errors.count++;
  const total = Number(mark.fields?.total);
  if (Number.isFinite(total)) errors.total = Math.max(errors.total ?? 0, total);
  errors.recent.push(fact.at);
  if (errors.recent.length > enough) errors.recent.shift();
  const oldest = errors.recent[0] ?? fact.at;
  const many = errors.recent.length >= enough && fact.at - oldest <= 60_000;
  if (many || (errors.total ?? 0) >= enough) errors.failingSince ??= fact;
  agent.errors = errors;
}

/** What any line tells of its log: that a program speaks in it, and how late it comes. */
export function noteWay(state: AgentState, { event, time, timeKind = 'own', ingestedAt }: Mark): void {
  if (event) state.speaks = true;
  if (timeKind === 'own') state.lag = Math.min(state.lag ?? Number.POSITIVE_INFINITY, ingestedAt - time);
}
