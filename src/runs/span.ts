import type { Incident } from '../model/incident.js';
import type { Run } from '../model/run.js';

/** Event time [from, to), ms since the epoch. */
export interface RunSpan {
  from: number;
  to: number;
}

/**
 * How much around a run counts as its own:
 * `exact`: from its first line to its last, whose millisecond belongs to it; `goodbyes`: with what agents say after the end,
 * for counting its lines; `report`: with what led to it and what its incidents did afterwards, for reading.
 */
export type SpanMargin = keyof typeof MARGINS;

const MARGINS = {
  exact: { before: 0, after: 1 },
  goodbyes: { before: 0, after: 15_000 },
  report: { before: 15_000, after: 60_000 },
} as const;

export interface SpanContext {
  /** ms since the epoch: where a run that goes on ends for now. */
  now: number;
  /** All runs: what belongs to another one is cut off. */
  runs?: readonly Run[];
  /** The run's own: a report goes on until they were over. */
  incidents?: readonly Incident[];
}

type Times = Pick<Run, 'startedAt' | 'endedAt'> & Partial<Pick<Run, 'startedBy'>>;

/** The time that is a run's, with a named margin. */
export function runSpan(
  run: Times,
  margin: SpanMargin,
  { now, runs = [], incidents = [] }: SpanContext,
): RunSpan {
  const { after } = MARGINS[margin];
  // A run marked by hand begins when somebody says so; what was read before is not its own.
  const before = run.startedBy === 'hand' ? 0 : MARGINS[margin].before;
  const ended = run.endedAt !== undefined;
  const ends = [
    run.endedAt ?? now,
    ...(margin === 'report' ? incidents.map(one => Math.min(one.resolvedAt ?? one.openedAt, now)) : []),
  ];
  const to = Math.min(Math.max(...ends) + (ended ? after : 0), ...nextStarts(run, margin, runs));
  return {
    from: Math.max(run.startedAt - before, ...(margin === 'report' ? endsBefore(run, runs) : [])),
    to: Math.max(to, run.startedAt + 1),
  };
}

/** Old output never counts for a later run. */
function endsBefore(run: Times, runs: readonly Run[]): number[] {
  return runs.flatMap(one =>
    one.endedAt !== undefined && one.endedAt <= run.startedAt ? [one.endedAt] : [],
  );
}

/** Lines are counted until the next run begins; a report shows runs side by side, so only what came after the end cuts it. */
function nextStarts(run: Times, margin: SpanMargin, runs: readonly Run[]): number[] {
  if (margin === 'exact') return [];
  return runs.flatMap(({ startedAt }) => {
    const next =
      margin === 'goodbyes'
        ? startedAt > run.startedAt
        : run.endedAt !== undefined && startedAt >= run.endedAt;
    return next ? [startedAt] : [];
  });
}
