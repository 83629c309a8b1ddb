import type { ProgramEvent } from '../detect/events.js';
import type { Mark } from '../model/finding.js';
import type { Run } from '../model/run.js';
import { earlier, type Fact, later, type RunFacts } from './facts.js';

type FactName =
  | 'allReady'
  | 'startupTimeout'
  | 'workloadStarted'
  | 'completed'
  | 'failed'
  | 'interrupted'
  | 'aborting'
  | 'gaveUp'
  | 'panicked';

/** What a controller says of its run: which fact its first occurrence sets, and whether it ends the run. */
const WORDS: Partial<Record<ProgramEvent, { sets: FactName; ends?: NonNullable<Run['outcome']> }>> = {
  'run.ready': { sets: 'allReady' },
  'run.startup-timeout': { sets: 'startupTimeout' },
  'run.workload-started': { sets: 'workloadStarted' },
  'run.completed': { sets: 'completed', ends: 'completed' },
  'run.failed': { sets: 'failed', ends: 'failed' },
  'run.interrupted': { sets: 'interrupted', ends: 'interrupted' },
  'controller.aborting': { sets: 'aborting' },
  'controller.gave-up': { sets: 'gaveUp', ends: 'failed' },
};

/** @returns how the run ended, if it did */
export function applyRunWord(event: ProgramEvent, run: RunFacts, mark: Mark, fact: Fact): Run['outcome'] {
  if (event === 'run.described') describe(run, mark);
  else if (event === 'run.waiting') noteWaiting(run, mark, fact);
  const word = WORDS[event];
  if (!word) return undefined;
  const total = Number(mark.fields?.total);
  if (event === 'run.ready' && total > 0) run.run.announced = total;
  // what ran the program saw it die: no word of its own
  const died = event === 'run.failed' && /^killed by/.test(fact.reason ?? '');
  const name = died ? 'panicked' : word.sets;
  run[name] = earlier(run[name], fact);
  return word.ends;
}

/** Particulars of a run: its configuration's name and the number of its agents. */
export function describe(run: RunFacts, mark: Mark): void {
  const config = mark.fields?.config;
  if (config) run.run.name = config;
  const total = Number(mark.fields?.agents);
  if (Number.isInteger(total) && total > 0) run.run.announced = total;
}

/** Nothing is known of the run but that it began. */
export function isBare(run: RunFacts): boolean {
  return (
    Object.keys(run.agents).length === 0 && run.run.endedAt === undefined && !run.waiting && !run.aborting
  );
}

function noteWaiting(run: RunFacts, mark: Mark, fact: Fact): void {
  const ready = Number(mark.fields?.ready ?? 0);
  const total = Number(mark.fields?.total ?? 0);
  if (total > 0) run.run.announced = total;
  run.waiting = {
    ready,
    total,
    remaining: Number(mark.fields?.remaining ?? total - ready),
    first: earlier(run.waiting?.first, fact),
    last: later(run.waiting?.last, fact),
  };
}
