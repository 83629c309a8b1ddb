import type { Clock } from '../platform/clock.js';
import { DeadairError } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';

interface Known {
  count: number;
  last: number;
  told: number;
}

/** Failures of an address are forgotten when it was quiet for so long. */
const FORGET_MS = 10 * 60_000;
/** One log line an address in so long, with their number. */
const TELL_MS = 10_000;
const FIRST_DELAY_MS = 100;
const MOST_DELAY_MS = 2000;
/** Free tries: a token mistyped in one of many collectors' settings is no attack. */
const FREE = 3;
/** Replies held back at once; beyond it they are refused at once, so that waiting costs us nothing. */
const MOST_WAITING = 64;
const MOST_ADDRESSES = 10_000;

/** Wrong tokens: counted, logged, and answered ever more slowly to the address they come from. A right one is never delayed. */
export class Failures {
  private readonly byAddress = new Map<string, Known>();
  private waiting = 0;

  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly count: () => void,
  ) {}

  /** Resolves when the refusal may be sent. @throws DeadairError `busy` */
  async note(address: string, why: string): Promise<void> {
    this.count();
    const now = this.clock.monotonic();
    const known = this.known(address, now);
    known.count++;
    known.last = now;
    if (now - known.told >= TELL_MS) {
      known.told = now;
      this.logger.warn('auth.refused', { from: address, failures: known.count, why });
    }
    const beyond = known.count - FREE;
    if (beyond <= 0) return;
    if (this.waiting >= MOST_WAITING)
      throw new DeadairError('busy', 'Too many wrong tokens; try again later.', { retryAfterSeconds: 5 });
    this.waiting++;
    const delay = Math.min(MOST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(10, beyond - 1));
    await new Promise<void>(resolve => this.clock.after(delay, resolve));
    this.waiting--;
  }

  private known(address: string, now: number): Known {
    let known = this.byAddress.get(address);
    if (known && now - known.last > FORGET_MS) known = undefined;
    // Kept in the order of their last failure.
    this.byAddress.delete(address);
    known ??= { count: 0, last: now, told: Number.NEGATIVE_INFINITY };
    this.byAddress.set(address, known);
    if (this.byAddress.size > MOST_ADDRESSES) this.byAddress.delete(this.byAddress.keys().next().value!);
    return known;
  }
}
