import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { DeadairError } from '../../platform/errors.js';
import type { SourceDescriptor } from '../../wire/protocol.js';
import { wrongInMain } from './damaged-tables.js';
import { listDays, removeDatabase, syncFile, syncFolder } from './disk.js';
import { type Connection, type DriverKind, openDatabase } from './driver.js';
import { isThere } from './is-there.js';
import { type Salvage, salvageMain } from './salvage.js';
import {
  dayFile,
  formatOf,
  MAIN_SCHEMA,
  mainFile,
  PAGE_SIZE,
  prepareSchema,
  transaction,
  WRITE_PRAGMAS,
  writeMeta,
} from './schema.js';

/** Renames a database with its WAL so that it is out of the way but not lost. @returns its new name */
export function setAside(file: string): string {
  const aside = `${file}.damaged-${new Date().toISOString().replace(/[:.]/g, '')}`;
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  return path.basename(aside);
}

/** What was wrong with main.db when it was looked at. */
export interface Inspection {
  /** Its name now. */
  file: string;
  reason: string;
  /** The whole path of what may still be read of it. */
  aside?: string;
}

/**
 * Looks at main.db before it is used: a WAL without its database, or a database that does not say what was written into it,
 * is set aside.
 * @returns what was set aside and why, for stats().damaged, once there is a main.db to write it into
 */
export function inspectMain(directory: string, driver: DriverKind): Inspection | undefined {
  const file = mainFile(directory);
  if (!isThere(file)) {
    // Applied to the new, empty database it would make nonsense of it.
    if (isThere(`${file}-wal`))
      return { file: setAside(file), reason: `A write-ahead log without its main.db. ${REBUILT}` };
    return listDays(directory).length > 0
      ? { file: MAIN, reason: `main.db was gone. ${REBUILT}` }
      : undefined;
  }
  if (statSync(file).size === 0 && !existsSync(`${file}-wal`))
    return listDays(directory).length > 0
      ? { file: MAIN, reason: `main.db was empty. ${REBUILT}` }
      : undefined;
  let connection: Connection | undefined;
  try {
    connection = openDatabase(file, { driver });
    const format = formatOf(connection);
    // A first start that was cut off before it made the tables.
    if (format === undefined && listDays(directory).length === 0) return undefined;
    const wrong = format === undefined ? 'it holds no tables' : wrongInMain(connection);
    if (wrong !== undefined) throw new DeadairError('store.damaged', wrong);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof DeadairError) || thrown.code !== 'store.damaged') throw thrown;
    connection?.close();
    connection = undefined;
    const aside = setAside(file);
    return {
      file: aside,
      reason: `main.db is damaged (${thrown.message})`,
      aside: path.join(directory, aside),
    };
  } finally {
    connection?.close();
  }
}

const MAIN = 'main.db';
const REBUILT =
  'Positions were taken from the days, lines not sealed yet are sent again by their collectors; documents (runs, incidents, alerts) are lost unless a backup has them.';

/**
 * Makes a new main.db from the days, and from what can be read of the damaged one; under another name first, so that a crash in
 * between leaves none rather than one without positions.
 * @returns what is told of it, which stands in the new main.db, too
 */
export function recoverMain(directory: string, driver: DriverKind, found: Inspection): string {
  const file = mainFile(directory);
  const fresh = `${file}.new`;
  removeDatabase(fresh);
  const main = openDatabase(fresh, { driver });
  let told: string;
  try {
    prepareSchema(main, MAIN_SCHEMA);
    rebuildMain(main, directory, driver);
    told =
      found.aside === undefined ? found.reason : hadBack(found.reason, trySalvage(main, found.aside, driver));
    main
      .prepare('INSERT OR REPLACE INTO damage (file, reason, at) VALUES (?, ?, ?)')
      .run(found.file, told, Date.now());
  } finally {
    main.close();
  }
  syncFile(fresh);
  renameSync(fresh, file);
  syncFolder(directory);
  return told;
}

function hadBack(reason: string, salvage: Salvage | undefined): string {
  if (!salvage || salvage.documents + salvage.hotRows + salvage.sources === 0)
    return `${reason}; nothing of it could be read. ${REBUILT}`;
  const { documents, hotRows, sources, lost } = salvage;
  return `${reason}; had back of it: ${documents} documents (runs, incidents, alerts), ${sources} positions, ${hotRows} batches of lines not sealed yet. ${
    lost
      ? 'Some could not be read: collectors send their lines again, documents that are missing are in a backup if you have one.'
      : 'That is all there was.'
  } Look at the disk, and delete the file when nothing is missed.`;
}

function trySalvage(main: Connection, aside: string, driver: DriverKind): Salvage | undefined {
  for (const repair of [false, true]) {
    let damaged: Connection | undefined;
    // A copy: opening it applies its write-ahead log and may change it, and the original is evidence.
    const copy = `${aside}.read`;
    try {
      for (const suffix of ['', '-wal'])
        if (existsSync(aside + suffix)) copyFileSync(aside + suffix, copy + suffix);
      if (repair) giveFirstPage(copy, driver);
      damaged = openDatabase(copy, { driver });
      if (formatOf(damaged) === undefined) continue;
      damaged.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      return salvageMain(damaged, main);
    } catch (thrown) {
      if (!(thrown instanceof DeadairError) || thrown.code !== 'store.damaged') throw thrown;
    } finally {
      damaged?.close();
      removeDatabase(copy);
    }
  }
  return undefined;
}

/**
 * The first page says where the tables begin; without it nothing can be read. Each main.db is made by the same statements, so
 * that a new one's first page, with the file's own length, names the right places.
 */
function giveFirstPage(file: string, driver: DriverKind): void {
  const fresh = `${file}.fresh`;
  const connection = openDatabase(fresh, { driver });
  try {
    prepareSchema(connection, MAIN_SCHEMA);
    connection.exec(WRITE_PRAGMAS);
    connection.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    connection.close();
  }
  const page = readFileSync(fresh).subarray(0, PAGE_SIZE);
  removeDatabase(fresh);
  // sqlite.org/fileformat2.html, the database header: change counter, size in pages, list of free pages, version valid for.
  const counter = page.readUInt32BE(24);
  page.writeUInt32BE(Math.floor(statSync(file).size / PAGE_SIZE), 28);
  page.writeUInt32BE(0, 32);
  page.writeUInt32BE(0, 36);
  page.writeUInt32BE(counter, 92);
  const handle = openSync(file, 'r+');
  try {
    writeSync(handle, page, 0, page.length, 0);
  } finally {
    closeSync(handle);
  }
}

/**
 * Fills a new main.db from what the day files know: sources with the positions up to which their lines are sealed, and
 * the numbers that must go on rising. Collectors then send what was not sealed again.
 */
function rebuildMain(main: Connection, directory: string, driver: DriverKind): void {
  let [seq, sealed] = [0, 0];
  const now = Date.now();
  transaction(main, () => {
    const insertOrigin = main.prepare(
      'INSERT OR IGNORE INTO origins (id, source, agent, host, path) VALUES (?, ?, ?, ?, ?)',
    );
    const upsertSource = main.prepare(
      `INSERT INTO sources (source, host, descriptor, origin, position, first_seen, last_ingested, lines)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT (source) DO UPDATE SET
       position = max(position, excluded.position), origin = excluded.origin, descriptor = excluded.descriptor`,
    );
    for (const day of listDays(directory)) {
      const connection = readable(dayFile(directory, day), driver);
      if (!connection) continue;
      try {
        const rows = connection
          .prepare(
            `SELECT o.id, o.source, o.agent, o.host, o.path, o.descriptor,
               (SELECT max(end) FROM spans s WHERE s.origin = o.id) AS end FROM origins o ORDER BY o.id`,
          )
          .all();
        for (const row of rows) {
          const descriptor = JSON.parse(String(row.descriptor)) as Partial<SourceDescriptor>;
          insertOrigin.run(row.id!, row.source!, row.agent!, row.host!, row.path!);
          if (descriptor.id === undefined) continue;
          upsertSource.run(row.source!, row.host!, row.descriptor!, row.id!, Number(row.end ?? 0), now, now);
        }
        const last = connection
          .prepare(
            "SELECT (SELECT max(seq1) FROM blocks) AS seq, (SELECT value FROM meta WHERE key = 'sealed') AS sealed",
          )
          .get();
        seq = Math.max(seq, Number(last?.seq ?? 0));
        sealed = Math.max(sealed, Number(last?.sealed ?? 0));
      } finally {
        connection.close();
      }
    }
    writeMeta(main, 'seq', seq);
    writeMeta(main, 'sealed', sealed);
  });
}

function readable(file: string, driver: DriverKind): Connection | undefined {
  const connection = openDatabase(file, { driver, readOnly: true });
  try {
    if (formatOf(connection) !== undefined) return connection;
  } catch (thrown) {
    connection.close();
    if (thrown instanceof DeadairError && thrown.code === 'store.damaged') return undefined;
    throw thrown;
  }
  connection.close();
  return undefined;
}
