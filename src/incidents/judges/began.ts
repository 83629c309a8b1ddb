import { durationWords } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';
import { list } from '../../wording/words.js';
import type { Interval } from '../facts.js';
import { LATE_PERIODS } from '../host-period.js';
import type { HostWatch } from '../hosts.js';
import type { Condition } from '../spells.js';

/** A heartbeat or probe comes a moment after what it tells. */
const ON_ITS_WAY = 1500;
/** Known so well, a moment is told as one. */
const A_MOMENT = 2500;

/** Where the beginning of a loss is looked for, and until when what began must have lasted. */
export interface Search {
  from: number;
  to: number;
  lastsUntil: number;
}

/**
 * When an agent was lost, by those who watched it: between the last good and the first bad sign of the sharpest of them.
 * Heartbeats speak for the host, probes and processes for the agent: where they contradict each other, these count.
 */
export function witnessedBeginning(
  hosts: HostWatch,
  agent: string,
  search: Search,
  now: number,
): Interval | undefined {
  const witness = hosts.agents[agent];
  if (!witness) return undefined;
  const own = [
    turned(witness.port, value => value !== 'open', search),
    turned(witness.process, value => value !== 'running', search),
    turned(witness.listening, value => !value, search),
  ].flatMap(one => one ?? []);
  const host = silenceOfHost(hosts, agent, search, now);
  const all = host ? [...own, host] : own;
  return common(all) ?? common(own) ?? host;
}

/** What all agree on; undefined where they don't. */
function common(intervals: readonly Interval[]): Interval | undefined {
  if (intervals.length === 0) return undefined;
  const from = Math.max(...intervals.map(one => one.from));
  const to = Math.min(...intervals.map(one => one.to));
  return from <= to ? { from, to } : undefined;
}

function turned<T>(
  spells: readonly Condition<T>[],
  isIll: (value: T) => boolean,
  { from, to, lastsUntil }: Search,
): Interval | undefined {
  const index = spells.findLastIndex(
    (spell, at) =>
      isIll(spell.value) &&
      spell.since >= from &&
      spell.since <= to &&
      spell.last >= Math.min(lastsUntil, spell.since) &&
      !(at > 0 && isIll(spells[at - 1]!.value)),
  );
  const ill = spells[index];
  const before = spells[index - 1];
  return ill && before ? { from: before.last, to: Math.max(before.last, ill.since) } : undefined;
}

function silenceOfHost(
  hosts: HostWatch,
  agent: string,
  { from, to, lastsUntil }: Search,
  now: number,
): Interval | undefined {
  const host = hosts.hostOf(agent);
  if (!host || host.goodbye !== undefined || !hosts.isBeside(agent)) return undefined;
  const late = now - host.lastAt > LATE_PERIODS * host.periodMs;
  const gaps = late ? [...host.gaps, { from: host.lastAt, to: Number.POSITIVE_INFINITY }] : host.gaps;
  const gap = gaps.findLast(one => one.from >= from && one.from <= to && one.to >= lastsUntil);
  return gap && { from: gap.from, to: gap.from + host.periodMs + ON_ITS_WAY };
}

/** `about 10:00:10`, or `between 10:00:12 and 10:00:17`. */
export function whenWords({ from, to }: Interval): string {
  return to - from <= A_MOMENT || clock(from) === clock(to)
    ? `about ${clock((from + to) / 2)}`
    : `between ${clock(from)} and ${clock(to)}`;
}

export interface Beginning {
  names: string[];
  began: Interval;
}

/** Who was first, where that is certain; else how close together they are. Nothing of a single one. */
export function orderWords(beginnings: readonly Beginning[]): string | undefined {
  if (beginnings.length < 2) return undefined;
  const sorted = [...beginnings].sort((a, b) => a.began.to - b.began.to);
  const [first, ...others] = sorted as [Beginning, ...Beginning[]];
  const overlapping = others.filter(other => other.began.from <= first.began.to);
  if (overlapping.length === 0) {
    const apart = Math.min(...others.map(other => other.began.from)) - first.began.to;
    return `${list(first.names)} ${first.names.length > 1 ? 'were' : 'was'} first (${whenWords(first.began)}), ${list(others.flatMap(other => other.names))} followed ${apart >= 1000 ? `${durationWords(apart)} or more later` : 'after it'}`;
  }
  const all = [first, ...overlapping];
  const spread = Math.max(...all.map(one => one.began.to)) - Math.min(...all.map(one => one.began.from));
  return `${list(all.flatMap(one => one.names))} were lost within ${durationWords(Math.max(1, Math.ceil(spread / 1000)) * 1000)} of each other, so their order is not certain`;
}
