import type { Incident, IncidentChange, Run } from '../incidents/incident.js';
import type { Clock, Timer } from '../platform/clock.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import type { Store } from '../store/store.js';
import { countPatterns } from './count.js';
import { Profiles, usualLines } from './profiles.js';
import { skeletonOf } from './tally.js';
import { findUnusual, type Unusual } from './unusual.js';

const KIND = 'incident-unusual';
/** After an incident was opened: the lines of all sides are in by then. */
const WAIT_MS = 3_000;
/** What happened so long before the fault may belong to it. */
const BEFORE_MS = 120_000;
/** Looked at before the fault, the longest that holds no more than MOST_LINES. */
const WINDOWS_MS = [15 * 60_000, 4 * 60_000, 60_000, 15_000];
/** About a CPU second of the store's readers. Three million, looked at with every change, kept two readers busy all the time. */
const MOST_LINES = 500_000;
/** An incident that goes on worsening is not looked at again sooner. */
const AGAIN_MS = 60_000;
const REMEMBERED = 1000;
const MOST_FINDINGS = 8;

export interface ContextsDeps {
  store: Pick<Store, 'search' | 'tally' | 'histogram' | 'documents'>;
  profiles: Profiles;
  runs: () => Promise<Run[]>;
  clock: Clock;
  logger?: Logger;
}

/**
 * The context leg of detection: lines unlike those of healthy runs, bursts, and one host that differs from its siblings,
 * looked for around an incident and kept beside it. The incident is never changed or made by them: they are weak
 * evidence, and a clean run raises no alarm.
 */
export class IncidentContexts {
  /** Incidents that wait to be looked at, as they were last told. */
  private readonly waiting = new Map<string, { incident: Incident; timer: Timer }>();
  /** Monotonic time of the last look at an incident, the latest last. */
  private readonly lookedAt = new Map<string, number>();
  private working: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly deps: ContextsDeps) {}

  changed({ change, incident }: IncidentChange): void {
    if (this.stopped || (change !== 'opened' && change !== 'worsened')) return;
    const waits = this.waiting.get(incident.id);
    if (waits) {
      waits.incident = incident;
      return;
    }
    const { clock } = this.deps;
    const before = this.lookedAt.get(incident.id);
    const again = before === undefined ? 0 : before + AGAIN_MS - clock.monotonic();
    const timer = clock.after(Math.max(WAIT_MS, again), () => {
      const latest = this.waiting.get(incident.id)?.incident ?? incident;
      this.waiting.delete(incident.id);
      this.remember(incident.id);
      this.working = this.working.then(() => this.keep(latest));
    });
    this.waiting.set(incident.id, { incident, timer });
  }

  /** What was unusual around an incident, the most telling first. */
  async of(incident: string): Promise<Unusual[]> {
    return (await this.deps.store.documents.get<{ found: Unusual[] }>(KIND, incident))?.doc.found ?? [];
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const { timer } of this.waiting.values()) timer.cancel();
    this.waiting.clear();
    await this.working;
  }

  private remember(id: string): void {
    this.lookedAt.delete(id);
    this.lookedAt.set(id, this.deps.clock.monotonic());
    const oldest = this.lookedAt.keys().next().value;
    if (this.lookedAt.size > REMEMBERED && oldest !== undefined) this.lookedAt.delete(oldest);
  }

  private async keep(incident: Incident): Promise<void> {
    try {
      const found = await this.lookAround(incident);
      await this.deps.store.documents.put(KIND, incident.id, { at: this.deps.clock.now(), found });
    } catch (thrown) {
      (this.deps.logger ?? silentLogger).warn('templates.context-failed', {
        incident: incident.id,
        error: String(thrown),
      });
    }
  }

  /** Not on record yet: computed anew, from the lines as they are now. */
  async lookAround(incident: Incident): Promise<Unusual[]> {
    const { store, profiles, clock } = this.deps;
    const runs = await this.deps.runs();
    const run = runs.find(one => one.id === incident.run);
    const whole = run ? Profiles.lines(run, runs, clock.now()) : undefined;
    const to = Math.min(clock.now(), incident.openedAt + 10_000);
    let from = 0;
    for (const window of WINDOWS_MS) {
      from = Math.max(incident.startedAt - window, whole?.from ?? Number.NEGATIVE_INFINITY);
      const interval = Math.max(60_000, to - from);
      const request = { query: whole?.query ?? ({ kind: 'all' } as const), from, to, interval };
      if (from >= to) return [];
      if ((await store.histogram(request)).total <= MOST_LINES) break;
    }
    const tally = await countPatterns(store, { query: whole?.query ?? { kind: 'all' }, from, to });
    const known = usualLines(await profiles.healthy(run?.startedAt ?? incident.startedAt));
    const siblings = run?.agents ?? [];
    // What others print after the first word of it followed from it.
    const words = incident.evidence.filter(
      line => line.by !== 'deadair' && !incident.subjects.includes(line.by),
    );
    const firstWord = Math.min(incident.openedAt, ...words.map(line => line.at));
    const told = new Set([...incident.evidence, ...incident.consequences].map(line => skeletonOf(line.text)));
    return findUnusual({ tally, siblings, ...(known ? { known } : {}) })
      .filter(
        one =>
          one.at >= incident.startedAt - BEFORE_MS &&
          (one.at < firstWord || (one.agent !== undefined && incident.subjects.includes(one.agent))) &&
          !told.has(skeletonOf(one.example)),
      )
      .slice(0, MOST_FINDINGS);
  }
}
