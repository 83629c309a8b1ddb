import { durationWords } from '../alerts/wording.js';
import type { Mark } from '../detect/finding.js';
import type { Run } from '../incidents/incident.js';
import { messageText } from '../records/text.js';
import type { AgentFigures } from './inputs.js';
import type { Comparison } from './model.js';

export interface ComparedRun {
  run: Run;
  marks: readonly Mark[];
  agents: readonly AgentFigures[];
}

/** A difference beyond this share is worth a mark; two runs are never equal to the second. */
const DIFFERS = 0.2;
const SHOWN = 12;

/** The run against the last good one: figures, and the kinds of lines only one of them has. */
export function compareRuns(now: ComparedRun, then: ComparedRun): Comparison {
  const rows = [
    figure('Length', now, then, lengthOf, durationWords),
    figure('Agents', now, then, one => one.run.agents.length, String),
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
    onlyNow: onlyIn(now.marks, then.marks),
    onlyThen: onlyIn(then.marks, now.marks),
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

function onlyIn(these: readonly Mark[], those: readonly Mark[]): Comparison['onlyNow'] {
  const known = new Set(those.map(mark => mark.rule));
  const found = new Map<string, { rule: string; count: number; example: string }>();
  for (const mark of these) {
    if (known.has(mark.rule)) continue;
    const row = found.get(mark.rule) ?? { rule: mark.rule, count: 0, example: messageText(mark.text) };
    row.count++;
    found.set(mark.rule, row);
  }
  return [...found.values()].sort((a, b) => b.count - a.count).slice(0, SHOWN);
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
