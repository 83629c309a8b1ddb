import type { HostState } from './host-state.js';
import type { HostWatch } from './hosts.js';

/** A host that fell silent belongs to a moment so long after it was heard, ms. */
const HEARD_BEFORE = 60_000;

/** Hosts that are late, by when they were heard last, so that those about a moment are found without a look at all. */
export class SilentHosts {
  private readonly byTime: HostState[];
  private readonly longestPeriod: number;

  constructor(
    private readonly hosts: HostWatch,
    late: readonly string[],
  ) {
    this.byTime = late.flatMap(name => hosts.hosts[name] ?? []).sort((a, b) => a.lastAt - b.lastAt);
    this.longestPeriod = this.byTime.reduce((longest, { periodMs }) => Math.max(longest, periodMs), 0);
  }

  /** Those that had been heard shortly before a moment, and hardly after. */
  *about(at: number): Iterable<HostState> {
    const { byTime } = this;
    let low = 0;
    let high = byTime.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byTime[middle]!.lastAt < at - HEARD_BEFORE) low = middle + 1;
      else high = middle;
    }
    for (; low < byTime.length && byTime[low]!.lastAt <= at + this.longestPeriod; low++) {
      const host = byTime[low]!;
      if (host.lastAt <= at + host.periodMs) yield host;
    }
  }

  /** Whether one of them is not the host of who complains. */
  someAbout(at: number, agent: string): boolean {
    for (const host of this.about(at)) if (!this.hosts.reports(host, agent)) return true;
    return false;
  }
}
