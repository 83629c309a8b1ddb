import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Logs hold what programs should not have written: only the service's user may read the store. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
/** What anybody else on the host may do. */
const OTHERS = 0o007;

export function makePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
}

/** Makes the file if there is none, so that SQLite does not make it with the mode of the process; -wal and -shm follow its mode. */
export function makePrivateFile(file: string): void {
  if (existsSync(file)) return;
  try {
    closeSync(openSync(file, 'a', FILE_MODE));
  } catch {
    // SQLite meets the same trouble, and has a sentence for it.
  }
}

/**
 * Takes from others what an older version or a careless copy gave them. A group's rights stay where others have none: somebody
 * set them. A folder that is not yet a store (a mounted volume, the working directory) is left as it is.
 */
/** @param folders the store's; @param isStore whether they are one already */
export function closeToOthers(folders: readonly string[], isStore: boolean): void {
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) if (OURS.test(name)) tighten(path.join(folder, name), FILE_MODE);
    if (isStore) tighten(folder, FOLDER_MODE);
  }
}

const OURS = /\.(?:db|holder)(?:-wal|-shm)?$|\.db\.damaged-/;

function tighten(file: string, mode: number): void {
  try {
    if ((statSync(file).mode & OTHERS) !== 0) chmodSync(file, mode);
  } catch {
    // Somebody else's file, or a file system without modes: whether it can be used shows when it is.
  }
}
