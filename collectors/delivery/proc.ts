import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';

/** What /proc tells (proc(5)). Everything is absent where a process is gone or may not be looked at; nothing throws. */

export interface ProcStat {
  name: string;
  state: string;
  parent: number;
  startTicks: string;
}

const CLOCK_TICKS = 100;
/** Threads looked at in one process: a busy server has thousands. */
const MOST_THREADS = 512;

export function statOf(pid: number): ProcStat | undefined {
  return parseProcStat(read(`/proc/${pid}/stat`) ?? '');
}

/** Asks about each process once: for a pass over many logs, which one program may write hundreds of. */
export function oncePerProcess<A extends { pid: number }, T>(ask: (about: A) => T): (about: A) => T {
  const known = new Map<number, T>();
  return about => {
    if (!known.has(about.pid)) known.set(about.pid, ask(about));
    return known.get(about.pid) as T;
  };
}

/** /proc/PID/stat: the name is in parentheses and may hold blanks and parentheses itself. */
export function parseProcStat(text: string): ProcStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return undefined;
  const fields = text.slice(close + 2).split(' ');
  const [state, parent] = fields;
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return undefined;
  return { name: text.slice(open + 1, close), state, parent: Number(parent), startTicks };
}

/** When a process began, ms since the epoch. */
export function startedAt(startTicks: string): number {
  return Math.round(Date.now() - os.uptime() * 1000 + (Number(startTicks) / CLOCK_TICKS) * 1000);
}

/** The flags in fdinfo are octal; the last digit's low bits are the access mode (0 is read only). */
export function isWriting(pid: number, fd: string): boolean {
  const flags = /^flags:\s*([0-7]+)/m.exec(read(`/proc/${pid}/fdinfo/${fd}`) ?? '')?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & 3) !== 0;
}

/** Device and inode of the regular file behind an open descriptor. */
export function keyOf(link: string): string | undefined {
  try {
    const stat = fs.statSync(link, { bigint: true });
    return stat.isFile() ? `${stat.dev}:${stat.ino}` : undefined;
  } catch {
    return undefined;
  }
}

/** The same of a named pipe: `fifo:[device:inode]`. */
export function fifoOf(link: string): string | undefined {
  try {
    const stat = fs.statSync(link, { bigint: true });
    return stat.isFIFO() ? `fifo:[${stat.dev}:${stat.ino}]` : undefined;
  } catch {
    return undefined;
  }
}

export function linkTarget(link: string): string | undefined {
  try {
    return fs.readlinkSync(link);
  } catch {
    return undefined;
  }
}

export function childrenOf(pid: number): number[] {
  return (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').map(Number).filter(Boolean);
}

/** Words of a command line. */
export function commandOf(pid: number): string[] {
  return (read(`/proc/${pid}/cmdline`) ?? '').split('\0');
}

/** Threads in uninterruptible sleep: thread id and how often each has given up the processor, which it can't while it is blocked. */
export function blockedThreads(pid: number): Map<string, string> {
  const blocked = new Map<string, string>();
  for (const tid of entries(`/proc/${pid}/task`).slice(0, MOST_THREADS)) {
    if (parseProcStat(read(`/proc/${pid}/task/${tid}/stat`) ?? '')?.state !== 'D') continue;
    const status = read(`/proc/${pid}/task/${tid}/status`) ?? '';
    blocked.set(tid, /^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1] ?? '');
  }
  return blocked;
}

export interface TcpListener {
  /** As it listens: `0.0.0.0` and `::` stand for all. */
  address: string;
  port: number;
  inode: string;
}

export interface TcpTable {
  listeners: TcpListener[];
  /** Local ports of connections. */
  connected: Set<number>;
}

/** TCP sockets of this network namespace, by whichever of the two tables can be read; undefined: neither. */
export function tcpTable(): TcpTable | undefined {
  const tables = [read('/proc/net/tcp'), read('/proc/net/tcp6')];
  if (tables.every(table => table === undefined)) return undefined;
  const found: TcpTable = { listeners: [], connected: new Set() };
  for (const table of tables) parseTcp(table ?? '', found);
  return found;
}

const LISTEN = '0A';
/** A connection that nobody has confirmed yet. */
const SYN_RECEIVED = '03';

/** The form of /proc/net/tcp and tcp6. */
export function parseTcp(table: string, found: TcpTable): void {
  for (const line of table.split('\n')) {
    const fields = line.trim().split(/\s+/);
    const [, local, , state] = fields;
    const inode = fields[9];
    if (!local || inode === undefined || !/^[\dA-F]+:[\dA-F]{4}$/.test(local)) continue;
    const [address = '', hex = ''] = local.split(':');
    const port = Number.parseInt(hex, 16);
    if (state === LISTEN) found.listeners.push({ address: addressText(address), port, inode });
    else if (state !== SYN_RECEIVED) found.connected.add(port);
  }
}

/** Words of four bytes, each as this machine has them in memory. */
function addressText(hex: string): string {
  const words = (hex.match(/.{8}/g) ?? []).map(word => {
    const bytes = Buffer.from(word, 'hex');
    return os.endianness() === 'LE' ? bytes.reverse() : bytes;
  });
  const bytes = Buffer.concat(words);
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  // The one form that all who read it agree on.
  return new net.SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

export function read(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

export function entries(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}
