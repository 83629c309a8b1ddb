import type { DocumentStore, Versioned } from '../../model/documents.js';
import { defined } from '../../platform/defined.js';
import type { WorkerClient } from '../../platform/worker-calls.js';
import type { DocumentRow, ReaderCalls, WriterCalls } from './messages.js';

/** Documents as JSON in main.db: written by the writer, read by any reader. */
export class EmbeddedDocuments implements DocumentStore {
  constructor(
    private readonly reader: () => WorkerClient<ReaderCalls>,
    private readonly writer: () => WorkerClient<WriterCalls>,
  ) {}

  async get<T>(kind: string, id: string): Promise<Versioned<T> | undefined> {
    const found = await this.reader().call('getDocument', [kind, id]);
    return found ? { id, version: found.version, doc: JSON.parse(found.doc) as T } : undefined;
  }

  async put<T>(kind: string, id: string, doc: T, expected?: number): Promise<number> {
    const versions = await this.write([asWrite({ kind, id, doc, ...defined({ expected }) })]);
    return versions[0]!;
  }

  async putMany(writes: { kind: string; id: string; doc: unknown; expected?: number }[]): Promise<void> {
    await this.write(writes.map(asWrite));
  }

  async delete(kind: string, id: string): Promise<void> {
    await this.write([{ kind, id, doc: null }]);
  }

  async list<T>(
    kind: string,
    options: { after?: string; limit?: number; newestFirst?: boolean } = {},
  ): Promise<Versioned<T>[]> {
    const found = await this.reader().call('listDocuments', [kind, options]);
    return found.map(({ id, version, doc }) => ({ id, version, doc: JSON.parse(doc) as T }));
  }

  private async write(writes: DocumentRow[]): Promise<number[]> {
    return this.writer().call('documents', [writes]);
  }
}

function asWrite(write: { kind: string; id: string; doc: unknown; expected?: number }): DocumentRow {
  // As in the other store: what is undefined is taken away.
  return { ...write, doc: write.doc === undefined ? null : JSON.stringify(write.doc) };
}
