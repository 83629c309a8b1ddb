import { DOCUMENT_KINDS } from '../../../model/document-kinds.js';
import { listAll } from '../../../model/documents.js';
import { DeadairError } from '../../../platform/errors.js';
import { silentLogger } from '../../../platform/logger.js';
import { openEmbeddedStore } from '../../embedded/embedded-store.js';
import { connect } from '../connect.js';
import { ElasticsearchDocuments } from '../documents.js';
import { gapDocument } from '../gaps.js';
import { indexNames } from '../names.js';
import { prepare } from '../open.js';
import type { ElasticsearchSettings } from '../settings.js';
import { SourceLedger } from '../sources.js';
import { OWN_ID, STAYS } from './begin.js';
import { Book } from './book.js';
import { type BookOwner, bookOwner, keptElsewhere, OWNER_ID } from './owner.js';

const WRITES = 200;

/** Who keeps the book of the namespace; undefined: Elasticsearch itself. @throws DeadairError */
export async function whoKeepsTheBook(settings: ElasticsearchSettings): Promise<BookOwner | undefined> {
  return withDocuments(settings, there => bookOwner(there));
}

/**
 * The directory with the book is lost: whoever comes next begins a new one. Collectors send their files again from the start, and what
 * of them lies in Elasticsearch is left out.
 * @throws DeadairError
 */
export async function forgetBook(settings: ElasticsearchSettings): Promise<BookOwner | undefined> {
  return withDocuments(settings, async there => {
    const owner = await bookOwner(there);
    if (owner) await there.delete(DOCUMENT_KINDS.book, OWNER_ID);
    return owner;
  });
}

/**
 * Carries the book of a directory back to Elasticsearch, so that several services can use it. Done twice it is the same; the last
 * step makes it count.
 * @throws DeadairError `store.locked` while the service runs, `conflict` where another directory keeps the book
 */
export async function giveBack(
  settings: ElasticsearchSettings,
  directory: string,
): Promise<{ sources: number; documents: number }> {
  const client = connect(settings);
  const home = await openEmbeddedStore({ directory, readers: 1 });
  try {
    const names = indexNames(settings.namespace);
    await prepare(client, names, settings.namespace, silentLogger);
    const there = new ElasticsearchDocuments(client, names.documents, async () => {});
    const owner = await bookOwner(there);
    const own = await home.documents.get<{ id: string }>(DOCUMENT_KINDS.book, OWN_ID);
    if (owner && owner.book !== own?.doc.id) throw keptElsewhere(owner);
    if (!owner || !own)
      throw new DeadairError(
        'conflict',
        `The book is not kept in ${directory}: there is nothing to give back.`,
        {
          subject: 'data',
        },
      );
    const book = await Book.open(home.documents);
    const ledger = new SourceLedger(client, names);
    const entries = book.all();
    await ledger.load(entries.map(({ document }) => document.state.id));
    await ledger.settle({ sources: [], gaps: book.gaps({}).map(gapDocument), marks: [] });
    for (let at = 0; at < entries.length; at += WRITES)
      await ledger.claim(
        entries
          .slice(at, at + WRITES)
          .map(({ document }) => ({ document, version: ledger.get(document.state.id)?.version })),
      );
    let documents = 0;
    for (const kind of await home.documentKinds()) {
      if (STAYS.has(kind)) continue;
      for (const { id, doc } of await listAll(home.documents, kind)) {
        await there.put(kind, id, doc);
        documents++;
      }
    }
    // Until here the book at home counts. A crash between the two leaves nobody's book: `--forget` ends that.
    await home.documents.delete(DOCUMENT_KINDS.book, OWN_ID);
    await there.delete(DOCUMENT_KINDS.book, OWNER_ID);
    for (let at = 0; at < entries.length; at += WRITES)
      await home.documents.putMany(
        entries.slice(at, at + WRITES).map(({ document }) => ({
          kind: DOCUMENT_KINDS.bookSource,
          id: document.state.id,
          doc: undefined,
        })),
      );
    return { sources: entries.length, documents };
  } finally {
    await home.close();
    await client.close();
  }
}

async function withDocuments<T>(
  settings: ElasticsearchSettings,
  work: (there: ElasticsearchDocuments) => Promise<T>,
): Promise<T> {
  const client = connect(settings);
  try {
    return await work(
      new ElasticsearchDocuments(client, indexNames(settings.namespace).documents, async () => {}),
    );
  } finally {
    await client.close();
  }
}
