import { lstatSync, statSync } from 'node:fs';
import { DeadairError } from '../../platform/errors.js';

/**
 * Whether a file or folder of the store is there. One that can't be looked at (no right to, a link to a disk that is not mounted, a
 * mount that fails) is not one that is not there: in its place a new one would be begun.
 * @throws DeadairError `store.gone`
 */
export function isThere(file: string): boolean {
  const link = look(() => lstatSync(file), file);
  if (!link) return false;
  if (link.isSymbolicLink() && !look(() => statSync(file), file))
    throw gone(file, 'is a link to something that is not there');
  return true;
}

function look<T>(at: () => T, file: string): T | undefined {
  try {
    return at();
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw gone(file, `can't be looked at (${code})`);
  }
}

function gone(file: string, what: string): DeadairError {
  return new DeadairError(
    'store.gone',
    `${file} ${what}: mount its disk, give the service's user the right, or remove it if a new store is meant to begin there.`,
    { subject: file },
  );
}
