import { DOCUMENT_KINDS } from '../../../model/document-kinds.js';
import { type DocumentStore, listAll, type Versioned } from '../../../model/documents.js';
import type { Incident } from '../../../model/incident.js';
import { messageOf } from '../../../platform/errors.js';
import type { Logger } from '../../../platform/logger.js';
import { Serial } from '../../../platform/serial.js';
import type { KibanaView, ToldAlert } from '../kibana-view.js';

interface Write {
  kind: string;
  id: string;
  doc: unknown;
  expected?: number;
}

const SHOWN: ReadonlySet<string> = new Set([DOCUMENT_KINDS.incident, DOCUMENT_KINDS.notification]);
/** What Kibana is shown again after an outage of which nobody knows when it began: what changed within this time. */
const LOOK_BACK_MS = 86_400_000;
const AT_ONCE = 200;

/**
 * Documents as the store at home keeps them; incidents and alerts are shown in Elasticsearch besides, behind the back of who writes
 * them: nobody waits for a picture. What could not be shown is shown when it answers again, under the same ids.
 */
export class HomeDocuments implements DocumentStore {
  private readonly showing = new Serial();
  /** Written while it was away, or before this process. */
  private missingSince: number | undefined;

  constructor(
    private readonly home: DocumentStore,
    private readonly view: Pick<KibanaView, 'documentsWritten'>,
    private readonly reachable: () => boolean,
    private readonly now: () => number,
    private readonly logger: Logger,
  ) {
    this.missingSince = now() - LOOK_BACK_MS;
  }

  get<T>(kind: string, id: string): Promise<Versioned<T> | undefined> {
    return this.home.get(kind, id);
  }

  async put<T>(kind: string, id: string, doc: T, expected?: number): Promise<number> {
    const version = await this.home.put(kind, id, doc, expected);
    this.show([{ kind, id, doc }]);
    return version;
  }

  async putMany(writes: Write[]): Promise<void> {
    await this.home.putMany(writes);
    this.show(writes);
  }

  delete(kind: string, id: string): Promise<void> {
    return this.home.delete(kind, id);
  }

  list<T>(
    kind: string,
    options?: { after?: string; limit?: number; newestFirst?: boolean },
  ): Promise<Versioned<T>[]> {
    return this.home.list(kind, options);
  }

  /** It answers: what it has missed is shown. */
  catchUp(): Promise<void> {
    return this.showing.run(async () => {
      const since = this.missingSince;
      if (since === undefined) return;
      this.missingSince = undefined;
      try {
        const incidents = await listAll<Incident>(this.home, DOCUMENT_KINDS.incident);
        const alerts = await listAll<ToldAlert>(this.home, DOCUMENT_KINDS.notification);
        const missed: Write[] = [
          ...incidents
            .filter(({ doc }) => Math.max(doc.updatedAt, doc.resolvedAt ?? 0) >= since)
            .map(({ id, doc }) => ({ kind: DOCUMENT_KINDS.incident, id, doc })),
          ...alerts
            .filter(({ doc }) => (doc.endedAt ?? Number.POSITIVE_INFINITY) >= since)
            .map(({ id, doc }) => ({ kind: DOCUMENT_KINDS.notification, id, doc })),
        ];
        for (let at = 0; at < missed.length; at += AT_ONCE)
          if (!(await this.view.documentsWritten(missed.slice(at, at + AT_ONCE)))) this.missed(since);
      } catch (thrown) {
        this.missed(since);
        this.logger.warn('elasticsearch.view-not-written', { error: messageOf(thrown) });
      }
    });
  }

  /** When everything that can be shown is. */
  idle(): Promise<void> {
    return this.showing.idle();
  }

  private show(writes: readonly Write[]): void {
    const shown = writes.filter(({ kind, doc }) => SHOWN.has(kind) && doc !== undefined);
    if (shown.length === 0) return;
    const at = this.now();
    if (!this.reachable()) {
      this.missed(at);
      return;
    }
    void this.showing.run(async () => {
      if (!(await this.view.documentsWritten(shown))) this.missed(at);
    });
  }

  private missed(at: number): void {
    this.missingSince = Math.min(this.missingSince ?? at, at);
  }
}
