/**
 * The clock every stage gets as an argument, so that replay, back-test and tests run on virtual time.
 * Times are milliseconds since the Unix epoch everywhere in Deadair; fractions carry microseconds.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. May step when the host's clock is set. */
  now(): number;
  /** Monotonic milliseconds, for measuring durations and deadlines; never steps back. */
  monotonic(): number;
  /** Calls `run` once after `delayMs`; the returned timer can be cancelled. Does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer;
  /** Calls `run` every `periodMs` until cancelled. */
  every(periodMs: number, run: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** The host's real clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  after(delayMs: number, run: () => void): Timer {
    const handle = setTimeout(run, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  }

  every(periodMs: number, run: () => void): Timer {
    const handle = setInterval(run, periodMs);
    handle.unref();
    return { cancel: () => clearInterval(handle) };
  }
}

/** A clock that moves only when told: for tests, `deadair replay` and `deadair rules backtest`. */
export class VirtualClock implements Clock {
  private time: number;
  private readonly origin: number;
  private order = 0;
  private readonly timers = new Set<{ due: number; order: number; period: number | null; run: () => void }>();

  constructor(startMs = 0) {
    this.time = startMs;
    this.origin = startMs;
  }

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time - this.origin;
  }

  after(delayMs: number, run: () => void): Timer {
    return this.schedule(delayMs, null, run);
  }

  every(periodMs: number, run: () => void): Timer {
    return this.schedule(periodMs, periodMs, run);
  }

  /** Moves to `timeMs`, firing the timers due on the way in order of their due time. */
  advanceTo(timeMs: number): void {
    for (;;) {
      let next: { due: number; order: number; period: number | null; run: () => void } | undefined;
      for (const timer of this.timers) {
        if (timer.due > timeMs) continue;
        if (!next || timer.due < next.due || (timer.due === next.due && timer.order < next.order))
          next = timer;
      }
      if (!next) break;
      this.time = Math.max(this.time, next.due);
      if (next.period === null) this.timers.delete(next);
      else next.due += next.period;
      next.run();
    }
    this.time = Math.max(this.time, timeMs);
  }

  advance(byMs: number): void {
    this.advanceTo(this.time + byMs);
  }

  private schedule(delayMs: number, period: number | null, run: () => void): Timer {
    const timer = { due: this.time + Math.max(0, delayMs), order: this.order++, period, run };
    this.timers.add(timer);
    return { cancel: () => this.timers.delete(timer) };
  }
}
