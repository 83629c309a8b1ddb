import type { Clock } from '../platform/clock.js';

/** More than this between the clock and the time that went by is a step. NTP slews what is less than half a second. */
const STEP_MS = 60_000;
/** A clock that went evenly for so long is believed: what sets clocks at a boot (chrony, timesyncd) has done so by then. */
const EVEN_MS = 10 * 60_000;

/**
 * The time that may be used to throw something away. A clock that jumped ahead (a dead battery, a wrong date by hand, a VM
 * that woke) would let all that is stored look old, so a new time is believed only after the clock has gone evenly for ten
 * minutes; until then it is the time that stood before. At a start that is when the last line was written: a service that
 * rested for weeks drops old days a little later, one with a wrong clock drops none before somebody can look.
 */
export class BelievedTime {
  private last: { now: number; monotonic: number };
  private before: number;
  private evenSince: number;

  /** @param newest time of the newest line that is stored, ms since the epoch; null for none */
  constructor(
    private readonly clock: Clock,
    newest: number | null,
  ) {
    this.last = { now: clock.now(), monotonic: clock.monotonic() };
    this.before = newest ?? this.last.now;
    this.evenSince = this.last.monotonic;
  }

  /** @returns ms since the epoch, never later than the clock says */
  now(): number {
    const now = this.clock.now();
    const monotonic = this.clock.monotonic();
    const went = monotonic - this.last.monotonic;
    if (Math.abs(now - this.last.now - went) > STEP_MS) this.evenSince = monotonic;
    this.last = { now, monotonic };
    if (monotonic - this.evenSince >= EVEN_MS) this.before = now;
    return Math.min(now, this.before);
  }
}
