import { statSync } from 'node:fs';
import { DeadairError } from '../../platform/errors.js';

/**
 * Looks whether an open file still is the one its name stands for. An open file goes on taking writes after it was deleted or
 * moved away; what is acknowledged then would be gone with the process.
 */
export class FileWatch {
  private inode: bigint;
  private device: bigint;
  private size: bigint;

  constructor(readonly file: string) {
    const { ino, dev, size } = statSync(file, { bigint: true });
    this.inode = ino;
    this.device = dev;
    this.size = size;
  }

  /** The file was made smaller on purpose. */
  settle(): void {
    const now = statSync(this.file, { bigint: true, throwIfNoEntry: false });
    if (now) this.size = now.size;
  }

  /** @throws DeadairError `store.gone` while the name stands for nothing, for another file, or for one that was cut */
  check(): void {
    const now = statSync(this.file, { bigint: true, throwIfNoEntry: false });
    if (!now) throw this.gone('was removed or moved away');
    if (now.ino !== this.inode || now.dev !== this.device) throw this.gone('was replaced by another file');
    if (now.size < this.size) throw this.gone('was cut by somebody else');
    this.size = now.size;
  }

  private gone(what: string): DeadairError {
    return goneFile(this.file, what);
  }
}

export function goneFile(file: string, what: string): DeadairError {
  return new DeadairError(
    'store.gone',
    `${file} ${what} while the service runs: nothing is stored or acknowledged. Put it back as it was, or restart the service; collectors wait and send again what is missing.`,
    { subject: file, retryAfterSeconds: 10 },
  );
}
