/** Asked so much later than planned, the service itself stood still: a busy machine, a suspended one. */
const STOOD_STILL_MS = 500;

/**
 * Whether the service looked. What was sent to it while it stood still waits in its sockets and is read only after the silence has
 * been judged, so no silence counts for that time: a second of it more or less decides whether a host is late.
 */
export class Attention {
  private looked = 0;

  /** @param everyMs how often it means to look */
  constructor(private readonly everyMs: number) {}

  begin(now: number): void {
    this.looked = now;
  }

  /** @returns the time for which it looked later than it meant to, where that is more than a moment */
  look(now: number): { from: number; to: number } | undefined {
    const planned = this.looked + this.everyMs;
    this.looked = now;
    return now - planned > STOOD_STILL_MS ? { from: planned, to: now } : undefined;
  }
}
