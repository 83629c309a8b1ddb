import { unpackBatch } from '../../records/packed.js';
import {
  DamagedTables,
  GAPS,
  goodBatch,
  goodDocument,
  goodHot,
  goodSource,
  goodTexts,
  HOT,
  numberIn,
  OPEN_LINES,
  ORIGINS,
  SOURCES,
  textsOf,
} from './damaged-tables.js';
import { asBytes, type Connection, type SqlRow, type SqlValue } from './driver.js';
import { type HotPart, packParts, unpackParts } from './hot-row.js';
import { readMeta, transaction, writeMeta } from './schema.js';

/** What was had back of a damaged main.db; `lost`: some of it could not be read. */
export interface Salvage {
  documents: number;
  hotRows: number;
  sources: number;
  lost: boolean;
}

/**
 * Takes over what can be read of a damaged main.db into a new one that knows already what the days hold. A position is
 * taken over only as far as every line before it is there: collectors send the rest again, so nothing is lost or doubled.
 * @param damaged open, its write-ahead log applied
 */
export function salvageMain(damaged: Connection, main: Connection): Salvage {
  const tables = new DamagedTables(damaged);
  const sealed = Math.max(readMeta(main, 'sealed'), numberIn(damaged, 'sealed'));
  const hot = tables.rows(HOT);
  const sources = tables.rows(SOURCES);
  const origins = tables.rows(ORIGINS);
  const gaps = tables.rows(GAPS);
  const open = tables.rows(OPEN_LINES);
  const documents = tables.documents();
  const unsealed = [...hot.rows]
    .filter(([id]) => Number(id) > sealed)
    .sort(([a], [b]) => Number(a) - Number(b));
  const goodRows = unsealed.filter(([, row]) => goodHot(row));
  const whole =
    hot.complete &&
    goodRows.length === unsealed.length &&
    goodRows.every(([id], i) => i === 0 || id === goodRows[i - 1]![0] + 1);
  const salvage: Salvage = {
    documents: 0,
    hotRows: 0,
    sources: 0,
    lost: !(
      whole &&
      sources.complete &&
      origins.complete &&
      gaps.complete &&
      open.complete &&
      documents.complete
    ),
  };
  transaction(main, () => {
    copyOrigins(main, origins.rows);
    copyGaps(main, gaps.rows);
    const ledger = new Positions(main, sources.rows, open.rows, gaps.rows, whole);
    let last = sealed;
    for (const [id, row] of goodRows) {
      const parts = unpackParts(asBytes(row.body)).filter(part => ledger.take(part));
      last = Number(id);
      if (parts.length === 0) continue;
      const [lines, bytes] = parts.reduce(
        ([n, size], { body }) => [n + unpackBatch(body).count, size + unpackBatch(body).bytes.length],
        [0, 0],
      );
      insert(main, 'INSERT INTO hot (id, seq, day, lines, bytes, body) VALUES (?, ?, ?, ?, ?, ?)', [
        last,
        row.seq!,
        row.day!,
        lines,
        bytes,
        packParts(parts),
      ]);
      salvage.hotRows++;
    }
    salvage.sources = ledger.write();
    salvage.documents = copyDocuments(main, documents.rows);
    if (salvage.documents < documents.rows.length) salvage.lost = true;
    const seq = goodRows.reduce((most, [, row]) => Math.max(most, Number(row.seq)), numberIn(damaged, 'seq'));
    writeMeta(main, 'seq', Math.max(seq, readMeta(main, 'seq')));
    writeMeta(main, 'sealed', sealed);
  });
  return salvage;
}

function copyOrigins(main: Connection, rows: ReadonlyMap<number, SqlRow>): void {
  for (const [id, row] of rows)
    if (goodTexts(row))
      insert(main, 'INSERT OR IGNORE INTO origins (id, source, agent, host, path) VALUES (?, ?, ?, ?, ?)', [
        id,
        ...textsOf(row, ['source', 'agent', 'host', 'path']),
      ]);
}

function copyGaps(main: Connection, rows: ReadonlyMap<number, SqlRow>): void {
  for (const row of rows.values())
    if (goodTexts(row))
      insert(main, 'INSERT INTO gaps (origin, start, end, reason, at) VALUES (?, ?, ?, ?, ?)', [
        row.origin!,
        row.start!,
        row.end!,
        ...textsOf(row, ['reason']),
        row.at!,
      ]);
}

/** @returns how many were good */
function copyDocuments(main: Connection, rows: readonly SqlRow[]): number {
  const good = rows.filter(goodDocument);
  for (const row of good)
    insert(main, 'INSERT OR REPLACE INTO documents (kind, id, version, doc) VALUES (?, ?, ?, ?)', [
      ...textsOf(row, ['kind', 'id']),
      row.version!,
      ...textsOf(row, ['doc']),
    ]);
  return good.length;
}

/** How far each source's lines are there without a hole, over the days, the salvaged rows and the named gaps. */
class Positions {
  private readonly sourceOf = new Map<number, number>();
  private readonly at = new Map<number, number>();
  private readonly gapsOf = new Map<number, { start: number; end: number }[]>();

  constructor(
    private readonly main: Connection,
    private readonly rows: ReadonlyMap<number, SqlRow>,
    private readonly open: ReadonlyMap<number, SqlRow>,
    gaps: ReadonlyMap<number, SqlRow>,
    /** No hot row is missing: every position that can be read is right as it stands. */
    private readonly whole: boolean,
  ) {
    const ids = new Map<string, number>();
    for (const [id, row] of rows) {
      if (!goodSource(row)) continue;
      const source = textsOf(row, ['source'])[0]!;
      ids.set(source, Number(id));
      const start = (JSON.parse(textsOf(row, ['descriptor'])[0]!) as { start?: number }).start ?? 0;
      const sealed = main.prepare('SELECT position FROM sources WHERE source = ?').get(source);
      this.at.set(Number(id), sealed ? Number(sealed.position) : start);
    }
    for (const row of main.prepare('SELECT id, source FROM origins').all()) {
      const id = ids.get(String(row.source));
      if (id !== undefined) this.sourceOf.set(Number(row.id), id);
    }
    for (const row of gaps.values()) {
      const id = this.sourceOf.get(Number(row.origin));
      if (id === undefined || row.end === null) continue;
      const known = this.gapsOf.get(id) ?? [];
      known.push({ start: Number(row.start), end: Number(row.end) });
      this.gapsOf.set(id, known);
    }
  }

  /** Whether a batch follows on what is there. */
  take({ origin, body }: HotPart): boolean {
    const id = this.sourceOf.get(origin);
    if (id === undefined) return false;
    const { base, bytes } = unpackBatch(body);
    if (!this.whole && this.bridged(id, base) !== base) return false;
    this.at.set(id, base + bytes.length);
    return true;
  }

  /** @returns how many sources */
  write(): number {
    const rebuilt = this.main.prepare('SELECT * FROM sources').all();
    this.main.exec('DELETE FROM sources');
    const written = new Set<string>();
    for (const [id, row] of this.rows) {
      const position = Number(row.position);
      const reached = this.at.get(id);
      if (reached === undefined) continue;
      const open = this.open.get(id);
      const rest = open && goodBatch(open.body) ? unpackBatch(asBytes(open.body)) : undefined;
      const opened = rest && rest.base === this.bridged(id, rest.base) ? rest : undefined;
      const end = opened ? opened.base + opened.bytes.length : this.bridged(id, position);
      // With every row there, an open line that was lost is all that can be missing.
      const sure = this.whole ? open === undefined || opened !== undefined : end === position;
      const own = sure ? textsOf(row, ['tail', 'parser', 'ended']) : [null, null, null];
      insert(
        this.main,
        `INSERT INTO sources (id, source, host, descriptor, origin, position, tail, parser, ended, first_seen, last_ingested, lines)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          id,
          ...textsOf(row, ['source', 'host', 'descriptor']),
          row.origin!,
          sure ? position : reached,
          ...own,
          row.first_seen!,
          row.last_ingested!,
          row.lines!,
        ],
      );
      written.add(textsOf(row, ['source'])[0]!);
      if (sure && open && opened)
        insert(this.main, 'INSERT INTO open_lines (source, seq, origin, body) VALUES (?, ?, ?, ?)', [
          id,
          open.seq!,
          open.origin!,
          asBytes(open.body),
        ]);
    }
    // What the days alone know of: their rows had ids that may be others' now.
    for (const row of rebuilt)
      if (!written.has(String(row.source)))
        insert(
          this.main,
          `INSERT INTO sources (source, host, descriptor, origin, position, first_seen, last_ingested, lines)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          ['source', 'host', 'descriptor', 'origin', 'position', 'first_seen', 'last_ingested', 'lines'].map(
            name => row[name]!,
          ),
        );
    return written.size;
  }

  /** Where the source stands, past named gaps on the way to `towards`. */
  private bridged(id: number, towards: number): number {
    let at = this.at.get(id)!;
    for (let moved = true; moved && at < towards; ) {
      moved = false;
      for (const { start, end } of this.gapsOf.get(id) ?? [])
        if (start <= at && end > at && end <= towards) {
          at = end;
          moved = true;
        }
    }
    return at;
  }
}

function insert(main: Connection, sql: string, values: (SqlValue | Uint8Array)[]): void {
  main.prepare(sql).run(...values);
}
