import { defined } from '../../platform/defined.js';
import { clock } from '../../wording/time.js';
import { brief, list } from '../../wording/words.js';
import { type AgentFacts, type Fact, observation, type RunFacts, type Verdict } from '../facts.js';
import { agentsOf, type Context, cascade, causes, endOf, isWorking, symptoms } from './context.js';
import { laterAnswer } from './missing.js';

const SETTLE = 500;

/** The run an agent was at work for when this one wanted it: two controllers use the same agents. */
export function busyWith({ run, runs }: Context, id: string, at: number): RunFacts | undefined {
  return runs.findLast(one => {
    // a run that only agents tell of may be this one, whose controller's log came later
    if (one.implicit || one.run.id === run.run.id || one.run.controller === run.run.controller) return false;
    if (one.started.at >= at || endOf(one) <= at) return false;
    const agent = one.agents[id];
    if (!agent || agent.rejected) return false;
    return isWorking(agent, at) || (agent.joined !== undefined && !isOver(agent, at));
  });
}

function isOver({ completed, aborted, goodbye }: AgentFacts, at: number): boolean {
  return [completed, aborted, goodbye].some(end => end !== undefined && end.at <= at);
}

/** An agent this run could not have, by whose word, and the run that has it. */
export interface Busy {
  id: string;
  fact: Fact;
  other: RunFacts;
}

/** Those that one run keeps from another are one incident, however many words tell of it. */
export function busyVerdicts(context: Context, busy: readonly Busy[]): Verdict[] {
  const byRun = new Map<RunFacts, Busy[]>();
  for (const one of busy) byRun.set(one.other, [...(byRun.get(one.other) ?? []), one]);
  return [...byRun].map(([other, ones]) => verdict(context, other, ones));
}

function verdict(context: Context, other: RunFacts, busy: Busy[]): Verdict {
  const { run } = context;
  const ids = agentsOf(run)
    .map(({ id }) => id)
    .filter(id => busy.some(one => one.id === id));
  for (const { id } of busy) if (!ids.includes(id)) ids.push(id);
  const [first] = busy.toSorted((a, b) => a.fact.at - b.fact.at);
  const fact = first!.fact;
  const many = ids.length > 1;
  const back = ids.map(id => laterAnswer(context, id, fact.at));
  const isBack = back.every(one => one !== undefined);
  const said = brief(fact.reason ?? fact.text);
  const rival = other.run.controller;
  return {
    key: `busy:${run.run.id}:${other.run.id}`,
    kind: 'agent-not-ready',
    subjects: ids,
    cause: 'busy',
    severity: 'critical',
    run: run.run.id,
    startedAt: run.started.at,
    endedRun: fact.at,
    knowableAt: fact.seen + SETTLE,
    ...defined({
      resolvedAt: isBack ? Math.max(...back.map(one => one?.at ?? 0)) : undefined,
      resolvedSeen: isBack ? Math.max(...back.map(one => one?.seen ?? 0)) : undefined,
    }),
    explanation: `${list(ids)} ${many ? 'were' : 'was'} not free for the run that ${run.run.controller ?? 'its controller'} began at ${clock(run.started.at)} (“${said}”): ${many ? 'they are' : 'it is'} busy with the run of ${clock(other.started.at)}${rival && rival !== run.run.controller ? `, which ${rival} controls` : ''}. Two controllers use the same agents.`,
    evidence: [
      ...causes(...busy.slice(0, 8).map(one => one.fact)),
      observation(other.started.at, `${list(ids)}: part of the run of ${clock(other.started.at)}`),
      ...symptoms(...busy.slice(0, 4).map(one => other.agents[one.id]?.started)),
    ],
    consequences: cascade(context, ids, fact.at),
  };
}
