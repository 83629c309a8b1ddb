import { hostname } from 'node:os';
import type { Client } from '@elastic/elasticsearch';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import type { SourceState } from '../store.js';
import { FILTER_VERSIONS, sendBulk } from './bulk.js';
import { asStoreError, itemError } from './errors.js';
import { nameGaps } from './gaps.js';
import type { IndexNames } from './names.js';
import type { Positions, Settled, SourceDocument, SourceEntry } from './positions.js';

const PAGE = 1000;

/**
 * Where each source stands, as Elasticsearch knows it. Every write names the version it follows (optimistic concurrency),
 * so of two ingesters that take the same source one is refused, and its collector asks again.
 */
export class SourceLedger implements Positions {
  readonly alone = false;
  readonly complete = false;
  private readonly entries = new Map<string, SourceEntry>();
  private readonly index: string;

  constructor(
    private readonly client: Client,
    private readonly names: Pick<IndexNames, 'sources' | 'gaps'>,
  ) {
    this.index = names.sources;
  }

  get(id: string): SourceEntry | undefined {
    return this.entries.get(id);
  }

  /** Reads what is not known yet. Reading by id sees the newest version, refreshed or not. */
  async load(ids: Iterable<string>): Promise<void> {
    const missing = [...new Set(ids)].filter(id => !this.entries.has(id));
    for (let at = 0; at < missing.length; at += PAGE) {
      const reply = await this.client
        .mget<SourceDocument>({ index: this.index, ids: missing.slice(at, at + PAGE) })
        .catch(thrown => {
          throw asStoreError(thrown, 'reading positions');
        });
      for (const found of reply.docs) {
        if ('error' in found) throw itemError(found.error, this.index, 'reading positions');
        if (!found.found || !found._source) continue;
        this.entries.set(found._id, {
          document: found._source,
          version: { seqNo: found._seq_no!, primaryTerm: found._primary_term! },
        });
      }
    }
  }

  /** Forgets what it knows of sources: another ingester has them, or nobody knows what became of a write. */
  forget(ids?: Iterable<string>): void {
    if (ids) for (const id of ids) this.entries.delete(id);
    else this.entries.clear();
  }

  claim(claims: readonly SourceEntry[]): Promise<void> {
    return this.write(claims);
  }

  async settle({ sources, gaps }: Settled): Promise<void> {
    await nameGaps(this.client, this.names.gaps, gaps);
    await this.write(sources);
  }

  /**
   * Writes documents, each if nobody else has written it meanwhile.
   * @throws DeadairError `conflict` when somebody has; the others may be written
   */
  async write(writes: readonly SourceEntry[]): Promise<void> {
    if (writes.length === 0) return;
    let body = '';
    for (const { document, version } of writes) {
      const { id } = document.state;
      body += version
        ? `{"index":{"_id":"${id}","if_seq_no":${version.seqNo},"if_primary_term":${version.primaryTerm}}}\n`
        : `{"create":{"_id":"${id}"}}\n`;
      body += `${JSON.stringify(document)}\n`;
    }
    const ids = writes.map(({ document }) => document.state.id);
    const replies = await sendBulk(this.client, this.index, body, writes.length, {
      filter: FILTER_VERSIONS,
    }).catch(thrown => {
      this.forget(ids);
      throw asStoreError(thrown, 'writing positions');
    });
    let failure: DeadairError | undefined;
    replies.forEach(({ status, error, _seq_no: seqNo, _primary_term: primaryTerm }, i) => {
      const { document } = writes[i]!;
      const { id } = document.state;
      if (status < 300) {
        this.entries.set(id, { document, version: { seqNo: seqNo!, primaryTerm: primaryTerm! } });
        return;
      }
      this.entries.delete(id);
      failure =
        status === 409
          ? new DeadairError(
              'conflict',
              `Another ingester has written source ${id} meanwhile: ask for its position and send from there.`,
              { subject: document.state.rest.descriptor.path },
            )
          : (failure ?? asWriteError(status, error));
    });
    if (failure) throw failure;
  }

  /** All sources, or a host's, as a search finds them: refreshed before. */
  async all(host: string | undefined): Promise<SourceEntry[]> {
    const { client, index } = this;
    const found: SourceEntry[] = [];
    try {
      await client.indices.refresh({ index });
      for (let after: unknown[] | undefined; ; ) {
        const reply = await client.search<SourceDocument>({
          allow_partial_search_results: false,
          index,
          size: PAGE,
          seq_no_primary_term: true,
          track_total_hits: false,
          query: host === undefined ? { match_all: {} } : { term: { 'state.host': host } },
          sort: [{ 'state.id': 'asc' }],
          ...(after ? { search_after: after as string[] } : {}),
        });
        for (const hit of reply.hits.hits)
          found.push({
            document: hit._source!,
            version: { seqNo: hit._seq_no!, primaryTerm: hit._primary_term! },
          });
        const last = reply.hits.hits.at(-1);
        if (!last || reply.hits.hits.length < PAGE) break;
        after = last.sort;
      }
    } catch (thrown) {
      throw asStoreError(thrown, 'reading positions');
    }
    return found;
  }

  /**
   * Takes over what was read, where it is newer than what is known: another ingester may have gone on. A search shows the past, and
   * writes of this one may have come between.
   */
  learn(entries: readonly SourceEntry[]): void {
    for (const entry of entries) {
      const { id } = entry.document.state;
      if (isNewer(entry.version, this.entries.get(id)?.version)) this.entries.set(id, entry);
    }
  }
}

function isNewer(found: SourceEntry['version'], known: SourceEntry['version']): boolean {
  if (!known || !found) return true;
  if (found.primaryTerm !== known.primaryTerm) return found.primaryTerm > known.primaryTerm;
  return found.seqNo > known.seqNo;
}

function asWriteError(status: number, error: { type?: string; reason?: string } | undefined): DeadairError {
  return new DeadairError(
    'unavailable',
    `Elasticsearch did not take a position (${error?.reason ?? error?.type ?? `status ${status}`}).`,
    { subject: 'store.elasticsearch', retryAfterSeconds: 5 },
  );
}

export function sourceState({ state }: SourceDocument): SourceState {
  const { position, lines, lastIngestedAt, rest } = state;
  return {
    ...rest.descriptor,
    position,
    ...defined({ tail: rest.tail }),
    ...defined({ parserState: rest.parserState }),
    ...(rest.open ? { openBytes: new Uint8Array(Buffer.from(rest.open.bytes, 'base64')) } : {}),
    ...defined({ ended: rest.ended }),
    firstSeenAt: rest.firstSeenAt,
    lastIngestedAt,
    lines,
  };
}

/** Who writes: so that after a crash on this host the claims of the dead process count no more. */
export function writerName(random: string): string {
  return `${hostname()}/${process.pid}/${random}`;
}

/** False when the process is known to be gone: same host, and no such process, or it is our own number again. */
export function mayLive(writer: string): boolean {
  const [host, pid] = writer.split('/');
  if (host !== hostname()) return true;
  if (Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
