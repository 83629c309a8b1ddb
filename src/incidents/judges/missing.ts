import type { Cause, Evidence } from '../../model/incident.js';
import { brief } from '../../wording/words.js';
import { type Fact, observation } from '../facts.js';
import { enumerate } from '../names.js';
import { agentsOf, type Context, causes, symptoms } from './context.js';
import { causeOf as reasonOf } from './reasons.js';

/** Everybody expected who did not answer. */
export function whoIsMissing(context: Context): string[] {
  const answered = new Set(agentsOf(context.run).flatMap(agent => (agent.answered ? [agent.id] : [])));
  return expected(context).filter(id => !answered.has(id));
}

/** Everybody who should take part, as far as that can be known. */
export function expected(context: Context): string[] {
  const { run, behaviour, names, settings } = context;
  const joined = agentsOf(run).map(agent => agent.id);
  const total = run.run.announced ?? joined.length;
  const counted = enumerate(joined, total, behaviour.agentNames)?.map(name => names.agent(name));
  const configured = settings.agents.map(agent => agent.id).filter(id => id !== run.run.controller);
  const known = new Set([...joined, ...(configured.length === total ? configured : [])]);
  const idle = bystanders(context);
  if (known.size + idle.length === total) for (const id of idle) known.add(id);
  return known.size >= total ? [...known] : (counted ?? [...known]);
}

/** Agents Deadair knows by a program's words that take part in no run and control none; other logs lie beside theirs. */
function bystanders(context: Context): string[] {
  const { run, runs, agents } = context;
  return Object.keys(agents).filter(
    id =>
      run.agents[id] === undefined &&
      !agents[id]?.retired &&
      agents[id]?.speaks === true &&
      runs.every(other => other.run.controller !== id),
  );
}

/** Why an agent is missing at the start, by its own words and by witnesses. */
export function startCause(context: Context, id: string, missing: number): Cause {
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

export interface OwnSide {
  /** Agents that say the same are told of together. */
  kind: string;
  words: (names: string, many: boolean) => string;
  evidence: Evidence[];
}

/** What the missing agent's own side shows. */
export function whatItSays(context: Context, id: string): OwnSide {
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

/** The next run that the agent takes part in. */
export function laterAnswer(context: Context, id: string, at: number): Fact | undefined {
  const facts = context.runs.flatMap(run => [run.agents[id]?.answered, run.agents[id]?.joined]);
  return facts.flatMap(fact => (fact && fact.at > at ? [fact] : [])).sort((a, b) => a.at - b.at)[0];
}
