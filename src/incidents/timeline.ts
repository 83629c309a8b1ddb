import type { Mark } from '../model/finding.js';
import { type ByName, byName } from '../platform/by-name.js';

interface Delay {
  smallest: number;
  /** Moments at which lines arrived, up to what is needed to trust it. */
  arrivals: number;
  last: number;
}

interface Delays {
  /** Smallest delay between a line's own time and its arrival, per source. */
  own: ByName<Delay>;
  /** The same between reading and arrival, per host. */
  shipped: ByName<Delay>;
}

/** A delay beyond this is a backlog, not a clock that is off. */
const LONGEST_SKEW = 60_000;
/** A delay up to this may be the way of the bytes; a line can't come from the future. */
const LONGEST_WAY = 750;
/** Few arrivals may all have waited for something; so many can't all have. */
const ARRIVALS_TO_TRUST = 5;

/**
 * Puts marks of many hosts on one timeline, the server's. A line's own time counts; where a source's lines come from the
 * future, or all are late by more than the way takes, its clock is off by its smallest delay, and the host's clock as
 * heartbeats measured it is better still. Lines without a time of their own happened when they were read, but between
 * the timed lines around them.
 * Rejected: the inherited time of such lines (a controller prints none for minutes, so it would be minutes old), and
 * arrival times for all (collectors that come back ship hours at once).
 */
export class Timeline {
  private delays: Delays;

  /** @param clockOf measured offset of a host's clock, ms ahead of the server's */
  constructor(
    private readonly clockOf: (host: string) => number | undefined,
    saved?: Delays,
  ) {
    this.delays = { own: byName(saved?.own), shipped: byName(saved?.shipped) };
  }

  /** The times of marks that arrived together, in order; all of one arrival must be given at once. */
  place(marks: Mark[]): Map<Mark, number> {
    const bySource = new Map<string, Mark[]>();
    for (const mark of marks) {
      this.learn(mark);
      const list = bySource.get(mark.source);
      if (list) list.push(mark);
      else bySource.set(mark.source, [mark]);
    }
    const times = new Map<Mark, number>();
    for (const list of bySource.values())
      this.placeSource(
        list.sort((a, b) => a.offset - b.offset),
        times,
      );
    return times;
  }

  save(): Delays {
    return this.delays;
  }

  private placeSource(marks: Mark[], times: Map<Mark, number>): void {
    let next = Number.POSITIVE_INFINITY;
    for (const mark of marks.toReversed()) {
      if (isTimed(mark)) next = this.timed(mark);
      times.set(mark, isTimed(mark) ? next : Math.min(this.read(mark), next));
    }
    // what follows an old timed line in the same reading is no older than it, and not much younger
    let previous = Number.NEGATIVE_INFINITY;
    for (const mark of marks) {
      if (isTimed(mark)) previous = this.timed(mark);
      else times.set(mark, Math.max(previous, times.get(mark) ?? previous));
    }
  }

  private learn(mark: Mark): void {
    learn(this.delays.shipped, mark.host, mark.ingestedAt - mark.observedAt, mark.ingestedAt);
    if (isTimed(mark)) learn(this.delays.own, mark.source, mark.ingestedAt - mark.time, mark.ingestedAt);
  }

  /** When the line was read, on the server's clock. */
  private read(mark: Mark): number {
    const measured = this.clockOf(mark.host);
    return Math.min(
      mark.ingestedAt,
      mark.observedAt + (measured === undefined ? skewOf(this.delays.shipped[mark.host]) : -measured),
    );
  }

  private timed(mark: Mark): number {
    const measured = this.clockOf(mark.host);
    return Math.min(
      mark.ingestedAt,
      mark.time + (measured === undefined ? skewOf(this.delays.own[mark.source]) : -measured),
    );
  }
}

/** What to add to a time so that its lines come neither from the future nor all late. */
function skewOf(delay: Delay | undefined): number {
  if (!delay) return 0;
  const late =
    delay.smallest > LONGEST_WAY && delay.smallest <= LONGEST_SKEW && delay.arrivals >= ARRIVALS_TO_TRUST;
  return late || delay.smallest < 0 ? delay.smallest : 0;
}

function isTimed(mark: Mark): boolean {
  return mark.timeKind === undefined || mark.timeKind === 'own';
}

function learn(delays: ByName<Delay>, key: string, value: number, arrival: number): void {
  const known = delays[key];
  if (!known) {
    delays[key] = { smallest: value, arrivals: 1, last: arrival };
    return;
  }
  known.smallest = Math.min(known.smallest, value);
  if (arrival !== known.last && known.arrivals < ARRIVALS_TO_TRUST) known.arrivals++;
  known.last = arrival;
}
