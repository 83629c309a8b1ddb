import type { Client } from '@elastic/elasticsearch';
import type { Clock, Timer } from '../../platform/clock.js';
import { messageOf } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { Serial } from '../../platform/serial.js';
import type { AppendReceipt } from '../store.js';

/** A commit is told of when it can be found: Elasticsearch shows what is stored only after a refresh. */
const SOON_MS = 300;

/** Tells listeners of commits, after a refresh, at most about three times a second. */
export class Announcer {
  private readonly listeners = new Set<(receipt: AppendReceipt) => void>();
  private waiting: AppendReceipt[] = [];
  private timer: Timer | undefined;
  private readonly turns = new Serial();

  constructor(
    private readonly client: Client,
    private readonly index: string,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  listen(listener: (receipt: AppendReceipt) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  stored(receipt: AppendReceipt): void {
    if (this.listeners.size === 0) return;
    this.waiting.push(receipt);
    this.timer ??= this.clock.after(SOON_MS, () => void this.tell());
  }

  /** Refreshes and tells of everything stored so far. */
  tell(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    return this.turns.run(async () => {
      const receipts = this.waiting;
      this.waiting = [];
      try {
        await this.client.indices.refresh({ index: this.index, ignore_unavailable: true });
      } catch (thrown) {
        this.logger.warn('elasticsearch.refresh-failed', { error: messageOf(thrown) });
      }
      for (const receipt of receipts) for (const listener of [...this.listeners]) listener(receipt);
    });
  }

  async close(): Promise<void> {
    this.timer?.cancel();
    this.listeners.clear();
    await this.turns.idle();
  }
}
