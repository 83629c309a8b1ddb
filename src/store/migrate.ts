import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import { listAll } from '../model/documents.js';
import type { Mark } from '../model/finding.js';
import type { LogRow } from '../model/log-row.js';
import { RecordFlag } from '../model/vocabulary.js';
import type { Clock } from '../platform/clock.js';
import { DeadairError } from '../platform/errors.js';
import type { Query } from '../query/ast.js';
import { recordId } from '../records/log-row.js';
import type { ElasticsearchStore } from './elasticsearch/elasticsearch-store.js';
import type { EmbeddedStore } from './embedded/embedded-store.js';
import type { SourceState, Store } from './store.js';

const MIGRATION_ID = 'embedded';
const PAGE = 5000;
const WRITES = 100;

export interface Moved {
  sources: number;
  /** As counted in each store when all was done. */
  lines: { from: number; to: number };
  documents: number;
  /** Sources whose counts differ; empty when all is well. */
  differ: { source: string; path: string; from: number; to: number }[];
}

export interface MoveProgress {
  source: number;
  sources: number;
  lines: number;
}

interface Note {
  startedAt: number;
  finishedAt?: number;
}

/**
 * Carries an embedded store over to Elasticsearch: sources with their lines, gaps, and all documents. Interrupted, it goes on
 * at each source's position when it is run again. In the end every source is counted in both stores.
 * @throws DeadairError `conflict` when the target holds lines that did not come from here
 */
export async function moveToElasticsearch(
  from: EmbeddedStore,
  to: ElasticsearchStore,
  clock: Clock,
  onProgress: (progress: MoveProgress) => void = () => {},
): Promise<Moved> {
  await claimTarget(to, clock);
  const sources = await from.sources();
  let lines = 0;
  for (const [index, source] of sources.entries()) {
    lines += await moveSource(from, to, source);
    onProgress({ source: index + 1, sources: sources.length, lines });
  }
  let documents = 0;
  // The checkpoint comes last: it says that what it rests on is there.
  const kinds = await from.documentKinds();
  for (const kind of kinds.sort(
    (a, b) => Number(a === DOCUMENT_KINDS.engine) - Number(b === DOCUMENT_KINDS.engine),
  ))
    documents += await moveDocuments(from, to, kind);
  await to.refresh();
  const moved = await compare(from, to, sources);
  if (moved.differ.length === 0) {
    const note = await to.documents.get<Note>(DOCUMENT_KINDS.migration, MIGRATION_ID);
    await to.documents.put(DOCUMENT_KINDS.migration, MIGRATION_ID, { ...note?.doc, finishedAt: clock.now() });
  }
  return { ...moved, sources: sources.length, documents };
}

/** The note says that what lies there is ours; a finished move is not begun again, since lines may have come since. */
async function claimTarget(to: ElasticsearchStore, clock: Clock): Promise<void> {
  const note = await to.documents.get<Note>(DOCUMENT_KINDS.migration, MIGRATION_ID);
  if (note?.doc.finishedAt !== undefined)
    throw new DeadairError(
      'conflict',
      `This store was carried over completely at ${new Date(note.doc.finishedAt).toISOString()}: set store.kind to elasticsearch and start the service.`,
      { subject: 'store.elasticsearch.namespace' },
    );
  if (note) return;
  if ((await to.sources()).length > 0)
    throw new DeadairError(
      'conflict',
      'Elasticsearch holds lines of another Deadair under this name: choose another with DEADAIR_ES_NAMESPACE.',
      { subject: 'store.elasticsearch.namespace' },
    );
  await to.documents.put<Note>(DOCUMENT_KINDS.migration, MIGRATION_ID, { startedAt: clock.now() }, 0);
}

async function moveSource(from: Store, to: ElasticsearchStore, source: SourceState): Promise<number> {
  const takeover = to.takeover();
  const known = await takeover.position(source.id);
  let offset = known ?? source.start ?? 0;
  let open: LogRow | undefined;
  let lines = 0;
  for (;;) {
    const page = await from.context({ source: source.id, offset, before: 0, after: PAGE });
    // The line that holds the byte before comes along where the page does not begin with a line.
    const rows = page.rows.filter(row => row.offset >= offset);
    const complete = rows.filter(row => (row.flags & RecordFlag.partial) === 0 || source.ended !== undefined);
    open = rows.find(row => !complete.includes(row));
    if (complete.length === 0) break;
    await takeover.lines(source, complete, await sourceMarks(from, source, complete));
    lines += complete.length;
    const last = complete.at(-1)!;
    offset = last.offset + last.length;
  }
  const gaps = await from.gaps({ source: source.id });
  await takeover.finish(source, open, gaps);
  return lines;
}

/** Rows do not carry all that detection found: marks have the rest. */
async function sourceMarks(from: Store, source: SourceState, rows: LogRow[]): Promise<Map<string, Mark>> {
  const times = rows.filter(row => row.rule !== undefined).map(row => row.time);
  if (times.length === 0) return new Map();
  const marks = new Map<string, Mark>();
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b));
  for (let afterSeq = -1; ; ) {
    const page = await from.marks({
      afterSeq,
      from: first,
      to: last + 1,
      agents: [source.agent],
      limit: PAGE,
    });
    for (const mark of page)
      if (mark.source === source.id) marks.set(recordId(mark.source, mark.offset), mark);
    if (page.length < PAGE) return marks;
    afterSeq = page.at(-1)!.seq;
  }
}

async function moveDocuments(from: Store, to: Store, kind: string): Promise<number> {
  const documents = await listAll(from.documents, kind);
  for (let at = 0; at < documents.length; at += WRITES)
    await to.documents.putMany(documents.slice(at, at + WRITES).map(({ id, doc }) => ({ kind, id, doc })));
  return documents.length;
}

async function compare(
  from: Store,
  to: Store,
  sources: SourceState[],
): Promise<Pick<Moved, 'lines' | 'differ'>> {
  const { oldest, newest } = await from.stats();
  const result: Pick<Moved, 'lines' | 'differ'> = { lines: { from: 0, to: 0 }, differ: [] };
  if (oldest === null || newest === null) return result;
  const begin = Math.floor(oldest);
  const end = Math.ceil(newest) + 1;
  const interval = Math.max(60_000, Math.ceil((end - begin) / 60_000 / 1000) * 60_000);
  for (const { id, path } of sources) {
    const query: Query = { kind: 'field', field: 'source', pattern: id };
    const count = async (store: Store) =>
      (await store.histogram({ query, from: begin, to: end, interval })).total;
    const [had, has] = [await count(from), await count(to)];
    result.lines.from += had;
    result.lines.to += has;
    if (had !== has) result.differ.push({ source: id, path, from: had, to: has });
  }
  return result;
}
