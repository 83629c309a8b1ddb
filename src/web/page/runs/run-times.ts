import { durationWords } from '../../../wording/duration.js';
import type { Run } from '../api/types.js';

/** What agents log because of the end comes after it: their connection is gone, they are told to stop. */
const AFTERMATH_MS = 60_000;

/** Until when a run's lines are shown; '' while it goes on. */
export function endOf(run: Pick<Run, 'endedAt'>): string {
  return run.endedAt === null ? '' : new Date(Date.parse(run.endedAt) + AFTERMATH_MS).toISOString();
}

/** How a run ended, or that it goes on; a controller may never say. */
export function outcomeText({ outcome, endedAt }: Pick<Run, 'outcome' | 'endedAt'>): string {
  return outcome ?? (endedAt === null ? 'running' : 'ended');
}

export function lasted(run: Pick<Run, 'startedAt' | 'endedAt'>, now: number): string {
  return durationWords((run.endedAt ? Date.parse(run.endedAt) : now) - Date.parse(run.startedAt));
}
