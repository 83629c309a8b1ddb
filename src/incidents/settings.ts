import { LAST_RESORT, type Pack, type Rule } from '../detect/pack.js';
import { OLD_OUTPUT_MS } from '../model/finding.js';

export type Behaviour = NonNullable<Pack['behaviour']>;

/** Thresholds of the incident engine, in milliseconds unless the name says otherwise. */
export interface EngineSettings {
  /** A heartbeat older than this is late: with a second witness it is enough for a verdict. */
  lateAfter: number;
  /** A heartbeat older than this means the collector is gone, whatever else is known (`silence.after`). */
  silentAfter: number;
  /** How long a stopped (T) or blocked (D) process may stay so. */
  frozenAfter: number;
  /** Losses within this time are one event. */
  groupWithin: number;
  /** How long after a controller's complaint the accused agent's own log may still clear it. */
  clearWithin: number;
  /** A run whose end is this long ago takes no more facts. */
  linger: number;
  /** A clock this far off, either way, is a fault. */
  clockSkew: number;
  /** Failed operations within a minute that make a failing workload. */
  failingOperations: number;
  /** A line this much older than its reading that was there before the agent was first seen is old output. */
  oldOutput: number;
  /** Points of fault signals within a minute that make a network fault of a program without a pack. */
  networkPoints: number;
  /** Agents that are expected, with the address their port answers at; for probes and for naming who is missing. */
  agents: { id: string; address?: string }[];
  /** Rules (`pack/rule`) of which one line is enough for a network fault. */
  decisive: ReadonlySet<string>;
  /** Rules that know a word and no sentence: weak evidence, which is shown beside a network fault and makes none. */
  wordsOnly: ReadonlySet<string>;
  /** How programs behave, by pack name. */
  behaviours: ReadonlyMap<string, Behaviour>;
}

export const DEFAULT_SETTINGS: EngineSettings = {
  lateAfter: 15_000,
  silentAfter: 60_000,
  frozenAfter: 10_000,
  groupWithin: 5000,
  clearWithin: 5000,
  linger: 300_000,
  clockSkew: 1000,
  failingOperations: 5,
  oldOutput: OLD_OUTPUT_MS,
  networkPoints: 3,
  agents: [],
  decisive: new Set(),
  wordsOnly: new Set(),
  behaviours: new Map(),
};

/** What the packs tell of programs: how they behave, and which of their words decide. */
export function programsOf(
  packs: readonly Pack[],
): Pick<EngineSettings, 'behaviours' | 'decisive' | 'wordsOnly'> {
  const rulesWhere = (holds: (rule: Rule) => boolean) =>
    new Set(packs.flatMap(({ pack, rules }) => rules.filter(holds).map(({ id }) => `${pack}/${id}`)));
  return {
    behaviours: new Map(
      packs.flatMap(pack => (pack.behaviour ? [[pack.pack, pack.behaviour] as const] : [])),
    ),
    decisive: rulesWhere(({ decisive }) => decisive === true),
    wordsOnly: rulesWhere(({ priority = 0 }) => priority <= LAST_RESORT),
  };
}
