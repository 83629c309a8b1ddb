import type { Client } from '@elastic/elasticsearch';
import type { Clock } from '../../../platform/clock.js';
import type { SourceAppend, StoreStats } from '../../store.js';
import { countLines, sizeOnDisk } from '../line-totals.js';
import type { IndexNames } from '../names.js';

type Counted = Pick<StoreStats, 'lines' | 'bytes' | 'rawBytes' | 'oldest' | 'newest'>;

/** What its lifecycle has dropped is seen so much later. */
const ANEW_MS = 1_800_000;
/** Its size on disk is asked no more often: that wakes no shard, but is no free question either. */
const SIZE_MS = 60_000;

/**
 * How much lies in Elasticsearch. Counted there once and from then on here: a search wakes a shard that rests, and it goes on
 * to refresh every second for half a minute.
 */
export class Totals {
  private counted: Counted = { lines: 0, bytes: 0, rawBytes: 0, oldest: null, newest: null };
  private countedAt = Number.NEGATIVE_INFINITY;
  private sizedAt = Number.NEGATIVE_INFINITY;
  private readonly index: string;

  constructor(
    private readonly client: Client,
    names: IndexNames,
    private readonly clock: Clock,
  ) {
    this.index = `${names.lines},${names.aside}`;
  }

  /** What has been stored. */
  add(appends: readonly SourceAppend[], lines: number): void {
    this.counted.lines += lines;
    for (const { records } of appends) {
      if (!records) continue;
      this.counted.rawBytes += records.bytes.length;
      for (const time of records.times) {
        this.counted.oldest = Math.min(this.counted.oldest ?? time, time);
        this.counted.newest = Math.max(this.counted.newest ?? time, time);
      }
    }
  }

  /** The newest that is known; as it was, where Elasticsearch can't be asked. */
  async read(reachable: boolean): Promise<Counted> {
    const now = this.clock.monotonic();
    if (reachable && now - this.countedAt > ANEW_MS) {
      this.counted = { ...(await countLines(this.client, this.index)), bytes: this.counted.bytes };
      this.countedAt = now;
    }
    if (reachable && now - this.sizedAt > SIZE_MS) {
      this.counted.bytes = await sizeOnDisk(this.client, this.index);
      this.sizedAt = now;
    }
    return { ...this.counted };
  }

  /** What is remembered may be wrong. */
  forget(): void {
    this.countedAt = Number.NEGATIVE_INFINITY;
  }
}
