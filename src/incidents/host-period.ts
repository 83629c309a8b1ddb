import { SPELLS_KEPT } from './spells.js';

/** So many periods without a heartbeat are a gap. */
export const LATE_PERIODS = 2.5;

/** What is known of a host's heartbeats. */
interface Beating {
  lastAt: number;
  periodMs: number;
  intervals: number[];
  gaps: { from: number; to: number }[];
}

/** The middle of the latest intervals: neither an outage nor a burst of beats after a restart changes it. */
export function learnPeriod(host: Beating, receivedAt: number, interval: number): void {
  if (interval > LATE_PERIODS * host.periodMs) {
    host.gaps.push({ from: host.lastAt, to: receivedAt });
    if (host.gaps.length > SPELLS_KEPT) host.gaps.shift();
  }
  host.intervals.push(interval);
  if (host.intervals.length > 5) host.intervals.shift();
  if (host.intervals.length >= 3)
    host.periodMs = host.intervals.toSorted((a, b) => a - b)[host.intervals.length >> 1] ?? host.periodMs;
}
