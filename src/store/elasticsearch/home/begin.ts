import { hostname } from 'node:os';
import type { Client } from '@elastic/elasticsearch';
import { DOCUMENT_KINDS } from '../../../model/document-kinds.js';
import { type DocumentStore, listAll } from '../../../model/documents.js';
import { DeadairError } from '../../../platform/errors.js';
import { ulid } from '../../../platform/ids.js';
import type { ElasticsearchDocuments } from '../documents.js';
import { asStoreError } from '../errors.js';
import { gapDocument, readGaps } from '../gaps.js';
import type { IndexNames } from '../names.js';
import { SourceLedger } from '../sources.js';
import type { Book } from './book.js';
import { type BookOwner, bookOwner, keptElsewhere, OWNER_ID } from './owner.js';

/** At home: which book this is. */
interface OwnBook {
  id: string;
  namespace: string;
  /** What Elasticsearch knew of an earlier time has been taken over. */
  begun: boolean;
}

/** Id of the note of the book in its own directory. */
export const OWN_ID = 'own';
const WRITES = 200;

/** Kinds that mean nothing at home: who leads, half-done writes, the note about the book. */
export const STAYS: ReadonlySet<string> = new Set([
  DOCUMENT_KINDS.lease,
  DOCUMENT_KINDS.plan,
  DOCUMENT_KINDS.book,
  DOCUMENT_KINDS.bookSource,
  DOCUMENT_KINDS.bookGap,
  DOCUMENT_KINDS.bookMarks,
]);

export interface BeginDeps {
  client: Client;
  names: IndexNames;
  namespace: string;
  /** Where the book lies. */
  directory: string;
  /** Elasticsearch's documents, and those at home. */
  there: ElasticsearchDocuments;
  here: DocumentStore;
  book: Book;
  now: () => number;
}

/** The note of the book in this directory, made where there is none. @throws DeadairError where it is another namespace's */
export async function ownBook({
  here,
  namespace,
  now,
}: Pick<BeginDeps, 'here' | 'namespace' | 'now'>): Promise<OwnBook> {
  const found = await here.get<OwnBook>(DOCUMENT_KINDS.book, OWN_ID);
  if (!found) {
    const own: OwnBook = { id: ulid(now()), namespace, begun: false };
    await here.put(DOCUMENT_KINDS.book, OWN_ID, own, 0);
    return own;
  }
  if (found.doc.namespace !== namespace)
    throw new DeadairError(
      'config.invalid',
      `This data directory keeps the book of the namespace ${found.doc.namespace}, not of ${namespace}: give each its own directory (data).`,
      { subject: 'store.elasticsearch.namespace' },
    );
  return found.doc;
}

/**
 * Makes this the book that counts, before a line is stored: of two directories that write to one namespace the second is refused.
 * At the first time what Elasticsearch knows of the time before is taken over.
 * @throws DeadairError `conflict` where another directory keeps the book
 */
export async function begin(deps: BeginDeps): Promise<void> {
  const own = await ownBook(deps);
  await claimBook(deps, own);
  if (own.begun) return;
  await takeOver(deps);
  await deps.here.put<OwnBook>(DOCUMENT_KINDS.book, OWN_ID, { ...own, begun: true });
}

/** Whether this book still counts: somebody may have begun another. @throws DeadairError */
export async function stillCounts({ there, here }: Pick<BeginDeps, 'there' | 'here'>): Promise<boolean> {
  const own = await here.get<OwnBook>(DOCUMENT_KINDS.book, OWN_ID);
  return own !== undefined && (await bookOwner(there))?.book === own.doc.id;
}

async function claimBook({ there, directory, book, now }: BeginDeps, { id, begun }: OwnBook): Promise<void> {
  const owner = await bookOwner(there);
  if (owner?.book === id) return;
  if (owner) throw keptElsewhere(owner);
  // The note was taken away (`--forget`): another book may have counted meanwhile, with sources that this one does not know.
  if (begun) await book.begins(false);
  const mine: BookOwner = { book: id, host: hostname(), directory, since: now() };
  await there.put(DOCUMENT_KINDS.book, OWNER_ID, mine, 0);
}

/** Documents, positions and gaps of the time before; done twice it is the same. */
async function takeOver({ client, names, there, here, book }: BeginDeps): Promise<void> {
  await there.finishPlans();
  for (const kind of await kindsOf(client, names.documents)) {
    if (STAYS.has(kind)) continue;
    const documents = await listAll(there, kind);
    for (let at = 0; at < documents.length; at += WRITES)
      await here.putMany(documents.slice(at, at + WRITES).map(({ id, doc }) => ({ kind, id, doc })));
  }
  const sources = await new SourceLedger(client, names).all(undefined);
  const stored = await newestStored(client, names);
  const newest = sources.reduce((seq, { document }) => Math.max(seq, document.state.seq), stored);
  const gaps = await readGaps(client, names.gaps, {});
  await book.marks.beginAfter(newest);
  await book.takeOver(sources, gaps.map(gapDocument));
  await book.begins(sources.length === 0 && stored < 0);
}

/** @throws DeadairError */
async function kindsOf(client: Client, index: string): Promise<string[]> {
  try {
    const reply = await client.search<never, { kinds: { buckets: { key: string }[] } }>({
      allow_partial_search_results: false,
      index,
      size: 0,
      track_total_hits: false,
      aggs: { kinds: { terms: { field: 'kind', size: 1000 } } },
    });
    return reply.aggregations?.kinds.buckets.map(({ key }) => key) ?? [];
  } catch (thrown) {
    throw asStoreError(thrown, 'reading documents');
  }
}

/** The newest commit of which lines are stored: a book that was lost may have made it. @throws DeadairError */
async function newestStored(client: Client, names: IndexNames): Promise<number> {
  const index = `${names.lines},${names.aside}`;
  try {
    await client.indices.refresh({ index, ignore_unavailable: true });
    const reply = await client.search<never, { seq: { value: number | null } }>({
      allow_partial_search_results: false,
      index,
      ignore_unavailable: true,
      size: 0,
      track_total_hits: false,
      aggs: { seq: { max: { field: 'event.sequence' } } },
    });
    return reply.aggregations?.seq.value ?? -1;
  } catch (thrown) {
    throw asStoreError(thrown, 'counting lines');
  }
}
