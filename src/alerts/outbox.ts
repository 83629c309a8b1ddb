import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { Clock, Timer } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import { type Channel, ChannelError } from './channels/channel.js';
import type { Recorder } from './recorder.js';
import type { Notification, Stored } from './records.js';
import type { AlertSettings } from './settings.js';

/** Attempts for a message its receiver calls wrong, before the ones behind it may pass. */
const PERMANENT_ATTEMPTS = 3;

export interface OutboxDependencies {
  recorder: Recorder;
  channels: readonly Channel[];
  settings: AlertSettings;
  clock: Clock;
  logger: Logger;
  random: () => number;
  /** Told when a message is given up, for `explain`. */
  onGaveUp: (notification: Notification) => void;
}

/** How a channel is doing. */
export interface ChannelStatus {
  name: string;
  kind: string;
  waiting: number;
  lastDeliveredAt?: number;
  lastError?: string;
}

interface Line {
  channel: Channel;
  timeoutMs: number;
  waiting: Stored<Notification>[];
  /** The attempt under way. */
  sending?: { promise: Promise<void>; abort: AbortController };
  timer?: Timer;
  lastDeliveredAt?: number;
  lastError?: string;
}

/**
 * Sends recorded notifications: per channel one at a time and in order (never "resolved" before "opened"), again with
 * growing, jittered pauses until delivered. Delivery is at least once: after a crash between the receiver's answer
 * and its record the same message goes out again, under the same id.
 */
export class Outbox {
  private readonly lines = new Map<string, Line>();
  private running = false;

  constructor(private readonly deps: OutboxDependencies) {
    for (const channel of deps.channels) {
      const settings = deps.settings.channels.find(one => one.name === channel.name);
      this.lines.set(channel.name, {
        channel,
        timeoutMs: settings?.timeout ?? 15_000,
        waiting: [],
      });
    }
  }

  has(channel: string): boolean {
    return this.lines.has(channel);
  }

  start(): void {
    this.running = true;
    for (const line of this.lines.values()) this.pump(line);
  }

  /** Takes a notification that is already recorded. */
  add(notification: Stored<Notification>): void {
    const line = this.lines.get(notification.channel);
    if (!line) throw new Error(`no channel ${notification.channel}`);
    line.waiting.push(notification);
    if (this.running) this.pump(line);
  }

  status(): ChannelStatus[] {
    return [...this.lines.values()].map(line => ({
      name: line.channel.name,
      kind: line.channel.kind,
      waiting: line.waiting.length,
      ...defined({ lastDeliveredAt: line.lastDeliveredAt, lastError: line.lastError }),
    }));
  }

  /** Sends one message past the queue, once. @throws ChannelError */
  async sendNow(channel: string, message: Notification['message']): Promise<void> {
    const line = this.lines.get(channel)!;
    await this.attempt(line, message, new AbortController());
  }

  /** Resolves when no attempt is under way. */
  async settled(): Promise<void> {
    for (;;) {
      const busy = [...this.lines.values()].flatMap(line => (line.sending ? [line.sending.promise] : []));
      if (busy.length === 0) return;
      await Promise.all(busy);
    }
  }

  async stop(): Promise<void> {
    this.running = false;
    for (const line of this.lines.values()) {
      line.timer?.cancel();
      line.sending?.abort.abort();
    }
    await this.settled();
    for (const line of this.lines.values()) line.channel.close?.();
  }

  private pump(line: Line): void {
    if (!this.running || line.sending) return;
    line.timer?.cancel();
    const next = line.waiting[0];
    if (!next) return;
    const wait = next.nextAttemptAt - this.deps.clock.now();
    if (wait > 0) {
      // Timers longer than 24.8 days would fire at once in Node; an hour's look is cheap.
      line.timer = this.deps.clock.after(Math.min(wait, 3_600_000), () => this.pump(line));
      return;
    }
    const abort = new AbortController();
    const promise = this.deliver(line, next, abort).finally(() => {
      delete line.sending;
      this.pump(line);
    });
    line.sending = { promise, abort };
  }

  private async deliver(line: Line, entry: Stored<Notification>, abort: AbortController): Promise<void> {
    const { clock, logger } = this.deps;
    try {
      await this.attempt(line, entry.message, abort);
      entry.attempts++;
      entry.status = 'delivered';
      entry.endedAt = clock.now();
      line.lastDeliveredAt = entry.endedAt;
      delete entry.lastError;
      delete line.lastError;
      logger.info('alerts.delivered', { channel: entry.channel, id: entry.id, attempts: entry.attempts });
    } catch (thrown) {
      if (!this.running) return; // stopped, not failed: the next start tries again
      this.failed(line, entry, thrown);
    }
    if (entry.status !== 'pending') line.waiting.shift();
    await this.record(entry);
    if (entry.status === 'gave-up') this.deps.onGaveUp(entry);
  }

  private failed(line: Line, entry: Stored<Notification>, thrown: unknown): void {
    const { clock, logger, random, settings } = this.deps;
    const now = clock.now();
    entry.attempts++;
    entry.lastError = thrown instanceof Error ? thrown.message : messageOf(thrown);
    line.lastError = entry.lastError;
    const permanent = thrown instanceof ChannelError && thrown.permanent;
    const tooOld = now - entry.createdAt > settings.retry.giveUp;
    if (tooOld || (permanent && entry.attempts >= PERMANENT_ATTEMPTS)) {
      entry.status = 'gave-up';
      entry.endedAt = now;
    } else {
      const asked = thrown instanceof ChannelError ? (thrown.retryAfterMs ?? 0) : 0;
      entry.nextAttemptAt = now + Math.max(asked, backOffMs(entry.attempts, settings.retry, random));
    }
    logger.warn(entry.status === 'gave-up' ? 'alerts.gave-up' : 'alerts.delivery-failed', {
      channel: entry.channel,
      id: entry.id,
      attempts: entry.attempts,
      error: entry.lastError,
      ...(entry.status === 'pending' ? { retryInMs: Math.round(entry.nextAttemptAt - now) } : {}),
    });
  }

  private async attempt(line: Line, message: Notification['message'], abort: AbortController): Promise<void> {
    const deadline = this.deps.clock.after(line.timeoutMs, () => abort.abort());
    try {
      await line.channel.send(message, abort.signal);
    } finally {
      deadline.cancel();
    }
  }

  private async record(entry: Stored<Notification>): Promise<void> {
    const { id, ...doc } = entry;
    await this.deps.recorder.write([{ kind: DOCUMENT_KINDS.notification, id, doc }]);
  }
}

/** Doubles up to the limit; the upper half is random, so that many ingesters do not knock at the same time. */
function backOffMs(attempts: number, retry: { first: number; max: number }, random: () => number): number {
  const full = Math.min(retry.max, retry.first * 2 ** Math.min(attempts - 1, 30));
  return full / 2 + (full / 2) * random();
}
