import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import { listAll } from '../model/documents.js';
import type { LogRow } from '../model/log-row.js';
import { defined } from '../platform/defined.js';
import type { SourceState, Store } from '../store/store.js';
import type { Stretch } from './format.js';

/** Of a source that came from a capsule: the one it was where it was collected. */
export interface ImportedSource {
  source: string;
  capsule: string;
}

/** Lines looked at, from either end of the span, for the offsets they lie between. */
const PROBE_LINES = 500;
/** Lines asked for at once; the store cuts a page of long ones short. */
const PAGE = 4000;

/** A stretch with the id under which this store has it. */
export interface StoredStretch extends Stretch {
  stored: string;
}

/**
 * The part of each file that a time span covers: from the first to the last line of it, and everything in between, so
 * that what is packed reads as the file does. Times within a file may leap a little, hence more than one line is asked.
 * @param agents only theirs; absent: of all
 */
export async function stretchesOf(
  store: Pick<Store, 'sources' | 'search' | 'documents'>,
  span: { from: number; to: number },
  agents: ReadonlySet<string> | undefined,
  signal?: AbortSignal,
): Promise<StoredStretch[]> {
  const origins = new Map(
    (await listAll<ImportedSource>(store.documents, DOCUMENT_KINDS.importedSource)).map(({ id, doc }) => [
      id,
      doc.source,
    ]),
  );
  const names = new Set<string>();
  const stretches: StoredStretch[] = [];
  for (const state of await store.sources()) {
    if (agents && !agents.has(state.agent)) continue;
    const query = { kind: 'field', field: 'source', pattern: state.id } as const;
    const search = (order: 'oldest' | 'newest') =>
      store.search({ query, ...span, order, limit: PROBE_LINES }, signal).then(page => page.rows);
    const rows = [...(await search('oldest')), ...(await search('newest'))];
    if (rows.length === 0) continue;
    const from = rows.reduce((least, row) => Math.min(least, row.offset), Infinity);
    const to = rows.reduce((most, row) => Math.max(most, row.offset + row.length), 0);
    const id = origins.get(state.id) ?? state.id;
    stretches.push({
      ...descriptorOf(state),
      id,
      stored: state.id,
      from,
      to,
      log: logName(state.agent, names),
    });
  }
  return stretches;
}

function descriptorOf({ id, agent, host, path, head, inode, device, compression }: SourceState) {
  return {
    id,
    agent,
    host,
    path,
    head,
    ...defined({ inode, device, compression }),
  };
}

/** `logs/agent-1.log`, the agent's next file `logs/agent-1.2.log`. */
function logName(agent: string, taken: Set<string>): string {
  const plain = agent
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[.-]/, '_')
    .slice(0, 60);
  for (let n = 1; ; n++) {
    const name = `logs/${plain}${n === 1 ? '' : `.${n}`}.log`;
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

/** The stored lines of a source in [from, to), in its order, page by page, with their bytes. */
export async function* linesOf(
  store: Pick<Store, 'context'>,
  source: string,
  from: number,
  to: number,
  signal?: AbortSignal,
): AsyncGenerator<LogRow[]> {
  for (let next = from; next < to; ) {
    const { rows } = await store.context(
      { source, offset: next, before: 0, after: PAGE, exact: true },
      signal,
    );
    // The line before comes first where none begins at the offset.
    const fresh = rows.filter(row => row.offset >= next && row.offset < to);
    const last = fresh.at(-1);
    if (!last) return;
    yield fresh;
    next = last.offset + last.length;
  }
}

/** A line's bytes; a store that keeps only text can't give back what was no UTF-8. */
export function bytesOf(row: LogRow): Uint8Array {
  if (row.exact) return row.exact.bytes;
  const text = Buffer.from(row.raw);
  if (text.length === row.length) return text;
  const bytes = Buffer.alloc(row.length, '?');
  text.copy(bytes, 0, 0, row.length - 1);
  bytes[row.length - 1] = 0x0a;
  return bytes;
}
