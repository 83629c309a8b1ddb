import type { Stored } from '../../ingest/intake.js';
import { DOCUMENT_KINDS } from '../../model/document-kinds.js';
import { listAll } from '../../model/documents.js';
import type { Mark } from '../../model/finding.js';
import type { Incident, IncidentChange } from '../../model/incident.js';
import type { ProbeResult } from '../../model/probe.js';
import type { Run } from '../../model/run.js';
import type { Clock, Timer } from '../../platform/clock.js';
import { messageOf, stackOf } from '../../platform/errors.js';
import { isImported } from '../../platform/ids.js';
import { type Logger, silentLogger } from '../../platform/logger.js';
import type { Store } from '../../store/store.js';
import type { Heartbeat } from '../../wire/protocol.js';
import { IncidentEngine } from '../engine.js';
import type { LostBytes } from '../inputs.js';
import type { EngineSettings } from '../settings.js';
import { advanceInSteps } from './engine-steps.js';
import { SignsOfLife } from './signs-of-life.js';
import { type FeedPosition, StoreFeed } from './store-feed.js';

const CHECKPOINT_ID = 'checkpoint';

interface Checkpoint {
  snapshot: string;
  /** Marks up to this commit are in the snapshot. */
  seq: number;
  /** Marks of later commits that are in it, too (StoreFeed). */
  seen?: FeedPosition['seen'];
  at: number;
}

/** Who is told of changes (the alerts). The same change may come again after a crash. */
export interface ChangeTaker {
  /** Resolved means recorded. */
  handle(change: IncidentChange, context: { runName?: string }): Promise<void>;
}

export interface IncidentWatchDeps {
  store: Pick<Store, 'documents' | 'marks' | 'gaps' | 'shared'>;
  settings: Partial<EngineSettings>;
  clock: Clock;
  logger?: Logger;
  /** Told of every change; must take the same change twice without harm. */
  alerts?: ChangeTaker;
  onChange?: (change: IncidentChange) => void;
}

const TICK_MS = 1000;
/** After lines came in: long enough to take those of the other side along. */
const SOON_MS = 100;
/** Asked so much later than planned, the service itself stood still: a busy machine, a suspended one. */
const STOOD_STILL_MS = 3000;
const CHECKPOINT_MS = 10_000;
/**
 * After a change, too, no sooner than this: a checkpoint is half a megabyte where hundreds of pairs of hosts are in trouble, and
 * incidents then change several times a second. What a crash in between loses are heartbeats and probes of that time, which
 * come again; marks are taken up from the store, and changes are known by their ids.
 */
const CHECKPOINT_SOON_MS = 2000;
const MARK_PAGE = 5000;
const STANDING_BY_MS = 5000;
/** Incidents kept at hand for status and page; older ones stay in the store. */
const INCIDENTS_KEPT = 1000;

/**
 * The incident engine on the real clock: fed with what is stored, asked every second, its conclusions recorded and
 * handed to the alerts. A checkpoint holds its state and the commit it has seen; after a crash the marks behind it are
 * taken up from the store, so the engine comes to the same conclusions again, under the same ids.
 */
export class IncidentWatch {
  private engine!: IncidentEngine;
  /** Judging; before that it stands by. */
  private started = false;
  private readonly signs = new SignsOfLife(activity => this.engine.activity(activity));
  private readonly logger: Logger;
  private readonly timers: Timer[] = [];
  private readonly kept = new Map<string, Incident>();
  private readonly runsKept = new Map<string, Run>();
  private seq = 0;
  private soon: Timer | undefined;
  private askedAt = 0;
  /** Up to when the engine was asked; Infinity: not yet. */
  private advancedTo = Number.POSITIVE_INFINITY;
  private checkpointedAt = 0;
  private dirty = false;
  /** Something was told since the last checkpoint. */
  private changedSince = false;
  private standing: Timer | undefined;
  /** Since when the store could not be read. */
  private deafSince: number | undefined;
  private advancing: Promise<void> = Promise.resolve();
  /** Where several ingesters share the store, what happened is read from it and not heard from the one in this process. */
  private feed: StoreFeed | undefined;
  private feeding: Promise<void> | undefined;

  constructor(private readonly deps: IncidentWatchDeps) {
    this.logger = deps.logger ?? silentLogger;
  }

  /** Knows incidents and runs as another ingester, which leads, has recorded them; judges nothing until `start`. */
  async standBy(): Promise<void> {
    await this.readRecorded();
    let reading = false;
    this.standing = this.deps.clock.every(STANDING_BY_MS, () => {
      if (reading) return;
      reading = true;
      this.readRecorded()
        .catch(thrown => this.logger.warn('incidents.not-read', { error: messageOf(thrown) }))
        .finally(() => {
          reading = false;
        });
    });
  }

  async start(): Promise<void> {
    const { store, clock, settings } = this.deps;
    this.standing?.cancel();
    await this.readRecorded();
    const saved = (await store.documents.get<Checkpoint>(DOCUMENT_KINDS.engine, CHECKPOINT_ID))?.doc;
    this.engine = this.restore(saved, settings);
    this.seq = saved?.seq ?? 0;
    this.started = true;
    const now = clock.now();
    // Nobody was listening meanwhile: no silence of that time proves anything.
    if (saved) this.engine.outage(saved.at, now);
    if (store.shared) {
      this.feed = new StoreFeed(
        { store, shared: store.shared, clock },
        { seq: this.seq, seen: saved?.seen ?? [] },
      );
      await this.takeNews();
    } else await this.takeUp();
    await this.advance();
    this.askedAt = now;
    this.timers.push(clock.every(TICK_MS, () => this.tick()));
  }

  private async readRecorded(): Promise<void> {
    const { documents } = this.deps.store;
    for (const { doc } of await listAll<Incident>(documents, DOCUMENT_KINDS.incident))
      this.kept.set(doc.id, doc);
    for (const { doc } of await listAll<Run>(documents, DOCUMENT_KINDS.run)) this.runsKept.set(doc.id, doc);
  }

  stored({ result, seq }: Stored): void {
    // What this ingester has stored is read together with what the others have.
    if (this.deps.store.shared) return;
    for (const { source, observedAt, ingestedAt, records, gap } of result.appends) {
      const { agent, host, path, id } = source;
      if (records && records.count > 0) this.signs.heard({ agent, host, observedAt, ingestedAt });
      if (gap) this.gap({ agent, path, source: id, ...gap, at: ingestedAt });
    }
    for (const mark of result.marks) this.engine.mark({ ...mark, seq });
    this.seq = Math.max(this.seq, seq);
    if (result.marks.length === 0) return;
    this.dirty = true;
    this.soon ??= this.deps.clock.after(SOON_MS, () => {
      this.soon = undefined;
      void this.advance();
    });
  }

  heartbeat(beat: Heartbeat, receivedAt: number): void {
    // A pulled host out of reach gives no sign of life of its own.
    if (beat.trouble || !this.started) return;
    this.engine.heartbeat(beat, receivedAt);
  }

  probe(result: ProbeResult): void {
    if (this.started) this.engine.probe(result);
  }

  explain(question: Parameters<IncidentEngine['explain']>[0]): ReturnType<IncidentEngine['explain']> {
    return this.engine.explain(question);
  }

  clockOf(host: string): { offset: number; within: number } | undefined {
    return this.started ? this.engine.clockOf(host) : undefined;
  }

  retire(agent: string, retired: boolean): void {
    this.engine.retire(agent, retired);
    this.dirty = true;
  }

  /** Newest first. */
  incidents(): Incident[] {
    return [...this.kept.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, INCIDENTS_KEPT);
  }

  /** Runs the logs tell of, newest first. */
  runs(): Run[] {
    return [...this.runsKept.values()].sort((a, b) => b.startedAt - a.startedAt);
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) timer.cancel();
    this.standing?.cancel();
    this.soon?.cancel();
    await this.feeding;
    if (!this.started) return;
    await this.advance();
    await this.record([], true);
    this.started = false;
  }

  private tick(): void {
    const now = this.deps.clock.now();
    // heartbeats of that time wait in the sockets: nobody was silent because nobody listened
    if (now - this.askedAt > TICK_MS + STOOD_STILL_MS) this.engine.outage(this.askedAt, now);
    this.askedAt = now;
    if (this.feed)
      this.feeding ??= this.takeNews().finally(() => {
        this.feeding = undefined;
      });
    void this.advance();
  }

  /** Where the store can't be read, silence proves nothing: the engine is told so when it can be read again. */
  private async takeNews(): Promise<void> {
    const { clock } = this.deps;
    try {
      const { marks, activity, gaps } = await this.feed!.read();
      const now = clock.now();
      if (this.deafSince !== undefined) this.engine.outage(this.deafSince, now);
      this.deafSince = undefined;
      for (const mark of marks)
        if (!isImported(mark.source)) {
          this.engine.mark(mark);
          this.engine.activity(mark);
        }
      for (const one of activity) if (!isImported(one.source)) this.engine.activity(one);
      for (const { agent, path, source, from, to, reason, at } of gaps)
        this.gap({ agent, path, source, from, to, reason, at });
      this.seq = this.feed!.position.seq;
      this.dirty ||= marks.length > 0;
    } catch (thrown) {
      this.deafSince ??= clock.now();
      this.logger.warn('incidents.deaf', { error: String(messageOf(thrown)) });
    }
  }

  private gap(gap: LostBytes): void {
    this.engine.gap(gap);
    this.dirty = true;
  }

  private restore(saved: Checkpoint | undefined, settings: Partial<EngineSettings>): IncidentEngine {
    if (!saved) return new IncidentEngine(settings);
    try {
      return IncidentEngine.restore(saved.snapshot, settings);
    } catch (thrown) {
      // Written by another version: the incidents are documents of their own and stay.
      this.logger.warn('incidents.checkpoint-unreadable', { error: messageOf(thrown) });
      return new IncidentEngine(settings);
    }
  }

  private async takeUp(): Promise<void> {
    for (;;) {
      const marks: Mark[] = await this.deps.store.marks({ afterSeq: this.seq, limit: MARK_PAGE });
      for (const mark of marks) {
        // What a capsule brought happened elsewhere, and was judged there.
        if (!isImported(mark.source)) {
          this.engine.mark(mark);
          this.engine.activity(mark);
        }
        this.seq = Math.max(this.seq, mark.seq);
      }
      if (marks.length < MARK_PAGE) return;
    }
  }

  /** One at a time: a change is recorded before the next is thought of. */
  private advance(): Promise<void> {
    this.advancing = this.advancing
      .then(async () => {
        this.signs.flush();
        const now = this.deps.clock.now();
        const changes = await advanceInSteps(this.engine, this.advancedTo, now, this.deps.clock);
        this.advancedTo = now;
        if (changes.length > 0) await this.tell(changes);
        if (changes.length > 0) this.changedSince = true;
        const since = this.deps.clock.now() - this.checkpointedAt;
        const due = since >= (this.changedSince ? CHECKPOINT_SOON_MS : CHECKPOINT_MS);
        const checkpoint = due && (this.dirty || this.changedSince);
        if (changes.length > 0 || checkpoint) await this.record(changes, checkpoint);
      })
      .catch(thrown => this.logger.error('incidents.failed', { error: stackOf(thrown) }));
    return this.advancing;
  }

  private async tell(changes: readonly IncidentChange[]): Promise<void> {
    for (const change of changes) {
      this.kept.set(change.incident.id, change.incident);
      const { kind, subjects, cause, explanation } = change.incident;
      this.logger.info(`incident.${change.change}`, {
        kind,
        subjects: subjects.join(','),
        cause,
        explanation,
      });
      const run = this.engine.runs().find(one => one.id === change.incident.run);
      // Before the checkpoint: a crash in between lets the change come again, and the alerts know it by its id.
      await this.deps.alerts?.handle(change, run ? { runName: run.name } : {});
      this.deps.onChange?.(change);
    }
  }

  private async record(changes: readonly IncidentChange[], checkpoint: boolean): Promise<void> {
    const writes: { kind: string; id: string; doc: unknown }[] = [];
    const latest = new Map(changes.map(({ incident }) => [incident.id, incident]));
    for (const [id, doc] of latest) writes.push({ kind: DOCUMENT_KINDS.incident, id, doc });
    for (const run of this.engine.runs()) {
      if (JSON.stringify(this.runsKept.get(run.id)) === JSON.stringify(run)) continue;
      this.runsKept.set(run.id, run);
      writes.push({ kind: DOCUMENT_KINDS.run, id: run.id, doc: run });
    }
    const at = this.deps.clock.now();
    if (checkpoint) {
      const doc: Checkpoint = {
        snapshot: this.engine.snapshot(),
        seq: this.seq,
        ...(this.feed ? { seen: this.feed.position.seen } : {}),
        at,
      };
      writes.push({ kind: DOCUMENT_KINDS.engine, id: CHECKPOINT_ID, doc });
      this.checkpointedAt = at;
      this.dirty = false;
      this.changedSince = false;
    }
    if (writes.length > 0) await this.deps.store.documents.putMany(writes);
  }
}
