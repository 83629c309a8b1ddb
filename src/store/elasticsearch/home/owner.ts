import { DOCUMENT_KINDS } from '../../../model/document-kinds.js';
import type { DocumentStore } from '../../../model/documents.js';
import { DeadairError } from '../../../platform/errors.js';

/** In Elasticsearch: whose book counts. */
export interface BookOwner {
  book: string;
  host: string;
  directory: string;
  since: number;
}

export const OWNER_ID = 'home';

/** Whose book counts; undefined: Elasticsearch keeps it itself. @throws DeadairError */
export async function bookOwner(there: Pick<DocumentStore, 'get'>): Promise<BookOwner | undefined> {
  return (await there.get<BookOwner>(DOCUMENT_KINDS.book, OWNER_ID))?.doc;
}

/** Whoever may not write says why. */
export function keptElsewhere({ host, directory, since }: BookOwner): DeadairError {
  return new DeadairError(
    'conflict',
    `Elasticsearch's book is kept in ${directory} on ${host} since ${new Date(since).toISOString()}, and what two books store would lie there twice: run the service there, with store.elasticsearch.services: one. If that directory is lost: \`deadair elasticsearch book --forget\`; to go back to several services, there: \`deadair elasticsearch book --give-back\`.`,
    { subject: 'store.elasticsearch.services', retryAfterSeconds: 30 },
  );
}
