import fs from 'node:fs';
import path from 'node:path';
import { ownBootId } from '../../src/platform/boot.js';
import { defined } from '../../src/platform/defined.js';
import type { Listen, LogWriter } from '../../src/wire/protocol.js';
import { BlockedThreads, behind, describer, type Holder, isStill, search, statOfHolder } from './holders.js';
import { Listeners } from './listens.js';
import { oncePerProcess, tcpTable } from './proc.js';

export { parseProcStat } from './proc.js';

/** Who is behind a log. */
export interface FileProcesses {
  /** Processes that hold it open for writing. */
  writers: LogWriter[];
  /**
   * Where those only pass on what they read (`prog | tee log`): the programs at the other end of the pipe. Empty once they are
   * gone; absent where there is no pipe or nobody could be found at it.
   */
  programs?: LogWriter[];
  /** Where the program (or who else writes it) takes connections; absent where there is none, or it can't be told. */
  listens?: Listen[];
}

export interface PortStatus {
  port: number;
  listening: boolean;
  /** Whose socket it is; absent where that can't be told. */
  process?: LogWriter;
}

/** What a heartbeat says about the host beside its files; SFTP pull has its own. */
export interface HostFacts {
  bootId(): Promise<string | undefined>;
  /** Bytes free to an ordinary user where the logs are; null where that can't be told. */
  diskFree(directory: string): Promise<number | null>;
  /** Whether files can be made and written there; undefined where that can't be told. */
  writable?(directory: string): Promise<boolean | undefined>;
  /**
   * Processes behind the files. Files are named by device and inode, for a log may be open under a name it has no more. A
   * file is absent from the answer where /proc can't tell.
   */
  processes(files: readonly WrittenFile[]): Promise<Map<string, FileProcesses>>;
  listening(ports: readonly number[]): Promise<PortStatus[] | undefined>;
  /** A process that was told of last has gone meanwhile. */
  left?(): boolean;
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

/** All open files of all processes are looked through this often at most; between, only the known holders. */
const FULL_SCAN_MS = 30_000;
/** A search for a new holder waits so many times as long as the last took: half a percent of a core at most. */
const SCAN_SHARE = 200;

interface Known {
  writers: Holder[];
  programs?: Holder[] | undefined;
  /** The file grew since its last known holder went: another one may have written, so that nobody was found proves nothing. */
  stale?: boolean;
}

/** Linux, from /proc. Elsewhere (and for other users' processes without the right) the facts are absent, not wrong. */
export class LocalHostFacts implements HostFacts {
  private readonly known = new Map<string, Known>();
  private readonly sockets = new Map<string, Holder | undefined>();
  private readonly blocked: BlockedThreads;
  private scannedAt = Number.NEGATIVE_INFINITY;
  private scanMs = 0;
  private followedUpAt = Number.NEGATIVE_INFINITY;
  /** Since the last scan a file or socket has come, or a file has grown whose writer isn't known. */
  private searching = false;
  private boot: string | undefined;
  private readonly listens: Listeners;

  constructor(private readonly monotonic: () => number = () => performance.now()) {
    this.blocked = new BlockedThreads(monotonic);
    this.listens = new Listeners(monotonic);
  }

  async bootId(): Promise<string | undefined> {
    this.boot ??= ownBootId();
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

  /** By the mount's own word, not the collector's rights: the program may be another user. */
  async writable(directory: string): Promise<boolean | undefined> {
    try {
      await fs.promises.access(directory, fs.constants.W_OK);
      return true;
    } catch (thrown) {
      return (thrown as NodeJS.ErrnoException).code === 'EROFS' ? false : undefined;
    }
  }

  async processes(files: readonly WrittenFile[]): Promise<Map<string, FileProcesses>> {
    const byKey = new Map(files.map(file => [`${file.device}:${file.inode}`, file]));
    const found = new Map<string, FileProcesses>();
    if (process.platform !== 'linux') return found;
    for (const key of this.known.keys()) if (!byKey.has(key)) this.known.delete(key);
    // A search for nothing would put off the first one that has something to find.
    if (byKey.size === 0 && this.sockets.size === 0) return found;
    const left = this.confirmKnown(files);
    this.searching ||= files.some(({ device, inode }) => {
      const known = this.known.get(`${device}:${inode}`);
      return known === undefined || known.stale === true;
    });
    const now = this.monotonic();
    const age = now - this.scannedAt;
    // A new holder is looked for sooner, yet a machine with thousands of open files isn't searched at every heartbeat.
    const soon = Math.min(FULL_SCAN_MS / 3, SCAN_SHARE * this.scanMs);
    // whether it died or was started anew must be known now
    const followUp = left && now - this.followedUpAt >= soon;
    if (followUp) this.followedUpAt = now;
    if (age >= FULL_SCAN_MS || followUp || (this.searching && age >= soon)) await this.scan(byKey);
    this.blocked.keepOnly(new Set(this.holders().map(holder => holder.pid)));
    this.listens.look();
    const describe = describer(this.blocked);
    for (const [key, file] of byKey) {
      // not searched for yet: that is not the same as nobody
      const known = this.known.get(key);
      if (!known || known.stale) continue;
      const { writers, programs } = known;
      found.set(file.path, {
        writers: describe(writers),
        ...(programs ? { programs: describe(programs) } : {}),
        ...defined({ listens: this.listens.of(programs ?? writers) }),
      });
    }
    return found;
  }

  async listening(ports: readonly number[]): Promise<PortStatus[] | undefined> {
    if (ports.length === 0) return undefined;
    const table = tcpTable();
    if (!table) return undefined;
    const wanted = table.listeners.filter(({ port }) => ports.includes(port));
    const links = new Set(wanted.map(({ inode }) => `socket:[${inode}]`));
    for (const link of this.sockets.keys()) if (!links.has(link)) this.sockets.delete(link);
    for (const link of links)
      if (!this.sockets.has(link)) {
        this.sockets.set(link, undefined);
        this.searching = true;
      }
    const describe = describer(this.blocked);
    return ports.map(port => {
      const sockets = wanted.filter(one => one.port === port);
      const owner = sockets.map(({ inode }) => this.owner(`socket:[${inode}]`)).find(one => one);
      const [process] = owner ? describe([owner]) : [];
      return { port, listening: sockets.length > 0, ...defined({ process }) };
    });
  }

  /** A socket may outlive the process that was found to hold it. */
  private owner(link: string): Holder | undefined {
    const owner = this.sockets.get(link);
    if (!owner || isStill(owner)) return owner;
    this.sockets.set(link, undefined);
    this.searching = true;
    return undefined;
  }

  left(): boolean {
    const stats = oncePerProcess(statOfHolder);
    return this.holders().some(holder => !isStill(holder, stats));
  }

  private holders(): Holder[] {
    const ofFiles = [...this.known.values()].flatMap(({ writers, programs = [] }) => [
      ...writers,
      ...programs,
    ]);
    return [...ofFiles, ...this.sockets.values()].flatMap(holder => (holder ? [holder] : []));
  }

  /** @returns whether the last holder of a file that grew has gone just now */
  private confirmKnown(files: readonly WrittenFile[]): boolean {
    let left = false;
    const stats = oncePerProcess(statOfHolder);
    const still = (holder: Holder) => isStill(holder, stats);
    for (const known of this.known.values()) {
      known.writers = known.writers.filter(still);
      known.programs &&= known.programs.filter(still);
    }
    for (const { device, inode, growing } of files) {
      const known = this.known.get(`${device}:${inode}`);
      if (!known || !growing || (known.writers.length > 0 && known.programs?.length !== 0)) continue;
      left ||= !known.stale;
      known.stale = true;
    }
    return left;
  }

  private async scan(files: ReadonlyMap<string, WrittenFile>): Promise<void> {
    this.scannedAt = this.monotonic();
    this.searching = false;
    const found = await search(
      {
        files: new Set(files.keys()),
        names: new Set([...files.values()].map(file => path.basename(file.path))),
        sockets: new Set(this.sockets.keys()),
      },
      this.monotonic,
    );
    this.scanMs = found.spentMs;
    for (const key of files.keys()) {
      const writers = found.holders.get(key) ?? [];
      const before = this.known.get(key)?.programs;
      // a program that was there and is not found any more is gone, though what passed its words on may live
      const programs =
        behind(writers, found, before !== undefined) ??
        (before ? before.filter(holder => isStill(holder)) : undefined);
      this.known.set(key, { writers, ...defined({ programs }) });
    }
    for (const link of this.sockets.keys()) this.sockets.set(link, found.holders.get(link)?.[0]);
  }
}
