import { rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { DeadairError, messageOf } from '../../platform/errors.js';
import { type LibsqlDatabase, type RawDatabase, type RawStatement, withoutText } from './libsql-text.js';
import { makePrivateFile } from './private-files.js';

/**
 * The few calls of SQLite that the store uses, over `node:sqlite` where Node has it, else `libsql` (prebuilt inside
 * its package). better-sqlite3 wants a compiler or a download at install; node-sqlite3-wasm has no WAL.
 */
export type SqlValue = null | number | string | Uint8Array;
export type SqlRow = Record<string, SqlValue>;
export type DriverKind = 'node' | 'libsql';

export interface Statement {
  run(...values: SqlValue[]): void;
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): SqlRow[];
}

export interface Connection {
  readonly kind: DriverKind;
  readonly file: string;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

type RawConstructor = new (file: string, options?: Record<string, unknown>) => RawDatabase;

const require = createRequire(import.meta.url);
const loaded = new Map<DriverKind, RawConstructor>();

/** `node` where this Node has `node:sqlite` (22.13, without a flag), else `libsql`. */
export const defaultDriver: DriverKind = findDefault();

function findDefault(): DriverKind {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 13) ? 'node' : 'libsql';
}

function load(kind: DriverKind): RawConstructor {
  let driver = loaded.get(kind);
  if (!driver) {
    driver =
      kind === 'node'
        ? (require('node:sqlite') as { DatabaseSync: RawConstructor }).DatabaseSync
        : (require('libsql') as RawConstructor);
    loaded.set(kind, driver);
  }
  return driver;
}

/**
 * Opens a database file.
 * @param options.readOnly nothing is written, by `PRAGMA query_only` too: libsql has no read-only open
 */
export function openDatabase(
  file: string,
  options: { driver?: DriverKind; readOnly?: boolean; busyTimeoutMs?: number } = {},
): Connection {
  const kind = options.driver ?? defaultDriver;
  const Raw = load(kind);
  return guarded(file, () => {
    if (!options.readOnly) makePrivateFile(file);
    const looks = options.readOnly && kind === 'libsql';
    const size = looks ? statSync(file, { throwIfNoEntry: false })?.size : 0;
    if (size === undefined) throw new Error('unable to open database file');
    const opened = new Raw(file, kind === 'node' && options.readOnly ? { readOnly: true } : {});
    const raw = kind === 'libsql' ? withoutText(opened as LibsqlDatabase, file) : opened;
    // It makes a file where there is none any more: a day that retention dropped meanwhile would be taken for damaged.
    if (looks && size > 0 && statSync(file).size === 0) {
      raw.close();
      rmSync(file, { force: true });
      throw new Error('unable to open database file');
    }
    raw.exec(`PRAGMA busy_timeout = ${options.busyTimeoutMs ?? 5000}`);
    if (options.readOnly) raw.exec('PRAGMA query_only = 1');
    return {
      kind,
      file,
      exec: sql => guarded(file, () => void raw.exec(sql)),
      prepare: sql => guarded(file, () => wrap(file, raw.prepare(sql))),
      close: () => void raw.close(),
    };
  });
}

function wrap(file: string, statement: RawStatement): Statement {
  return {
    run: (...values) => guarded(file, () => void statement.run(...values)),
    get: (...values) => guarded(file, () => statement.get(...values) as SqlRow | undefined),
    all: (...values) => guarded(file, () => statement.all(...values) as SqlRow[]),
  };
}

/** A blob as both drivers' forms of it: libsql gives ArrayBuffer. */
export function asBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new DeadairError('store.damaged', 'A stored value is not the bytes it should be.');
}

/** Text that was selected as bytes; damaged characters become U+FFFD. */
export function textOf(value: unknown): string {
  return Buffer.from(asBytes(value)).toString('utf8');
}

/** SQLite's primary result codes that the store tells apart (sqlite.org/rescode.html). */
const RESULT = {
  1: 'error',
  5: 'busy',
  8: 'read-only',
  10: 'io',
  11: 'corrupt',
  13: 'full',
  14: 'cannot-open',
  18: 'too-big',
  26: 'not-a-database',
};

/** What SQLite says of tables that are no longer those it was told to make. */
const STRANGE_SCHEMA = /^(?:no such (?:table|column)|table \S+ has no column|unsupported file format)/;

/** The primary result code of an error either driver threw, or undefined if SQLite did not throw it. */
function resultOf(thrown: unknown): (typeof RESULT)[keyof typeof RESULT] | undefined {
  const error = thrown as { rawCode?: unknown; errcode?: unknown; message?: string } | null;
  const code = typeof error?.rawCode === 'number' ? error.rawCode : error?.errcode;
  if (typeof code === 'number') return RESULT[(code & 0xff) as keyof typeof RESULT];
  return undefined;
}

function guarded<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw translate(file, thrown);
  }
}

function translate(file: string, thrown: unknown): unknown {
  const details = { subject: file, cause: thrown };
  const said = thrown instanceof Error ? thrown.message : messageOf(thrown);
  switch (resultOf(thrown)) {
    case 'full':
      return new DeadairError(
        'store.full',
        'The disk that holds the store is full: nothing was stored. Make room or lower retention; collectors wait and send again.',
        { ...details, retryAfterSeconds: 10 },
      );
    case 'read-only':
      return new DeadairError(
        'store.read-only',
        `The store can't write ${file}: give the service's user the right to write there, or choose another --data directory.`,
        details,
      );
    case 'cannot-open':
      return new DeadairError(
        'store.read-only',
        `The store can't open ${file} (${said}): check that the directory exists and that the service's user may write there.`,
        details,
      );
    case 'error':
      if (!STRANGE_SCHEMA.test(said)) return thrown;
      return new DeadairError('store.damaged', `${file} is not as it was written (${said}).`, details);
    // A length that stands in a damaged row: nothing that is written comes near SQLite's limit of 1 GB.
    case 'too-big':
    case 'corrupt':
    case 'not-a-database':
      return new DeadairError('store.damaged', `${file} is damaged (${said}).`, details);
    case 'busy':
      return new DeadairError('busy', `${file} is in use by another process; try again.`, {
        ...details,
        retryAfterSeconds: 1,
      });
    case 'io':
      return new DeadairError(
        'unavailable',
        `Reading or writing ${file} failed (${said}): check the disk and the system's log.`,
        { ...details, retryAfterSeconds: 10 },
      );
    default:
      return thrown;
  }
}
