import { DeadairError } from '../../platform/errors.js';
import type { CallState } from '../../platform/worker-calls.js';

/** How long a scan runs before it lets cancellations and small requests in. */
const YIELD_MS = 15;

/** Keeps a long scan interruptible, and tells when its time slice is over. */
export class Pace {
  private readonly start = performance.now();
  private since = this.start;

  /** @param slice ms after which the rest may go to other readers */
  constructor(
    private readonly state: CallState,
    private readonly slice: number,
  ) {}

  get over(): boolean {
    return performance.now() - this.start > this.slice;
  }

  /** @throws DeadairError when the call was cancelled */
  async breathe(): Promise<void> {
    if (performance.now() - this.since < YIELD_MS) return;
    await new Promise<void>(resolve => setImmediate(resolve));
    this.since = performance.now();
    if (this.state.cancelled) throw new DeadairError('unavailable', 'The query was cancelled.');
  }
}
