import type { Clock } from '../../src/platform/clock.js';

const FIRST_MS = 250;
const MOST_MS = 15_000;
/** A server may ask for patience, but not for ever: someone restarts it in between. */
const MOST_ASKED_MS = 60_000;

/**
 * Waiting times after failures, shared by all requests to a server: doubling with full jitter (so that a hundred collectors
 * don't come back in step), never before what Retry-After asked for.
 */
export class Backoff {
  private failures = 0;
  private until = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number = Math.random,
  ) {}

  get failing(): boolean {
    return this.failures > 0;
  }

  /** Milliseconds until the next attempt may be made. */
  get remaining(): number {
    return Math.max(0, this.until - this.clock.monotonic());
  }

  succeeded(): void {
    this.failures = 0;
    this.until = 0;
  }

  failed(retryAfterMs = 0): void {
    const ceiling = Math.min(MOST_MS, FIRST_MS * 2 ** this.failures);
    this.failures++;
    const asked = Math.min(MOST_ASKED_MS, retryAfterMs);
    const wait = asked > 0 ? asked * (1 + 0.25 * this.random()) : ceiling * (0.5 + 0.5 * this.random());
    this.until = Math.max(this.until, this.clock.monotonic() + wait);
  }
}
