import type { Stored } from '../../ingest/intake.js';
import { DOCUMENT_KINDS } from '../../model/document-kinds.js';
import type { Incident, IncidentChange } from '../../model/incident.js';
import type { Attempt, ProbeResult } from '../../model/probe.js';
import type { Run } from '../../model/run.js';
import type { Clock, Timer } from '../../platform/clock.js';
import { defined } from '../../platform/defined.js';
import { DeadairError, messageOf, stackOf } from '../../platform/errors.js';
import { isImported } from '../../platform/ids.js';
import { type Logger, silentLogger } from '../../platform/logger.js';
import { Serial } from '../../platform/serial.js';
import type { Store } from '../../store/store.js';
import type { Heartbeat } from '../../wire/protocol.js';
import type { Answer, Question } from '../explain.js';
import type { EngineSettings } from '../settings.js';
import { Attention } from './attention.js';
import { Checkpoints } from './checkpoints.js';
import type { EngineClient } from './engine-client.js';
import { EngineFeed } from './engine-feed.js';
import { EngineThread } from './engine-thread.js';
import type { WitnessJournal } from './journal.js';
import { Recorded } from './recorded.js';
import { StoreFeed } from './store-feed.js';

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
  /** When somebody closed one by hand: it stays closed, whatever the engine goes on to see of it. */
  closedAt?: (incident: string) => number | undefined;
  /** Default: a thread. */
  engine?: (onDeath: (error: Error) => void) => EngineClient;
  /** Keeps what witnesses say, word by word, for capsules and back-tests. */
  witnesses?: Pick<WitnessJournal, 'heartbeat' | 'note'>;
  /** Somebody should try the address that a controller can't use for an agent. */
  onWanted?: (agent: string, address: string) => void;
}

const TICK_MS = 1000;
/** After lines came in: long enough to take those of the other side along. */
const SOON_MS = 100;
const MARK_PAGE = 5000;
const STANDING_BY_MS = 5000;
/** An engine that does not answer when the service stops is ended; it goes on from its last checkpoint. */
const STOP_MS = 5000;
/** Before another thread is started in place of one that ended by itself. */
const REVIVE_MS = 1000;

/**
 * The incident engine on the real clock: fed with what is stored, asked every second, its conclusions recorded and
 * handed to the alerts. A checkpoint holds its state and the commit it has seen; after a crash the marks behind it are
 * taken up from the store, so the engine comes to the same conclusions again, under the same ids.
 */
export class IncidentWatch {
  private readonly engine: EngineClient;
  private readonly input: EngineFeed;
  private readonly recorded = new Recorded();
  private readonly logger: Logger;
  /** Judging; before that it stands by. */
  private started = false;
  private timers: Timer[] = [];
  private seq = 0;
  private soon: Timer | undefined;
  private readonly attention = new Attention(TICK_MS, {
    away: (from, to) => this.away(from, to),
    setBack: to => {
      this.input.give({ setBack: { to } });
      this.logger.warn('incidents.clock-set-back', { to });
    },
  });
  private readonly checkpoints: Checkpoints;
  private standing: Timer | undefined;
  /** When the store that is shared was read last. */
  private readAt: number | undefined;
  /** One at a time: a change is recorded before the next is thought of. */
  private readonly asking = new Serial();
  /** Asked for and not begun. */
  private again: Promise<void> | undefined;
  /** Where several ingesters share the store, what happened is read from it and not heard from the one in this process. */
  private feed: StoreFeed | undefined;
  private feeding: Promise<void> | undefined;
  /** What was stored while marks are taken up from the store; some of it is among them. */
  private meanwhile: { marks: Uint8Array<ArrayBuffer>; seq: number }[] | undefined;

  constructor(private readonly deps: IncidentWatchDeps) {
    this.logger = deps.logger ?? silentLogger;
    const create = deps.engine ?? (onDeath => new EngineThread(onDeath));
    this.engine = create(error => this.died(error));
    this.input = new EngineFeed(this.engine);
    this.checkpoints = new Checkpoints(deps.store.documents, deps.clock);
  }

  /** Knows incidents and runs as another ingester, which leads, has recorded them; judges nothing until `start`. */
  async standBy(): Promise<void> {
    const { documents } = this.deps.store;
    await this.recorded.read(documents);
    let reading = false;
    this.standing = this.deps.clock.every(STANDING_BY_MS, () => {
      if (reading) return;
      reading = true;
      this.recorded
        .read(documents)
        .catch(thrown => this.logger.warn('incidents.not-read', { error: messageOf(thrown) }))
        .finally(() => {
          reading = false;
        });
    });
  }

  async start(): Promise<void> {
    const { store, clock } = this.deps;
    this.standing?.cancel();
    await this.recorded.read(store.documents);
    await this.begin();
    this.started = true;
    await this.advance();
    this.timers.push(clock.every(TICK_MS, () => this.tick()));
  }

  stored({ result, seq }: Stored): void {
    // What this ingester has stored is read together with what the others have.
    if (this.deps.store.shared) return;
    for (const { source, observedAt, ingestedAt, records, gap } of result.appends) {
      const { agent, host, path, id } = source;
      if (records && records.count > 0) this.input.heard({ agent, host, observedAt, ingestedAt });
      if (!gap) continue;
      this.input.give({ gap: { agent, path, source: id, ...gap, at: ingestedAt } });
      this.checkpoints.dirty = true;
    }
    const { marks } = result;
    if (this.meanwhile) {
      if (marks) this.meanwhile.push({ marks, seq });
      return;
    }
    this.seq = Math.max(this.seq, seq);
    if (!marks) return;
    this.input.give({ marks: { bytes: marks, seq } });
    this.checkpoints.dirty = true;
    this.soon ??= this.deps.clock.after(SOON_MS, () => {
      this.soon = undefined;
      void this.advance();
    });
  }

  /** More faults come in than can be judged. */
  get behind(): boolean {
    return this.input.behind;
  }

  heartbeat(beat: Heartbeat, receivedAt: number): void {
    // A pulled host out of reach gives no sign of life of its own.
    if (beat.trouble || !this.started) return;
    this.input.give({ heartbeat: beat, at: receivedAt });
    this.deps.witnesses?.heartbeat(beat, receivedAt);
  }

  probe(result: ProbeResult): void {
    if (!this.started) return;
    this.input.give({ probe: result });
    this.deps.witnesses?.note({ at: result.at, probe: result });
  }

  /** What came of trying an address that a controller can't use. */
  attempt(attempt: Attempt): void {
    if (!this.started) return;
    this.input.give({ attempt });
    this.deps.witnesses?.note({ at: attempt.at, attempt });
    void this.advance();
  }

  explain(question: Question): Promise<Answer> {
    this.input.flush();
    return this.engine.explain(question);
  }

  retire(agent: string, retired: boolean): void {
    this.input.give({ retire: { agent, retired } });
    this.checkpoints.dirty = true;
  }

  /** Newest first. */
  incidents(): Incident[] {
    return this.recorded.incidents();
  }

  /** Runs the logs tell of, newest first. */
  inRun(agent: string): boolean {
    return this.recorded.inRun(agent);
  }

  runs(): Run[] {
    return this.recorded.runs();
  }

  /** @throws DeadairError `not-found` */
  find(id: string): Incident {
    const found = this.recorded.incident(id);
    if (!found) throw new DeadairError('not-found', `There is no incident ${id}.`, { subject: 'id' });
    return found;
  }

  /** Somebody said that it is over; it is told like any other end. Nothing happens to one that is over already. */
  async close(id: string): Promise<void> {
    const incident = this.find(id);
    if (incident.resolvedAt !== undefined) return;
    const at = this.deps.clock.now();
    const closed = { ...incident, resolvedAt: at, updatedAt: at };
    await this.deps.store.documents.put(DOCUMENT_KINDS.incident, id, closed);
    await this.tell([{ change: 'resolved', incident: closed, at }]);
  }

  /** A change that is not the engine's own is recorded and told like one of those. @throws DeadairError */
  note(change: IncidentChange): Promise<void> {
    const { incident } = change;
    return this.asking.run(async () => {
      await this.deps.store.documents.put(DOCUMENT_KINDS.incident, incident.id, incident);
      await this.tell([change]);
    });
  }

  /** Judges what is known, if that takes no longer than STOP_MS, and writes the last checkpoint. */
  async stop(): Promise<void> {
    for (const timer of this.timers) timer.cancel();
    this.timers = [];
    this.standing?.cancel();
    this.soon?.cancel();
    await this.feeding;
    if (this.started) {
      this.started = false;
      const done = this.ask(true).then(() => true);
      let deadline: Timer | undefined;
      const late = new Promise<boolean>(resolve => {
        deadline = this.deps.clock.after(STOP_MS, () => resolve(false));
      });
      if (!(await Promise.race([done, late]))) this.logger.warn('incidents.stopped-busy', {});
      deadline?.cancel();
    }
    await this.engine.end();
  }

  private tick(): void {
    this.attention.look(this.deps.clock.now());
    if (this.feed)
      this.feeding ??= this.takeNews().finally(() => {
        this.feeding = undefined;
      });
    void this.advance();
  }

  /** Nobody was looking. */
  private away(from: number, to: number): void {
    this.input.give({ outage: { from, to } });
    this.deps.witnesses?.note({ at: to, away: { from } });
  }

  /** Where the store can't be read, silence proves nothing. */
  private async takeNews(): Promise<void> {
    const { clock } = this.deps;
    try {
      const { marks, activity, gaps } = await this.feed!.read();
      this.readAt = clock.now();
      this.input.marks(marks.filter(({ source }) => !isImported(source)));
      for (const one of activity) if (!isImported(one.source)) this.input.heard(one);
      for (const { agent, path, source, from, to, reason, at } of gaps)
        this.input.give({ gap: { agent, path, source, from, to, reason, at } });
      this.seq = this.feed!.position.seq;
      this.checkpoints.dirty ||= marks.length > 0 || gaps.length > 0;
    } catch (thrown) {
      // Told at once: what came to other ingesters is not heard either, and silence would be judged before it can be read again.
      this.away(this.readAt ?? clock.now(), clock.now());
      this.logger.warn('incidents.deaf', { error: messageOf(thrown) });
    }
  }

  /** From the last checkpoint on; marks since are taken up from the store. */
  private async begin(): Promise<void> {
    const { store, clock, settings } = this.deps;
    this.meanwhile = [];
    const saved = await this.checkpoints.last();
    const { unreadable } = await this.engine.begin(settings, saved?.packed);
    const unread = saved && (saved.packed === undefined ? 'written by a release before' : unreadable);
    // The incidents are documents of their own and stay.
    if (unread) this.logger.warn('incidents.checkpoint-unreadable', { error: unread });
    this.seq = saved?.seq ?? 0;
    // Nobody was listening meanwhile: no silence of that time proves anything.
    if (saved) this.away(saved.at, clock.now());
    if (store.shared) {
      const position = { seq: this.seq, seen: saved?.seen ?? [] };
      this.feed = new StoreFeed({ store, shared: store.shared, clock }, position);
      await this.takeNews();
    } else await this.takeUp();
    const meanwhile = this.meanwhile;
    this.meanwhile = undefined;
    for (const { marks: bytes, seq } of meanwhile) {
      if (seq > this.seq) this.input.give({ marks: { bytes, seq } });
      this.seq = Math.max(this.seq, seq);
    }
  }

  private async takeUp(): Promise<void> {
    for (;;) {
      const marks = await this.deps.store.marks({ afterSeq: this.seq, limit: MARK_PAGE });
      this.input.marks(marks.filter(({ source }) => !isImported(source)));
      this.seq = Math.max(this.seq, ...marks.slice(-1).map(({ seq }) => seq));
      if (marks.length < MARK_PAGE) return;
    }
  }

  /** What it knew since the last checkpoint is lost with it: another one takes it up from there. */
  private died(error: Error): void {
    this.logger.error('incidents.thread-died', { error: error.message });
    if (!this.started) return;
    void this.asking.run(async () => {
      while (this.started) {
        await new Promise<void>(resolve => this.deps.clock.after(REVIVE_MS, resolve));
        this.input.clear();
        try {
          return await this.begin();
        } catch (thrown) {
          this.logger.error('incidents.failed', { error: stackOf(thrown) });
        }
      }
    });
  }

  /** Asked again while it is being asked, it is asked once more. */
  private advance(): Promise<void> {
    return this.asking.busy && this.again ? this.again : this.ask(false);
  }

  private ask(last: boolean): Promise<void> {
    const asked = this.asking
      .run(async () => {
        this.again = undefined;
        const now = this.deps.clock.now();
        // What woke it may be read before the second's tick: it stood still all the same.
        this.attention.look(now);
        const judged = this.input.flush();
        const { changes: seen, runs, wanted } = await this.engine.advance(now);
        for (const { agent, address } of wanted) this.deps.onWanted?.(agent, address);
        const changes = seen.filter(({ incident }) => this.deps.closedAt?.(incident.id) === undefined);
        judged();
        for (const run of runs) this.recorded.keepRun(run);
        if (changes.length > 0) await this.tell(changes);
        if (changes.length > 0) this.checkpoints.told = true;
        const checkpoint = last || this.checkpoints.due;
        if (changes.length > 0 || runs.length > 0 || checkpoint) await this.record(changes, runs, checkpoint);
      })
      .catch(thrown => this.logger.error('incidents.failed', { error: stackOf(thrown) }));
    this.again = asked;
    return asked;
  }

  private async tell(changes: readonly IncidentChange[]): Promise<void> {
    for (const change of changes) {
      const { incident } = change;
      this.recorded.keep(incident);
      const { kind, subjects, cause, explanation } = incident;
      this.logger.info(`incident.${change.change}`, { kind, subjects: named(subjects), cause, explanation });
      // Before the checkpoint: a crash in between lets the change come again, and the alerts know it by its id.
      const runName = this.recorded.run(incident.run)?.name;
      await this.deps.alerts?.handle(change, defined({ runName }));
      this.deps.onChange?.(change);
    }
  }

  private async record(
    changes: readonly IncidentChange[],
    runs: readonly Run[],
    checkpoint: boolean,
  ): Promise<void> {
    const latest = new Map(changes.map(({ incident }) => [incident.id, incident]));
    const writes: { kind: string; id: string; doc: unknown }[] = [];
    for (const [id, doc] of latest) writes.push({ kind: DOCUMENT_KINDS.incident, id, doc });
    for (const doc of runs) writes.push({ kind: DOCUMENT_KINDS.run, id: doc.id, doc });
    if (checkpoint) {
      // Marks are taken into account up to here: what is given from now on comes after the question.
      this.input.flush();
      writes.push(await this.checkpoints.make(() => this.engine.save(), this.seq, this.feed?.position.seen));
    }
    if (writes.length > 0) await this.deps.store.documents.putMany(writes);
  }
}

/** Of a thousand agents, the log names the first. */
function named(subjects: readonly string[]): string {
  const rest = subjects.length - 20;
  return rest > 0 ? `${subjects.slice(0, 20).join(',')} and ${rest} more` : subjects.join(',');
}
