import type { Listen } from '../../src/wire/protocol.js';
import type { Holder } from './holders.js';
import { entries, linkTarget, oncePerProcess, type TcpTable, tcpTable } from './proc.js';

/** A server with more descriptors than that is looked at in part. */
const MOST_DESCRIPTORS = 1024;
/** As many as a heartbeat may tell of a file. */
const MOST_LISTENS = 8;
/** A look waits so many times as long as the last one took: a host with very many connections is not read at every heartbeat. */
const LOOK_SHARE = 200;

const OWN_NETWORK = '/proc/self/ns/net';

/**
 * Where the programs behind logs take connections. Only those in the collector's own network namespace: whether and as what a port of
 * another one (a container's) can be reached from outside is not to be seen here.
 */
export class Listeners {
  private table: TcpTable | undefined;
  private byInode = new Map<string, Listen>();
  /** What a process listens at, asked once a heartbeat. */
  private listensOf = this.oncePerHeartbeat();
  private network: string | undefined;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private spentMs = 0;

  constructor(private readonly monotonic: () => number) {}

  /** To be called once before the questions of a heartbeat. */
  look(): void {
    this.listensOf = this.oncePerHeartbeat();
    this.network = linkTarget(OWN_NETWORK);
    const now = this.monotonic();
    if (now - this.lookedAt < LOOK_SHARE * this.spentMs) return;
    this.table = tcpTable();
    this.byInode = new Map(
      this.table?.listeners.map(({ address, port, inode }) => [
        inode,
        { address, port, ...(this.table!.connected.has(port) ? { used: true as const } : {}) },
      ]),
    );
    this.lookedAt = now;
    this.spentMs = this.monotonic() - now;
  }

  /** @returns undefined where there is no process, or none that can be looked at */
  of(processes: readonly Holder[]): Listen[] | undefined {
    if (!this.table) return undefined;
    const found = new Map<string, Listen>();
    let seen = false;
    for (const process of processes) {
      const listens = this.listensOf(process);
      seen ||= listens !== undefined;
      for (const listen of listens ?? []) found.set(`${listen.port} ${listen.address}`, listen);
    }
    if (!seen) return undefined;
    return [...found.values()].sort((a, b) => a.port - b.port).slice(0, MOST_LISTENS);
  }

  private oncePerHeartbeat(): (process: Holder) => Listen[] | undefined {
    return oncePerProcess(({ pid }: Holder) => this.ofProcess(pid));
  }

  private ofProcess(pid: number): Listen[] | undefined {
    if (this.network === undefined || linkTarget(`/proc/${pid}/ns/net`) !== this.network) return undefined;
    const descriptors = entries(`/proc/${pid}/fd`);
    if (descriptors.length === 0) return undefined;
    return descriptors.slice(0, MOST_DESCRIPTORS).flatMap(fd => {
      const inode = /^socket:\[(\d+)\]$/.exec(linkTarget(`/proc/${pid}/fd/${fd}`) ?? '')?.[1];
      const listen = inode === undefined ? undefined : this.byInode.get(inode);
      return listen ? [listen] : [];
    });
  }
}
