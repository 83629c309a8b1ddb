import path from 'node:path';
import { defined } from '../../src/platform/defined.js';
import type { LogWriter } from '../../src/wire/protocol.js';
import {
  blockedThreads,
  childrenOf,
  commandOf,
  entries,
  fifoOf,
  isWriting,
  keyOf,
  linkTarget,
  oncePerProcess,
  type ProcStat,
  startedAt,
  statOf,
} from './proc.js';

/** A process that holds something open, and as what: a pid is used again, its start time is not. */
export interface Holder {
  pid: number;
  fd: string;
  /** What the descriptor points to: `pipe:[inode]`, `socket:[inode]`, `fifo:[…]`, or the device and inode of a file. */
  to: string;
  startTicks: string;
}

const MOST_HOLDERS = 16;
/** `prog | ts | tee log`: so many programs between the one that works and the log. */
const LONGEST_PIPELINE = 4;

/**
 * Programs that only pass on what they read: where one of them holds the log, the program is at the other end of its pipe. Any other
 * process with a pipe as its input (ssh, a supervisor) is the program itself.
 */
const FILTERS: ReadonlySet<string> = new Set(
  'tee ts cat sed grep awk gawk mawk pv logger multilog svlogd s6-log rotatelogs cronolog tai64n unbuffer stdbuf'.split(
    ' ',
  ),
);
/** They wait for the program they started and say nothing of it; but where nobody else is found they are what there is. */
const SHELLS: ReadonlySet<string> = new Set(
  'sh bash dash zsh ksh busybox su sudo env nohup timeout nice'.split(' '),
);

/** What is looked for in all open files of all processes. */
export interface Wanted {
  /** Regular files, by device and inode. */
  files: ReadonlySet<string>;
  /** Their names: a readlink is cheap, and in a container the folder has another path, the file the same name. */
  names: ReadonlySet<string>;
  /** `socket:[inode]`. */
  sockets: ReadonlySet<string>;
}

export interface Found {
  /** By device and inode, by `socket:[…]`, and by `pipe:[…]` and `fifo:[…]` those that write into it. */
  holders: Map<string, Holder[]>;
}

/** Looks through every process but this one. Other work comes between two processes. */
export async function search(wanted: Wanted, monotonic: () => number): Promise<Found & { spentMs: number }> {
  const holders = new Map<string, Holder[]>();
  let spentMs = 0;
  for (const pid of entries('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const begun = monotonic();
    for (const fd of entries(`/proc/${pid}/fd`)) note(holders, wanted, Number(pid), fd);
    spentMs += monotonic() - begun;
    // Synchronous calls cost a tenth here.
    await new Promise(resolve => setImmediate(resolve));
  }
  return { holders, spentMs };
}

function note(holders: Map<string, Holder[]>, wanted: Wanted, pid: number, fd: string): void {
  const link = `/proc/${pid}/fd/${fd}`;
  const target = linkTarget(link);
  if (target === undefined) return;
  let to: string | undefined;
  if (target.startsWith('pipe:[')) to = target;
  else if (wanted.sockets.has(target)) to = target;
  else if (target.startsWith('/') && wanted.names.has(path.basename(target))) {
    const key = keyOf(link);
    if (key !== undefined && wanted.files.has(key)) to = key;
  } else if (isOutput(fd) && target.startsWith('/') && !target.startsWith('/dev/')) to = fifoOf(link);
  if (to === undefined || (!to.startsWith('socket:') && !isWriting(pid, fd))) return;
  const startTicks = statOf(pid)?.startTicks;
  if (startTicks === undefined) return;
  const known = holders.get(to) ?? [];
  if (known.length >= MOST_HOLDERS || known.some(one => one.pid === pid)) return;
  known.push({ pid, fd, to, startTicks });
  holders.set(to, known);
}

/** Of a program whose output goes through a named pipe (deploy/with-log.sh). */
function isOutput(fd: string): boolean {
  return fd === '1' || fd === '2';
}

/** Still the same process with the same thing open? */
export function isStill(holder: Holder, stats = statOfHolder): boolean {
  const { pid, fd, to, startTicks } = holder;
  const link = `/proc/${pid}/fd/${fd}`;
  const now = /^(pipe|socket):\[/.test(to)
    ? linkTarget(link)
    : to.startsWith('fifo:[')
      ? fifoOf(link)
      : keyOf(link);
  const stat = now === to ? stats(holder) : undefined;
  return stat?.startTicks === startTicks && stat.state !== 'Z';
}

/**
 * The programs whose output the writers of a log pass on.
 * @param known a program had been found there before: a shell that is left over is not one
 * @returns undefined where the writers write for themselves, or where nobody is found at the other end
 */
export function behind(writers: readonly Holder[], { holders }: Found, known: boolean): Holder[] | undefined {
  const passers = writers.filter(writer => FILTERS.has(statOf(writer.pid)?.name ?? ''));
  const runners = writers.filter(({ pid }) => isRunner(commandOf(pid)));
  const found = runners.flatMap(({ pid }) => childrenOf(pid).flatMap(childHolder));
  let inputs = passers;
  for (let step = 0; step < LONGEST_PIPELINE && inputs.length > 0; step++) {
    const upstream = inputs.flatMap(({ pid }) => writersInto(pid, holders));
    inputs = upstream.filter(({ pid }) => FILTERS.has(statOf(pid)?.name ?? ''));
    found.push(...upstream.filter(one => !inputs.includes(one)));
  }
  if (found.length === 0) return undefined;
  const programs = found.filter(({ pid }) => !SHELLS.has(statOf(pid)?.name ?? ''));
  return programs.length > 0 ? programs : known ? undefined : found;
}

function writersInto(pid: number, holders: Found['holders']): Holder[] {
  const link = `/proc/${pid}/fd/0`;
  const target = linkTarget(link);
  const input = target?.startsWith('/') && !target.startsWith('/dev/') ? fifoOf(link) : target;
  return (input === undefined ? [] : (holders.get(input) ?? [])).filter(holder => holder.pid !== pid);
}

/** `deadair run` reads its child over a socket pair, whose ends have different inodes: the child is known by its parent. */
function isRunner(command: readonly string[]): boolean {
  return command.includes('run') && command.some(word => /(^|\/)deadair$|\/cli\/main\.js$/.test(word));
}

function childHolder(pid: number): Holder[] {
  const stat = statOf(pid);
  const to = linkTarget(`/proc/${pid}/fd/1`);
  return stat && to !== undefined && /^(pipe|socket):\[/.test(to)
    ? [{ pid, fd: '1', to, startTicks: stat.startTicks }]
    : [];
}

/** Since when which thread of a process has been blocked, seen from one look to the next. */
export class BlockedThreads {
  private readonly byPid = new Map<number, Map<string, { switches: string; since: number }>>();

  constructor(private readonly now: () => number) {}

  /** @returns how long the longest has been blocked without once running, ms, and how many are; nothing where none is */
  look(pid: number): { threads: number; ms: number } | undefined {
    const now = this.now();
    const before = this.byPid.get(pid);
    const current = new Map<string, { switches: string; since: number }>();
    for (const [tid, switches] of blockedThreads(pid)) {
      const known = before?.get(tid);
      const same = known !== undefined && known.switches === switches && switches !== '';
      current.set(tid, { switches, since: same ? known.since : now });
    }
    if (current.size > 0) this.byPid.set(pid, current);
    else this.byPid.delete(pid);
    const longest = Math.max(0, ...[...current.values()].map(one => now - one.since));
    const stuck = [...current.values()].filter(one => one.since < now).length;
    return stuck > 0 ? { threads: stuck, ms: Math.round(longest) } : undefined;
  }

  keepOnly(pids: ReadonlySet<number>): void {
    for (const pid of this.byPid.keys()) if (!pids.has(pid)) this.byPid.delete(pid);
  }
}

/** What `isStill` asks of a process; once for each of them in a pass over many logs. */
export const statOfHolder = ({ pid }: Holder): ProcStat | undefined => statOf(pid);

/** Describes processes, each once: its threads are looked at. */
export function describer(blocked: BlockedThreads): (holders: readonly Holder[]) => LogWriter[] {
  const described = oncePerProcess((holder: Holder) => describe(holder, blocked));
  return holders => holders.flatMap(holder => described(holder) ?? []);
}

function describe({ pid, startTicks }: Holder, blocked: BlockedThreads): LogWriter | undefined {
  const stat = statOf(pid);
  if (!stat) return undefined;
  // a process that is blocked just now and was not before says so, too: an ordinary wait for a disk
  const stuck = blocked.look(pid) ?? (stat.state === 'D' ? { threads: 1, ms: 0 } : undefined);
  return {
    pid,
    name: stat.name,
    state: stat.state,
    startedAt: startedAt(startTicks),
    ...defined({ blocked: stuck }),
  };
}
