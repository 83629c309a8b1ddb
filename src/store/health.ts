import type { Clock } from '../platform/clock.js';
import type { Metrics } from '../platform/metrics.js';
import { durationWords } from '../wording/duration.js';
import { timeWords } from '../wording/time.js';
import type { RetentionPolicy, RetentionResult, StoreStats } from './store.js';

interface Sample {
  at: number;
  bytes: number;
  free: number | null;
}

const HOUR = 3_600_000;
/** Growth is measured over so long, and believed only after so long. */
const WINDOW_MS = HOUR;
const LEAST_MS = 5 * 60_000;
/** A limit that will be met within this is told of beforehand. */
const AHEAD_MS = 24 * HOUR;
/** Collectors that were refused try again within a minute. */
const FULL_FOR_MS = 2 * 60_000;

/**
 * How the store's room is doing: what retention could not do, when at the present growth the next limit is met, and whether
 * collectors are being refused. Told by status, page and metrics before anything is lost.
 */
export class StoreHealth {
  private samples: Sample[] = [];
  private stats: Pick<StoreStats, 'lines' | 'bytes' | 'diskFree' | 'damaged'> | undefined;
  private retention: string | undefined;
  private full: { since: number; last: number } | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly policy: RetentionPolicy,
    metrics?: Pick<Metrics, 'gauge'>,
  ) {
    metrics?.gauge('deadair_store_lines', 'Lines stored', () => this.stats?.lines ?? 0);
    metrics?.gauge('deadair_store_bytes', 'Bytes the store takes on disk', () => this.stats?.bytes ?? 0);
    metrics?.gauge(
      'deadair_store_disk_free_bytes',
      "Bytes free on the store's file system",
      () => this.stats?.diskFree ?? Number.NaN,
    );
    metrics?.gauge(
      'deadair_store_damaged_files',
      'Files of the store that were set aside as damaged',
      () => this.stats?.damaged.length ?? 0,
    );
    metrics?.gauge(
      'deadair_store_warnings',
      'Warnings about the room of the store; `deadair status` shows them',
      () => this.warnings().length,
    );
  }

  /** After each turn of retention. */
  looked(stats: StoreStats, result: RetentionResult): void {
    const at = this.clock.now();
    this.stats = stats;
    this.retention = result.warning;
    // What retention took away is no growth.
    if (result.dropped.length > 0) this.samples = [];
    this.samples.push({ at, bytes: stats.bytes, free: stats.diskFree });
    this.samples = this.samples.filter(sample => sample.at > at - WINDOW_MS && sample.at <= at);
  }

  refused(code: string): void {
    if (code !== 'store.full') return;
    const now = this.clock.now();
    this.full = { since: this.isFull() ? this.full!.since : now, last: now };
  }

  stored(): void {
    this.full = undefined;
  }

  /** Sentences, the most urgent first; none when all is well. */
  warnings(): string[] {
    const warnings: string[] = [];
    if (this.isFull())
      warnings.push(
        `No room is left on the disk since ${timeWords(this.full!.since)}: collectors keep their lines and wait. Make room; it goes on by itself.`,
      );
    if (this.retention !== undefined) warnings.push(this.retention);
    else warnings.push(...this.forecast());
    return warnings;
  }

  private isFull(): boolean {
    return this.full !== undefined && this.clock.now() - this.full.last < FULL_FOR_MS;
  }

  private forecast(): string[] {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (!first || !last || last.at - first.at < LEAST_MS) return [];
    const elapsed = last.at - first.at;
    const { maxBytes, minFreeBytes = 0 } = this.policy;
    const told: string[] = [];
    const tell = (room: number, growth: number, limit: string) => {
      const within = (room / growth) * elapsed;
      if (growth > 0 && room > 0 && within < AHEAD_MS)
        told.push(
          `At the present growth ${limit} in ${durationWords(within)}; then the oldest day is dropped. Pin the runs you need, or make room.`,
        );
    };
    if (maxBytes !== undefined)
      tell(maxBytes - last.bytes, last.bytes - first.bytes, 'the store reaches store.retention.maxSize');
    // By the store's own growth: what other programs write and remove again is no forecast of ours.
    if (last.free !== null)
      tell(last.free - minFreeBytes, last.bytes - first.bytes, 'less than store.retention.minFree is free');
    return told;
  }
}
