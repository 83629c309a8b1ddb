export interface Versioned<T> {
  id: string;
  version: number;
  doc: T;
}

/** Ids sort as strings; give them a time-ordered prefix where order matters. */
export interface DocumentStore {
  get<T>(kind: string, id: string): Promise<Versioned<T> | undefined>;
  /**
   * Durable when resolved. `expected`: the version that must stand (0 = must not exist).
   * @throws DeadairError `conflict` when it does not
   */
  put<T>(kind: string, id: string, doc: T, expected?: number): Promise<number>;
  /** All or none; a document that is undefined is deleted. */
  putMany(writes: { kind: string; id: string; doc: unknown; expected?: number }[]): Promise<void>;
  delete(kind: string, id: string): Promise<void>;
  list<T>(
    kind: string,
    options?: { after?: string; limit?: number; newestFirst?: boolean },
  ): Promise<Versioned<T>[]>;
}

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
