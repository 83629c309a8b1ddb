import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { DeadairError } from '../../platform/errors.js';
import { unpackBatch } from '../../records/packed.js';
import { verifySum } from './codec.js';
import { asBytes, type Connection, type SqlRow, type SqlValue } from './driver.js';
import { type RawRow, rawRows } from './raw-pages.js';
import { PAGE_SIZE, readMeta } from './schema.js';

/**
 * Looks whether main.db says what was written into it: SQLite checks the form of its pages, not what lies in them.
 * @returns the first thing that is wrong
 */
export function wrongInMain(main: Connection): string | undefined {
  const [said] = main.prepare('SELECT quick_check FROM pragma_quick_check LIMIT 1').all();
  if (said?.quick_check !== 'ok') return String(said?.quick_check);
  const sealed = readMeta(main, 'sealed');
  for (const { id, row } of inPages(main, HOT, sealed))
    if (!goodHot(row)) return `hot row ${id} has a wrong checksum`;
  for (const { id, row } of inPages(main, OPEN_LINES, -1))
    if (!goodBatch(row.body)) return `the open line of source ${id} can't be read`;
  for (const { id, row } of inPages(main, SOURCES, -1))
    if (!goodSource(row)) return `source ${id} is garbled`;
  for (const { id, row } of inPages(main, ORIGINS, -1)) if (!goodTexts(row)) return `origin ${id} is garbled`;
  for (const { id, row } of inPages(main, GAPS, -1)) if (!goodTexts(row)) return `gap ${id} is garbled`;
  for (const row of main.prepare(`SELECT ${DOCUMENT_COLUMNS} FROM documents`).all())
    if (!goodDocument(row)) return 'a document is garbled';
  return undefined;
}

/** A table with an integer key. */
interface Table {
  name: string;
  key: string;
  /** Its columns in the order of the schema, as raw rows have them. */
  layout: string;
  /** Those that hold text or blobs; text is read as bytes, so that what is no UTF-8 is seen. */
  bytes: string[];
  /** Those that may be null. */
  absent: string[];
}
export const HOT: Table = {
  name: 'hot',
  key: 'id',
  layout: 'id seq day lines bytes body',
  bytes: ['body'],
  absent: [],
};
export const OPEN_LINES: Table = {
  name: 'open_lines',
  key: 'source',
  layout: 'source seq origin body',
  bytes: ['body'],
  absent: [],
};
export const ORIGINS: Table = {
  name: 'origins',
  key: 'id',
  layout: 'id source agent host path',
  bytes: ['source', 'agent', 'host', 'path'],
  absent: [],
};
export const GAPS: Table = {
  name: 'gaps',
  key: 'id',
  layout: 'id origin start end reason at',
  bytes: ['reason'],
  absent: ['end'],
};
export const SOURCES: Table = {
  name: 'sources',
  key: 'id',
  layout: 'id source host descriptor origin position tail parser ended first_seen last_ingested lines',
  bytes: ['source', 'host', 'descriptor', 'tail', 'parser', 'ended'],
  absent: ['tail', 'parser', 'ended'],
};
const asBlob = (...names: string[]) => names.map(name => `CAST(${name} AS BLOB) AS ${name}`).join(', ');
const DOCUMENT_COLUMNS = `${asBlob('kind', 'id', 'doc')}, version`;
const PAGE = 256;

function* inPages(main: Connection, table: Table, after: number): Generator<{ id: number; row: SqlRow }> {
  const { name, key, bytes } = table;
  const columns = table.layout.split(' ').map(column => (bytes.includes(column) ? asBlob(column) : column));
  const select = main.prepare(
    `SELECT ${key} AS row_key, ${columns.join(', ')} FROM ${name} WHERE ${key} > ? ORDER BY ${key} LIMIT ?`,
  );
  for (let last = after; ; ) {
    const page = select.all(last, PAGE);
    for (const row of page) {
      last = Number(row.row_key);
      yield { id: last, row };
    }
    if (page.length < PAGE) return;
  }
}

/** The tables of a damaged file: as SQLite reads them, and where it can't, page by page. */
export class DamagedTables {
  private raw: RawRow[] | undefined;

  constructor(private readonly damaged: Connection) {}

  /** @returns rows by key, and whether all of them were read in the ordinary way */
  rows(table: Table): { rows: Map<number, SqlRow>; complete: boolean } {
    try {
      return {
        rows: new Map([...inPages(this.damaged, table, -1)].map(({ id, row }) => [id, row])),
        complete: true,
      };
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
    }
    const names = table.layout.split(' ');
    const rows = new Map<number, SqlRow>();
    for (const { rowid, values } of this.rawRows())
      if (rowid !== undefined && values.length === names.length && fits(table, names, values))
        rows.set(rowid, Object.fromEntries(names.map((name, i) => [name, values[i]!])));
    return { rows, complete: false };
  }

  documents(): { rows: SqlRow[]; complete: boolean } {
    try {
      return {
        rows: this.damaged.prepare(`SELECT ${DOCUMENT_COLUMNS} FROM documents`).all(),
        complete: true,
      };
    } catch (thrown) {
      if (!isDamage(thrown)) throw thrown;
    }
    const newest = new Map<string, SqlRow>();
    for (const { rowid, values } of this.rawRows()) {
      const [kind, id, version, doc] = values;
      const texts = [kind, id, doc].every(value => value instanceof Uint8Array);
      if (rowid !== undefined || values.length !== 4 || !texts || typeof version !== 'number') continue;
      const row = { kind: kind!, id: id!, version, doc: doc! };
      if (!goodDocument(row)) continue;
      const key = textsOf(row, ['kind', 'id']).join('\0');
      if (Number(newest.get(key)?.version ?? 0) < version) newest.set(key, row);
    }
    return { rows: [...newest.values()], complete: false };
  }

  private rawRows(): RawRow[] {
    this.raw ??= [...rawRows(readFileSync(this.damaged.file), PAGE_SIZE)];
    return this.raw;
  }
}

/** Whether a row's values are of the kinds its table has: a page does not say whose it is. */
function fits(table: Table, names: string[], values: SqlValue[]): boolean {
  return names.every((name, i) => {
    const value = values[i]!;
    if (name === table.key) return value === null;
    if (table.bytes.includes(name))
      return value instanceof Uint8Array || (value === null && table.absent.includes(name));
    return typeof value === 'number' || (value === null && table.absent.includes(name));
  });
}

function isDamage(thrown: unknown): boolean {
  return thrown instanceof DeadairError && thrown.code === 'store.damaged';
}

export function goodHot(row: SqlRow): boolean {
  return succeeds(() => verifySum(asBytes(row.body)));
}

export function goodBatch(body: SqlValue | undefined): boolean {
  return succeeds(() => unpackBatch(asBytes(body)).findings);
}

export function goodSource(row: SqlRow): boolean {
  if (!goodTexts(row)) return false;
  const [descriptor, tail, parser, ended] = textsOf(row, ['descriptor', 'tail', 'parser', 'ended']);
  return [descriptor, tail, parser, ended].every(text => text === null || succeeds(() => JSON.parse(text!)));
}

export function goodDocument(row: SqlRow): boolean {
  return goodTexts(row) && succeeds(() => JSON.parse(textsOf(row, ['doc'])[0]!));
}

/** Every text that was read as bytes is one. */
export function goodTexts(row: SqlRow): boolean {
  return Object.values(row).every(
    value =>
      !(value instanceof Uint8Array || (value as unknown) instanceof ArrayBuffer) || isUtf8(asBytes(value)),
  );
}

export function textsOf(row: SqlRow, names: string[]): (string | null)[] {
  return names.map(name =>
    row[name] === null || row[name] === undefined ? null : Buffer.from(asBytes(row[name])).toString('utf8'),
  );
}

/** A number of `meta`; 0 where it can't be read. */
export function numberIn(damaged: Connection, key: string): number {
  try {
    return readMeta(damaged, key);
  } catch (thrown) {
    if (thrown instanceof DeadairError && thrown.code === 'store.damaged') return 0;
    throw thrown;
  }
}

function succeeds(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
