import { existsSync, renameSync } from 'node:fs';
import path from 'node:path';
import { DeadairError } from '../../platform/errors.js';
import type { SourceDescriptor } from '../../wire/protocol.js';
import { listDays } from './disk.js';
import { type Connection, type DriverKind, openDatabase } from './driver.js';
import { dayFile, formatOf, mainFile, transaction, writeMeta } from './schema.js';

/** Renames a database with its WAL so that it is out of the way but not lost. @returns its new name */
export function setAside(file: string): string {
  const aside = `${file}.damaged-${new Date().toISOString().replace(/[:.]/g, '')}`;
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  return path.basename(aside);
}

/**
 * Looks at main.db before it is used: a WAL without its database, or a database that can't be read, is set aside.
 * @returns what was set aside and why, for stats().damaged, once there is a main.db to write it into
 */
export function inspectMain(
  directory: string,
  driver: DriverKind,
): { file: string; reason: string } | undefined {
  const file = mainFile(directory);
  if (!existsSync(file)) {
    // Applied to the new, empty database it would make nonsense of it.
    if (existsSync(`${file}-wal`))
      return { file: setAside(file), reason: 'A write-ahead log without its main.db.' };
    return undefined;
  }
  let connection: Connection | undefined;
  try {
    connection = openDatabase(file, { driver });
    formatOf(connection);
    const [said] = connection.prepare('PRAGMA quick_check(1)').all();
    if (said?.quick_check !== 'ok') throw new DeadairError('store.damaged', String(said?.quick_check));
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof DeadairError) || thrown.code !== 'store.damaged') throw thrown;
    connection?.close();
    connection = undefined;
    return {
      file: setAside(file),
      reason: `main.db is damaged (${thrown.message}): positions were taken from the days, lines not sealed yet are sent again by their collectors; documents (runs, incidents, alerts) are lost unless a backup has them.`,
    };
  } finally {
    connection?.close();
  }
}

/**
 * Fills a new main.db from what the day files know: sources with the positions up to which their lines are sealed, and
 * the numbers that must go on rising. Collectors then send what was not sealed again.
 */
export function rebuildMain(main: Connection, directory: string, driver: DriverKind): void {
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
