/** Lines that come in between share a request. 30 ms keep the lag's median below 20 and cost a third of the CPU that 5 ms do at 50,000 lines a second. */
export const SHORTEST_LOOK_MS = 30;
/** Many files are looked at for a thirtieth of the time … */
const LOOK_SHARE = 30;
/** … as long as a line does not wait for it. */
const LONGEST_LOOK_MS = 60;

/** How far apart looks at files that grow are. */
export class LookPace {
  private before = 0;

  /**
   * Of a look and the one before it the quicker counts: one that waited for the processor says nothing.
   * @returns how long after the beginning of a look that took so long the next one may begin, ms
   */
  after(tookMs: number): number {
    const took = Math.min(tookMs, this.before);
    this.before = tookMs;
    return Math.min(LONGEST_LOOK_MS, Math.max(SHORTEST_LOOK_MS, LOOK_SHARE * took));
  }
}

/** A folder that changes all the time is listed for a fifth of it. */
const LISTING_SHARE = 5;

/** When folders may be listed again: one with ten thousand files costs more than one that holds a log. */
export class ListingPace {
  private readonly next = new Map<string, number>();

  constructor(private readonly share = LISTING_SHARE) {}

  /** Those that may be listed now, ms of a monotonic clock. */
  due(directories: Iterable<string>, now: number): string[] {
    return [...directories].filter(directory => now >= (this.next.get(directory) ?? 0));
  }

  listed(directory: string, began: number, ended: number): void {
    this.next.set(directory, began + (ended - began) * this.share);
  }

  /** A rescan has listed all. */
  clear(): void {
    this.next.clear();
  }
}
