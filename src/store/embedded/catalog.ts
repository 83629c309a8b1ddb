import { unpackBatch } from '../../records/packed.js';
import type { Fingerprint, SourceDescriptor } from '../../wire/protocol.js';
import type { Gap, SourceState } from '../store.js';
import { asBytes, type Connection, type SqlRow } from './driver.js';

/** The small tables of main.db, as they are given out. */
export function readSources(main: Connection, host: string | undefined): SourceState[] {
  const open = main.prepare('SELECT body FROM open_lines WHERE source = ?');
  const rows = host
    ? main.prepare('SELECT * FROM sources WHERE host = ? ORDER BY id').all(host)
    : main.prepare('SELECT * FROM sources ORDER BY id').all();
  return rows.map(row => sourceState(row, open.get(row.id!)));
}

function sourceState(row: SqlRow, open: SqlRow | undefined): SourceState {
  const { tail, parser, ended } = row;
  return {
    ...(JSON.parse(String(row.descriptor)) as SourceDescriptor),
    position: Number(row.position),
    ...(tail ? { tail: JSON.parse(String(tail)) as Fingerprint } : {}),
    ...(parser === null ? {} : { parserState: String(parser) }),
    ...(open ? { openBytes: unpackBatch(asBytes(open.body)).bytes.slice() } : {}),
    ...(ended ? { ended: JSON.parse(String(ended)) as { at: number; reason: string } } : {}),
    firstSeenAt: Number(row.first_seen),
    lastIngestedAt: Number(row.last_ingested),
    lines: Number(row.lines),
  };
}

export function readGaps(
  main: Connection,
  filter: { source?: string; agent?: string; from?: number; to?: number },
): Gap[] {
  const rows = main
    .prepare(
      `SELECT o.source, o.agent, o.host, o.path, g.start, g.end, g.reason, g.at FROM gaps g JOIN origins o ON o.id = g.origin
       WHERE (?1 IS NULL OR o.source = ?1) AND (?2 IS NULL OR o.agent = ?2) AND g.at >= ?3 AND g.at < ?4
       ORDER BY g.at DESC, g.id DESC`,
    )
    .all(filter.source ?? null, filter.agent ?? null, filter.from ?? -1e300, filter.to ?? 1e300);
  return rows.map(row => ({
    source: String(row.source),
    agent: String(row.agent),
    host: String(row.host),
    path: String(row.path),
    from: Number(row.start),
    to: row.end === null ? null : Number(row.end),
    reason: String(row.reason) as Gap['reason'],
    at: Number(row.at),
  }));
}

export function readDocument(
  main: Connection,
  kind: string,
  id: string,
): { version: number; doc: string } | null {
  const row = main.prepare('SELECT version, doc FROM documents WHERE kind = ? AND id = ?').get(kind, id);
  return row ? { version: Number(row.version), doc: String(row.doc) } : null;
}

export function listDocuments(
  main: Connection,
  kind: string,
  options: { after?: string; limit?: number; newestFirst?: boolean },
): { id: string; version: number; doc: string }[] {
  const { after, limit = -1, newestFirst = false } = options;
  const beyond = after === undefined ? '' : newestFirst ? 'AND id < ?' : 'AND id > ?';
  const rows = main
    .prepare(
      `SELECT id, version, doc FROM documents WHERE kind = ? ${beyond} ORDER BY id ${newestFirst ? 'DESC' : 'ASC'} LIMIT ?`,
    )
    .all(...(after === undefined ? [kind, limit] : [kind, after, limit]));
  return rows.map(row => ({ id: String(row.id), version: Number(row.version), doc: String(row.doc) }));
}
