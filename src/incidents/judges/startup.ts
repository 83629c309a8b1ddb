import type { Cause, Evidence } from '../../model/incident.js';
import { defined } from '../../platform/defined.js';
import { brief, byNumber, clock, list, plural, span } from '../../wording/words.js';
import { type AgentFacts, type Fact, observation, type Verdict } from '../facts.js';
import { enumerate } from '../names.js';
import { agentsOf, type Context, cascade, causes, endOf, symptoms } from './context.js';
import { causeOf as reasonOf } from './reasons.js';

/** A controller that gives up so fast was refused; a dead host takes the time of its neighbour discovery. */
const REFUSED_WITHIN = 2000;
/** Nothing goes on after waiting so long for the start. */
const START_OVERDUE = 60;

/**
 * A run that does not start: who is missing is everybody expected minus those who answered. The controller's own list
 * of "no response" names all agents, so it is not used.
 */
export function judgeStartup(context: Context): Verdict[] {
  const failed = startFailure(context);
  const named = agentsOf(context.run).filter(agent => agent.connectFailed || agent.rejected);
  const verdicts: Verdict[] = [];
  if (named.length > 0) verdicts.push(...namedMissing(context, named));
  else if (failed) verdicts.push(...missing(context, failed.fact, failed.knowableAt));
  verdicts.push(...neverBegun(context));
  return verdicts;
}

function startFailure(context: Context): { fact: Fact; knowableAt: number } | undefined {
  const { run, behaviour } = context;
  if (run.startupTimeout) return { fact: run.startupTimeout, knowableAt: run.startupTimeout.seen + 500 };
  const waiting = run.waiting;
  if (!waiting || waiting.remaining === 0 || run.allReady || run.workloadStarted || run.interrupted)
    return undefined;
  if (endOf(run) < Number.POSITIVE_INFINITY) return undefined;
  // later than this an agent's task has given up, whatever the controller still prints
  const limit = ((behaviour.readyWithinSeconds ?? 60) + 2) * 1000;
  if (waiting.last.at - run.started.at < limit) return undefined;
  return { fact: waiting.last, knowableAt: Math.max(waiting.last.seen, run.started.seen + limit) };
}

/** Everybody expected who did not answer. */
function whoIsMissing(context: Context): string[] {
  const { run, behaviour, names, settings } = context;
  const answered = new Set(agentsOf(run).flatMap(agent => (agent.answered ? [agent.id] : [])));
  const joined = agentsOf(run).map(agent => agent.id);
  const total = run.total ?? joined.length;
  const counted = enumerate(joined, total, behaviour.agentNames)?.map(name => names.agent(name));
  const expected = settings.agents.map(agent => agent.id).filter(id => id !== run.run.controller);
  const known = new Set([...joined, ...(expected.length === total ? expected : [])]);
  const idle = bystanders(context);
  if (known.size + idle.length === total) for (const id of idle) known.add(id);
  const all = known.size >= total ? [...known] : (counted ?? [...known]);
  return all.filter(id => !answered.has(id));
}

/** Agents Deadair knows that take part in no run and control none. */
function bystanders(context: Context): string[] {
  const { run, runs, agents } = context;
  return Object.keys(agents).filter(
    id =>
      run.agents[id] === undefined &&
      !agents[id]?.retired &&
      runs.every(other => other.run.controller !== id),
  );
}

function missing(context: Context, fact: Fact, knowableAt: number): Verdict[] {
  const { run } = context;
  const names = whoIsMissing(context);
  const count = run.waiting?.remaining ?? names.length;
  const strangers = run.unreachable.map(entry => entry.address);
  const subjects = names.length > 0 ? names : strangers.length === count ? strangers : [];
  if (subjects.length === 0) return [nobodyNamed(context, fact, knowableAt)];
  const groups = new Map<Cause, string[]>();
  for (const id of subjects) {
    const cause = causeOf(context, id, subjects.length);
    groups.set(cause, [...(groups.get(cause) ?? []), id]);
  }
  return [...groups].map(([cause, ids]) => notReady(context, ids, cause, fact, knowableAt));
}

function causeOf(context: Context, id: string, missing: number): Cause {
  const { run, agents, hosts } = context;
  const state = agents[id];
  const born = state?.processStarted?.at ?? Number.NEGATIVE_INFINITY;
  const taken = state?.portTaken;
  if (taken && taken.at >= born - 1000) return 'port-taken';
  const failure = [state?.processFailed, state?.panicked].find(fact => fact && fact.at >= born - 1000);
  if (failure && failure.at > run.started.at - 600_000) return 'crashed';
  const witnessed = hosts.causeFor(id, run.started.at, context.now);
  if (witnessed) return witnessed === 'crashed' ? 'refused' : witnessed;
  const agent = run.agents[id];
  const unreachable =
    agent?.unreachable ??
    (missing === 1 && run.unreachable.length === 1 ? run.unreachable[0]?.fact : undefined);
  if (unreachable && !agent?.joined) return reasonOf([unreachable.reason ?? '']) ?? 'refused';
  return 'unknown';
}

function notReady(context: Context, ids: string[], cause: Cause, fact: Fact, knowableAt: number): Verdict {
  const { run } = context;
  const told = ids.map(id => whatItSays(context, id));
  const back = ids.map(id => laterAnswer(context, id, fact.at));
  const resolved = back.every(one => one !== undefined);
  return {
    key: `not-ready:${run.run.id}:${[...ids].sort(byNumber)[0]}`,
    kind: 'agent-not-ready',
    subjects: ids,
    ...(cause === 'unknown' ? {} : { cause }),
    severity: 'critical',
    run: run.run.id,
    startedAt: run.started.at,
    knowableAt,
    ...(resolved
      ? {
          resolvedAt: Math.max(...back.map(one => one?.at ?? 0)),
          resolvedSeen: Math.max(...back.map(one => one?.seen ?? 0)),
        }
      : {}),
    explanation: `${list(ids)} never got ready: ${span(fact.at - run.started.at)} after the start of the run ${ids.length === (run.total ?? 0) ? 'no agent' : `only ${plural((run.total ?? 0) - ids.length, 'agent')} of ${run.total ?? '?'}`} had answered; ${together(ids, told)}.`,
    evidence: [
      ...causes(fact),
      ...symptoms(run.waiting?.last === fact ? undefined : run.waiting?.last),
      ...told.flatMap(one => one.evidence),
    ].slice(0, 30),
    consequences: cascade(context, ids, fact.at),
  };
}

interface OwnSide {
  /** Agents that say the same are told of together. */
  kind: string;
  words: (names: string, many: boolean) => string;
  evidence: Evidence[];
}

function together(ids: string[], told: OwnSide[]): string {
  const kinds = [...new Set(told.map(one => one.kind))];
  return kinds
    .map(kind => {
      const names = ids.filter((_, index) => told[index]?.kind === kind);
      return told.find(one => one.kind === kind)?.words(list(names), names.length > 1) ?? '';
    })
    .join('; ');
}

/** What the missing agent's own side shows. */
function whatItSays(context: Context, id: string): OwnSide {
  const { run, agents } = context;
  const state = agents[id];
  const agent = run.agents[id];
  const born = state?.processStarted?.at ?? Number.NEGATIVE_INFINITY;
  const witnesses = context.hosts.evidenceFor(id, run.started.at);
  const taken = state?.portTaken;
  if (taken && taken.at >= born - 1000) {
    return {
      kind: 'taken',
      words: (names, many) =>
        `${names} itself ${many ? 'say' : 'says'} that the port is taken by another process`.replace(
          'itself say ',
          'themselves say ',
        ),
      evidence: causes(taken),
    };
  }
  const failure = [state?.panicked, state?.processFailed].find(fact => fact && fact.at >= born - 1000);
  if (failure) {
    const why = brief(failure.reason ?? failure.text);
    return {
      kind: `ended ${why}`,
      words: names => `${names} ended with “${why}”`,
      evidence: causes(failure),
    };
  }
  if (agent?.ready) {
    return {
      kind: 'ready',
      words: (names, many) =>
        `${names} ${many ? 'say that they were' : 'says that it was'} ready and waited, so that word did not reach the controller`,
      evidence: symptoms(agent.ready, agent.streamEnded),
    };
  }
  if (agent?.joined) {
    return {
      kind: 'joined',
      words: names => `${names} took the request but did not get ready`,
      evidence: symptoms(agent.joined, agent.streamEnded),
    };
  }
  const unreachable = agent?.unreachable ?? run.unreachable[0]?.fact;
  if (unreachable) {
    return {
      kind: 'refused',
      words: () => `nothing listens on the port (“${unreachable.text.slice(-120)}”)`,
      evidence: [...symptoms(unreachable), ...witnesses],
    };
  }
  if (!state) {
    return {
      kind: 'unknown',
      words: (names, many) =>
        `there is no line of ${names} at all, so ${many ? 'they were' : 'it was'} probably never started`,
      evidence: [observation(run.started.at, `${id}: no log seen`), ...witnesses],
    };
  }
  return {
    kind: 'silent',
    words: (names, many) => `${names} ${many ? 'have' : 'has'} written nothing about this run`,
    evidence: [observation(state.heard, `${id}: last line of its own log`), ...witnesses],
  };
}

function laterAnswer(context: Context, id: string, at: number): Fact | undefined {
  const facts = context.runs.flatMap(run => [run.agents[id]?.answered, run.agents[id]?.joined]);
  return facts.flatMap(fact => (fact && fact.at > at ? [fact] : [])).sort((a, b) => a.at - b.at)[0];
}

function nobodyNamed(context: Context, fact: Fact, knowableAt: number): Verdict {
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
    ...(next ? { resolvedAt: next.started.at, resolvedSeen: next.started.seen } : {}),
    explanation: `The run did not start: ${span(fact.at - run.started.at)} after its begin ${run.waiting ? `${run.waiting.remaining} of ${run.waiting.total} agents` : 'some agents'} had not answered, and no line tells which.`,
    evidence: [...causes(fact), ...symptoms(run.waiting?.last)],
    consequences: cascade(context, [], fact.at),
  };
}

/** The controller names the agent it could not reach or that refused. */
function namedMissing(context: Context, named: AgentFacts[]): Verdict[] {
  const { run } = context;
  return named.flatMap(agent => {
    const fact = agent.connectFailed ?? agent.rejected;
    if (!fact) return [];
    if (run.workloadStarted && run.workloadStarted.at < fact.at) return [];
    const back = laterAnswer(context, agent.id, fact.at);
    const own = whatItSays(context, agent.id);
    const delay = fact.at - run.started.at;
    const witnessed = causeOf(context, agent.id, 1);
    const cause: Cause | undefined =
      agent.rejected && !agent.connectFailed
        ? undefined
        : witnessed !== 'unknown'
          ? witnessed
          : (reasonOf([fact.reason ?? '']) ?? causeByDelay(context, delay));
    const verdict: Verdict = {
      key: `not-ready:${run.run.id}:${agent.id}`,
      kind: 'agent-not-ready',
      subjects: [agent.id],
      ...defined({ cause }),
      severity: 'critical',
      run: run.run.id,
      startedAt: run.started.at,
      knowableAt: fact.seen + 500,
      ...(back ? { resolvedAt: back.at, resolvedSeen: back.seen } : {}),
      explanation: agent.rejected
        ? `${agent.id} refused to take part in the run at ${clock(fact.at)}: “${brief(agent.rejected.reason ?? agent.rejected.text)}”.`
        : `The controller could not reach ${agent.id} at ${clock(fact.at)}, ${span(delay)} into the start (“${brief(fact.reason)}”), and gave the run up; ${own.words(agent.id, false)}.`,
      evidence: [...causes(fact), ...own.evidence],
      consequences: cascade(context, [agent.id], fact.at),
    };
    return [verdict];
  });
}

function causeByDelay(context: Context, delay: number): Cause {
  if (delay <= REFUSED_WITHIN) return 'refused';
  const keepalive = (context.behaviour.peerTimeoutSeconds ?? 40) * 1000;
  return delay < keepalive * 0.75 ? 'host-unreachable' : 'timeout';
}

/** Agents that got ready and wait for a start that never comes. */
function neverBegun(context: Context): Verdict[] {
  const { run } = context;
  if (run.startupTimeout || run.interrupted) return [];
  const waiting = agentsOf(run).filter(
    agent =>
      agent.startOverdue && (agent.startOverdue.seconds ?? START_OVERDUE) >= START_OVERDUE && !agent.started,
  );
  const takesPart = agentsOf(run).filter(agent => agent.joined).length;
  if (waiting.length === 0 || waiting.length < takesPart) return [];
  const first = waiting.map(agent => agent.startOverdue as Fact).sort((a, b) => a.at - b.at)[0] as Fact;
  return [
    {
      ...nobodyNamed(context, first, first.seen + 2000),
      explanation: `The workload never began: ${list(waiting.map(agent => agent.id))} got ready and have waited for the controller's start for ${START_OVERDUE} s or more.`,
    },
  ];
}
