import type { Clock, Timer } from '../../src/platform/clock.js';
import { messageOf } from '../../src/platform/errors.js';
import type { Logger } from '../../src/platform/logger.js';
import type { RangesReply } from '../../src/wire/protocol.js';
import type { Batch } from '../file/reader.js';
import { Backoff } from './backoff.js';
import { type PreparedFrame, type Transport, TransportError } from './transport.js';

const SMALLEST_BATCH = 64 * 1024;
const FIRST_BATCH = 256 * 1024;
/** Half of it costs a tenth more CPU for what each request costs, twice as much hardly less, and a lost answer costs the whole transfer again … */
const LARGEST_BATCH = 1024 * 1024;
/** … unless the service asks for them: what its store costs is the request. */
const LARGEST_WANTED = 4 * 1024 * 1024;
/** … and then the first one is worth a request, too. */
const FIRST_WANTED = 1024 * 1024;
/** One is compressed after the other (codec.ts): the next is ready when one is done, and more would only take memory. */
const RAW_AT_ONCE = 2;
/** A full batch answered sooner than this may be larger, one that takes longer than that should be smaller. */
const QUICK_MS = 300;
const SLOW_MS = 2000;
/** A third of the time after which an answer is given up: where it takes so long, no batch grows. */
const LONG_MS = 10_000;
/** After an answer that only a changed setting can better. */
const REFUSED_PAUSE_MS = 5000;

export interface PipelineLimits {
  requests: number;
  memory: number;
  /** Compressed bytes a second; 0: unlimited. */
  bandwidth: number;
}

export interface PipelineTotals {
  requests: number;
  retries: number;
  rawBytes: number;
  wireBytes: number;
}

interface Item {
  batch: Batch;
  prepared: PreparedFrame | undefined;
  sending: boolean;
}

/**
 * Batches on their way: compressed, several at once, but never two with the same log (the server takes a source's
 * ranges in order only, and a generation shall come before the next), each sent again until it is answered. What is retried is the compressed body; the log files are the
 * only buffer behind it.
 */
export class Pipeline {
  private items: Item[] = [];
  private readonly backoff: Backoff;
  private timer: Timer | undefined;
  private held = 0;
  /** Batches that are not compressed yet. */
  private raw = 0;
  private epoch = 0;
  /** Bandwidth: when the next byte may go. */
  private nextByteAt = 0;
  batchBytes = FIRST_BATCH;
  private largest: number;
  /** The service's store costs by the request: batches grow the longer it takes. */
  private wanted = false;
  readonly totals: PipelineTotals = { requests: 0, retries: 0, rawBytes: 0, wireBytes: 0 };
  lastError: string | null = null;
  /** Wall clock time of the first of the failures in a row. */
  failingSince: number | undefined;
  /** The server has refused more than this. */
  private tooLarge = Number.POSITIVE_INFINITY;

  constructor(
    private readonly transport: Transport,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly limits: PipelineLimits,
    private readonly on: {
      /** A batch was answered; false: positions disagree. */
      answered(batch: Batch, reply: RangesReply): Promise<boolean>;
      /** Everything on the way is void: positions must be asked for and files matched anew. */
      restart(why: string): void;
      /** There is room again. */
      room(): void;
    },
  ) {
    this.backoff = new Backoff(clock);
    this.largest = this.affordable(LARGEST_BATCH);
  }

  /** May another batch be read? One more than can be sent, so that a source's next batch is ready when one is answered. */
  get hasRoom(): boolean {
    return (
      this.raw < RAW_AT_ONCE &&
      this.items.length <= this.limits.requests &&
      this.held + this.batchBytes <= this.limits.memory
    );
  }

  get isEmpty(): boolean {
    return this.items.length === 0;
  }

  get failing(): boolean {
    return this.backoff.failing;
  }

  /**
   * @param rawBytes the server's limit for one request, before compression
   * @param wanted bytes that suit its store; undefined: small requests are as good
   */
  limitBatch(rawBytes: number, wanted?: number): void {
    this.wanted = wanted !== undefined;
    const largest = this.affordable(wanted === undefined ? LARGEST_BATCH : Math.min(wanted, LARGEST_WANTED));
    // Half a MiB for the head of the frame.
    this.largest = Math.max(SMALLEST_BATCH, Math.min(largest, this.tooLarge, rawBytes - 512 * 1024));
    if (this.wanted && this.totals.requests === 0) this.batchBytes = FIRST_WANTED;
    this.batchBytes = Math.min(this.batchBytes, this.largest);
  }

  /** Several of them are held at once. */
  private affordable(bytes: number): number {
    return Math.max(SMALLEST_BATCH, Math.min(bytes, Math.floor(this.limits.memory / 8)));
  }

  async submit(batch: Batch): Promise<void> {
    const epoch = this.epoch;
    const item: Item = { batch, prepared: undefined, sending: false };
    this.items.push(item);
    this.held += batch.bytes;
    this.raw++;
    const prepared = await this.transport.prepare(batch.frame);
    batch.release();
    if (this.raw-- === RAW_AT_ONCE) this.on.room();
    if (epoch !== this.epoch) return;
    this.held += prepared.bytes - batch.bytes;
    item.prepared = prepared;
    this.send();
  }

  /** Drops everything that is on the way; late answers count no more. */
  abandon(): void {
    this.epoch++;
    this.items = [];
    this.held = 0;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private send(): void {
    const wait = Math.max(this.backoff.remaining, this.nextByteAt - this.clock.monotonic());
    if (wait > 0) {
      this.wakeIn(wait);
      return;
    }
    const busy = new Set<string>();
    let running = 0;
    for (const item of this.items) if (item.sending) running++;
    for (const item of this.items) {
      // While the server is in trouble one request asks whether it is over.
      if (running >= (this.backoff.failing ? 1 : this.limits.requests)) break;
      const blocked = overlaps(busy, item.batch.logs);
      for (const log of item.batch.logs) busy.add(log);
      if (item.sending || blocked || !item.prepared) continue;
      running++;
      void this.attempt(item, item.prepared);
      if (this.limits.bandwidth > 0) {
        const cost = (item.prepared.bytes / this.limits.bandwidth) * 1000;
        this.nextByteAt = Math.max(this.clock.monotonic(), this.nextByteAt) + cost;
        this.wakeIn(cost);
        break;
      }
    }
  }

  private async attempt(item: Item, prepared: PreparedFrame): Promise<void> {
    const epoch = this.epoch;
    const startedAt = this.clock.monotonic();
    item.sending = true;
    this.totals.requests++;
    this.totals.wireBytes += prepared.bytes;
    try {
      const reply = await this.transport.ranges(prepared);
      if (epoch !== this.epoch) return;
      this.succeeded(item, this.clock.monotonic() - startedAt);
      if (!(await this.on.answered(item.batch, reply))) this.on.restart('the server has other positions');
    } catch (error) {
      if (epoch !== this.epoch) return;
      item.sending = false;
      this.failed(error);
    }
    this.on.room();
    this.send();
  }

  private succeeded(item: Item, tookMs: number): void {
    this.items = this.items.filter(other => other !== item);
    this.held -= item.prepared?.bytes ?? 0;
    this.totals.rawBytes += item.batch.bytes;
    if (this.backoff.failing) this.logger.info('delivery.recovered', {});
    this.backoff.succeeded();
    this.lastError = null;
    this.failingSince = undefined;
    if (this.wanted) {
      if (item.batch.full && tookMs < LONG_MS) this.batchBytes = Math.min(this.largest, this.batchBytes << 1);
    } else if (tookMs > SLOW_MS) this.batchBytes = Math.max(SMALLEST_BATCH, this.batchBytes >> 1);
    else if (item.batch.full && tookMs < QUICK_MS)
      this.batchBytes = Math.min(this.largest, this.batchBytes << 1);
  }

  private failed(thrown: unknown): void {
    const error =
      thrown instanceof TransportError ? thrown : new TransportError('refused', messageOf(thrown));
    if (!this.backoff.failing || error.message !== this.lastError)
      this.logger.warn('delivery.failed', { kind: error.kind, error: error.message });
    this.lastError = error.message;
    this.failingSince ??= this.clock.now();
    this.totals.retries++;
    this.backoff.failed(error.kind === 'refused' ? REFUSED_PAUSE_MS : error.retryAfterMs);
    if (error.kind === 'too-large') {
      this.tooLarge = Math.max(SMALLEST_BATCH, this.batchBytes >> 1);
      this.largest = this.tooLarge;
      this.batchBytes = this.largest;
      this.on.restart(error.message);
    } else if (error.kind === 'network' && this.wanted) {
      // It may have been too much to be answered in time.
      this.batchBytes = Math.max(SMALLEST_BATCH, this.batchBytes >> 1);
    } else if (error.kind === 'encoding') this.on.restart(error.message);
  }

  private wakeIn(delayMs: number): void {
    this.timer?.cancel();
    this.timer = this.clock.after(Math.ceil(delayMs), () => this.send());
  }
}

function overlaps(busy: ReadonlySet<string>, logs: ReadonlySet<string>): boolean {
  for (const log of logs) if (busy.has(log)) return true;
  return false;
}
