import fs from 'node:fs';
import { entries, isWriting } from '../delivery/proc.js';

/**
 * Which of the files does a process other than this one have open for writing? By device and inode, for they may be renamed,
 * moved out of every watched folder or removed. Processes of other users are seen only with the right to (root, CAP_SYS_PTRACE).
 * All are looked for at once: a look through /proc costs the same for one and for a thousand.
 * @param keys `device:inode`
 * @returns undefined where there is no /proc
 */
export async function openForWriting(keys: ReadonlySet<string>): Promise<ReadonlySet<string> | undefined> {
  if (process.platform !== 'linux') return undefined;
  const found = new Set<string>();
  for (const pid of entries('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    for (const fd of entries(`/proc/${pid}/fd`)) {
      const key = keyAt(`/proc/${pid}/fd/${fd}`);
      if (key !== undefined && keys.has(key) && isWriting(Number(pid), fd)) found.add(key);
    }
    if (found.size === keys.size) break;
    // Between two processes other work goes on: there may be thousands.
    await new Promise(resolve => setImmediate(resolve));
  }
  return found;
}

function keyAt(link: string): string | undefined {
  try {
    const { dev, ino } = fs.statSync(link, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
