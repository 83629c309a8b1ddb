import { clock } from '../../wording/time.js';
import { list } from '../../wording/words.js';
import { type Fact, observation, type RunFacts, type Verdict } from '../facts.js';
import { agentsOf, type Context, cascade, causes, endFact, symptoms } from './context.js';

/** The order of a controller that gives up reaches its agents within so long. */
const ON_ITS_WAY = 10_000;
/** Clocks of hosts agree no better. */
const SLACK = 2000;
const SETTLE = 1000;

/**
 * Another controller gave a run of its own up and told all its agents to stop, which were at work for this one: nobody of this run
 * failed, nobody ended it, and it can't come to a good end.
 */
export function judgeRivals(context: Context): Verdict[] {
  const { run } = context;
  const stopped = agentsOf(run).flatMap(({ id, aborted, started }) => {
    // told to by its own controller, or by somebody at a time when it had nothing to do
    if (!aborted || !started || (run.aborting && run.aborting.at <= aborted.at + SLACK)) return [];
    const rival = rivalOf(context, id, aborted);
    return rival ? [{ id, aborted, rival }] : [];
  });
  const first = stopped.toSorted((a, b) => a.aborted.at - b.aborted.at)[0];
  if (!first) return [];
  const { rival } = first;
  const ids = stopped.filter(one => one.rival === rival).map(({ id }) => id);
  const end = endFact(run);
  const order = orderOf(rival);
  return [
    {
      key: keyOf(run.run.id, rival.run.id),
      kind: 'agent-stopped',
      subjects: ids,
      severity: 'critical',
      run: run.run.id,
      startedAt: first.aborted.at,
      endedRun: first.aborted.at,
      knowableAt: Math.max(first.aborted.seen, order?.seen ?? 0) + SETTLE,
      ...(Number.isFinite(end.at) ? { resolvedAt: end.at, resolvedSeen: end.seen } : {}),
      explanation: `${list(ids)} ${ids.length > 1 ? 'were' : 'was'} stopped at ${clock(first.aborted.at)} in the middle of the run of ${clock(run.started.at)} by another controller: ${rival.run.controller} gave up the run it had begun at ${clock(rival.started.at)} and told its agents to stop, and they were at work for ${run.run.controller}. Two controllers use the same agents.`,
      evidence: [
        ...causes(order, ...stopped.slice(0, 8).map(({ aborted }) => aborted)),
        observation(rival.started.at, `${rival.run.controller} began a run with the same agents`),
        ...symptoms(run.failed),
      ],
      consequences: cascade(context, ids, first.aborted.at),
    },
  ];
}

/** Whether another controller had stopped an agent of this run by then, by the verdicts so far. */
export function isStoppedByRival({ earlier, run }: Context, id: string, at: number): boolean {
  return earlier.some(
    ({ key, subjects, startedAt }) =>
      key.startsWith(keyOf(run.run.id, '')) && subjects.includes(id) && startedAt <= at,
  );
}

function keyOf(run: string, rival: string): string {
  return `rival:${run}:${rival}`;
}

/** The run of another controller that told this agent to stop. */
function rivalOf({ run, runs }: Context, id: string, { at }: Fact): RunFacts | undefined {
  // Where nobody knows whose run it is, it is that controller's own: logs that come at once may tell of one run as of two.
  if (run.run.controller === undefined) return undefined;
  return runs.findLast(one => {
    const order = orderOf(one);
    return (
      one.run.controller !== undefined &&
      one.run.controller !== run.run.controller &&
      id in one.agents &&
      order !== undefined &&
      order.at >= at - ON_ITS_WAY &&
      order.at <= at + SLACK
    );
  });
}

function orderOf({ aborting, gaveUp }: RunFacts): Fact | undefined {
  return aborting ?? gaveUp;
}
