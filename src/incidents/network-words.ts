import { clock } from '../wording/time.js';
import { list } from '../wording/words.js';
import type { HostWatch } from './hosts.js';
import type { Trouble } from './network-signals.js';
import { SilentHosts } from './silent-hosts.js';

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
  const silent = [...new SilentHosts(hosts, hosts.lateNow(now)).about(since)]
    .filter(host => !complaining.some(agent => hosts.reports(host, agent)))
    .map(({ host, lastAt }) => `nothing is heard of ${host} since ${clock(lastAt)}`);
  const words = [...ended, ...silent];
  return words.length === 0 || words.length > MOST ? '' : `; at about that time: ${list(words)}`;
}

/** Of a program that ended of what it told of last. */
export function endWords(group: readonly Trouble[]): string {
  const ended = [...new Set(group.flatMap(one => (one.ended === undefined ? [] : [one.agent])))];
  if (ended.length === 0) return '';
  return group.length === 1 ? ', and ended of it' : `, and ${list(ended)} ended of it`;
}
