import type { DocumentStore, Versioned } from '../../src/model/documents.js';
import { DeadairError } from '../../src/platform/errors.js';

/** A document store in memory that outlives the manager using it, as a database outlives a process. */
export class MemoryDocuments implements DocumentStore {
  private readonly kinds = new Map<string, Map<string, { version: number; json: string }>>();
  /** Calls that write; `beforeWrite` can make one fail or never come back (a kill). */
  writes = 0;
  beforeWrite: (n: number) => Promise<void> | void = () => {};
  afterWrite: (n: number) => Promise<void> | void = () => {};

  async get<T>(kind: string, id: string): Promise<Versioned<T> | undefined> {
    const row = this.kinds.get(kind)?.get(id);
    return row && { id, version: row.version, doc: JSON.parse(row.json) as T };
  }

  async put<T>(kind: string, id: string, doc: T, expected?: number): Promise<number> {
    await this.putMany([{ kind, id, doc, ...(expected === undefined ? {} : { expected }) }]);
    return this.kinds.get(kind)!.get(id)!.version;
  }

  async putMany(writes: { kind: string; id: string; doc: unknown; expected?: number }[]): Promise<void> {
    const n = ++this.writes;
    const rows = writes.map(write => ({ ...write, json: JSON.stringify(write.doc) }));
    await this.beforeWrite(n);
    for (const { kind, id, expected } of rows) {
      const standing = this.kinds.get(kind)?.get(id)?.version ?? 0;
      if (expected !== undefined && expected !== standing)
        throw new DeadairError('conflict', `${kind} ${id} has version ${standing}, not ${expected}.`);
    }
    for (const { kind, id, json } of rows) {
      if (json === undefined) {
        this.kinds.get(kind)?.delete(id);
        continue;
      }
      const docs = this.kinds.get(kind) ?? new Map();
      this.kinds.set(kind, docs);
      docs.set(id, { version: (docs.get(id)?.version ?? 0) + 1, json });
    }
    await this.afterWrite(n);
  }

  async delete(kind: string, id: string): Promise<void> {
    this.kinds.get(kind)?.delete(id);
  }

  async list<T>(
    kind: string,
    options: { after?: string; limit?: number; newestFirst?: boolean } = {},
  ): Promise<Versioned<T>[]> {
    const ids = [...(this.kinds.get(kind)?.keys() ?? [])].sort();
    if (options.newestFirst) ids.reverse();
    const { after } = options;
    const rest =
      after === undefined ? ids : ids.filter(id => (options.newestFirst ? id < after : id > after));
    return rest.slice(0, options.limit ?? 1000).map(id => {
      const row = this.kinds.get(kind)!.get(id)!;
      return { id, version: row.version, doc: JSON.parse(row.json) as T };
    });
  }
}
