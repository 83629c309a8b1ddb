import { addTo, removeFrom, type SetIndex } from '../platform/set-index.js';
import type { HostWatch } from './hosts.js';
import type { Trouble } from './network-signals.js';
import { SilentHosts } from './silent-hosts.js';

/** What a program told of last is what it ended of, or a silent host's doing, only for so long, ms. */
const WINDOW = 60_000;
/** A process that is seen gone so soon after an error ended of it, ms; heartbeats tell, every few seconds. */
const LAST_WORDS_WITHIN = 20_000;
/** When it went is known no better. */
const ENDS_WITH = 2000;

export interface BorneOut {
  trouble: Trouble;
  /** When its process ended of it. */
  ended?: number;
}

/**
 * Troubles whose last line is grave enough to be an incident where a witness bears it out: an error its program ended of, a complaint of a
 * peer while a host is silent. A look costs what has changed since the one before: lines that came, processes that ended, hosts that
 * fell silent.
 */
export class Candidates {
  /** In the order of their last lines. */
  private readonly waiting = new Set<Trouble>();
  private readonly byAgent: SetIndex<string, Trouble> = new Map();
  private readonly changed = new Set<Trouble>();
  private late: ReadonlySet<string> = new Set();

  constructor(private readonly hosts: HostWatch) {}

  /** A trouble has a new line. */
  add(trouble: Trouble): void {
    this.delete(trouble);
    this.waiting.add(trouble);
    this.changed.add(trouble);
    addTo(this.byAgent, trouble.agent, trouble);
  }

  delete(trouble: Trouble): void {
    this.waiting.delete(trouble);
    this.changed.delete(trouble);
    removeFrom(this.byAgent, trouble.agent, trouble);
  }

  /** Those that are borne out since the last look, which are no candidates any more. */
  take(now: number): BorneOut[] {
    const gone = this.hosts.takeGone();
    for (const trouble of this.waiting) {
      if (now - (trouble.recent.at(-1)?.fact.seen ?? 0) <= WINDOW) break;
      this.delete(trouble);
    }
    if (this.waiting.size === 0) return [];
    const found = new Map<Trouble, BorneOut>();
    const ofEnded = gone.flatMap(agent => [...(this.byAgent.get(agent) ?? [])]);
    for (const trouble of [...this.changed, ...ofEnded]) {
      const ended = this.endedOf(trouble);
      if (ended !== undefined) found.set(trouble, { trouble, ended });
    }
    const late = this.hosts.lateNow(now);
    const fresh = late.filter(name => !this.late.has(name));
    this.late = new Set(late);
    if (late.length > 0) this.besideSilent(this.changed, late, found);
    if (fresh.length > 0) this.besideSilent(this.waiting, fresh, found);
    this.changed.clear();
    for (const trouble of found.keys()) this.delete(trouble);
    return [...found.values()];
  }

  /** When the program ended of what it told of last. */
  private endedOf({ agent, recent }: Trouble): number | undefined {
    const last = recent.at(-1);
    const gone = this.hosts.goneSince(agent);
    if (!last?.grave || typeof gone !== 'number') return undefined;
    return gone >= last.at - ENDS_WITH && gone <= last.at + LAST_WORDS_WITHIN ? gone : undefined;
  }

  private besideSilent(
    troubles: Iterable<Trouble>,
    late: readonly string[],
    found: Map<Trouble, BorneOut>,
  ): void {
    const silent = new SilentHosts(this.hosts, late);
    for (const trouble of troubles) {
      const last = trouble.recent.at(-1);
      if (!last || trouble.about === undefined || found.has(trouble)) continue;
      if (silent.someAbout(last.at, trouble.agent)) found.set(trouble, { trouble });
    }
  }
}
