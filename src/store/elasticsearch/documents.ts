import type { Client } from '@elastic/elasticsearch';
import { DOCUMENT_KINDS } from '../../model/document-kinds.js';
import type { DocumentStore, Versioned } from '../../model/documents.js';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import { ulid } from '../../platform/ids.js';
import { sendBulk } from './bulk.js';
import { asStoreError, itemError } from './errors.js';

interface Stored {
  kind: string;
  id: string;
  version: number;
  doc: unknown;
}

interface Current {
  version: number;
  seqNo: number | undefined;
  primaryTerm: number | undefined;
}

export interface DocumentWrite {
  kind: string;
  id: string;
  /** undefined deletes. */
  doc: unknown;
  expected?: number;
}

/** A write as it is to be carried out: to this version, over that one. */
interface Step extends DocumentWrite {
  version: number;
  over: Current;
}

/** Kind of the notes that make several writes one. */
const MAX_LIST = 10_000;
const ATTEMPTS = 5;

/**
 * Small versioned documents. Elasticsearch has no transactions: several writes are first noted down together (one document),
 * then carried out, then the note is taken away; `finishPlans` at the next start carries out what a crash left. Optimistic
 * concurrency is the server's own (if_seq_no), the version people see is counted in the document.
 */
export class ElasticsearchDocuments implements DocumentStore {
  constructor(
    private readonly client: Client,
    private readonly index: string,
    /** Told of what has been written, for the data streams that Kibana reads. */
    private readonly written: (writes: readonly DocumentWrite[]) => Promise<void>,
  ) {}

  async get<T>(kind: string, id: string): Promise<Versioned<T> | undefined> {
    const [found] = await this.read([{ kind, id }]);
    return found?.stored ? { id, version: found.stored.version, doc: found.stored.doc as T } : undefined;
  }

  async put<T>(kind: string, id: string, doc: T, expected?: number): Promise<number> {
    return (await this.write([{ kind, id, doc, ...defined({ expected }) }]))[0]!;
  }

  async putMany(writes: { kind: string; id: string; doc: unknown; expected?: number }[]): Promise<void> {
    await this.write(writes);
  }

  async delete(kind: string, id: string): Promise<void> {
    await this.write([{ kind, id, doc: undefined }]);
  }

  async list<T>(
    kind: string,
    options: { after?: string; limit?: number; newestFirst?: boolean } = {},
  ): Promise<Versioned<T>[]> {
    const { after, limit = Number.POSITIVE_INFINITY, newestFirst = false } = options;
    const { client, index } = this;
    const found: Versioned<T>[] = [];
    try {
      // A list must see what was written a moment ago; there are few of them.
      await client.indices.refresh({ index });
      let last = after;
      while (found.length < limit) {
        const size = Math.min(MAX_LIST, limit - found.length);
        const reply = await client.search<Stored>({
          allow_partial_search_results: false,
          index,
          size,
          track_total_hits: false,
          query: { term: { kind } },
          sort: [{ id: newestFirst ? 'desc' : 'asc' }],
          ...(last === undefined ? {} : { search_after: [last] }),
        });
        const hits = reply.hits.hits.map(hit => hit._source!);
        found.push(...hits.map(({ id, version, doc }) => ({ id, version, doc: doc as T })));
        if (hits.length < size) break;
        last = hits.at(-1)!.id;
      }
    } catch (thrown) {
      throw asStoreError(thrown, `reading documents (${kind})`);
    }
    return found;
  }

  /** Carries out what an earlier process had noted down and not finished. */
  async finishPlans(): Promise<void> {
    for (const { id, doc } of await this.list<{ steps: Step[] }>(DOCUMENT_KINDS.plan)) {
      const current = await this.read(doc.steps);
      // A step whose document has moved on was carried out, or overtaken.
      const due = doc.steps
        .map((step, i) => ({ ...step, over: current[i]!.current }))
        .filter(
          step => step.over.version < step.version || (step.doc === undefined && step.over.version > 0),
        );
      await this.carryOut(due, true);
      await this.remove(DOCUMENT_KINDS.plan, id);
    }
  }

  private async write(writes: readonly DocumentWrite[]): Promise<number[]> {
    if (writes.length === 0) return [];
    for (let attempt = 1; ; attempt++) {
      const current = await this.read(writes);
      const steps = writes.map((write, i): Step => {
        const over = current[i]!.current;
        if (write.expected !== undefined && write.expected !== over.version)
          throw changed(write, over.version);
        return { ...write, over, version: write.doc === undefined ? 0 : over.version + 1 };
      });
      const plan = steps.length > 1 ? ulid(Date.now()) : undefined;
      if (plan !== undefined)
        await this.carryOut(
          [{ kind: DOCUMENT_KINDS.plan, id: plan, doc: { steps }, version: 1, over: NONE }],
          false,
        );
      const lost = await this.carryOut(steps, plan !== undefined);
      if (plan !== undefined) await this.remove(DOCUMENT_KINDS.plan, plan);
      if (lost.length === 0) {
        await this.written(writes);
        return steps.map(step => step.version);
      }
      const [first] = lost;
      if (first!.expected !== undefined || attempt === ATTEMPTS) throw changed(first!, undefined);
    }
  }

  /**
   * @param insist several writes are one: a document that somebody else changed in between is read and written again
   * @returns steps that somebody else was ahead of
   */
  private async carryOut(steps: readonly Step[], insist: boolean): Promise<Step[]> {
    let due = [...steps];
    for (let attempt = 0; due.length > 0; attempt++) {
      const replies = await sendBulk(this.client, this.index, due.map(stepLines).join(''), due.length).catch(
        thrown => {
          throw asStoreError(thrown, 'writing documents');
        },
      );
      const lost: Step[] = [];
      replies.forEach(({ status, error }, i) => {
        // Nothing there to delete. A write that finds no index is no success.
        if (status < 300 || (status === 404 && due[i]!.doc === undefined)) return;
        if (status !== 409)
          throw new DeadairError(
            'unavailable',
            `Elasticsearch did not take a document (${error?.reason ?? status}).`,
            { subject: this.index, retryAfterSeconds: 5 },
          );
        lost.push(due[i]!);
      });
      if (!insist || attempt === ATTEMPTS) return lost;
      const current = await this.read(lost);
      due = lost.map((step, i) => {
        const over = current[i]!.current;
        return { ...step, over, version: step.doc === undefined ? 0 : over.version + 1 };
      });
    }
    return [];
  }

  private async remove(kind: string, id: string): Promise<void> {
    try {
      await this.client.delete({ index: this.index, id: keyOf({ kind, id }) }, { ignore: [404] });
    } catch (thrown) {
      throw asStoreError(thrown, 'writing documents');
    }
  }

  private async read(
    wanted: readonly { kind: string; id: string }[],
  ): Promise<{ stored: Stored | undefined; current: Current }[]> {
    if (wanted.length === 0) return [];
    try {
      const reply = await this.client.mget<Stored>({ index: this.index, ids: wanted.map(keyOf) });
      return reply.docs.map(found => {
        if ('error' in found) throw itemError(found.error, this.index, 'reading documents');
        if (!found.found || !found._source) return { stored: undefined, current: NONE };
        return {
          stored: found._source,
          current: {
            version: found._source.version,
            seqNo: found._seq_no,
            primaryTerm: found._primary_term,
          },
        };
      });
    } catch (thrown) {
      throw asStoreError(thrown, 'reading documents');
    }
  }
}

const NONE: Current = { version: 0, seqNo: undefined, primaryTerm: undefined };

function keyOf({ kind, id }: { kind: string; id: string }): string {
  return `${kind}:${id}`;
}

function stepLines({ kind, id, doc, version, over }: Step): string {
  const key = JSON.stringify(keyOf({ kind, id }));
  const follows =
    over.seqNo === undefined ? '' : `,"if_seq_no":${over.seqNo},"if_primary_term":${over.primaryTerm}`;
  if (doc === undefined)
    // Nothing there to delete: an update that finds nothing is the same to us.
    return `{"delete":{"_id":${key}${follows}}}\n`;
  const action = over.seqNo === undefined ? 'create' : 'index';
  const stored: Stored = { kind, id, version, doc };
  return `{"${action}":{"_id":${key}${follows}}}\n${JSON.stringify(stored)}\n`;
}

function changed({ kind, id, expected }: DocumentWrite, version: number | undefined): DeadairError {
  const now = version === undefined ? 'is being changed by somebody else' : `is at version ${version}`;
  return new DeadairError(
    'conflict',
    `${kind} ${id} ${now}${expected === undefined ? '' : `, not ${expected}: somebody else changed it`}; read it again.`,
    { subject: `${kind}/${id}` },
  );
}
