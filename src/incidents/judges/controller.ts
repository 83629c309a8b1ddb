import { defined } from '../../platform/defined.js';
import { naturalOrder } from '../../platform/natural-order.js';
import { plural } from '../../wording/amount.js';
import { durationWords, within } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';
import { brief, list } from '../../wording/words.js';
import type { AgentFacts, Fact, LateSpell, Verdict } from '../facts.js';
import { absentAt, agentsOf, type Context, cascade, causes, endOf, symptoms } from './context.js';

const REPORTS_WITHIN = 5000;
const SETTLE = 3000;
/** One agent alone may have lost its own link: its controller is given time to say so. */
const SETTLE_ALONE = 10_000;

/**
 * The controller is gone: several agents at work lose it at once and its own log just ends. One agent alone that loses
 * it has a fault of its own.
 */
export function judgeControllerLost(context: Context): Verdict[] {
  const { run } = context;
  const reports = agentsOf(run).flatMap(agent => {
    const fact = lostController(context, agent);
    return fact ? [{ agent, fact }] : [];
  });
  reports.sort((a, b) => a.fact.at - b.fact.at);
  const first = reports[0];
  const panic = run.panicked;
  if (!first && !(panic && !run.interrupted)) return [];
  const at = Math.min(first?.fact.at ?? Number.POSITIVE_INFINITY, panic?.at ?? Number.POSITIVE_INFINITY);
  const end = endOf(run, false);
  if (end <= at + SETTLE || (run.interrupted && run.interrupted.at <= at + SETTLE)) {
    context.skip(
      'controller-lost',
      first?.agent.id,
      at,
      'the controller had ended the run itself: a consequence',
    );
    return [];
  }
  const close = reports.filter(report => report.fact.at - at <= REPORTS_WITHIN);
  const takesPart = agentsOf(run).filter(agent => agent.joined || agent.started || agent.answered).length;
  if (!panic && close.length < 2 && takesPart > 1) {
    context.skip(
      'controller-lost',
      first?.agent.id,
      at,
      'one agent alone lost it: its own link or process, not the controller',
    );
    return [];
  }
  if (run.controllerHeard > at + SETTLE) {
    context.skip('controller-lost', first?.agent.id, at, 'its own log goes on');
    return [];
  }
  if (run.implicit && context.runs.some(other => !other.implicit && other.controllerHeard > at - SETTLE)) {
    context.skip(
      'controller-lost',
      first?.agent.id,
      at,
      'the log of a controller goes on, and may be its own',
    );
    return [];
  }
  const alone = close.length < 2 && !panic;
  const seen = panic?.seen ?? close[1]?.fact.seen ?? first?.fact.seen ?? at;
  const settle = alone ? SETTLE_ALONE : SETTLE;
  const knowableAt = panic ? seen + settle : absentAt(context, [run.run.controller], seen, settle);
  if (!Number.isFinite(knowableAt)) return [];
  const next = context.runs.find(
    other => other.run.controller === run.run.controller && other.started.at > at,
  );
  return [
    {
      key: `controller-lost:${run.run.id}`,
      kind: 'controller-lost',
      subjects: ['controller'],
      cause: 'crashed',
      severity: 'critical',
      run: run.run.id,
      startedAt: at,
      knowableAt,
      ...defined({ resolvedAt: next?.started.at, resolvedSeen: next?.started.seen }),
      explanation: panic
        ? `The controller died at ${clock(at)} (“${brief(panic.reason ?? panic.text)}”) and left ${plural(takesPart, 'agent')} behind.`
        : `The controller went away at ${clock(at)} without a last word: ${list(close.map(report => report.agent.id).sort(naturalOrder))} lost the connection to it ${within((close.at(-1)?.fact.at ?? at) - at)} while at work, and its own log just ends, so its process died or was killed; if it was started over ssh without tmux, the end of that session took it along.`,
      evidence: [...causes(panic), ...close.flatMap(report => symptoms(report.fact))].slice(0, 20),
      consequences: cascade(context, [], at),
    },
  ];
}

/** The agent lost its controller while it was part of the run, and nobody had told it to stop. */
function lostController(context: Context, agent: AgentFacts): Fact | undefined {
  const fact = [agent.controllerLost, agent.streamEnded]
    .flatMap(one => (one ? [one] : []))
    .sort((a, b) => a.at - b.at)[0];
  if (!fact) return undefined;
  // where the log tells that the agent took the request, it also tells that it completed; otherwise the end of its
  // phase must do
  const phaseEnded = agent.joined ? undefined : agent.phaseEnded;
  const done = [
    agent.completed,
    phaseEnded,
    agent.goodbye,
    agent.aborted,
    agent.stopping,
    agent.workloadFailed,
  ];
  const over = done.some(end => end && end.at <= fact.at + 1000 && end.at >= (agent.started?.at ?? 0));
  if (!agent.controllerLost && over) return undefined;
  if (agent.aborted && agent.aborted.at <= fact.at + 1000) return undefined;
  if (!agent.started && !agent.ready) return undefined;
  const accused = agent.failed ?? agent.streamError;
  if (accused) {
    context.skip('controller-lost', agent.id, fact.at, 'the controller lost this agent and says so');
    return undefined;
  }
  return fact;
}

/** A reporter that calls everybody late at once was the one that stood still. */
export function judgeControllerStalled(context: Context): Verdict[] {
  const { run } = context;
  const spells = agentsOf(run).flatMap(agent => (agent.late ?? []).map(spell => ({ agent, spell })));
  const timed = spells.filter(({ spell }) => spell.first.seconds !== undefined);
  timed.sort((a, b) => a.spell.first.at - b.spell.first.at);
  const watched = agentsOf(run).filter(agent => agent.joined || agent.started || agent.answered).length;
  const verdicts: Verdict[] = [];
  while (timed.length > 0) {
    const start = timed[0]?.spell.first.at ?? 0;
    const together = timed.splice(0, timed.findLastIndex(one => one.spell.first.at - start <= 2000) + 1);
    const verdict = stoodStill(context, together, watched);
    if (verdict) verdicts.push(verdict);
  }
  // one incident a run: it comes back if the controller stands still again
  const last = verdicts.at(-1);
  if (last)
    return [
      {
        ...last,
        startedAt: Math.min(...verdicts.map(one => one.startedAt)),
        knowableAt: Math.min(...verdicts.map(one => one.knowableAt)),
      },
    ];
  return spells.length > 0 ? [] : silentController(context);
}

function stoodStill(
  context: Context,
  together: { agent: AgentFacts; spell: LateSpell }[],
  watched: number,
): Verdict | undefined {
  const { run, behaviour } = context;
  const first = together[0]?.spell.first;
  if (!first) return undefined;
  const seconds = first.seconds ?? 0;
  const limit = behaviour.lateAfterSeconds ?? 60;
  const everybody = together.length >= 0.75 * watched;
  // a single agent proves it only by a report that comes too late for its own threshold
  if (!everybody || (together.length < 2 && seconds <= limit + 5)) return undefined;
  const last = Math.max(...together.map(one => one.spell.last.at));
  if (last - first.at > SETTLE) return undefined;
  return {
    key: `controller-stalled:${run.run.id}`,
    kind: 'controller-stalled',
    subjects: ['controller'],
    cause: 'frozen',
    severity: 'warning',
    run: run.run.id,
    startedAt: first.at - seconds * 1000,
    knowableAt: first.seen + SETTLE + 500,
    resolvedAt: last,
    resolvedSeen: first.seen + SETTLE + 500,
    explanation: `The controller stood still for ${durationWords(seconds * 1000)} until ${clock(first.at)}: when it went on it called ${together.length === watched ? 'all agents' : list(together.map(one => one.agent.id))} late at the same moment and had missed its own ${limit} s threshold, while the agents worked on.`,
    evidence: together.flatMap(one => symptoms(one.spell.first)).slice(0, 20),
    consequences: [],
  };
}

/** During the start a controller prints its progress every few seconds; when that stops it stands still. */
function silentController(context: Context): Verdict[] {
  const { run, behaviour } = context;
  const limit = behaviour.silence?.starting;
  const waiting = run.waiting;
  if (!limit || !waiting || run.workloadStarted || run.allReady || endOf(run) !== Number.POSITIVE_INFINITY)
    return [];
  if (waiting.remaining === 0 || waiting.first === waiting.last) return [];
  const heard = Math.max(waiting.last.seen, run.controllerHeard);
  const knowableAt = absentAt(context, [run.run.controller], heard, limit * 1000);
  if (!Number.isFinite(knowableAt)) return [];
  return [
    {
      key: `controller-stalled:${run.run.id}`,
      kind: 'controller-stalled',
      subjects: ['controller'],
      severity: 'warning',
      run: run.run.id,
      startedAt: waiting.last.at,
      knowableAt,
      explanation: `The controller has printed nothing since ${clock(waiting.last.at)} although it was waiting for ${plural(waiting.remaining, 'agent')} and tells so every few seconds.`,
      evidence: symptoms(waiting.last),
      consequences: [],
    },
  ];
}
