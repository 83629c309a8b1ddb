import type { Run } from '../model/run.js';
import type { ByName } from '../platform/by-name.js';
import type { AgentState, RunFacts } from './facts.js';

/** The process of a run's controller is gone, and its log was read to the end: nothing more will come. */
const NO_WORD_AFTER_PROCESS = 60_000;
/** Nobody of a run has written a line for so long, and nobody can tell of a process: healthy programs say less than one thinks. */
const NO_WORD_AT_ALL = 6 * 3_600_000;

/** The run ended, by its program's own word: an end that nobody told of, or that was taken for a loss, gives way to it. */
export function endRun(facts: RunFacts, outcome: NonNullable<Run['outcome']>, at: number): void {
  const { endedAt, outcome: known } = facts.run;
  if (endedAt !== undefined && known !== undefined && known !== 'lost') return;
  delete facts.forgotten;
  facts.run.endedAt = at;
  facts.run.outcome = outcome;
}

/** The next run of a controller ends the one before, which never said how it ended: when its last word was heard. */
export function supersede(facts: RunFacts, at: number, agents: ByName<AgentState>): void {
  facts.supersededAt ??= at;
  if (facts.run.endedAt !== undefined) return;
  const heard = agents[facts.run.controller ?? '']?.heardAt.findLast(one => one < at - 1000);
  facts.run.endedAt = Math.max(facts.run.startedAt, Math.min(at, heard ?? at));
}

/** A run that was taken for over because nothing came of it goes on when something does. */
export function goesOn(facts: RunFacts, at: number): void {
  if (!facts.forgotten || at <= (facts.run.endedAt ?? at)) return;
  delete facts.forgotten;
  delete facts.run.endedAt;
}

/**
 * Runs whose controller never said that they ended: over are those whose controller's process is gone, and those of which nobody has
 * said anything for hours. Nothing is wrong with them; how they ended is not known.
 * @param goneSince when the process that wrote an agent's log went; `untold` where nobody sees processes there
 * @returns when the next of them may be over
 */
export function endForgotten(
  runs: readonly RunFacts[],
  agents: ByName<AgentState>,
  now: number,
  goneSince: (agent: string) => number | 'untold' | undefined,
): number {
  let next = Number.POSITIVE_INFINITY;
  for (const facts of runs) {
    const { controller } = facts.run;
    if (facts.run.endedAt !== undefined || facts.implicit || controller === undefined) continue;
    const gone = goneSince(controller);
    if (gone === undefined) continue;
    const heard =
      gone === 'untold'
        ? Math.max(facts.controllerHeard, ...facts.run.agents.map(id => agents[id]?.heard ?? 0))
        : Math.max(facts.controllerHeard, gone);
    const over = heard + (gone === 'untold' ? NO_WORD_AT_ALL : NO_WORD_AFTER_PROCESS);
    if (now < over) next = Math.min(next, over);
    else {
      facts.run.endedAt = Math.max(facts.run.startedAt, facts.controllerHeard);
      facts.forgotten = true;
    }
  }
  return next;
}
