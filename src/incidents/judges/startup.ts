import type { Cause } from '../../model/incident.js';
import { naturalOrder } from '../../platform/natural-order.js';
import { plural } from '../../wording/amount.js';
import { durationWords } from '../../wording/duration.js';
import { list } from '../../wording/words.js';
import type { Fact, Verdict } from '../facts.js';
import { busyVerdicts, busyWith } from './busy.js';
import { agentsOf, type Context, cascade, causes, endOf, symptoms } from './context.js';
import { expected, laterAnswer, type OwnSide, startCause, whatItSays, whoIsMissing } from './missing.js';
import { namedMissing } from './named-missing.js';
import { notBegun, runNotStarted } from './not-begun.js';

/**
 * A run that does not start: who is missing is everybody expected minus those who answered. The controller's own list
 * of "no response" names all agents, so it is not used.
 */
export function judgeStartup(context: Context): Verdict[] {
  const failed = startFailure(context);
  const named = agentsOf(context.run).filter(agent => agent.connectFailed || agent.rejected);
  const verdicts: Verdict[] = [];
  if (named.length > 0) verdicts.push(...namedMissing(context, named));
  else if (failed) verdicts.push(...missing(context, failed.fact, failed.knowableAt));
  verdicts.push(...notBegun(context));
  return verdicts;
}

function startFailure(context: Context): { fact: Fact; knowableAt: number } | undefined {
  const { run, behaviour } = context;
  if (run.startupTimeout) return { fact: run.startupTimeout, knowableAt: run.startupTimeout.seen + 500 };
  const waiting = run.waiting;
  if (!waiting || waiting.remaining === 0 || run.allReady || run.workloadStarted || run.interrupted)
    return undefined;
  if (endOf(run) < Number.POSITIVE_INFINITY) return undefined;
  // later than this an agent's task has given up, whatever the controller still prints
  const limit = ((behaviour.readyWithinSeconds ?? 60) + 2) * 1000;
  if (waiting.last.at - run.started.at < limit) return undefined;
  return { fact: waiting.last, knowableAt: Math.max(waiting.last.seen, run.started.seen + limit) };
}

function missing(context: Context, fact: Fact, knowableAt: number): Verdict[] {
  const { run } = context;
  const busy = expected(context).flatMap(id => {
    const other = busyWith(context, id, run.started.at);
    return other ? [{ id, fact, other }] : [];
  });
  const taken = new Set(busy.map(({ id }) => id));
  const names = whoIsMissing(context).filter(id => !taken.has(id));
  const rivals = busyVerdicts(context, busy).map(verdict => ({ ...verdict, knowableAt }));
  if (rivals.length > 0 && names.length === 0) return rivals;
  const count = run.waiting?.remaining ?? names.length;
  const strangers = run.unreachable.map(entry => entry.address);
  const subjects = names.length > 0 ? names : strangers.length === count ? strangers : [];
  if (subjects.length === 0) return [runNotStarted(context, fact, knowableAt)];
  const groups = new Map<Cause, string[]>();
  for (const id of subjects) {
    const cause = startCause(context, id, subjects.length);
    groups.set(cause, [...(groups.get(cause) ?? []), id]);
  }
  return [...rivals, ...[...groups].map(([cause, ids]) => notReady(context, ids, cause, fact, knowableAt))];
}

function notReady(context: Context, ids: string[], cause: Cause, fact: Fact, knowableAt: number): Verdict {
  const { run } = context;
  const told = ids.map(id => whatItSays(context, id));
  const back = ids.map(id => laterAnswer(context, id, fact.at));
  const resolved = back.every(one => one !== undefined);
  return {
    key: `not-ready:${run.run.id}:${[...ids].sort(naturalOrder)[0]}`,
    kind: 'agent-not-ready',
    subjects: ids,
    ...(cause === 'unknown' ? {} : { cause }),
    severity: 'critical',
    run: run.run.id,
    startedAt: run.started.at,
    knowableAt,
    ...(resolved
      ? {
          resolvedAt: Math.max(...back.map(one => one?.at ?? 0)),
          resolvedSeen: Math.max(...back.map(one => one?.seen ?? 0)),
        }
      : {}),
    explanation: `${list(ids)} never got ready: ${durationWords(fact.at - run.started.at)} after the start of the run ${whoAnswered(run.run.announced, ids.length)}; ${together(ids, told)}.`,
    evidence: [
      ...causes(fact),
      ...symptoms(run.waiting?.last === fact ? undefined : run.waiting?.last),
      ...told.flatMap(one => one.evidence),
    ].slice(0, 30),
    consequences: cascade(context, ids, fact.at),
  };
}

/** @param announced how many agents the run has; undefined: nobody has said */
function whoAnswered(announced: number | undefined, missing: number): string {
  if (announced === undefined || announced < missing)
    return missing === 1 ? 'it had not answered' : 'they had not answered';
  const answered = announced - missing;
  return answered === 0
    ? 'no agent had answered'
    : `only ${plural(answered, 'agent')} of ${announced} had answered`;
}

function together(ids: string[], told: OwnSide[]): string {
  const kinds = [...new Set(told.map(one => one.kind))];
  return kinds
    .map(kind => {
      const names = ids.filter((_, index) => told[index]?.kind === kind);
      return told.find(one => one.kind === kind)?.words(list(names), names.length > 1) ?? '';
    })
    .join('; ');
}
