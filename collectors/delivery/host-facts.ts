import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { LogWriter } from '../../src/wire/protocol.js';

/** What a heartbeat says about the host beside its files; SFTP pull has its own. */
export interface HostFacts {
  bootId(): Promise<string | undefined>;
  /** Bytes free to an ordinary user where the logs are; null where that can't be told. */
  diskFree(directory: string): Promise<number | null>;
  /**
   * Processes that hold the files open for writing. Files are named by device and inode, for a log may be open
   * under a name it has no more. A file is absent from the answer where /proc can't tell.
   */
  writers(files: readonly WrittenFile[]): Promise<Map<string, LogWriter[]>>;
  listening(ports: readonly number[]): Promise<{ port: number; listening: boolean }[] | undefined>;
  /** Why the host itself can't be reached just now, for facts that are had from afar. */
  trouble?(): { kind: string; message: string } | undefined;
}

export interface WrittenFile {
  path: string;
  /** Absent where the file system has none. */
  inode?: string;
  device?: string;
  /** It grew since the last heartbeat, so somebody must have it open. */
  growing: boolean;
}

/** All open files of all processes are looked through this often at most; between, only the known writers. */
const FULL_SCAN_MS = 30_000;
/** A search for a new writer waits so many times as long as the last took: half a percent of a core at most. */
const SCAN_SHARE = 200;
const MAX_WRITERS = 16;
const TCP_LISTEN = '0A';
const CLOCK_TICKS = 100;

interface Writer {
  pid: number;
  fd: string;
  startTicks: string;
}

/** Linux, from /proc. Elsewhere (and for other users' processes without the right) the facts are absent, not wrong. */
export class LocalHostFacts implements HostFacts {
  private readonly known = new Map<string, Writer[]>();
  private scannedAt = Number.NEGATIVE_INFINITY;
  private scanMs = 0;
  /** Since the last scan a file has come, or one has grown whose writer isn't known. */
  private searching = false;
  private boot: string | undefined;

  constructor(private readonly monotonic: () => number = () => performance.now()) {}

  async bootId(): Promise<string | undefined> {
    this.boot ??= read('/proc/sys/kernel/random/boot_id')?.trim();
    return this.boot;
  }

  async diskFree(directory: string): Promise<number | null> {
    try {
      const stats = await fs.promises.statfs(directory);
      return stats.bavail * stats.bsize;
    } catch {
      return null;
    }
  }

  async writers(files: readonly WrittenFile[]): Promise<Map<string, LogWriter[]>> {
    const byKey = new Map(files.map(file => [`${file.device}:${file.inode}`, file]));
    const found = new Map<string, LogWriter[]>();
    if (process.platform !== 'linux') return found;
    for (const key of this.known.keys()) if (!byKey.has(key)) this.known.delete(key);
    this.confirmKnown(byKey);
    this.searching ||= files.some(({ device, inode, growing }) => {
      const writers = this.known.get(`${device}:${inode}`);
      return writers === undefined || (growing && writers.length === 0);
    });
    const age = this.monotonic() - this.scannedAt;
    // A new writer is looked for sooner, yet a machine with thousands of open files isn't searched at every heartbeat.
    const soon = Math.min(FULL_SCAN_MS / 3, SCAN_SHARE * this.scanMs);
    if (age >= FULL_SCAN_MS || (this.searching && age >= soon)) await this.scan(byKey);
    for (const [key, file] of byKey) {
      const writers = this.known.get(key);
      // not searched for yet: that is not the same as nobody
      if (writers) found.set(file.path, describe(writers));
    }
    return found;
  }

  async listening(ports: readonly number[]): Promise<{ port: number; listening: boolean }[] | undefined> {
    if (ports.length === 0) return undefined;
    const open = new Set<number>();
    const tables = [read('/proc/net/tcp'), read('/proc/net/tcp6')];
    if (tables.every(table => table === undefined)) return undefined;
    for (const table of tables)
      for (const line of (table ?? '').split('\n')) {
        const [, local, , state] = line.trim().split(/\s+/);
        if (state === TCP_LISTEN && local)
          open.add(Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16));
      }
    return ports.map(port => ({ port, listening: open.has(port) }));
  }

  private confirmKnown(files: ReadonlyMap<string, WrittenFile>): void {
    for (const [key, writers] of this.known) {
      if (!files.has(key)) continue;
      const still = writers.filter(
        ({ pid, fd, startTicks }) =>
          keyOf(`/proc/${pid}/fd/${fd}`) === key && statOf(pid)?.startTicks === startTicks,
      );
      this.known.set(key, still);
    }
  }

  private async scan(files: ReadonlyMap<string, WrittenFile>): Promise<void> {
    this.scannedAt = this.monotonic();
    let spent = 0;
    this.searching = false;
    this.known.clear();
    const names = new Set([...files.values()].map(file => path.basename(file.path)));
    for (const pid of entries('/proc')) {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
      const begun = this.monotonic();
      for (const fd of entries(`/proc/${pid}/fd`)) this.noteWriter(files, names, Number(pid), fd);
      spent += this.monotonic() - begun;
      // Synchronous calls cost a tenth here, but other work comes between two processes.
      await new Promise(resolve => setImmediate(resolve));
    }
    for (const key of files.keys()) if (!this.known.has(key)) this.known.set(key, []);
    this.scanMs = spent;
  }

  private noteWriter(
    files: ReadonlyMap<string, WrittenFile>,
    names: ReadonlySet<string>,
    pid: number,
    fd: string,
  ): void {
    const link = `/proc/${pid}/fd/${fd}`;
    // By name first (a readlink, cheap): in a container the folder has another path, the file the same name.
    const target = linkTarget(link);
    if (!target?.startsWith('/') || !names.has(path.basename(target))) return;
    const key = keyOf(link);
    if (key === undefined || !files.has(key) || !isWriting(pid, fd)) return;
    const startTicks = statOf(pid)?.startTicks;
    if (startTicks === undefined) return;
    const writers = this.known.get(key) ?? [];
    if (writers.some(writer => writer.pid === pid) || writers.length >= MAX_WRITERS) return;
    writers.push({ pid, fd, startTicks });
    this.known.set(key, writers);
  }
}

function describe(writers: readonly Writer[]): LogWriter[] {
  return writers.flatMap(({ pid, startTicks }) => {
    const status = statOf(pid);
    if (!status) return [];
    const startedAt = Math.round(bootTime() + (Number(startTicks) / CLOCK_TICKS) * 1000);
    return [{ pid, name: status.name, state: status.state, startedAt }];
  });
}

function statOf(pid: number): { name: string; state: string; startTicks: string } | undefined {
  return parseProcStat(read(`/proc/${pid}/stat`) ?? '');
}

/** /proc/PID/stat (proc(5)): the name is in parentheses and may hold blanks and parentheses itself. */
export function parseProcStat(text: string): { name: string; state: string; startTicks: string } | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  const [state] = fields;
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return undefined;
  return { name: text.slice(open + 1, close), state, startTicks };
}

function bootTime(): number {
  return Date.now() - os.uptime() * 1000;
}

/** The flags in fdinfo are octal; the last digit's low bits are the access mode (0 is read only). */
function isWriting(pid: number, fd: string): boolean {
  const flags = /^flags:\s*([0-7]+)/m.exec(read(`/proc/${pid}/fdinfo/${fd}`) ?? '')?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0;
}

function keyOf(link: string): string | undefined {
  try {
    const stat = fs.statSync(link, { bigint: true });
    return stat.isFile() ? `${stat.dev}:${stat.ino}` : undefined;
  } catch {
    return undefined;
  }
}

function linkTarget(link: string): string | undefined {
  try {
    return fs.readlinkSync(link);
  } catch {
    return undefined;
  }
}

function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function entries(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}
