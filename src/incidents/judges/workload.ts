import { defined } from '../../platform/defined.js';
import { plural } from '../../wording/amount.js';
import { durationWords } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';
import { brief, list } from '../../wording/words.js';
import { type AgentFacts, evidenceOf, type Fact, type RunFacts, type Verdict } from '../facts.js';
import { isClockOff } from '../host-clock.js';
import {
  absentAt,
  agentsOf,
  backAfter,
  type Context,
  cascade,
  causes,
  earlierOn,
  endFact,
  endOf,
  isWorking,
  lagOf,
  ownLineWithin,
  symptoms,
} from './context.js';
import { causeOf } from './reasons.js';

/** After its last words a process says nothing more. */
const DEATH_SETTLE = 5000;

/** Operations fail, or an agent's part of the workload failed, for reasons of its own. */
export function judgeWorkload(context: Context): Verdict[] {
  return agentsOf(context.run).flatMap(agent => {
    const failed = ownFailure(context, agent);
    const failing = agent.errors?.failingSince;
    const fact = failing && failed ? (failing.at <= failed.at ? failing : failed) : (failing ?? failed);
    if (!fact) {
      if (agent.errors)
        context.skip(
          'workload-failing',
          agent.id,
          agent.errors.last.at,
          `only ${plural(agent.errors.count, 'failed operation')}: fewer than make a failing workload`,
        );
      return [];
    }
    return [toVerdict(context, agent, fact, failed)];
  });
}

function toVerdict(context: Context, agent: AgentFacts, fact: Fact, failed: Fact | undefined): Verdict {
  const { run } = context;
  const end = [run.completed, run.failed, run.gaveUp, run.interrupted].flatMap(one =>
    one && one.at >= fact.at ? [one] : [],
  )[0];
  const reasons = [failed?.reason, agent.detail?.reason, agent.detail?.text, failed?.text].filter(
    text => text !== undefined,
  );
  const cause =
    causeOf(reasons) ?? (context.hosts.hostOf(agent.id)?.diskFree === 0 ? 'disk-full' : undefined);
  const count = agent.errors ? Math.max(agent.errors.total ?? 0, agent.errors.count) : 0;
  const why = brief(failed?.reason ?? agent.detail?.reason);
  const what =
    count > 0
      ? `${plural(count, 'operation')} failed from ${clock(agent.errors?.first.at ?? fact.at)} on`
      : `its part of the workload failed at ${clock(fact.at)}`;
  return {
    key: `workload:${run.run.id}:${agent.id}`,
    kind: 'workload-failing',
    subjects: [agent.id],
    ...defined({ cause }),
    severity: failed ? 'critical' : 'warning',
    run: run.run.id,
    startedAt: agent.errors?.first.at ?? fact.at,
    knowableAt: fact.seen + 1000,
    ...defined({ resolvedAt: end?.at, resolvedSeen: end?.seen }),
    explanation: `The workload of ${agent.id} is failing: ${what}${why ? ` (“${why}”)` : ''}${failed && count > 0 ? `, and it gave up at ${clock(failed.at)}` : ''}; its connection with the controller is sound${run.completed ? ', and the run counts as passed all the same' : ''}.`,
    evidence: [...causes(agent.errors?.first, failed), ...symptoms(agent.detail, agent.errors?.last)],
    consequences: [run.failed, run.gaveUp].flatMap(one =>
      one && one.at > fact.at ? [evidenceOf(one, 'consequence')] : [],
    ),
  };
}

/** A failure the agent reported before anybody told it to stop or left it. */
function ownFailure(context: Context, agent: AgentFacts): Fact | undefined {
  const failed = agent.workloadFailed;
  if (!failed) return undefined;
  const before = [agent.aborted, agent.streamEnded, agent.controllerLost, agent.stopping].find(
    end => end && end.at <= failed.at + 200,
  );
  if (before || (context.run.interrupted && context.run.interrupted.at <= failed.at + 500)) {
    context.skip('workload-failing', agent.id, failed.at, 'it failed because the run was stopped');
    return undefined;
  }
  return failed;
}

/** Of clocks that are off by a controller's word. */
export function runClockKey({ id }: RunFacts['run']): string {
  return `clock:${id}`;
}

/** Clocks that are off, by the controller's word; those that heartbeats measured are told of by themselves. */
export function judgeClocks(context: Context): Verdict[] {
  const { run, hosts, settings } = context;
  const off = agentsOf(run).filter(({ id, clock }) => {
    const measured = hosts.hostOf(id);
    return (
      clock &&
      Math.abs(clock.milliseconds) >= settings.clockSkew &&
      !isClockOff(measured?.clock, settings.clockSkew)
    );
  });
  const first = off.map(agent => agent.clock?.fact as Fact).sort((a, b) => a.at - b.at)[0];
  if (!first) return [];
  const end = endOf(run);
  return [
    {
      key: runClockKey(run.run),
      kind: 'clock-skew',
      subjects: off.map(agent => agent.id),
      severity: 'warning',
      run: run.run.id,
      startedAt: first.at,
      knowableAt: first.seen + 1000,
      ...(Number.isFinite(end) ? { resolvedAt: end, resolvedSeen: end } : {}),
      explanation: `Clocks disagree with the controller's: ${list(off.map(agent => `${agent.id} is ${durationWords(Math.abs(agent.clock?.milliseconds ?? 0))} ${(agent.clock?.milliseconds ?? 0) > 0 ? 'ahead' : 'behind'}`))}; times in ${off.length > 1 ? 'their logs' : 'its log'} are off by as much.`,
      evidence: causes(...off.map(agent => agent.clock?.fact)),
      consequences: [],
    },
  ];
}

/** Agents that are stopped so close together, ms, were stopped by one act. */
const TOGETHER = 10_000;

/** Agents stopped in an orderly way in the middle of a run, and agents that began anew in it. */
export function judgeProcesses(context: Context): Verdict[] {
  const { run } = context;
  const { at: end, seen: endSeen, earliest = end } = endFact(run);
  const verdicts: Verdict[] = [];
  const stopped = agentsOf(run).filter(agent => {
    const fact = agent.stopping;
    // clocks may disagree: it must be earlier by both
    if (!fact || fact.at > end - 500 || fact.seen > endSeen) return false;
    if (fact.at > earliest - 500) {
      context.skip('agent-stopped', agent.id, fact.at, 'when the run ended is not known');
      return false;
    }
    const over = [
      agent.completed,
      agent.aborted,
      agent.controllerLost,
      agent.streamEnded,
      agent.goodbye,
      agent.restarted,
    ].some(done => done && done.at <= fact.at);
    const partOfIt = isWorking(agent, fact.at - 1) || agent.joined || agent.ready;
    if (over || !partOfIt) context.skip('agent-stopped', agent.id, fact.at, 'it had nothing left to do');
    return !over && partOfIt;
  });
  const first = stopped.map(agent => agent.stopping as Fact).sort((a, b) => a.at - b.at)[0];
  // without a controller's word, all of them at once is the end of the run and nobody's fault
  const last = stopped.reduce((latest, { stopping }) => Math.max(latest, stopping?.at ?? 0), 0);
  const ended =
    run.implicit &&
    stopped.length > 1 &&
    stopped.length === agentsOf(run).length &&
    first &&
    last - first.at <= TOGETHER;
  if (ended)
    for (const { id } of stopped)
      context.skip(
        'agent-stopped',
        id,
        first.at,
        'all agents of the run were stopped together: somebody ended it',
      );
  else if (first) {
    const ids = stopped.map(agent => agent.id);
    const back = ids.map(id => backAfter(context, id, first.at));
    verdicts.push({
      key: `stopped:${run.run.id}`,
      kind: 'agent-stopped',
      subjects: ids,
      severity: 'warning',
      run: run.run.id,
      startedAt: first.at,
      knowableAt: absentAt(
        context,
        [run.run.controller],
        first.seen,
        (run.implicit ? TOGETHER : 2000) + lagOf(context, run.run.controller ?? ''),
      ),
      ...(back.every(one => one)
        ? {
            resolvedAt: Math.max(...back.map(one => one?.at ?? 0)),
            resolvedSeen: Math.max(...back.map(one => one?.seen ?? 0)),
          }
        : {}),
      explanation: `${list(ids)} ${ids.length > 1 ? 'were' : 'was'} stopped in an orderly way at ${clock(first.at)} in the middle of the run (${first.reason ?? 'asked to end'}); somebody or something ended ${ids.length > 1 ? 'them' : 'it'}.`,
      evidence: causes(...stopped.map(agent => agent.stopping)),
      consequences: cascade(context, ids, first.at),
    });
  }
  const told = earlierOn(context);
  for (const agent of agentsOf(run)) {
    const fact = agent.restarted;
    if (!fact || fact.at > end + 1000) continue;
    if (told.get(agent.id)?.some(({ kind }) => ['agent-lost', 'agent-not-ready'].includes(kind))) continue;
    if (agent.stopping && agent.stopping.at < fact.at) continue;
    verdicts.push({
      key: `restarted:${run.run.id}:${agent.id}`,
      kind: 'agent-restarted',
      subjects: [agent.id],
      cause: 'crashed',
      severity: 'warning',
      run: run.run.id,
      startedAt: fact.at,
      knowableAt: fact.seen + 6000,
      resolvedAt: fact.at,
      resolvedSeen: fact.seen + 6000,
      explanation: `${agent.id} began anew at ${clock(fact.at)} in the middle of the run: the process before ended without a word, and the new one does not take part in the run any more.`,
      evidence: [...causes(fact), ...symptoms(agent.started ?? agent.joined)],
      consequences: [],
    });
  }
  return verdicts;
}

/** A process that ended with an error in the middle of its run, by its own last words, before its controller says so. */
export function judgeDeaths(context: Context): Verdict[] {
  const { run } = context;
  const end = endFact(run);
  const told = earlierOn(context);
  return agentsOf(run).flatMap(agent => {
    const state = context.agents[agent.id];
    const death = state?.processFailed;
    if (!death || death.at >= end.at || death.at < run.started.at) return [];
    if (!isWorking(agent, death.at) && !(agent.joined && !agent.completed && !agent.phaseEnded)) return [];
    // a second process that failed to start is not the first one's death
    const taken = state?.portTaken && Math.abs(state.portTaken.at - death.at) <= DEATH_SETTLE;
    if (taken || ownLineWithin(context, agent.id, death.at + 1000, death.at + DEATH_SETTLE) !== undefined) {
      context.skip('agent-lost', agent.id, death.at, 'a process of it failed, but it writes on');
      return [];
    }
    const lost = told
      .get(agent.id)
      ?.some(({ kind, knowableAt }) => kind === 'agent-lost' && knowableAt <= context.now);
    if (lost) return [];
    const back = backAfter(context, agent.id, death.at + 500);
    return [
      {
        key: `died:${run.run.id}:${agent.id}`,
        kind: 'agent-lost' as const,
        subjects: [agent.id],
        cause: 'crashed' as const,
        severity: 'critical' as const,
        run: run.run.id,
        startedAt: death.at,
        knowableAt: death.seen + DEATH_SETTLE,
        ...defined({ resolvedAt: back?.at, resolvedSeen: back?.seen }),
        explanation: `${agent.id} ended at ${clock(death.at)} in the middle of the run, by its own log: “${brief(death.reason ?? death.text)}”.`,
        evidence: [...causes(death), ...symptoms(agent.started ?? agent.joined)],
        consequences: cascade(context, [agent.id], death.at),
      },
    ];
  });
}
