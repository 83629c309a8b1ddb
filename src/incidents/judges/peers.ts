import type { HostState } from '../host-state.js';
import { type HostContext, lateAt } from './host-context.js';

/** The heartbeat after which a host was certainly heard later than another. */
const HEARD_LATER = 1.5;

/** Of the hosts up to a place in order of their last heartbeat. */
interface UpTo {
  /** The latest that any of them was certainly heard after: its last heartbeat less what it may be late. */
  heardPast: number;
  /** The host that is late last, and the last among the others. */
  lateLast: HostState;
  lateLastAt: number;
  lateNextAt: number;
}

/**
 * The hosts whose silence would mean something, in order of their last heartbeat, so that how one stands to all others is found
 * by a search instead of a walk: when a switch dies, every host is asked about, at every moment something arrives.
 */
export class Peers {
  /** How far apart hosts may fall silent together. */
  readonly closeness: number;
  /** The last one heard first. */
  private readonly watched: HostState[];
  private readonly upTo: UpTo[] = [];

  constructor(context: HostContext) {
    const { hosts, settings } = context;
    let longest = 0;
    for (const host of Object.values(hosts.hosts)) longest = Math.max(longest, host.periodMs);
    this.closeness = 2 * longest + settings.groupWithin;
    this.watched = watched(context).sort((a, b) => b.lastAt - a.lastAt);
    for (const host of this.watched) this.upTo.push(next(this.upTo.at(-1), host, lateAt(context, host)));
  }

  /** Hosts that were still heard when another fell silent at `since`. */
  heardAround(since: number): HostState[] {
    return this.watched.slice(0, this.countFrom(since - this.closeness));
  }

  /**
   * When it is told apart whether this host fell silent or all did: as soon as another is heard later, else when all would be
   * late.
   */
  toldApartAt(own: HostState): number {
    const near = this.upTo[this.countFrom(own.lastAt - this.closeness) - 1];
    if (!near) return 0;
    const later = this.upTo[this.countAfter(own.lastAt + HEARD_LATER * own.periodMs) - 1];
    if (later && later.heardPast > own.lastAt) return 0;
    const lateLast = near.lateLast === own ? near.lateNextAt : near.lateLastAt;
    return Math.max(0, lateLast);
  }

  /** How many were heard last at `at` or later. */
  private countFrom(at: number): number {
    return this.count(host => host.lastAt >= at);
  }

  private countAfter(at: number): number {
    return this.count(host => host.lastAt > at);
  }

  /** How many of the first fulfil what only the first can. */
  private count(holds: (host: HostState) => boolean): number {
    let low = 0;
    let high = this.watched.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(this.watched[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function next(before: UpTo | undefined, host: HostState, late: number): UpTo {
  const past = host.lastAt - HEARD_LATER * host.periodMs;
  if (!before)
    return { heardPast: past, lateLast: host, lateLastAt: late, lateNextAt: Number.NEGATIVE_INFINITY };
  const heardPast = Math.max(before.heardPast, past);
  return late > before.lateLastAt
    ? { heardPast, lateLast: host, lateLastAt: late, lateNextAt: before.lateLastAt }
    : { ...before, heardPast, lateNextAt: Math.max(before.lateNextAt, late) };
}

/**
 * Hosts whose silence would mean something: they carry agents of which one is no controller. The controller's own collector
 * beats on however many cables are cut.
 */
function watched({ hosts, agents, runs }: HostContext): HostState[] {
  const controllers = new Set(['controller', ...runs.map(run => run.run.controller)]);
  return Object.values(hosts.hosts).filter(
    host =>
      host.goodbye === undefined &&
      host.agents.some(agent => !controllers.has(agent) && !agents[agent]?.retired),
  );
}
