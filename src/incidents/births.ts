import { engagedSince } from './agent-words.js';
import { type AgentState, earlier, type Fact, later, type RunFacts } from './facts.js';

/** Two lines of one process announcing itself; later ones are a new process. */
export const SAME_START = 5000;
const BIRTHS_KEPT = 50;

/**
 * A process of an agent announces itself.
 * @param runOf the run it belongs to: an agent that was part of it before this process began was restarted
 */
export function noteBirth(state: AgentState, fact: Fact, runOf: () => RunFacts | undefined): void {
  const before = state.processStarted;
  const same = before !== undefined && Math.abs(fact.at - before.at) <= SAME_START;
  state.processStarted = same ? earlier(before, fact) : later(before, fact);
  if (same) return;
  state.births = [...(state.births ?? []), fact.at].sort((a, b) => a - b).slice(-BIRTHS_KEPT);
  const agent = runOf()?.agents[state.id];
  if (agent && engagedSince(agent) < fact.at - SAME_START / 5) {
    agent.restarted = earlier(agent.restarted, fact);
  }
}

/** A second process that ends because the first has the port: nobody was restarted. */
export function takeBackBirth(runs: readonly RunFacts[], id: string, fact: Fact): void {
  for (const run of runs) {
    const restarted = run.agents[id]?.restarted;
    if (restarted && fact.at >= restarted.at && fact.at - restarted.at <= SAME_START)
      delete run.agents[id]?.restarted;
  }
}
