import type { Verdict } from '../facts.js';
import { judgeBarrier } from './barrier.js';
import type { Context } from './context.js';
import { judgeControllerLost, judgeControllerStalled } from './controller.js';
import { judgeInterrupted } from './interrupted.js';
import { judgeLost } from './lost.js';
import { judgeMembers } from './members.js';
import { judgeOverdue } from './overdue.js';
import { judgeRivals } from './rival.js';
import { judgeStalled } from './stalled.js';
import { judgeStartup } from './startup.js';
import { judgeClocks, judgeDeaths, judgeProcesses, judgeWorkload } from './workload.js';

/** In this order, because each sees what those before concluded: a fault comes before what it brings about. */
const JUDGES: readonly ((context: Context) => Verdict[])[] = [
  judgeControllerStalled,
  judgeRivals,
  judgeLost,
  judgeDeaths,
  judgeStartup,
  judgeInterrupted,
  judgeControllerLost,
  judgeWorkload,
  judgeClocks,
  judgeProcesses,
  judgeStalled,
  judgeBarrier,
  judgeOverdue,
  judgeMembers,
];

export function judgeRun(context: Context): Verdict[] {
  for (const judge of JUDGES) context.earlier.push(...judge(context));
  return withoutDoubles(context.earlier, context);
}

/** One agent's fault is told once: the graver kind swallows what came of it. */
function withoutDoubles(verdicts: Verdict[], context: Context): Verdict[] {
  const lost = new Set(
    verdicts
      .filter(verdict => verdict.kind === 'agent-lost' && verdict.knowableAt <= context.now)
      .flatMap(verdict => verdict.subjects),
  );
  return verdicts.filter(verdict => {
    if (!['agent-stalled', 'overdue', 'agent-restarted'].includes(verdict.kind)) return true;
    const swallowed = verdict.subjects.every(subject => lost.has(subject));
    if (swallowed)
      context.skip(verdict.kind, verdict.subjects[0], verdict.startedAt, 'part of the loss of the agent');
    return !swallowed;
  });
}
