import type { Client } from '@elastic/elasticsearch';
import type { StoreStats } from '../store.js';
import { asStoreError, mustBeWhole } from './errors.js';

interface Sums {
  oldest: { value: number | null };
  newest: { value: number | null };
  bytes: { value: number | null };
}

/**
 * Counts the lines of some indices, with those of the last moment. An index whose shard is away is an error, not fewer lines.
 * @throws DeadairError
 */
export async function countLines(
  client: Client,
  index: string,
): Promise<Pick<StoreStats, 'lines' | 'rawBytes' | 'oldest' | 'newest'>> {
  try {
    await client.indices.refresh({ index, ignore_unavailable: true });
    const found = await client.search<never, Sums>({
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

/** Bytes of some indices on disk, replicas not counted. @throws DeadairError */
export async function sizeOnDisk(client: Client, index: string): Promise<number> {
  try {
    const sizes = await client.indices.stats({ index, metric: 'store' }, { ignore: [404] });
    return sizes._all?.primaries?.store?.size_in_bytes ?? 0;
  } catch (thrown) {
    throw asStoreError(thrown, 'counting lines');
  }
}
