import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { DocumentStore } from '../model/documents.js';
import { listAll } from '../model/documents.js';
import type { Incident, IncidentChange } from '../model/incident.js';
import type { Clock, Timer } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { DeadairError, messageOf } from '../platform/errors.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import { Serial } from '../platform/serial.js';
import type { CareEntry } from '../wording/care.js';
import { redactDeep } from '../wording/redaction.js';
import { AlertBook } from './book.js';
import type { Channel } from './channels/channel.js';
import type { LinkMaker } from './links.js';
import { buildItem, buildMessage } from './message.js';
import { pending } from './notification.js';
import { type ChannelStatus, Outbox } from './outbox.js';
import { Recorder, type Write } from './recorder.js';
import {
  type AlertState,
  type Notification,
  type Silence,
  type Stored,
  type Suppression,
  suppressionOf,
  timeOrderedId,
} from './records.js';
import type { AlertSettings } from './settings.js';
import { type SilenceRequest, Silences } from './silences.js';
import { testIncident } from './test-incident.js';

/** Delivered messages, reasons and old silences are kept so long for `list` and `explain`. */
const KEEP_MS = 30 * 24 * 3_600_000;
const PRUNE_EVERY_MS = 6 * 3_600_000;
/** When the store could not be written. */
const WRITE_AGAIN_MS = 5_000;
/** Node fires timers of more than 24.8 days at once; an hour's look is cheap. */
const LONGEST_TIMER_MS = 3_600_000;
/** Evidence kept in a state: messages show fewer, and a document must not grow with a long fault. */
const EVIDENCE_KEPT = 50;

export interface AlertDependencies {
  documents: DocumentStore;
  channels: readonly Channel[];
  settings: AlertSettings;
  clock: Clock;
  logger?: Logger;
  links?: LinkMaker;
  /** What people did about an incident, oldest first. */
  care?: (incident: string) => CareEntry[];
  /** 0 ≤ x < 1, for jitter and ids. */
  random?: () => number;
}

export interface SuppressionFilter {
  incident?: string | undefined;
  agent?: string | undefined;
  run?: string | undefined;
  channel?: string | undefined;
  /** ms since the epoch: [from, to). */
  from?: number | undefined;
  to?: number | undefined;
  limit?: number | undefined;
}

export interface AlertOverview {
  /** Newest first. */
  notifications: Stored<Notification>[];
  channels: ChannelStatus[];
  silences: Stored<Silence>[];
}

/**
 * Turns incident changes into messages: recorded first (what is to be told to whom), then grouped into notifications
 * (recorded together with the fact that they were made), then sent by the outbox. A crash between any two steps
 * loses nothing, and tells nothing twice that the receiver can't recognise by its id.
 */
export class AlertManager {
  private readonly book: AlertBook;
  private readonly silences: Silences;
  private readonly recorder: Recorder;
  private readonly outbox: Outbox;
  private readonly logger: Logger;
  private readonly random: () => number;
  private readonly links: LinkMaker;
  private timer: Timer | undefined;
  private pruning: Timer | undefined;
  private running = false;
  private readonly turns = new Serial();

  constructor(private readonly deps: AlertDependencies) {
    const { documents, settings, clock, channels } = deps;
    this.logger = deps.logger ?? silentLogger;
    this.random = deps.random ?? Math.random;
    this.links = deps.links ?? (() => ({}));
    this.recorder = new Recorder(documents, this.logger);
    this.silences = new Silences(documents, clock, this.random);
    this.book = new AlertBook({
      settings,
      links: this.links,
      random: this.random,
      silences: () => this.silences.list(),
      ...defined({ care: deps.care }),
    });
    this.outbox = new Outbox({
      recorder: this.recorder,
      channels,
      settings,
      clock,
      logger: this.logger,
      random: this.random,
      onGaveUp: notification => this.background(() => this.recordGaveUp(notification)),
    });
  }

  /** Takes up what an earlier process left, and begins to send. */
  async start(): Promise<void> {
    await this.exclusive(async () => {
      const { documents } = this.deps;
      await this.silences.load();
      for (const { id, doc } of await listAll<AlertState>(documents, DOCUMENT_KINDS.alertState))
        this.book.restore(id, doc);
      for (const { id, doc } of await listAll<Notification>(documents, DOCUMENT_KINDS.notification))
        await this.takeUp({ ...doc, id });
    });
    this.running = true;
    this.outbox.start();
    this.pruning = this.deps.clock.every(PRUNE_EVERY_MS, () => this.background(() => this.prune()));
    this.schedule();
  }

  /**
   * Resolved means recorded. The same change again is ignored, so the incident engine may hand it over once more
   * after a crash.
   */
  handle(change: IncidentChange, context: { runName?: string } = {}): Promise<void> {
    return this.exclusive(async () => {
      const incident = redactDeep(trimmed(change.incident));
      const now = this.deps.clock.now();
      const taken = this.book.take(change.change, incident, context.runName, now, change.alone);
      if (!taken) return;
      await this.recorder.write([
        { kind: DOCUMENT_KINDS.alertState, id: incident.id, doc: taken.state },
        ...taken.suppressions.map(this.suppressionWrite),
      ]);
      this.schedule();
    });
  }

  /** Somebody acknowledged, noted or closed: who shows alerts as they were last told (Alertmanager) is told again. */
  cared(incident: string): Promise<void> {
    return this.exclusive(async () => {
      const told = this.toldAgain(incident, this.deps.clock.now());
      await this.recorder.write(
        told.map(({ id, ...doc }) => ({ kind: DOCUMENT_KINDS.notification, id, doc })),
      );
      for (const notification of told) this.outbox.add(notification);
    });
  }

  /** Resolves when everything due now has been handled and no attempt is under way. */
  async settled(): Promise<void> {
    do {
      await this.turns.idle();
      await this.outbox.settled();
    } while (this.turns.busy);
  }

  async stop(): Promise<void> {
    this.running = false;
    this.timer?.cancel();
    this.pruning?.cancel();
    await this.turns.idle();
    await this.outbox.stop();
    if (this.recorder.behind) await this.recorder.write([]);
  }

  /** Sends a test message now, past queue, routes and silences. @throws DeadairError with what the receiver said */
  async test(channel: string): Promise<{ channel: string; kind: string; milliseconds: number }> {
    const { channels, clock } = this.deps;
    const target = channels.find(one => one.name === channel);
    if (!target) {
      const names = channels.map(one => one.name).join(', ') || 'none';
      throw new DeadairError('not-found', `There is no channel "${channel}"; the channels are: ${names}.`, {
        subject: 'channel',
      });
    }
    const now = clock.now();
    const began = clock.monotonic();
    const incident = testIncident(now);
    const item = buildItem('test', incident, { links: this.links(incident), evidenceLines: 5 });
    try {
      await this.outbox.sendNow(channel, buildMessage(timeOrderedId(now, this.random), now, [item]));
    } catch (thrown) {
      const said = thrown instanceof Error ? thrown.message : messageOf(thrown);
      throw new DeadairError(
        'remote.failed',
        `The test message did not go through channel "${channel}": ${said}.`,
        { subject: `alerts.channels.${channel}`, cause: thrown },
      );
    }
    return { channel, kind: target.kind, milliseconds: Math.round(clock.monotonic() - began) };
  }

  async list(limit = 100): Promise<AlertOverview> {
    const kinds = [DOCUMENT_KINDS.notification, DOCUMENT_KINDS.importedNotification];
    const rows = await Promise.all(
      kinds.map(kind => this.deps.documents.list<Notification>(kind, { newestFirst: true, limit })),
    );
    return {
      notifications: rows
        .flat()
        .map(row => ({ ...row.doc, id: row.id }))
        .sort((a, b) => (a.id < b.id ? 1 : -1))
        .slice(0, limit),
      channels: this.outbox.status(),
      silences: this.silences.list(),
    };
  }

  /** Why something was not told, newest first. */
  async suppressions(filter: SuppressionFilter = {}): Promise<Stored<Suppression>[]> {
    const kinds = [DOCUMENT_KINDS.suppression, DOCUMENT_KINDS.importedSuppression];
    const rows = await Promise.all(kinds.map(kind => listAll<Suppression>(this.deps.documents, kind)));
    return rows
      .flat()
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(row => ({ ...row.doc, id: row.id }))
      .filter(
        one =>
          (filter.incident === undefined || one.incident === filter.incident) &&
          (filter.agent === undefined || one.subjects.includes(filter.agent)) &&
          (filter.run === undefined || one.run === filter.run) &&
          (filter.channel === undefined || one.channel === filter.channel) &&
          one.at >= (filter.from ?? Number.NEGATIVE_INFINITY) &&
          one.at < (filter.to ?? Number.POSITIVE_INFINITY),
      )
      .reverse()
      .slice(0, filter.limit ?? 200);
  }

  listSilences(which: 'current' | 'all' = 'current'): Stored<Silence>[] {
    return this.silences.list(which);
  }

  /** @throws DeadairError `request.invalid` */
  silence(request: SilenceRequest): Promise<Stored<Silence>> {
    return this.exclusive(async () => {
      const silence = await this.silences.add(request);
      this.schedule();
      return silence;
    });
  }

  /** What it held and is still open is told now. @throws DeadairError `not-found` */
  endSilence(id: string): Promise<Stored<Silence>> {
    return this.exclusive(async () => {
      const silence = await this.silences.end(id);
      this.schedule();
      return silence;
    });
  }

  private toldAgain(id: string, now: number): Stored<Notification>[] {
    const state = this.book.states.get(id);
    if (!state) return [];
    return this.deps.channels.flatMap(({ kind, name: channel }) => {
      const known = state.channels[channel];
      if (kind !== 'alertmanager' || known?.told !== 'open') return [];
      const items = [this.book.item({ id, state, channel, known, change: 'reminder' })];
      const own = timeOrderedId(now, this.random);
      return [pending({ id: own, channel, group: id, incidents: [id], items, now })];
    });
  }

  private async turn(): Promise<void> {
    const turn = this.book.turn(this.deps.clock.now());
    await this.recorder.write([
      ...[...turn.touched].map(id => ({
        kind: DOCUMENT_KINDS.alertState,
        id,
        doc: this.book.states.get(id),
      })),
      ...turn.suppressions.map(this.suppressionWrite),
      ...turn.notifications.map(({ id, ...doc }) => ({ kind: DOCUMENT_KINDS.notification, id, doc })),
    ]);
    for (const notification of turn.notifications) this.outbox.add(notification);
  }

  private schedule(): void {
    if (!this.running) return;
    this.timer?.cancel();
    const now = this.deps.clock.now();
    const due = [this.book.nextTurnAt(now), this.recorder.behind ? now + WRITE_AGAIN_MS : undefined];
    const next = Math.min(...due.filter(at => at !== undefined));
    if (next === Number.POSITIVE_INFINITY) return;
    const wait = Math.min(Math.max(0, next - now), LONGEST_TIMER_MS);
    this.timer = this.deps.clock.after(wait, () => {
      this.background(async () => {
        await this.turn();
        this.schedule();
      });
    });
  }

  /** A notification of an earlier process. */
  private async takeUp(notification: Stored<Notification>): Promise<void> {
    this.book.restoreGroup(
      notification.group,
      notification.createdAt,
      notification.message.items.map(item => item.incident),
    );
    if (notification.status !== 'pending') return;
    const now = this.deps.clock.now();
    if (this.outbox.has(notification.channel)) {
      // Somebody may have restarted because of a repaired setting: try at once.
      this.outbox.add({ ...notification, nextAttemptAt: now });
      return;
    }
    const { id, ...doc } = { ...notification, status: 'dropped' as const, endedAt: now };
    const detail = `The channel "${notification.channel}" is no longer in the settings.`;
    await this.recorder.write([
      { kind: DOCUMENT_KINDS.notification, id, doc },
      ...this.aboutItems(notification, { reason: 'channel-gone', detail }),
    ]);
  }

  private async recordGaveUp(notification: Notification): Promise<void> {
    const detail = `Given up after ${notification.attempts} attempts: ${notification.lastError}.`;
    await this.recorder.write(this.aboutItems(notification, { reason: 'gave-up', detail }));
  }

  private aboutItems(notification: Notification, why: Pick<Suppression, 'reason' | 'detail'>): Write[] {
    const now = this.deps.clock.now();
    return notification.message.items.map(item =>
      this.suppressionWrite(suppressionOf(item.incident, notification.channel, item.change, now, why)),
    );
  }

  private readonly suppressionWrite = (doc: Suppression): Write => {
    const { incident, channel, reason } = doc;
    this.logger.info('alerts.held', { incident, channel, reason });
    return { kind: DOCUMENT_KINDS.suppression, id: timeOrderedId(doc.at, this.random), doc };
  };

  private async prune(): Promise<void> {
    const { documents, clock } = this.deps;
    const before = clock.now() - KEEP_MS;
    for (const id of this.book.prune(before)) await documents.delete(DOCUMENT_KINDS.alertState, id);
    for (const { id, doc } of await listAll<Notification>(documents, DOCUMENT_KINDS.notification))
      if (doc.status !== 'pending' && doc.createdAt < before)
        await documents.delete(DOCUMENT_KINDS.notification, id);
    for (const { id, doc } of await listAll<Suppression>(documents, DOCUMENT_KINDS.suppression))
      if (doc.at < before) await documents.delete(DOCUMENT_KINDS.suppression, id);
    await this.silences.prune(before);
  }

  /** One change of state at a time; one that fails is logged and does not stop the next. */
  private exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turns.run(work);
    result.catch(thrown => {
      if (thrown instanceof DeadairError && thrown.exitStatus === 2) return; // the caller's mistake
      this.logger.error('alerts.failed', { error: messageOf(thrown) });
    });
    return result;
  }

  private background(work: () => Promise<void>): void {
    this.exclusive(work).catch(() => {}); // logged there
  }
}

function trimmed(incident: Incident): Incident {
  return {
    ...incident,
    evidence: incident.evidence.slice(0, EVIDENCE_KEPT),
    consequences: incident.consequences.slice(0, EVIDENCE_KEPT),
  };
}
