import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { Incident, IncidentChange } from '../model/incident.js';
import type { Run } from '../model/run.js';
import type { Clock, Timer } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { messageOf } from '../platform/errors.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import { skeletonOf } from '../skeletons/tally.js';
import type { Store } from '../store/store.js';
import { countPatterns } from './count.js';
import { Profiles, usualLines } from './profiles.js';
import { findUnusual, type Unusual } from './unusual.js';

/** After an incident was opened: the lines of all sides are in by then. */
const WAIT_MS = 3_000;
/** What happened so long before the fault may belong to it. */
const BEFORE_MS = 120_000;
/** Looked at before the fault, the longest that holds no more than MOST_LINES. */
const WINDOWS_MS = [15 * 60_000, 4 * 60_000, 60_000, 15_000];
/** A third of a CPU second of the store's readers. */
const MOST_LINES = 200_000;
/** … of a store that can't count where its lines lie, so that each comes here: a second of its time at most. */
const MOST_LINES_FETCHED = 20_000;
/** An incident that goes on worsening is not looked at again sooner. */
const AGAIN_MS = 60_000;
/**
 * After a look nothing is looked at for so many times as long as it took: looks at dozens of incidents at once (a backlog that
 * comes in) kept two readers busy, a third of all the service did, while people waited for their queries.
 */
const REST = 19;
const REMEMBERED = 1000;
const MOST_FINDINGS = 8;

export interface ContextsDeps {
  store: Pick<Store, 'search' | 'tally' | 'histogram' | 'documents'>;
  profiles: Profiles;
  runs: () => Promise<Run[]>;
  clock: Clock;
  logger?: Logger;
}

/** An incident that waits to be looked at, as it was last told; not before `due` (monotonic ms). */
interface Waiting {
  incident: Incident;
  due: number;
}

/**
 * The context leg of detection: lines unlike those of healthy runs, bursts, and one host that differs from its siblings,
 * looked for around an incident and kept beside it. The incident is never changed or made by them: they are weak
 * evidence, and a clean run raises no alarm.
 *
 * One incident at a time, with rests in proportion: those nobody has looked at before those that only worsened.
 */
export class IncidentContexts {
  private readonly waiting = new Map<string, Waiting>();
  /** Monotonic time of the last look at an incident, the latest last. */
  private readonly lookedAt = new Map<string, number>();
  private timer: Timer | undefined;
  private looking: Promise<void> | undefined;
  private restsUntil = 0;
  private readonly stopped = new AbortController();

  constructor(private readonly deps: ContextsDeps) {}

  changed({ change, incident }: IncidentChange): void {
    if (this.stopped.signal.aborted || (change !== 'opened' && change !== 'worsened')) return;
    const waits = this.waiting.get(incident.id);
    if (waits) {
      waits.incident = incident;
      return;
    }
    const before = this.lookedAt.get(incident.id);
    const now = this.deps.clock.monotonic();
    const due = Math.max(now + WAIT_MS, before === undefined ? 0 : before + AGAIN_MS);
    this.waiting.set(incident.id, { incident, due });
    this.plan();
  }

  /** What was unusual around an incident, the most telling first. */
  async of(incident: string): Promise<Unusual[]> {
    return (
      (await this.deps.store.documents.get<{ found: Unusual[] }>(DOCUMENT_KINDS.unusual, incident))?.doc
        .found ?? []
    );
  }

  /** A look under way is broken off: the same lines can be looked at again. */
  async stop(): Promise<void> {
    this.stopped.abort();
    this.timer?.cancel();
    this.waiting.clear();
    await this.settled();
  }

  /** The look under way, if there is one, is over. */
  async settled(): Promise<void> {
    await this.looking;
  }

  private plan(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.looking || this.waiting.size === 0 || this.stopped.signal.aborted) return;
    const first = Math.min(...[...this.waiting.values()].map(({ due }) => due));
    const now = this.deps.clock.monotonic();
    this.timer = this.deps.clock.after(Math.max(0, first - now, this.restsUntil - now), () => this.look());
  }

  private look(): void {
    const began = this.deps.clock.monotonic();
    const next = this.next(began);
    if (!next) {
      this.plan();
      return;
    }
    this.waiting.delete(next.id);
    this.remember(next.id, began);
    this.looking = this.keep(next).finally(() => {
      const ended = this.deps.clock.monotonic();
      this.restsUntil = ended + REST * (ended - began);
      this.looking = undefined;
      this.plan();
    });
  }

  /** Of those that are due, one that was never looked at, else whose turn came first. */
  private next(now: number): Incident | undefined {
    const due = [...this.waiting.values()].filter(one => one.due <= now);
    const seen = ({ incident }: Waiting) => Number(this.lookedAt.has(incident.id));
    return due.sort((a, b) => seen(a) - seen(b) || a.due - b.due)[0]?.incident;
  }

  private remember(id: string, at: number): void {
    this.lookedAt.delete(id);
    this.lookedAt.set(id, at);
    const oldest = this.lookedAt.keys().next().value;
    if (this.lookedAt.size > REMEMBERED && oldest !== undefined) this.lookedAt.delete(oldest);
  }

  private async keep(incident: Incident): Promise<void> {
    try {
      const found = await this.lookAround(incident, this.stopped.signal);
      await this.deps.store.documents.put(DOCUMENT_KINDS.unusual, incident.id, {
        at: this.deps.clock.now(),
        found,
      });
    } catch (thrown) {
      if (this.stopped.signal.aborted) return;
      (this.deps.logger ?? silentLogger).warn('templates.context-failed', {
        incident: incident.id,
        error: messageOf(thrown),
      });
    }
  }

  /** Not on record yet: computed anew, from the lines as they are now. */
  async lookAround(incident: Incident, abort?: AbortSignal): Promise<Unusual[]> {
    const { store, profiles, clock } = this.deps;
    const runs = await this.deps.runs();
    const run = runs.find(one => one.id === incident.run);
    const whole = run ? Profiles.lines(run, runs, clock.now()) : undefined;
    // Of a backlog that came in late, an incident is opened hours after it happened.
    const to = Math.min(clock.now(), incident.openedAt + 10_000, incident.startedAt + WINDOWS_MS[0]!);
    const most = store.tally ? MOST_LINES : MOST_LINES_FETCHED;
    let from = 0;
    let total = 0;
    for (const window of WINDOWS_MS) {
      from = Math.max(incident.startedAt - window, whole?.from ?? Number.NEGATIVE_INFINITY);
      const interval = Math.max(60_000, to - from);
      const request = { query: whole?.query ?? ({ kind: 'all' } as const), from, to, interval };
      if (from >= to) return [];
      total = (await store.histogram(request, abort)).total;
      if (total <= most) break;
    }
    // Weak evidence is not worth what a busy server would pay for it.
    if (total > most && !store.tally) return [];
    const tally = await countPatterns(store, { query: whole?.query ?? { kind: 'all' }, from, to }, abort);
    const known = usualLines(await profiles.healthy(run?.startedAt ?? incident.startedAt));
    const siblings = run?.agents ?? [];
    // What others print after the first word of it followed from it.
    const words = incident.evidence.filter(
      line => line.by !== 'deadair' && !incident.subjects.includes(line.by),
    );
    const firstWord = Math.min(incident.openedAt, ...words.map(line => line.at));
    const told = new Set([...incident.evidence, ...incident.consequences].map(line => skeletonOf(line.text)));
    return findUnusual({ tally, siblings, ...defined({ known }) })
      .filter(
        one =>
          one.at >= incident.startedAt - BEFORE_MS &&
          (one.at < firstWord || (one.agent !== undefined && incident.subjects.includes(one.agent))) &&
          !told.has(skeletonOf(one.example)),
      )
      .slice(0, MOST_FINDINGS);
  }
}
