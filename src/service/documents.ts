import type { DocumentStore, Versioned } from '../store/store.js';

const PAGE = 500;

/** Every document of a kind, page by page, in order of id. */
export async function listAll<T>(documents: DocumentStore, kind: string): Promise<Versioned<T>[]> {
  const all: Versioned<T>[] = [];
  for (let after: string | undefined; ; ) {
    const page = await documents.list<T>(kind, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    all.push(...page);
    if (page.length < PAGE) return all;
    after = page.at(-1)!.id;
  }
}
