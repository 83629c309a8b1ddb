import { defined } from '../../platform/defined.js';
import { plural, theOther } from '../../wording/amount.js';
import { durationWords } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';
import { brief, list } from '../../wording/words.js';
import { type AgentFacts, type Fact, observation, type Verdict } from '../facts.js';
import { absentAt, agentsOf, type Context, cascade, causes, endOf, symptoms } from './context.js';
import { isUnread } from './lost-cause.js';

/** Nothing goes on after waiting so long for the start, s. */
const START_OVERDUE = 60;
/**
 * The workload was announced and nobody says that it begins: where siblings begin within 1 to 15 s, so long without any line of anybody
 * is no patience any more.
 */
const NOTHING_BEGINS = 45_000;
const SETTLE = 1000;

/** Runs that stand still at the start although nobody is missing. */
export function notBegun(context: Context): Verdict[] {
  const { run } = context;
  if (run.startupTimeout || run.interrupted) return [];
  const refused = couldNotBegin(context);
  if (refused) return [refused];
  return [neverBegun(context) ?? nobodyBegins(context)].flatMap(verdict => verdict ?? []);
}

/** Their own logs say that they can't do what they were told; after an order to stop that is only a consequence. */
function couldNotBegin(context: Context): Verdict | undefined {
  const { run } = context;
  const told = run.workloadStarted;
  if (!told) return undefined;
  const failed = agentsOf(run).flatMap(agent => {
    const fact = agent.startFailed ?? (agent.rejected?.by === agent.id ? agent.rejected : undefined);
    if (!fact || fact.at < told.at - SETTLE) return [];
    const reason = isConsequence(context, agent, fact);
    if (reason) context.skip('agent-not-ready', agent.id, fact.at, reason);
    return reason ? [] : [{ agent, fact }];
  });
  failed.sort((a, b) => a.fact.seen - b.fact.seen);
  const first = failed[0];
  if (!first) return undefined;
  const ids = failed.map(({ agent }) => agent.id);
  const others = agentsOf(run).filter(agent => agent.joined ?? agent.started).length - ids.length;
  return {
    key: `not-begun:${run.run.id}`,
    kind: 'agent-not-ready',
    subjects: ids,
    severity: 'critical',
    run: run.run.id,
    startedAt: Math.min(...failed.map(({ fact }) => fact.at)),
    knowableAt: first.fact.seen + SETTLE,
    explanation: `${list(ids)} could not begin the workload at ${clock(first.fact.at)} (“${brief(first.fact.reason ?? first.fact.text)}”) and ${ids.length > 1 ? 'execute' : 'executes'} nothing since, though nobody told ${ids.length > 1 ? 'them' : 'it'} to stop; ${others > 0 ? `${theOther(others, 'agent')} ${others > 1 ? 'wait or work' : 'waits or works'} without ${ids.length > 1 ? 'them' : 'it'}` : 'the controller waits for all of them in vain'}. End the run and start it anew.`,
    evidence: [...causes(...failed.map(({ fact }) => fact)), ...symptoms(told)],
    consequences: cascade(context, ids, first.fact.at),
  };
}

function isConsequence({ run }: Context, agent: AgentFacts, fact: Fact): string | undefined {
  if (fact === agent.rejected && agent.started && agent.started.at <= fact.at)
    return 'it was at work for this run: what it refused was another';
  const before = (end: Fact | undefined, slack: number) => end !== undefined && end.at <= fact.at + slack;
  if (before(agent.aborted, 500) || before(agent.stopping, 500)) return 'it had been told to stop';
  if (before(agent.completed, 0)) return 'it had completed its part';
  if (before(agent.controllerLost, 500) || before(agent.streamEnded, 500))
    return 'its connection with the controller had ended';
  if (endOf(run) <= fact.at + 500) return 'the run had ended';
  if (agent.started && agent.started.at > fact.at + SETTLE) return 'it began all the same';
  return undefined;
}

/** Most agents got ready and wait for a start that never comes, and none of the others has begun. */
function neverBegun(context: Context): Verdict | undefined {
  const { run } = context;
  const waiting = agentsOf(run).flatMap(agent => {
    const fact = agent.startOverdue;
    return fact && (fact.seconds ?? START_OVERDUE) >= START_OVERDUE && !agent.started
      ? [{ agent, fact }]
      : [];
  });
  const takesPart = agentsOf(run).filter(agent => agent.joined);
  if (waiting.length === 0 || waiting.length <= takesPart.length / 2) return undefined;
  if (takesPart.some(agent => agent.started)) return undefined;
  waiting.sort((a, b) => a.fact.seen - b.fact.seen);
  // known with the line that makes it most of them
  const deciding = waiting[Math.floor(takesPart.length / 2)] ?? waiting.at(-1);
  const earliest = [...waiting].sort((a, b) => a.fact.at - b.fact.at)[0];
  if (!deciding || !earliest) return undefined;
  return {
    ...runNotStarted(context, earliest.fact, deciding.fact.seen + 2 * SETTLE),
    explanation: `The workload never began: ${list(waiting.map(({ agent }) => agent.id))} got ready and ${waiting.length > 1 ? 'have' : 'has'} waited for the controller's start for ${START_OVERDUE} s or more${waiting.length < takesPart.length ? `, and ${takesPart.length - waiting.length > 1 ? `none of the other ${takesPart.length - waiting.length} has begun` : 'the other one has not begun'} either` : ''}.`,
    evidence: [...causes(...waiting.map(({ fact }) => fact)), ...symptoms(run.workloadStarted)].slice(0, 20),
  };
}

/** The watchdog without words: announced, and no line of anybody since. */
function nobodyBegins(context: Context): Verdict | undefined {
  const { run } = context;
  const told = run.workloadStarted;
  if (!told || endOf(run) < Number.POSITIVE_INFINITY) return undefined;
  const takesPart = agentsOf(run).filter(agent => agent.joined);
  if (takesPart.length === 0 || takesPart.length < (run.run.announced ?? 0)) return undefined;
  if (takesPart.some(agent => agent.started ?? agent.completed ?? agent.phaseEnded ?? agent.workloadFailed))
    return undefined;
  if (context.earlier.some(verdict => verdict.kind === 'agent-lost')) return undefined;
  const heard = takesPart.map(agent => context.agents[agent.id]?.heard ?? 0);
  const last = Math.max(told.seen, run.controllerHeard, ...heard);
  if (takesPart.some(agent => isUnread(context, agent.id, last))) return undefined;
  const ids = takesPart.map(agent => agent.id);
  const knowableAt = absentAt(context, [...ids, run.run.controller], last, NOTHING_BEGINS);
  context.wake(knowableAt);
  if (!Number.isFinite(knowableAt)) return undefined;
  return {
    key: `not-begun:${run.run.id}`,
    kind: 'agent-not-ready',
    subjects: ids,
    severity: 'critical',
    run: run.run.id,
    startedAt: told.at,
    knowableAt,
    explanation: `The run stands still: the controller announced the workload at ${clock(told.at)}, none of ${list(ids)} has begun it, and no line of anybody came for ${durationWords(NOTHING_BEGINS)}.`,
    evidence: [
      ...causes(told),
      ...symptoms(...takesPart.map(agent => agent.ready ?? agent.joined)).slice(0, 12),
      observation(last, 'the last line of all agents and the controller'),
    ],
    consequences: [],
  };
}

/** A run that did not start, where no line tells because of whom. */
export function runNotStarted(context: Context, fact: Fact, knowableAt: number): Verdict {
  const { run } = context;
  const next = context.runs.find(
    other => other.started.at > fact.at && other.run.controller === run.run.controller,
  );
  return {
    key: `startup-timeout:${run.run.id}`,
    kind: 'startup-timeout',
    subjects: ['controller'],
    cause: 'timeout',
    severity: 'critical',
    run: run.run.id,
    startedAt: run.started.at,
    knowableAt,
    ...defined({ resolvedAt: next?.started.at, resolvedSeen: next?.started.seen }),
    explanation: `The run did not start: ${durationWords(fact.at - run.started.at)} after its begin ${missingWords(context)}.`,
    evidence: [...causes(fact), ...symptoms(run.waiting?.last)],
    consequences: cascade(context, [], fact.at),
  };
}

function missingWords({ run }: Context): string {
  const waiting = run.waiting;
  if (!waiting) return 'some agents had not answered, and no line tells which';
  return waiting.remaining >= waiting.total
    ? `none of ${plural(waiting.total, 'agent')} had answered`
    : `${waiting.remaining} of ${waiting.total} agents had not answered, and no line tells which`;
}
