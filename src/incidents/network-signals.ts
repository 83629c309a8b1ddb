import type { Mark } from '../model/finding.js';
import type { Cause } from '../model/incident.js';
import { type FaultClass, LEVELS } from '../model/vocabulary.js';
import { addTo, type SetIndex } from '../platform/set-index.js';
import type { Fact } from './facts.js';

/** A line that tells of a fault of the network, and what it weighs. */
export interface Signal {
  at: number;
  points: number;
  fact: Fact;
  class: string;
  about: string | undefined;
  /** Grave enough to be what its program ended of, should it end now. */
  grave: boolean;
}

export interface Trouble {
  agent: string;
  about: string | undefined;
  /** Signals of the last minute, bounded. */
  recent: Signal[];
  /** Faults per minute in the hour before, to know what is usual here. */
  minutes: Map<number, number>;
  /** Set while there is an incident. */
  since?: number;
  knownAt?: number;
  last: number;
  lastSeen: number;
  over?: { at: number; seen: number };
  /** When its process ended of it. */
  ended?: number;
}

export const CAUSE_OF: Record<FaultClass, Cause> & Record<string, Cause> = {
  timeout: 'timeout',
  disconnect: 'reset',
  refused: 'refused',
  dns: 'dns',
  tls: 'tls',
};

const ERROR_WORDS = /\b(?:error|fatal|fail(?:ed|ure)|abort(?:ed|ing)|panic|giving up)\b/i;
const ERROR = LEVELS.indexOf('error');
const WARN = LEVELS.indexOf('warn');
const INFO = LEVELS.indexOf('info');

export function agentsByPeer(troubles: Iterable<Trouble>): SetIndex<string, string> {
  const peers: SetIndex<string, string> = new Map();
  for (const { about, agent } of troubles) if (about !== undefined) addTo(peers, about, agent);
  return peers;
}

/** The first signals of a group. Hundreds of pairs of hosts hold thousands, so they are not sorted for twenty. */
export function earliest(group: readonly Trouble[], most: number): Signal[] {
  const kept: Signal[] = [];
  for (const { recent } of group)
    for (const signal of recent) {
      if (kept.length === most && signal.at >= kept[most - 1]!.at) continue;
      let place = kept.length;
      while (place > 0 && kept[place - 1]!.at > signal.at) place--;
      kept.splice(place, 0, signal);
      if (kept.length > most) kept.pop();
    }
  return kept;
}

/** What a line weighs: by its level, and by whether it names a peer. */
export function pointsOf(mark: Mark, about: string | undefined): number {
  if (mark.level > ERROR) return 3;
  const named = about !== undefined;
  if (mark.level === ERROR) return named ? 2 : 1.5;
  if (mark.level === WARN || mark.level === 0) return named ? 1 : 0.75;
  return mark.level >= INFO && named ? 0.5 : 0.25;
}

/** An error, of which a program may end: by its level, or by its words where it gives none. */
export function isGrave({ level, text }: Mark): boolean {
  return level >= ERROR || (level === 0 && ERROR_WORDS.test(text));
}
