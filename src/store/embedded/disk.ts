import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { isThere } from './is-there.js';
import { dayFile, dayOfFile, daysFolder } from './schema.js';

/** Bytes the store's files take, those set aside included. */
export function diskUse(directory: string): number {
  let bytes = 0;
  if (!existsSync(directory)) return 0;
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      bytes += statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}

/** Bytes free on the store's file system for an ordinary user, or null where the system can't tell. */
export function diskFree(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** Makes new names in a folder survive a power cut. Windows has no such call and needs none. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes what was written to a file by somebody who does not sync (VACUUM INTO) survive a power cut. */
export function syncFile(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Days that have a file, oldest first. */
export function listDays(directory: string): number[] {
  const folder = daysFolder(directory);
  if (!isThere(folder)) return [];
  const days = readdirSync(folder).flatMap(name => dayOfFile(name) ?? []);
  return [...new Set(days)].sort((a, b) => a - b);
}

/** Bytes of a day's file with its WAL. */
export function dayBytes(directory: string, day: number): number {
  const file = dayFile(directory, day);
  return ['', '-wal', '-shm'].reduce(
    (sum, suffix) => sum + (statSync(file + suffix, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** Takes a database away. Its log goes last: without its database it is nothing, the database without it would be an older state. */
export function removeDatabase(file: string): void {
  for (const suffix of ['', '-shm', '-wal']) rmSync(file + suffix, { force: true });
}
