import type { AgentFacts, Fact, RunFacts } from './facts.js';

/** It refused to take part, or was refused: what it says from then on is about another run. */
export function isRefused(agent: AgentFacts | undefined, { at }: Fact): boolean {
  const rejected = agent?.rejected;
  return rejected !== undefined && rejected.at < at && (agent?.joined?.at ?? 0) <= rejected.at;
}

/**
 * The run that an agent refuses by its own word. One that is at work refuses another controller's run, not its own.
 * @param mine the run its lines belong to
 * @returns undefined where the other is not known
 */
export function refusedRun(
  runs: readonly RunFacts[],
  mine: RunFacts | undefined,
  id: string,
): RunFacts | undefined {
  const agent = mine?.agents[id];
  if (!mine || !agent?.started || (agent.completed ?? agent.aborted ?? agent.workloadFailed)) return mine;
  return runs.findLast(
    run =>
      run !== mine &&
      run.started.at > mine.started.at &&
      run.run.endedAt === undefined &&
      run.run.controller !== mine.run.controller,
  );
}
