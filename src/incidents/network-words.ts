import { clock } from '../wording/time.js';
import { list } from '../wording/words.js';
import type { HostWatch } from './hosts.js';
import type { Trouble } from './network-signals.js';

/** What befell other hosts so shortly before belongs to it, ms. */
const TOGETHER = 30_000;
/** That a process ended is seen so much later: heartbeats come every few seconds. */
const SEEN_WITHIN = 10_000;
/** More of them tell of something larger than a peer. */
const MOST = 5;

/** Which process ended, and which host fell silent, as others began to complain: told beside, for a reader to judge. */
export function witnessWords(
  hosts: HostWatch,
  complaining: readonly string[],
  since: number,
  now: number,
): string {
  const ended = hosts
    .endedWithin(since - TOGETHER, since + SEEN_WITHIN)
    .filter(({ agent }) => !complaining.includes(agent))
    .map(
      ({ agent, host, at }) =>
        `${agent}’s process${host === agent ? '' : ` on ${host}`} ended at ${clock(at)}`,
    );
  const silent = silentAbout(hosts, hosts.lateNow(now), since, complaining).map(
    name => `nothing is heard of ${name} since ${clock(hosts.hosts[name]!.lastAt)}`,
  );
  const words = [...ended, ...silent];
  return words.length === 0 || words.length > MOST ? '' : `; at about that time: ${list(words)}`;
}

/** Of the hosts that are late, those that fell silent about a moment, and nobody that complains is on. */
export function silentAbout(
  hosts: HostWatch,
  late: readonly string[],
  at: number,
  complaining: readonly string[],
): string[] {
  return late.filter(name => {
    const { lastAt, agents, periodMs } = hosts.hosts[name]!;
    // it had been heard shortly before, and hardly after
    const near = lastAt >= at - 2 * TOGETHER && lastAt <= at + periodMs;
    return near && !agents.some(agent => complaining.includes(agent));
  });
}

/** Of a program that ended of what it told of last. */
export function endWords(group: readonly Trouble[]): string {
  const ended = [...new Set(group.flatMap(one => (one.ended === undefined ? [] : [one.agent])))];
  if (ended.length === 0) return '';
  return group.length === 1 ? ', and ended of it' : `, and ${list(ended)} ended of it`;
}
