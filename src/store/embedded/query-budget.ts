import { DeadairError } from '../../platform/errors.js';
import { durationWords } from '../../wording/duration.js';

/** Who waits longer has given up; whoever needs longer asks for less at a time. */
export const QUERY_MS = 30_000;
/** A thread that was told to break off and does not, is in the middle of a single line: it is ended. */
export const GRACE_MS = 1000;
/** The same where others ask the same thread, whose small requests would fail with it. */
export const LONG_GRACE_MS = 10_000;

/** How far a query has come: blocks looked at, of those there are. */
export interface Progress {
  done: number;
  total: number;
}

/** A signal that fires when the asker leaves or the time is over, whichever comes first. */
export function within(
  ms: number,
  abort: AbortSignal | undefined,
  progress: Progress,
): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController();
  const leave = () => controller.abort(abort!.reason);
  if (abort?.aborted) leave();
  abort?.addEventListener('abort', leave, { once: true });
  const timer = setTimeout(() => controller.abort(timedOut(ms, progress)), ms);
  return {
    signal: controller.signal,
    done: () => {
      clearTimeout(timer);
      abort?.removeEventListener('abort', leave);
    },
  };
}

function timedOut(ms: number, { done, total }: Progress): DeadairError {
  const come = total > 0 ? ` It had looked at ${done} of ${total} blocks of lines.` : '';
  return new DeadairError(
    'query.timeout',
    `The query was broken off after ${durationWords(ms)}.${come} Narrow it by time, agent, run or a word that stands in the lines.`,
    { subject: 'query' },
  );
}
