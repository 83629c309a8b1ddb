import type { HostWatch } from './hosts.js';
import type { Trouble } from './network-signals.js';
import { SilentHosts } from './silent-hosts.js';

/** Troubles that begin so close to what a witness saw are its doing, ms: when a process went is known by heartbeats. */
const TOGETHER = 10_000;
/** More of them tell of something larger, and of nobody in particular. */
const MOST = 5;

/** What befell another host or program, by a witness. */
interface Event {
  name: string;
  from: number;
  to: number;
}

/**
 * Hosts that complain as one process ends, or one host falls silent, are in one trouble, whomever they name: a client that names nobody, a
 * replica that names an address, and the last words of the program itself.
 * @param groups troubles that are one incident each, by key
 * @returns the same, those of one event under the key of the first of them; and which keys went into which
 */
export function joinByWitness(
  groups: Map<string, Trouble[]>,
  hosts: HostWatch,
  now: number,
): { groups: Map<string, Trouble[]>; joined: Map<string, string[]> } {
  const joined = new Map<string, string[]>();
  if (groups.size < 2) return { groups, joined };
  const begun = [...groups]
    .map(([key, troubles]) => ({ key, troubles, since: Math.min(...troubles.map(({ since = 0 }) => since)) }))
    .sort((a, b) => a.since - b.since);
  const events = eventsOf(hosts, begun[0]!.since, begun.at(-1)!.since, now);
  if (events.length === 0 || events.length > MOST) return { groups, joined };
  const byEvent = new Map<Event, string>();
  const result = new Map<string, Trouble[]>();
  for (const { key, troubles, since } of begun) {
    const event = events.find(({ from, to }) => since >= from - TOGETHER && since <= to + TOGETHER);
    const first = event && byEvent.get(event);
    if (event && first === undefined) byEvent.set(event, key);
    if (first === undefined) result.set(key, [...troubles]);
    else {
      result.get(first)!.push(...troubles);
      joined.set(first, [...(joined.get(first) ?? []), key]);
    }
  }
  return { groups: result, joined };
}

/** The first first: what ended after it may have ended of it. */
function eventsOf(hosts: HostWatch, first: number, last: number, now: number): Event[] {
  const ended = hosts
    .endedWithin(first - TOGETHER, last + TOGETHER)
    .map(({ agent, at }) => ({ name: agent, from: at, to: at }));
  const silent = [...new SilentHosts(hosts, hosts.lateNow(now)).about(last)].map(
    ({ host, lastAt, periodMs }) => ({ name: host, from: lastAt, to: lastAt + periodMs }),
  );
  return [...ended, ...silent].sort((a, b) => a.from - b.from || (a.name < b.name ? -1 : 1));
}
