import { type Client, errors } from '@elastic/elasticsearch';
import { DeadairError } from '../../platform/errors.js';
import { asStoreError, mustBeWhole } from './errors.js';
import type { Hit, ReaderDeps } from './hits.js';
import type { Dsl } from './query-dsl.js';

/** Asks Elasticsearch of lines: of the data stream, of those set aside, and the open lines of the sources where they lie there. */
export class LineRequests {
  readonly index: string;

  constructor(private readonly deps: Pick<ReaderDeps, 'client' | 'names' | 'openLines'>) {
    const { lines, aside, sources } = deps.names;
    this.index = deps.openLines ? `${lines},${aside}` : `${lines},${aside},${sources}`;
  }

  async hits(body: Dsl, abort?: AbortSignal): Promise<Hit[]> {
    const reply = await this.ask<{ hits: { hits: Hit[] } }>(body, abort);
    return reply.hits.hits;
  }

  /** The same within so many ms; undefined where the server had not looked at all by then: what it found may not be the first. */
  async hitsWithin(body: Dsl, ms: number, abort?: AbortSignal): Promise<Hit[] | undefined> {
    const timeout = `${Math.max(1, Math.ceil(ms))}ms`;
    const reply = await this.ask<{ timed_out: boolean; hits: { hits: Hit[] } }>({ ...body, timeout }, abort);
    return reply.timed_out ? undefined : reply.hits.hits;
  }

  /** @throws DeadairError */
  async ask<T>({ index = this.index, ...body }: Dsl, abort?: AbortSignal): Promise<T> {
    try {
      const reply = await this.deps.client.search(
        {
          index: index as string,
          ignore_unavailable: true,
          track_total_hits: false,
          ...body,
        } as Parameters<Client['search']>[0],
        abort ? { signal: abort } : {},
      );
      mustBeWhole(reply._shards, index as string);
      return reply as T;
    } catch (thrown) {
      if (thrown instanceof errors.RequestAbortedError && abort?.aborted) throw abort.reason;
      throw asQueryError(thrown);
    }
  }
}

function asQueryError(thrown: unknown): DeadairError {
  const text = JSON.stringify((thrown as { body?: unknown }).body ?? '');
  if (text.includes('too_many_buckets'))
    return new DeadairError(
      'request.invalid',
      'The histogram has too many buckets for Elasticsearch (search.max_buckets): choose a wider interval.',
      { subject: 'interval', cause: thrown },
    );
  return asStoreError(thrown, 'searching');
}
