import type { Mark } from '../model/finding.js';
import { type ByName, byName } from '../platform/by-name.js';

interface Delay {
  smallest: number;
  /** Moments at which lines arrived, up to what is needed to trust it. */
  arrivals: number;
  last: number;
  /** The delay has hardly changed since then: what is read from a backlog comes ever less late. */
  steady?: { since: number; smallest: number };
  /** So late lines were that can't be so old, at the least: its clock, or its time zone, is off by as much. */
  impossible?: number;
}

interface Delays {
  /** When the first mark of each source arrived. */
  first?: ByName<number>;
  /** Smallest delay between a line's own time and its arrival, per source. */
  own: ByName<Delay>;
  /** The same between reading and arrival, per host. */
  shipped: ByName<Delay>;
}

/** A delay beyond this is a backlog, not a clock that is off. */
const LONGEST_SKEW = 60_000;
/** So long a delay is steady, within so much, where a clock is off: a backlog that is read no faster than it was written is none. */
const STEADY_FOR = 10_000;
const STEADY_WITHIN = 5000;
/** A delay up to this may be the way of the bytes; a line can't come from the future. */
const LONGEST_WAY = 750;
/** A time this much older than the line can be is none: its clock, or its time zone, is another. */
const IMPOSSIBLE = LONGEST_SKEW;
/** Few arrivals may all have waited for something; so many can't all have. */
const ARRIVALS_TO_TRUST = 5;

/**
 * Puts marks of many hosts on one timeline, the server's. A line's own time counts; where a source's lines come from the
 * future, or all are late by more than the way takes, its clock is off by its smallest delay, and the host's clock as
 * heartbeats measured it is better still. Lines without a time of their own happened when they were read, but between
 * the timed lines around them. A log that had been read to its end holds no older lines: where it seems to, or where all are late by
 * one and the same span while a backlog would catch up, the clock is off by that, be it an hour.
 * Rejected: the inherited time of such lines (a controller prints none for minutes, so it would be minutes old), and
 * arrival times for all (collectors that come back ship hours at once).
 */
export class Timeline {
  private readonly delays: Delays & { first: ByName<number> };
  private readonly corrected = new Set<string>();

  /**
   * @param clockOf measured offset of a host's clock, ms ahead of the server's
   * @param readUntil when an agent's logs had been read to their ends for the last time
   */
  constructor(
    private readonly clockOf: (host: string) => number | undefined,
    private readonly readUntil: (agent: string) => number | undefined = () => undefined,
    saved?: Delays,
  ) {
    this.delays = {
      own: byName(saved?.own),
      shipped: byName(saved?.shipped),
      first: byName(saved?.first),
    };
  }

  /** The times of marks that arrived together, in order; all of one arrival must be given at once. */
  place(marks: Mark[]): Map<Mark, number> {
    for (const mark of marks) this.learn(mark);
    return this.timesOf(marks);
  }

  /** Sources whose clocks have turned out to be far off since this was asked: what was said of them by their own times is wrong. */
  takeCorrected(): string[] {
    const found = [...this.corrected];
    this.corrected.clear();
    return found;
  }

  /** The times of marks of which nothing new is to be learnt. */
  timesOf(marks: readonly Mark[]): Map<Mark, number> {
    const bySource = new Map<string, Mark[]>();
    for (const mark of marks) {
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
    this.delays.first[mark.source] ??= mark.ingestedAt;
    learn(this.delays.shipped, mark.host, mark.ingestedAt - mark.observedAt, mark.ingestedAt);
    if (!isTimed(mark)) return;
    const before = skewOf(this.delays.own[mark.source]);
    const delay = learn(this.delays.own, mark.source, mark.ingestedAt - mark.time, mark.ingestedAt);
    // where a line came in time the clock is right: what is late lay in a buffer
    if (delay.smallest <= IMPOSSIBLE) delete delay.impossible;
    else if (this.isImpossible(mark))
      delay.impossible = Math.min(delay.impossible ?? Number.POSITIVE_INFINITY, mark.ingestedAt - mark.time);
    if (skewOf(delay) > LONGEST_SKEW && before <= LONGEST_SKEW) this.corrected.add(mark.source);
  }

  /** Its log had been read to its end since the time it gives. */
  private isImpossible({ agent, host, source, time }: Mark): boolean {
    const read = this.readUntil(agent);
    if (read === undefined || (this.delays.first[source] ?? read) >= read) return false;
    return time - (this.clockOf(host) ?? 0) < read - IMPOSSIBLE;
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
    const own = this.delays.own[mark.source];
    // a clock that is right may still be written in another time zone
    const off = own?.impossible ?? (measured === undefined ? skewOf(own) : -measured);
    return Math.min(mark.ingestedAt, mark.time + off);
  }
}

/** What to add to a time so that its lines come neither from the future nor all late. */
function skewOf(delay: Delay | undefined): number {
  if (!delay) return 0;
  const { smallest, arrivals, steady, last } = delay;
  if (smallest < 0) return smallest;
  if (delay.impossible !== undefined) return delay.impossible;
  if (smallest <= LONGEST_WAY || arrivals < ARRIVALS_TO_TRUST) return 0;
  if (smallest <= LONGEST_SKEW) return smallest;
  return steady && last - steady.since >= STEADY_FOR ? steady.smallest : 0;
}

function isTimed(mark: Mark): boolean {
  return mark.timeKind === undefined || mark.timeKind === 'own';
}

function learn(delays: ByName<Delay>, key: string, value: number, arrival: number): Delay {
  const known = delays[key];
  if (!known) {
    const first = {
      smallest: value,
      arrivals: 1,
      last: arrival,
      steady: { since: arrival, smallest: value },
    };
    delays[key] = first;
    return first;
  }
  const { steady } = known;
  if (!steady || Math.abs(value - steady.smallest) > STEADY_WITHIN)
    known.steady = { since: arrival, smallest: value };
  else steady.smallest = Math.min(steady.smallest, value);
  known.smallest = Math.min(known.smallest, value);
  if (arrival !== known.last && known.arrivals < ARRIVALS_TO_TRUST) known.arrivals++;
  known.last = arrival;
  return known;
}

/** Marks with their times, in an order that does not depend on how they came. */
export function inOrder(
  marks: readonly Mark[],
  times: ReadonlyMap<Mark, number>,
): { mark: Mark; at: number }[] {
  return marks
    .map(mark => ({ mark, at: times.get(mark) ?? mark.ingestedAt }))
    .sort(
      (a, b) =>
        a.at - b.at ||
        compare(a.mark.agent, b.mark.agent) ||
        compare(a.mark.source, b.mark.source) ||
        a.mark.offset - b.mark.offset,
    );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
