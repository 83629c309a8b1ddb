import type { Client } from '@elastic/elasticsearch';
import type { Clock } from '../../../platform/clock.js';
import type { SourceAppend, StoreStats } from '../../store.js';
import { asStoreError, mustBeWhole } from '../errors.js';
import type { IndexNames } from '../names.js';

type Counted = Pick<StoreStats, 'lines' | 'bytes' | 'rawBytes' | 'oldest' | 'newest'>;

interface Sums {
  oldest: { value: number | null };
  newest: { value: number | null };
  bytes: { value: number | null };
}

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

  constructor(
    private readonly client: Client,
    private readonly names: IndexNames,
    private readonly clock: Clock,
  ) {}

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
      this.counted = { ...(await this.count()), bytes: this.counted.bytes };
      this.countedAt = now;
    }
    if (reachable && now - this.sizedAt > SIZE_MS) {
      this.counted.bytes = await this.size();
      this.sizedAt = now;
    }
    return { ...this.counted };
  }

  /** What is remembered may be wrong. */
  forget(): void {
    this.countedAt = Number.NEGATIVE_INFINITY;
  }

  private async count(): Promise<Omit<Counted, 'bytes'>> {
    const index = `${this.names.lines},${this.names.aside}`;
    try {
      await this.client.indices.refresh({ index, ignore_unavailable: true });
      const found = await this.client.search<never, Sums>({
        allow_partial_search_results: false,
        index,
        ignore_unavailable: true,
        size: 0,
        track_total_hits: true,
        query: { exists: { field: 'deadair.offset' } },
        aggs: {
          oldest: { min: { field: '@timestamp' } },
          newest: { max: { field: '@timestamp' } },
          bytes: { sum: { field: 'deadair.length' } },
        },
      });
      mustBeWhole(found._shards, index);
      const { total } = found.hits;
      const of = found.aggregations;
      return {
        lines: typeof total === 'number' ? total : (total?.value ?? 0),
        rawBytes: of?.bytes.value ?? 0,
        oldest: of?.oldest.value ?? null,
        newest: of?.newest.value ?? null,
      };
    } catch (thrown) {
      throw asStoreError(thrown, 'counting lines');
    }
  }

  private async size(): Promise<number> {
    const { lines, aside } = this.names;
    try {
      const sizes = await this.client.indices.stats(
        { index: `${lines},${aside}`, metric: 'store' },
        { ignore: [404] },
      );
      return sizes._all?.primaries?.store?.size_in_bytes ?? 0;
    } catch (thrown) {
      throw asStoreError(thrown, 'counting lines');
    }
  }
}
