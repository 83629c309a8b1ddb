import { readdirSync } from 'node:fs';
import path from 'node:path';
import { DeadairError } from '../../platform/errors.js';
import type { Connection } from './driver.js';
import { isThere } from './is-there.js';

/**
 * Two kinds of SQLite file. `main.db` holds what must change together with an arriving batch: the ledger of positions,
 * the batch itself until it is sealed, open lines, gaps, documents. `days/YYYY-MM-DD.db` holds the sealed blocks of the
 * lines that arrived on that UTC day and needs nothing else to be read.
 *
 * `meta.sealed` is the highest `hot.id` whose lines lie in a block. A day file is committed first, `hot` is
 * emptied after: whoever reads takes `hot` first, then the days, and drops what the days already hold.
 */
const FORMAT_VERSION = 2;

/** Half a page is lost at the end of each row. */
export const PAGE_SIZE = 4096;

/** Each table begins a page of its own, which of a small day is most of it: packed anew it has smaller ones. */
const SMALL_PAGE_SIZE = 512;
const SMALL_DAY_BYTES = 1024 * 1024;
/** It got many more lines after all. */
const LARGE_DAY_BYTES = 4 * SMALL_DAY_BYTES;

/** The size of pages that suits a day which takes so many bytes with the pages that it has. */
export function pageSizeFor(bytes: number, pageSize: number): number {
  if (bytes <= SMALL_DAY_BYTES) return SMALL_PAGE_SIZE;
  return bytes > LARGE_DAY_BYTES ? PAGE_SIZE : pageSize;
}

/** 'Dead' as an integer: `PRAGMA application_id` tells our files from others. */
const APPLICATION_ID = 0x44656164;

export const MAIN_SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE sources (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL UNIQUE, host TEXT NOT NULL, descriptor TEXT NOT NULL,
  origin INTEGER NOT NULL, position INTEGER NOT NULL, tail TEXT, parser TEXT, ended TEXT,
  first_seen REAL NOT NULL, last_ingested REAL NOT NULL, lines INTEGER NOT NULL);
CREATE INDEX sources_host ON sources (host);
CREATE TABLE origins (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, agent TEXT NOT NULL, host TEXT NOT NULL, path TEXT NOT NULL,
  UNIQUE (source, agent, host, path));
CREATE TABLE hot (
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, day INTEGER NOT NULL, lines INTEGER NOT NULL, bytes INTEGER NOT NULL,
  body BLOB NOT NULL);
CREATE TABLE open_lines (source INTEGER PRIMARY KEY, seq INTEGER NOT NULL, origin INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE gaps (
  id INTEGER PRIMARY KEY, origin INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER, reason TEXT NOT NULL, at REAL NOT NULL);
CREATE TABLE documents (
  kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, doc TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE damage (file TEXT PRIMARY KEY, reason TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
`;

const SHAPES_TABLE = `
CREATE TABLE shapes (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
`;

export const DAY_SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE origins (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL, agent TEXT NOT NULL, host TEXT NOT NULL, path TEXT NOT NULL,
  descriptor TEXT NOT NULL);
CREATE TABLE blocks (
  id INTEGER PRIMARY KEY, seq0 INTEGER NOT NULL, seq1 INTEGER NOT NULL, t0 REAL NOT NULL, t1 REAL NOT NULL,
  lines INTEGER NOT NULL, bytes INTEGER NOT NULL, chunks INTEGER NOT NULL, levels INTEGER NOT NULL,
  classes INTEGER NOT NULL, marks INTEGER NOT NULL, head BLOB NOT NULL);
CREATE TABLE columns (block INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE counts (block INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE words (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE word_groups (id INTEGER PRIMARY KEY, block0 INTEGER NOT NULL, block1 INTEGER NOT NULL, slots BLOB NOT NULL);
CREATE TABLE spans (origin INTEGER NOT NULL, end INTEGER NOT NULL, block INTEGER NOT NULL, start INTEGER NOT NULL,
  PRIMARY KEY (origin, end, block)) WITHOUT ROWID;
${SHAPES_TABLE}`;

/**
 * Makes a day of format 1 one of format 2, which is more than it: its blocks stay as they are until `store compact` packs them anew.
 */
export function upgradeDay(connection: Connection): void {
  if (formatOf(connection) !== 1) return;
  transaction(connection, () => {
    connection.exec(`${SHAPES_TABLE}PRAGMA user_version = ${FORMAT_VERSION}`);
    // What is left to be packed anew (repack.ts).
    writeMeta(
      connection,
      'old',
      Number(connection.prepare('SELECT max(id) AS id FROM blocks').get()?.id ?? 0),
    );
  });
}

/** Part `n` of a dictionary of shapes lies in rows `shapeRow(dictionary, n, 0)` and, as a spare, `shapeRow(dictionary, n, 1)`. */
export function shapeRow(dictionary: number, part: number, copy: 0 | 1): number {
  return dictionary * SHAPE_ROWS + copy * (SHAPE_ROWS / 2) + part;
}

export const SHAPE_ROWS = 1024;

/** The texts of a block lie in row `block * CHUNKS_PER_BLOCK`; in format 1, chunk `n` in row `block * CHUNKS_PER_BLOCK + n`. */
export const CHUNKS_PER_BLOCK = 1024;

export const DAY_MS = 86_400_000;

export function mainFile(directory: string): string {
  return path.join(directory, 'main.db');
}

export function daysFolder(directory: string): string {
  return path.join(directory, 'days');
}

/** @param day whole days since the epoch, UTC */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** A day's file: the last one where it was packed anew. */
export function dayFile(directory: string, day: number): string {
  return dayFileOf(directory, day, Math.max(0, ...generationsOf(directory, day)));
}

/**
 * `DATE.db`, and `DATE.1.db` and so on each time it was packed anew. Another name each time: a connection that is closed late takes
 * the write-ahead log of its name away, whosever it is by then.
 */
export function dayFileOf(directory: string, day: number, generation: number): string {
  const name = generation === 0 ? dayName(day) : `${dayName(day)}.${generation}`;
  return path.join(daysFolder(directory), `${name}.db`);
}

/** The generations of a day's file that lie there: one, but for the moment of change. */
export function generationsOf(directory: string, day: number): number[] {
  const folder = daysFolder(directory);
  if (!isThere(folder)) return [];
  return readdirSync(folder).flatMap(name =>
    dayOfFile(name) === day ? [Number(DAY_FILE.exec(name)?.[2] ?? 0)] : [],
  );
}

const DAY_FILE = /^(\d{4}-\d\d-\d\d)(?:\.(\d{1,6}))?\.db$/;

/** The day a file's name says, or undefined for other files (WAL, set aside, …). */
export function dayOfFile(name: string): number | undefined {
  const match = DAY_FILE.exec(name);
  const time = match ? Date.parse(`${match[1]}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(time) ? undefined : time / DAY_MS;
}

export const WRITE_PRAGMAS = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -4096;
PRAGMA wal_autocheckpoint = 2000;
PRAGMA journal_size_limit = 16777216;
`;

/**
 * Creates the tables in a new file, or checks that an existing one is ours and of a version we read.
 * @returns whether the file was new
 * @throws DeadairError `store.version` for a newer format, `store.damaged` for a file that is not ours
 */
export function prepareSchema(connection: Connection, schema: string, pageSize = PAGE_SIZE): boolean {
  if (formatOf(connection) !== undefined) return false;
  // Both can only be set before a file's first page is written.
  connection.exec(`PRAGMA page_size = ${pageSize}; PRAGMA auto_vacuum = INCREMENTAL`);
  connection.exec('PRAGMA synchronous = FULL');
  connection.exec('BEGIN IMMEDIATE');
  try {
    connection.exec(schema);
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT_VERSION}`);
    connection.exec('COMMIT');
    return true;
  } catch (thrown) {
    rollback(connection);
    throw thrown;
  }
}

/** The file's format version; undefined when it is empty. */
export function formatOf(connection: Connection): number | undefined {
  const version = Number(connection.prepare('PRAGMA user_version').get()?.user_version);
  const application = Number(connection.prepare('PRAGMA application_id').get()?.application_id);
  const tables = Number(connection.prepare('SELECT count(*) AS n FROM sqlite_master').get()?.n);
  if (tables === 0 && application === 0) return undefined;
  if (application !== APPLICATION_ID)
    throw new DeadairError('store.damaged', `${connection.file} is a database, but not one of Deadair's.`, {
      subject: connection.file,
    });
  if (version > FORMAT_VERSION)
    throw new DeadairError(
      'store.version',
      `${connection.file} has format ${version}; this Deadair reads up to ${FORMAT_VERSION}: use the newer Deadair that wrote it, or another --data directory.`,
      { subject: connection.file },
    );
  return version;
}

/** Undoes what is left of a transaction; SQLite may have rolled it back itself (full disk). */
function rollback(connection: Connection): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // no transaction is open any more
  }
}

/** Runs `work` in a write transaction. */
export function transaction<T>(connection: Connection, work: () => T): T {
  connection.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    connection.exec('COMMIT');
    return result;
  } catch (thrown) {
    rollback(connection);
    throw thrown;
  }
}

export function readMeta(connection: Connection, key: string): number {
  return Number(connection.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.value ?? 0);
}

export function writeMeta(connection: Connection, key: string, value: number): void {
  connection.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(key, value);
}
