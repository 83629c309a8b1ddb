import { DeadairError } from '../../platform/errors.js';

/** Dear queries that wait for their turn; more are asked to come again. */
const MOST_WAITING = 8;

/** Dear expressions have a thread of their own, one at a time; those that come meanwhile wait in order. */
export class DearTurns {
  private last: Promise<void> = Promise.resolve();
  private waiting = 0;

  /**
   * @param signal of a query; without it nothing is too long to wait
   * @returns to be called when the turn is over
   * @throws DeadairError `busy`, or why the signal was given
   */
  async take(signal?: AbortSignal): Promise<() => void> {
    if (signal && this.waiting >= MOST_WAITING) throw busy();
    this.waiting++;
    const before = this.last;
    let leave = () => {};
    this.last = new Promise<void>(resolve => {
      leave = resolve;
    });
    try {
      await orAborted(before, signal);
    } catch (thrown) {
      // Whoever comes after waits for the one before.
      void before.then(leave);
      throw thrown;
    } finally {
      this.waiting--;
    }
    return leave;
  }
}

function orAborted(before: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return before;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    void before.then(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
  });
}

/** Says that too many wait. */
export function busy(): DeadairError {
  return new DeadairError('busy', 'Too many queries wait already; ask again in a moment.', {
    retryAfterSeconds: 2,
  });
}
