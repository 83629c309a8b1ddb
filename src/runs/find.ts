import type { Run } from '../model/run.js';
import { DeadairError, type ErrorCode } from '../platform/errors.js';

/** As much of a run as its name needs. */
export type NamedRun = Pick<Run, 'id' | 'name' | 'startedAt'>;

/** How a run is named, for help and descriptions. */
export const RUN_WORDS = 'id, name (the newest of that name), `latest`, or `NAME~1` for the one before it';

const NEWEST = /^(?:latest|last|current)$/i;

/**
 * The run that people mean: its id, its name (the newest of that name), `latest`, or `~2` behind either: the one of that
 * name two before it. Commands, routes and queries all ask here, so that one word means one run everywhere.
 *
 * @param runs in any order
 * @param wanted absent: the newest
 * @param code `query.invalid` where the word stands in a query
 * @throws DeadairError `code`
 */
export function findRun<R extends NamedRun>(
  runs: readonly R[],
  wanted?: string,
  code: ErrorCode = 'not-found',
): R {
  const newestFirst = [...runs].sort((a, b) => b.startedAt - a.startedAt);
  const found = lookUp(newestFirst, wanted ?? 'latest');
  if (found) return found;
  const back = /^(.+)~(\d{1,4})$/.exec(wanted ?? '');
  const newest = back ? lookUp(newestFirst, back[1]!) : undefined;
  if (!back || !newest) throw unknownRun(newestFirst, wanted, code);
  const same = sameName(newestFirst, newest);
  const earlier = same[Number(back[2])];
  if (earlier) return earlier;
  throw new DeadairError(
    code,
    `There ${same.length === 1 ? 'is one run' : `are ${same.length} runs`} named ${newest.name}, so there is no ${wanted}.`,
    { subject: 'run' },
  );
}

function lookUp<R extends NamedRun>(newestFirst: readonly R[], wanted: string): R | undefined {
  return (
    newestFirst.find(run => run.id === wanted) ??
    newestFirst.find(run => run.name === wanted) ??
    (NEWEST.test(wanted) ? newestFirst[0] : undefined)
  );
}

/** Runs of a run's name that did not begin after it, newest first: itself first. */
function sameName<R extends NamedRun>(newestFirst: readonly R[], run: R): R[] {
  return newestFirst.filter(one => one.name === run.name && one.startedAt <= run.startedAt);
}

/** The error for a word that means no run. @param newestFirst what there is, to help */
function unknownRun(
  newestFirst: readonly NamedRun[],
  wanted: string | undefined,
  code: ErrorCode,
): DeadairError {
  const known = newestFirst.slice(0, 5).map(run => run.name);
  const text =
    known.length === 0
      ? `There is no run${wanted === undefined ? '' : ` "${wanted}"`} yet; \`deadair status\` shows what is being read.`
      : `There is no run "${wanted}"; the newest runs are ${known.join(', ')}.`;
  return new DeadairError(code, text, { subject: 'run' });
}
