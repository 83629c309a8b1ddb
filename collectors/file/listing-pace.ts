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
