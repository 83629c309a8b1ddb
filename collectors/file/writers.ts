import fs from 'node:fs';
import { entries, isWriting } from '../delivery/proc.js';

/**
 * Does a process other than this one have the file open for writing? By device and inode, for it may be renamed, moved out of
 * every watched folder or removed. Processes of other users are seen only with the right to (root, CAP_SYS_PTRACE).
 * @param key `device:inode`
 * @returns undefined where there is no /proc
 */
export async function isOpenForWriting(key: string): Promise<boolean | undefined> {
  if (process.platform !== 'linux') return undefined;
  for (const pid of entries('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    for (const fd of entries(`/proc/${pid}/fd`))
      if (keyAt(`/proc/${pid}/fd/${fd}`) === key && isWriting(Number(pid), fd)) return true;
    // Between two processes other work goes on: there may be thousands.
    await new Promise(resolve => setImmediate(resolve));
  }
  return false;
}

function keyAt(link: string): string | undefined {
  try {
    const { dev, ino } = fs.statSync(link, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
