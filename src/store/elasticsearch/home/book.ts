import { DOCUMENT_KINDS } from '../../../model/document-kinds.js';
import { type DocumentStore, listAll } from '../../../model/documents.js';
import type { LogRow } from '../../../model/log-row.js';
import type { Gap, SourceState } from '../../store.js';
import { type GapDocument, type GapFilter, gapId, gapOf } from '../gaps.js';
import { type LineDocument, rowOf } from '../line-document.js';
import type { Positions, Settled, SourceDocument, SourceEntry } from '../positions.js';
import { sourceState } from '../sources.js';
import { MarkBook } from './mark-book.js';

/** A write of the store that the book lies in. */
export interface BookWrite {
  kind: string;
  id: string;
  doc: unknown;
}

/** Ended sources and gaps are forgotten after so long: a rotated file may lie on its host for months. */
const FORGET_AFTER_MS = 180 * 86_400_000;
const WRITES = 500;
/** Note that nothing is in Elasticsearch that is not in the book. */
const WHOLE = 'whole';

/**
 * Where each source stands, its open line, gaps and marks, as documents of the store at home, which writes several in one
 * transaction. All but the marks are kept in memory, too: this process alone writes them.
 */
export class Book implements Positions {
  readonly alone = true;
  private whole = false;
  private readonly entries = new Map<string, SourceEntry>();
  private readonly open = new Map<string, LogRow>();
  private readonly named = new Map<string, Gap>();

  private constructor(
    private readonly documents: DocumentStore,
    readonly marks: MarkBook,
  ) {}

  /** @throws DeadairError */
  static async open(documents: DocumentStore): Promise<Book> {
    const book = new Book(documents, await MarkBook.open(documents));
    for (const { doc } of await listAll<SourceDocument>(documents, DOCUMENT_KINDS.bookSource)) book.keep(doc);
    for (const { id, doc } of await listAll<GapDocument>(documents, DOCUMENT_KINDS.bookGap))
      book.named.set(id, gapOf(doc));
    book.whole = (await documents.get(DOCUMENT_KINDS.book, WHOLE)) !== undefined;
    return book;
  }

  get complete(): boolean {
    return this.whole;
  }

  /** What this book begins with. @param complete no line and no source was in Elasticsearch @throws DeadairError */
  async begins(complete: boolean): Promise<void> {
    await this.documents.putMany([
      { kind: DOCUMENT_KINDS.book, id: WHOLE, doc: complete ? { whole: true } : undefined },
    ]);
    this.whole = complete;
  }

  /** The newest commit that is in it. */
  get newest(): number {
    let newest = this.marks.newest;
    for (const { document } of this.entries.values()) newest = Math.max(newest, document.state.seq);
    return newest;
  }

  get(id: string): SourceEntry | undefined {
    return this.entries.get(id);
  }

  async load(): Promise<void> {
    // Everything is known.
  }

  forget(): void {
    // What is known is what is written: a write that fails changes nothing.
  }

  claim(claims: readonly SourceEntry[]): Promise<void> {
    return this.write({ sources: [...claims], gaps: [], marks: [] });
  }

  settle(commit: Settled): Promise<void> {
    return this.write(commit);
  }

  /** Takes over what another book says, in transactions of a bearable size. @throws DeadairError */
  async takeOver(sources: readonly SourceEntry[], gaps: readonly GapDocument[]): Promise<void> {
    for (let at = 0; at < sources.length; at += WRITES)
      await this.write({ sources: sources.slice(at, at + WRITES), gaps: [], marks: [] });
    for (let at = 0; at < gaps.length; at += WRITES)
      await this.write({ sources: [], gaps: gaps.slice(at, at + WRITES), marks: [] });
  }

  sources(host?: string): SourceState[] {
    const states: SourceState[] = [];
    for (const { document } of this.entries.values())
      if (host === undefined || document.state.host === host) states.push(sourceState(document));
    return states.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** As they lie in the book, for whoever carries it away. */
  all(): SourceEntry[] {
    return [...this.entries.values()];
  }

  position(id: string): number | undefined {
    return this.entries.get(id)?.document.state.position;
  }

  /** Newest first. */
  gaps({ source, agent, from = 0, to = Number.POSITIVE_INFINITY }: GapFilter): Gap[] {
    return [...this.named.values()]
      .filter(gap => gap.at >= from && gap.at < to)
      .filter(gap => source === undefined || gap.source === source)
      .filter(gap => agent === undefined || gap.agent === agent)
      .sort((a, b) => b.at - a.at || b.from - a.from);
  }

  /** Lines that are still being written, one a source at most. */
  openLines(): LogRow[] {
    return [...this.open.values()];
  }

  /** Forgets ended sources that no collector can still ask for, and old gaps. @throws DeadairError */
  async tidy(now: number): Promise<void> {
    const before = now - FORGET_AFTER_MS;
    const gone: BookWrite[] = [];
    for (const [id, { document }] of this.entries) {
      const { rest, lastIngestedAt, pending } = document.state;
      if (rest.ended && !pending && lastIngestedAt < before)
        gone.push({ kind: DOCUMENT_KINDS.bookSource, id, doc: undefined });
    }
    if (gone.length > 0 && this.whole) await this.begins(false);
    for (const [id, { at }] of this.named)
      if (at < before) gone.push({ kind: DOCUMENT_KINDS.bookGap, id, doc: undefined });
    for (let at = 0; at < gone.length; at += WRITES) {
      const some = gone.slice(at, at + WRITES);
      await this.documents.putMany(some);
      for (const { kind, id } of some)
        if (kind === DOCUMENT_KINDS.bookGap) this.named.delete(id);
        else this.entries.delete(id);
    }
    await this.marks.tidy(now);
  }

  private async write({ sources, gaps, marks }: Settled): Promise<void> {
    const chunks = this.marks.chunks(marks);
    const writes: BookWrite[] = [
      ...sources.map(({ document }) => ({
        kind: DOCUMENT_KINDS.bookSource,
        id: document.state.id,
        doc: document,
      })),
      ...gaps.map(gap => ({ kind: DOCUMENT_KINDS.bookGap, id: gapId(gap), doc: gap })),
      ...chunks.map(({ id, marks: doc }) => ({ kind: DOCUMENT_KINDS.bookMarks, id, doc })),
    ];
    if (writes.length === 0) return;
    await this.documents.putMany(writes);
    for (const { document } of sources) this.keep(document);
    for (const gap of gaps) this.named.set(gapId(gap), gapOf(gap));
    this.marks.added(chunks);
  }

  private keep(document: SourceDocument): void {
    const { id } = document.state;
    this.entries.set(id, { document, version: undefined });
    if (document.deadair) this.open.set(id, rowOf(document as LineDocument));
    else this.open.delete(id);
  }
}
