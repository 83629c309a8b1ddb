import type { Client } from '@elastic/elasticsearch';
import type { SharedView, SourceActivity } from '../store.js';
import { SEQ_PER_MS } from './committer.js';
import { asStoreError } from './errors.js';
import type { IndexNames } from './names.js';
import type { SourceDocument } from './positions.js';

/** Longer than a claim is written under (committer.ts), clocks that disagree allowed for. */
const CLAIM_LIVES_MS = 150_000;
const PAGE = 10_000;

/** What ingesters tell each other by the sources' documents. */
export class SharedCommits implements SharedView {
  constructor(
    private readonly client: Client,
    private readonly names: IndexNames,
    readonly refresh: () => Promise<void>,
  ) {}

  seqAt(time: number): number {
    return Math.floor(time * SEQ_PER_MS);
  }

  /** The oldest commit that an ingester may be writing just now; undefined: none is. @throws DeadairError */
  async oldestOpenSeq(now: number): Promise<number | undefined> {
    try {
      await this.client.indices.refresh({ index: this.names.sources });
      const reply = await this.client.search<never, { seq: { value: number | null } }>({
        allow_partial_search_results: false,
        index: this.names.sources,
        size: 0,
        track_total_hits: false,
        // What is older broke off; when it is taken up, its lines come under a new number (Recovered).
        query: { range: { 'state.pending.at': { gt: now - CLAIM_LIVES_MS } } },
        aggs: { seq: { min: { field: 'state.pending.seqs' } } },
      });
      return reply.aggregations?.seq.value ?? undefined;
    } catch (thrown) {
      throw asStoreError(thrown, 'reading positions');
    }
  }

  async activity(since: number): Promise<SourceActivity[]> {
    const found: SourceActivity[] = [];
    try {
      for (let after: unknown[] | undefined; ; ) {
        const reply = await this.client.search<Pick<SourceDocument, 'state'>>({
          allow_partial_search_results: false,
          index: this.names.sources,
          size: PAGE,
          track_total_hits: false,
          _source: ['state.id', 'state.agent', 'state.host', 'state.lastIngestedAt', 'state.observedAt'],
          query: { range: { 'state.lastIngestedAt': { gte: since } } },
          sort: [{ 'state.id': 'asc' }],
          ...(after ? { search_after: after as string[] } : {}),
        });
        for (const { _source } of reply.hits.hits) {
          const { id, agent, host, lastIngestedAt, observedAt = lastIngestedAt } = _source!.state;
          found.push({ source: id, agent, host, observedAt, ingestedAt: lastIngestedAt });
        }
        if (reply.hits.hits.length < PAGE) return found;
        after = reply.hits.hits.at(-1)!.sort;
      }
    } catch (thrown) {
      throw asStoreError(thrown, 'reading positions');
    }
  }
}
