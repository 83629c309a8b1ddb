import { LONGEST_SKEW } from './agent-words.js';
import type { Fact, RunFacts } from './facts.js';
import { isRefused } from './refusals.js';

/** An agent may take a run's request a little before the controller's banner arrives. */
export const ADOPT_WITHIN = 30_000;
/** Clocks of hosts agree no better. */
const SLACK = 2000;

/**
 * The run an agent's own line belongs to. Times of one log are compared with each other where that is possible: clocks
 * of hosts may disagree, and a request that is taken can't be older than its run.
 * @param oldOutput how far back a run may have begun whose first line has no time, ms
 */
export function runOf(
  runs: readonly RunFacts[],
  id: string,
  fact: Fact,
  { joining = false, oldOutput }: { joining?: boolean; oldOutput: number },
): RunFacts | undefined {
  const begunBy = (beginning: (facts: RunFacts) => number) =>
    runs.filter(facts => {
      if (facts.run.controller === id) return false;
      const joined = facts.agents[id]?.joined;
      if (joined && !joining) return joined.at <= fact.at + 1000;
      const slack = joining && isOpen(facts) ? LONGEST_SKEW : SLACK;
      return beginning(facts) <= fact.at + slack && facts.started.seen <= fact.seen + ADOPT_WITHIN;
    });
  const isMine = (facts: RunFacts) => id in facts.agents && (joining || !isRefused(facts.agents[id], fact));
  const begun = begunBy(facts => facts.started.at);
  // where the time of its first line is not known, a run that went on then, or had just ended, comes first
  const after = joining ? 0 : ADOPT_WITHIN;
  const going = begun.filter(facts => isOpen(facts) || (facts.run.endedAt ?? 0) >= fact.at - after);
  const all = going.length > 0 ? begun : begunBy(facts => earliestBeginning(facts, oldOutput));
  const mine = all.filter(isMine);
  return mine.findLast(isOpen) ?? all.findLast(isOpen) ?? mine.at(-1) ?? all.at(-1);
}

/** When a run can have begun at the earliest. */
function earliestBeginning(facts: RunFacts, oldOutput: number): number {
  const { at, earliest = at } = facts.started;
  return isOpen(facts) ? Math.max(earliest, at - oldOutput) : at;
}

/** The run known by its agents' words alone that a controller's banner speaks of. */
export function implicitRunOf(
  runs: readonly RunFacts[],
  { at, earliest = at }: Fact,
  oldOutput: number,
): RunFacts | undefined {
  const before = Math.max(ADOPT_WITHIN, Math.min(oldOutput, at - earliest));
  return runs.findLast(
    facts => facts.implicit && facts.run.endedAt === undefined && Math.abs(facts.started.at - at) <= before,
  );
}

function isOpen(facts: RunFacts): boolean {
  return facts.run.endedAt === undefined && facts.supersededAt === undefined;
}
