import type { Client } from '@elastic/elasticsearch';
import { asStoreError } from './errors.js';
import { MAX_ROWS } from './hits.js';
import type { IndexNames } from './names.js';

/** Which lines of a source are stored, in whichever backing index: asked when nobody knows what became of an attempt. */
export class LinesThere {
  private readonly index: string;

  constructor(
    private readonly client: Client,
    names: IndexNames,
  ) {
    this.index = `${names.lines},${names.aside}`;
  }

  /** Makes everything stored so far visible to `collect`. @throws DeadairError */
  async refresh(): Promise<void> {
    try {
      await this.client.indices.refresh({ index: this.index, ignore_unavailable: true });
    } catch (thrown) {
      throw asStoreError(thrown, 'making lines visible');
    }
  }

  /**
   * Ids of the lines that begin at this byte or later.
   * @returns where the last one begins that is there; -1: none is
   * @throws DeadairError
   */
  async collect(source: string, from: number, into: Set<string>): Promise<number> {
    let highest = -1;
    try {
      for (let after: unknown[] | undefined; ; ) {
        const reply = await this.client.search<never>({
          allow_partial_search_results: false,
          index: this.index,
          ignore_unavailable: true,
          size: MAX_ROWS,
          _source: false,
          track_total_hits: false,
          query: {
            bool: {
              filter: [
                { term: { 'deadair.source': source } },
                { range: { 'deadair.offset': { gte: from } } },
              ],
            },
          },
          sort: [{ 'deadair.offset': { order: 'asc', unmapped_type: 'long' } }],
          ...(after ? { search_after: after as number[] } : {}),
        });
        for (const { _id } of reply.hits.hits) into.add(_id!);
        const last = reply.hits.hits.at(-1)?.sort;
        highest = (last?.[0] as number | undefined) ?? highest;
        if (reply.hits.hits.length < MAX_ROWS) return highest;
        after = last;
      }
    } catch (thrown) {
      throw asStoreError(thrown, 'looking for lines of an attempt that broke off');
    }
  }
}
