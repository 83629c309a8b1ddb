import { defined } from '../../platform/defined.js';
import { durationWords } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';
import { list } from '../../wording/words.js';
import { type AgentFacts, type Fact, observation, type Verdict } from '../facts.js';
import {
  absentAt,
  agentsOf,
  type Context,
  canSpeak,
  earlierOn,
  endFact,
  endOf,
  isWorking,
  symptoms,
} from './context.js';

/** Where no end was announced: so much longer than the slowest of its siblings took, and so much at the least, ms. */
const TIMES_SIBLINGS = 2;
const LEAST_PATIENCE = 60_000;

interface Late {
  agent: AgentFacts;
  /** When it should have ended. */
  planned: number;
  knowableAt: number;
  ended?: Fact;
}

interface Limit {
  /** When the work should be over. */
  planned: number;
  /** Until when it is no cause for words: `patience` after `since`, the arrival of what it is counted from. */
  since: number;
  patience: number;
}

/**
 * Agents at work well past the time they announced, or, where they announced none, long after most of their siblings were done. One that
 * ends after all ended late.
 */
export function judgeOverdue(context: Context): Verdict[] {
  const { run, now } = context;
  const end = endOf(run);
  const told = earlierOn(context);
  const all = agentsOf(run).filter(agent => agent.started);
  const done = all.filter(agent => !isWorking(agent, now));
  const due = all.flatMap((agent): Late[] => {
    if (told.get(agent.id)?.some(({ kind }) => kind !== 'clock-skew')) return [];
    if (agent.streamEnded || agent.controllerLost || agent.aborted || agent.stopping) return [];
    const others = done.filter(one => one !== agent);
    const limit = byAnnouncement(context, agent, others) ?? bySiblings(agent, others, all.length);
    if (!limit) return [];
    const ended = endOfWork(agent);
    if (!ended && !canSpeak(context, agent.id)) return [];
    if (ended && ended.at <= limit.planned + limit.patience) return [];
    const knowableAt = absentAt(context, [agent.id], limit.since, limit.patience);
    if (knowableAt >= Math.min(ended?.seen ?? Number.POSITIVE_INFINITY, end)) return [];
    return [{ agent, planned: limit.planned, knowableAt, ...defined({ ended }) }];
  });
  for (const one of due) context.wake(one.knowableAt);
  const first = due.toSorted((a, b) => a.knowableAt - b.knowableAt)[0];
  if (!first) return [];
  const late = due.filter(one => one.knowableAt <= Math.max(now, first.knowableAt));
  return [toVerdict(context, late, first, done)];
}

function byAnnouncement(
  { behaviour }: Context,
  { started }: AgentFacts,
  done: readonly AgentFacts[],
): Limit | undefined {
  if (started?.seconds === undefined) return undefined;
  const length = started.seconds * 1000;
  const drain = (behaviour.drainSeconds ?? 60) * 1000;
  // where all take longer it is the storage, and patience is due
  const turns = done.some(one => one.started?.seconds !== undefined) ? 1 : 2;
  return { planned: started.at + length, since: started.seen + length, patience: drain * turns };
}

function bySiblings({ started }: AgentFacts, done: readonly AgentFacts[], agents: number): Limit | undefined {
  const siblings = done.flatMap(({ started: began, completed }) =>
    began && completed && completed.at > began.at ? [{ took: completed.at - began.at, completed }] : [],
  );
  if (!started || siblings.length < 2 || 2 * siblings.length <= agents) return undefined;
  const slowest = Math.max(...siblings.map(({ took }) => took));
  const { at, seen } = siblings.map(({ completed }) => completed).reduce((a, b) => (b.at > a.at ? b : a));
  return { planned: at, since: seen, patience: Math.max(LEAST_PATIENCE, TIMES_SIBLINGS * slowest) };
}

function endOfWork({ started, phaseEnded, completed, workloadFailed }: AgentFacts): Fact | undefined {
  const ends = [phaseEnded, completed, workloadFailed].flatMap(fact =>
    fact && fact.at >= (started?.at ?? 0) ? [fact] : [],
  );
  return ends.sort((a, b) => a.at - b.at)[0];
}

function toVerdict(
  { run }: Context,
  late: readonly Late[],
  first: Late,
  done: readonly AgentFacts[],
): Verdict {
  const runEnd = endFact(run);
  const names = late.map(({ agent }) => agent.id);
  const punctual = done.filter(({ id }) => !names.includes(id)).map(({ id }) => id);
  const siblings =
    punctual.length > 0 ? `, while ${list(punctual)} ${punctual.length > 1 ? 'were' : 'was'} done` : '';
  const ends = late.map(({ ended }) => ended ?? (Number.isFinite(runEnd.at) ? runEnd : undefined));
  const over = ends.every(one => one !== undefined);
  const announced = first.agent.started?.seconds !== undefined;
  const due = announced ? ` ${clock(first.planned)}` : '';
  return {
    key: `overdue:${run.run.id}`,
    kind: 'overdue',
    subjects: names,
    severity: 'warning',
    run: run.run.id,
    startedAt: first.planned,
    knowableAt: first.knowableAt,
    ...(over
      ? {
          resolvedAt: Math.max(...ends.map(one => one?.at ?? 0)),
          resolvedSeen: Math.max(...ends.map(one => one?.seen ?? 0)),
        }
      : {}),
    explanation: over
      ? `${list(late.map(one => endedWords(one, runEnd.at)))}${announced ? ` (due at${due})` : ''}${siblings}${announced ? '' : ` by ${clock(first.planned)}`}.`
      : announced
        ? `${list(names)} should have ended at${due} and ${names.length > 1 ? 'have' : 'has'} not said that the work is over${siblings}.`
        : `${list(names)} ${names.length > 1 ? 'are' : 'is'} still at work, ${durationWords(first.knowableAt - first.planned)} after ${list(punctual)} had ended (by ${clock(first.planned)}).`,
    evidence: [
      ...symptoms(...late.flatMap(({ agent, ended }) => [agent.started, ended])),
      observation(
        first.knowableAt,
        `${durationWords(first.knowableAt - first.planned)} past ${announced ? 'the announced end' : 'the end of its siblings'}`,
      ),
    ],
    consequences: [],
  };
}

function endedWords({ agent, planned, ended }: Late, runEnd: number): string {
  return ended
    ? `${agent.id} ended ${durationWords(ended.at - planned)} late, at ${clock(ended.at)}`
    : `${agent.id} had not ended when the run did, at ${clock(runEnd)}, ${durationWords(runEnd - planned)} late`;
}
