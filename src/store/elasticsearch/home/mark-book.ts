import { DOCUMENT_KINDS } from '../../../model/document-kinds.js';
import { type DocumentStore, listAll } from '../../../model/documents.js';
import type { Mark } from '../../../model/finding.js';
import type { MarksRequest } from '../../store.js';

/** Marks of one commit that lie in one document. */
interface Chunk {
  id: string;
  seq: number;
  count: number;
  /** Event times. */
  from: number;
  to: number;
  events: ReadonlySet<string>;
  /** `SOURCE:OFFSET` of each. */
  keys: readonly string[];
  /** Server's clock. */
  at: number;
}

/** Marks in a document; of a large commit they take several. */
const CHUNK = 500;
/** So many of the newest are kept at home; older ones are asked of Elasticsearch. */
const KEPT = 20_000;
/** No younger ones are dropped: the engine's checkpoint is minutes old at most, and Elasticsearch shows them by then. */
const KEPT_MS = 3_600_000;
const HORIZON = 'marks';

/**
 * The newest marks, so that judging begins again without Elasticsearch. Up to the commit `horizon` they are to be asked of
 * Elasticsearch, beyond it they are all here.
 */
export class MarkBook {
  private readonly chunksKept: Chunk[] = [];
  private readonly here = new Set<string>();
  private count = 0;

  private constructor(
    private readonly documents: DocumentStore,
    private horizonSeq: number,
  ) {}

  /** @throws DeadairError */
  static async open(documents: DocumentStore): Promise<MarkBook> {
    const horizon = await documents.get<{ seq: number }>(DOCUMENT_KINDS.book, HORIZON);
    const book = new MarkBook(documents, horizon?.doc.seq ?? -1);
    const stored = await listAll<Mark[]>(documents, DOCUMENT_KINDS.bookMarks);
    book.added(stored.map(({ id, doc: marks }) => ({ id, marks })));
    // Left by a crash after the horizon was moved.
    if (book.chunksKept[0] && book.chunksKept[0].seq <= book.horizonSeq)
      await book.beginAfter(book.horizonSeq);
    return book;
  }

  get horizon(): number {
    return this.horizonSeq;
  }

  get newest(): number {
    return Math.max(this.horizonSeq, this.chunksKept.at(-1)?.seq ?? -1);
  }

  /**
   * Everything up to this commit is Elasticsearch's alone, what is here of it goes: it is old, or several services kept the books
   * since. @throws DeadairError
   */
  async beginAfter(seq: number): Promise<void> {
    await this.documents.put(DOCUMENT_KINDS.book, HORIZON, { seq });
    this.horizonSeq = seq;
    const first = this.chunksKept.findIndex(chunk => chunk.seq > seq);
    const gone = this.chunksKept.splice(0, first < 0 ? this.chunksKept.length : first);
    for (const { count, keys } of gone) {
      this.count -= count;
      for (const key of keys) this.here.delete(key);
    }
    // A crash before this leaves documents that are nobody's: they go when the book is opened.
    await this.documents.putMany(
      gone.map(({ id }) => ({ kind: DOCUMENT_KINDS.bookMarks, id, doc: undefined })),
    );
  }

  /** The mark is at home, whatever Elasticsearch calls its commit. */
  has(mark: Mark): boolean {
    return this.here.has(keyOf(mark));
  }

  /** As documents, in the order in which they are read; to be written with their commit. */
  chunks(marks: readonly Mark[]): { id: string; marks: Mark[] }[] {
    const bySeq = new Map<number, Mark[]>();
    for (const mark of marks) {
      const own = bySeq.get(mark.seq);
      if (own) own.push(mark);
      else bySeq.set(mark.seq, [mark]);
    }
    const chunks: { id: string; marks: Mark[] }[] = [];
    for (const [seq, own] of [...bySeq].sort((a, b) => a[0] - b[0]))
      for (let at = 0, n = 0; at < own.length; at += CHUNK, n++)
        chunks.push({
          id: `${String(seq).padStart(17, '0')}-${String(n).padStart(6, '0')}`,
          marks: own.slice(at, at + CHUNK),
        });
    return chunks;
  }

  added(chunks: readonly { id: string; marks: readonly Mark[] }[]): void {
    for (const { id, marks } of chunks) {
      const first = marks[0];
      if (!first) continue;
      let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      const events = new Set<string>();
      for (const { time, event } of marks) {
        from = Math.min(from, time);
        to = Math.max(to, time);
        if (event !== undefined) events.add(event);
      }
      const keys = marks.map(keyOf);
      for (const key of keys) this.here.add(key);
      this.count += marks.length;
      const { seq, ingestedAt: at } = first;
      this.chunksKept.push({ id, seq, count: marks.length, from, to, events, keys, at });
    }
  }

  /** Those beyond the horizon, whole commits, at least `limit` unless there are fewer. @throws DeadairError */
  async read(request: MarksRequest): Promise<Mark[]> {
    const { afterSeq = -1, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = request;
    const { agents, classes, events } = request;
    const limit = Math.max(1, request.limit);
    const found: Mark[] = [];
    for (const chunk of this.chunksKept) {
      if (chunk.seq <= Math.max(afterSeq, this.horizonSeq)) continue;
      if (found.length >= limit && found.at(-1)!.seq !== chunk.seq) break;
      if (chunk.to < from || chunk.from >= to) continue;
      if (events && !events.some(event => chunk.events.has(event))) continue;
      const stored = await this.documents.get<Mark[]>(DOCUMENT_KINDS.bookMarks, chunk.id);
      for (const mark of stored?.doc ?? []) {
        if (mark.time < from || mark.time >= to) continue;
        if (agents && !agents.includes(mark.agent)) continue;
        if (classes && !classes.includes(mark.class)) continue;
        if (events && !(mark.event !== undefined && events.includes(mark.event))) continue;
        found.push(mark);
      }
    }
    return found;
  }

  /** Leaves the oldest ones to Elasticsearch. @throws DeadairError */
  async tidy(now: number): Promise<void> {
    let over = this.count - KEPT;
    let cut = 0;
    while (over > 0 && cut < this.chunksKept.length && this.chunksKept[cut]!.at < now - KEPT_MS)
      over -= this.chunksKept[cut++]!.count;
    // A commit goes whole.
    while (cut > 0 && this.chunksKept[cut]?.seq === this.chunksKept[cut - 1]!.seq) cut--;
    if (cut === 0) return;
    await this.beginAfter(Math.max(this.horizonSeq, this.chunksKept[cut - 1]!.seq));
  }
}

function keyOf({ source, offset }: Mark): string {
  return `${source}:${offset}`;
}
