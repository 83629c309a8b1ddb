import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DeadairError } from '../../platform/errors.js';
import { type Connection, type DriverKind, openDatabase } from './driver.js';

export interface StoreLock {
  release(): void;
}

/**
 * Keeps a second service off the directory. The lock is SQLite's own on `lock.db`, held by an open exclusive
 * transaction: the operating system drops it with the process, so no stale lock file is left by kill -9. Who holds
 * it is written beside, for the sentence only.
 */
export function takeLock(directory: string, driver: DriverKind): StoreLock {
  const file = path.join(directory, 'lock.db');
  const holder = path.join(directory, 'lock.holder');
  let connection: Connection | undefined;
  try {
    connection = openDatabase(file, { driver, busyTimeoutMs: 0 });
    connection.exec('PRAGMA journal_mode = DELETE');
    connection.exec('BEGIN EXCLUSIVE');
  } catch (thrown) {
    connection?.close();
    if (thrown instanceof DeadairError && thrown.code === 'busy')
      throw new DeadairError(
        'store.locked',
        `Another Deadair service${heldBy(holder)} works on ${directory}: stop it, or give this one another --data directory.`,
        { subject: directory, cause: thrown },
      );
    throw thrown;
  }
  const locked = connection;
  const who = { pid: process.pid, host: os.hostname(), since: new Date().toISOString() };
  try {
    writeFileSync(holder, `${JSON.stringify(who)}\n`, { mode: 0o600 });
  } catch {
    // The lock holds without it; a full disk must not keep the service from starting.
  }
  return { release: () => locked.close() };
}

function heldBy(holder: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(holder, 'utf8'));
    return ` (process ${pid} on ${host} since ${since})`;
  } catch {
    return '';
  }
}
