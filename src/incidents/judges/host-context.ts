import type { ByName } from '../../platform/by-name.js';
import type { AgentState, RunFacts, Verdict } from '../facts.js';
import { LATE_PERIODS } from '../host-period.js';
import type { HostState } from '../host-state.js';
import type { HostWatch } from '../hosts.js';
import type { EngineSettings } from '../settings.js';
import { isWorking } from './context.js';

/** What the judges of hosts look at. */
export interface HostContext {
  now: number;
  settings: EngineSettings;
  hosts: HostWatch;
  agents: ByName<AgentState>;
  runs: readonly RunFacts[];
  /** Verdicts on runs: what they explain is not told twice. */
  earlier: Verdict[];
  /** As in context.ts, worked out once a moment: a run without a controller ends by the words of all its agents. */
  endOf(run: RunFacts): number;
  silentAt(since: number, limit: number): number;
  skip(rule: string, agent: string | undefined, at: number, reason: string): void;
}

/** When a heartbeat that stays away is late: with a second witness that is enough. */
export function lateAt(context: HostContext, host: HostState): number {
  return context.silentAt(host.lastAt, lateLimit(context.settings, host));
}

/**
 * Until when the lines that a host's collector sends show that it lives. One that is cut off sends none after its last heartbeat's
 * period, so this is over by the time its heartbeat is late, and no loss is told later for it.
 */
export function sendsUntil(
  { settings, silentAt }: Pick<HostContext, 'settings' | 'silentAt'>,
  host: HostState,
): number {
  if (host.linesAt === undefined) return 0;
  return silentAt(host.linesAt, lateLimit(settings, host) - host.periodMs);
}

/** How long a host may be silent before it is late, ms. */
export function lateLimit({ lateAfter }: EngineSettings, { periodMs }: HostState): number {
  return Math.max(lateAfter, LATE_PERIODS * periodMs);
}

/** Nobody waits longer for the rest of a log that is being read. */
const LAST_WORDS = 10_000;

/**
 * When the last words of an ended process have been read: it may have completed its part and said so. A heartbeat tells whether
 * its log has been read to its end, and gets the time of one more. What can't be delivered (the store is out of reach) may hold just these
 * words, however long; where only the position stands still, as long as silence may last.
 */
export function lastWordsBy(context: HostContext, host: HostState, agent: string, since: number): number {
  const { unread, stuck } = context.hosts.agents[agent] ?? {};
  if (unread && host.undelivered) return Number.POSITIVE_INFINITY;
  const from = Math.max(since, host.deliveredAt ?? since);
  if (!unread) return from + Math.min(host.periodMs, LAST_WORDS / 2);
  return from + (stuck ? Math.max(LAST_WORDS, context.settings.silentAfter) : LAST_WORDS);
}

/** At work in a run that had not ended at the time, so that its process is needed. */
export function isBusy(context: HostContext, agent: string, at = context.now): boolean {
  return context.runs.some(run => {
    const facts = run.agents[agent];
    if (!facts || context.endOf(run) < at - 1000) return false;
    const began = facts.joined ?? facts.ready ?? facts.answered;
    // a process that ended just before the next run is nobody's loss
    const partOfIt = began !== undefined && began.at < at;
    return isWorking(facts, at) || (partOfIt && !facts.completed && !facts.phaseEnded);
  });
}
