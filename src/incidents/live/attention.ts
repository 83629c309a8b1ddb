/** Asked so much later than planned, the service itself stood still: a busy machine, a suspended one. */
const STOOD_STILL_MS = 500;

/** Who is told. Times are ms since the epoch by the host's clock. */
export interface AttentionTold {
  /** Nobody looked between these. */
  away(from: number, to: number): void;
  /** The host's clock was set back and shows `to` now. */
  setBack(to: number): void;
}

/**
 * Whether the service looked. What was sent to it while it stood still waits in its sockets and is read only after the silence has
 * been judged, so no silence counts for that time: a second of it more or less decides whether a host is late. A clock that is
 * set forward looks the same, and is taken for the same.
 */
export class Attention {
  private looked: number | undefined;

  /** @param everyMs how often it means to look */
  constructor(
    private readonly everyMs: number,
    private readonly told: AttentionTold,
  ) {}

  /** To be called with the time before anything is judged by it, so that what there is to tell is told first. */
  look(now: number): void {
    const { looked, everyMs } = this;
    this.looked = now;
    if (looked === undefined) return;
    const planned = looked + everyMs;
    if (now < looked - STOOD_STILL_MS) this.told.setBack(now);
    else if (now - planned > STOOD_STILL_MS) this.told.away(planned, now);
  }
}
