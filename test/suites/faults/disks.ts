import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Disks of a test site's hosts that fill up or hang. What it mounts it takes away again. */
export class TestDisks {
  private readonly mounts: string[] = [];
  private readonly frozen = new Set<string>();

  /** @param folder the site's; each host has one in it, with its logs in `logs` */
  constructor(private readonly folder: string) {}

  /** A disk so small that it fills up. */
  small(host: string, size: string): string {
    const folder = path.join(this.folder, host, 'small-disk');
    fs.mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'deadair-test', folder]);
    this.mounts.push(folder);
    return folder;
  }

  /** Why no disk can be frozen here, or undefined: found by freezing one. */
  static freezable(): string | undefined {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'deadair-freeze-'));
    const script = `set -e; cd "$1"; mkdir disk; truncate -s 16M image; mkfs.ext4 -q image; mount -o loop image disk
      trap 'umount disk' EXIT; fsfreeze --freeze disk; fsfreeze --unfreeze disk`;
    try {
      execFileSync('sh', ['-c', script, 'sh', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
      return undefined;
    } catch (thrown) {
      return `no disk can be frozen here (${
        String((thrown as { stderr?: Buffer }).stderr)
          .trim()
          .split('\n')[0]
      })`;
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }

  /** A disk of its own that `freeze` can stop. */
  freezableOf(host: string): string {
    const folder = path.join(this.folder, host, 'disk');
    const image = path.join(this.folder, host, 'disk.img');
    fs.mkdirSync(folder, { recursive: true });
    fs.closeSync(fs.openSync(image, 'w'));
    fs.truncateSync(image, 256 * 1024 * 1024);
    execFileSync('mkfs.ext4', ['-q', image]);
    execFileSync('mount', ['-o', 'loop', image, folder]);
    this.mounts.push(folder);
    return folder;
  }

  /** Storage that hangs: who writes to it is blocked in the kernel until it is thawed. */
  freeze(host: string, frozen: boolean): void {
    const folder = path.join(this.folder, host, 'disk');
    execFileSync('fsfreeze', [frozen ? '--freeze' : '--unfreeze', folder]);
    if (frozen) this.frozen.add(folder);
    else this.frozen.delete(folder);
  }

  /** The host's folder of logs becomes a disk of its own, so small that `fillLogs` fills it. */
  smallForLogs(host: string): void {
    const folder = path.join(this.folder, host, 'logs');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'deadair-test', folder]);
    this.mounts.push(folder);
  }

  /** Not a byte more fits, not even into the last page of the log itself. */
  fillLogs(host: string): void {
    const log = path.join(path.join(this.folder, host, 'logs'), `${host}.log`);
    fs.appendFileSync(log, `${'.'.repeat(4096 - (fs.statSync(log).size % 4096) - 1)}\n`);
    try {
      fs.writeFileSync(
        path.join(path.join(this.folder, host, 'logs'), 'core.bin'),
        Buffer.alloc(1024 * 1024),
      );
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOSPC') throw thrown;
    }
  }

  /** Who is blocked by a frozen disk can't be ended. */
  thaw(): void {
    for (const folder of this.frozen) execFileSync('fsfreeze', ['--unfreeze', folder]);
    this.frozen.clear();
  }

  remove(): void {
    this.thaw();
    for (const mount of this.mounts) execFileSync('umount', ['-l', mount]);
  }
}
