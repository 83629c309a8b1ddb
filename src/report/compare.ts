import type { Mark } from '../model/finding.js';
import { agentsIn, type Run } from '../model/run.js';
import { defined } from '../platform/defined.js';
import type { Diff } from '../templates/diff.js';
import { durationWords } from '../wording/duration.js';
import type { AgentFigures } from './inputs.js';
import type { Comparison } from './model.js';

export interface ComparedRun {
  run: Run;
  marks: readonly Mark[];
  agents: readonly AgentFigures[];
}

/** A difference beyond this share is worth a mark; two runs are never equal to the second. */
const DIFFERS = 0.2;

/** The run against the last good one: figures, and what its lines have that the others' have not. */
export function compareRuns(now: ComparedRun, then: ComparedRun, lines?: Diff): Comparison {
  const rows = [
    figure('Length', now, then, lengthOf, durationWords),
    figure('Agents', now, then, one => agentsIn(one.run), String),
    figure('Until the workload began', now, then, untilWorkload, durationWords),
    figure('Lines', now, then, one => sum(one.agents, agent => agent.lines), String),
    figure('Warnings', now, then, one => sum(one.agents, agent => agent.warnings), String),
    figure('Errors', now, then, one => sum(one.agents, agent => agent.errors), String),
  ].filter(row => row !== undefined);
  rows.unshift({
    what: 'Outcome',
    good: then.run.outcome ?? 'not known',
    now: now.run.outcome ?? 'not known',
    differs: then.run.outcome !== now.run.outcome,
  });
  const { id, name, startedAt } = then.run;
  return {
    run: { id, name, startedAt },
    rows,
    ...defined({ lines }),
  };
}

function figure(
  what: string,
  now: ComparedRun,
  then: ComparedRun,
  read: (one: ComparedRun) => number | undefined,
  words: (value: number) => string,
): Comparison['rows'][number] | undefined {
  const a = read(now);
  const b = read(then);
  if (a === undefined && b === undefined) return undefined;
  const show = (value: number | undefined) => (value === undefined ? '–' : words(value));
  const differs =
    a === undefined || b === undefined || Math.abs(a - b) > DIFFERS * Math.max(Math.abs(a), Math.abs(b));
  return { what, now: show(a), good: show(b), differs };
}

function lengthOf({ run }: ComparedRun): number | undefined {
  return run.endedAt === undefined ? undefined : run.endedAt - run.startedAt;
}

function untilWorkload({ run, marks }: ComparedRun): number | undefined {
  const began = marks.find(mark => mark.event === 'run.workload-started' || mark.event === 'agent.started');
  return began && began.observedAt - run.startedAt;
}

function sum<T>(list: readonly T[], value: (one: T) => number): number {
  return list.reduce((total, one) => total + value(one), 0);
}
