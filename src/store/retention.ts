import type { Clock } from '../platform/clock.js';
import { defined } from '../platform/defined.js';
import { messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import type { Metrics } from '../platform/metrics.js';
import { BelievedTime } from './believed-time.js';
import { StoreHealth } from './health.js';
import type { StoreSettings } from './settings.js';
import type { RetentionPolicy, Store } from './store.js';

const EVERY_MS = 60_000;

export interface RetentionDeps {
  store: Pick<Store, 'retain' | 'stats'>;
  settings: StoreSettings['retention'];
  /** Event-time spans, ms since the epoch, whose days are kept. */
  pinned: () => Promise<{ from: number; to: number }[]>;
  clock: Clock;
  logger: Logger;
  metrics: Pick<Metrics, 'gauge'>;
}

/** Drops the oldest days while the store is over its limits, and keeps account of its room. */
export class Retention {
  readonly health: StoreHealth;
  private readonly policy: RetentionPolicy;
  /** From the first turn on that counts ages. */
  private believed: BelievedTime | undefined;
  private stopped = false;

  constructor(private readonly deps: RetentionDeps) {
    const { maxAge, maxSize, minFree } = deps.settings;
    this.policy = { ...defined({ maxAgeMs: maxAge, maxBytes: maxSize }), minFreeBytes: minFree };
    this.health = new StoreHealth(deps.clock, this.policy, deps.metrics);
  }

  /** Looks at once and then every minute. @returns how to end it */
  start(): () => void {
    const timer = this.deps.clock.every(EVERY_MS, () => void this.turn());
    void this.turn();
    return () => {
      this.stopped = true;
      timer.cancel();
    };
  }

  /** An age counts from the time that is believed, not from what a clock that jumped says. */
  private async policyNow(): Promise<RetentionPolicy> {
    const { maxAgeMs } = this.policy;
    if (maxAgeMs === undefined) return this.policy;
    const { clock, store } = this.deps;
    this.believed ??= new BelievedTime(clock, (await store.stats()).newest);
    return { ...this.policy, maxAgeMs: maxAgeMs + clock.now() - this.believed.now() };
  }

  private async turn(): Promise<void> {
    const { store, logger, pinned } = this.deps;
    try {
      const result = await store.retain({ ...(await this.policyNow()), pinned: await pinned() });
      const before = this.health.warnings();
      this.health.looked(await store.stats(), result);
      for (const { day, lines, bytes } of result.dropped) logger.info('store.dropped', { day, lines, bytes });
      for (const warning of this.health.warnings())
        if (!before.includes(warning)) logger.warn('store.retention', { warning });
    } catch (thrown) {
      // The store may have been closed meanwhile.
      if (!this.stopped) logger.error('store.retention-failed', { error: messageOf(thrown) });
    }
  }
}
