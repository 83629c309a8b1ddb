import os from 'node:os';
import path from 'node:path';
import type { Clock, Timer } from '../../src/platform/clock.js';
import { defined } from '../../src/platform/defined.js';
import { messageOf } from '../../src/platform/errors.js';
import type { Logger } from '../../src/platform/logger.js';
import { packageVersion } from '../../src/platform/package-root.js';
import type { FileStatus, Heartbeat } from '../../src/wire/protocol.js';
import { madeSafe } from '../../src/wire/safe-text.js';
import { WIRE_VERSION } from '../../src/wire/version.js';
import type { Entry } from '../file/registry.js';
import type { HostFacts } from './host-facts.js';
import type { Transport } from './transport.js';

const FIRST_PERIOD_MS = 5000;
/** A stop doesn't wait longer for a server that doesn't answer. */
const GOODBYE_MS = 3000;
/** A heartbeat that has had no answer for a period is given up: the next one comes on a connection of its own. */
const LEAST_DEADLINE_MS = 2000;
/** How often it is looked whether a process has gone that the last one told of: its end is told at once. */
const LOOK_MS = 1000;
/** The service takes the middle of the last five intervals, first of three, for the period: most of them must be whole ones. */
const EARLY = [
  { of: 5, most: 2 },
  { of: 3, most: 1 },
];
/** Storage that hangs must not keep the heartbeat from telling so. */
const DISK_MS = 1000;
const MAX_FILES = 10_000;
const MAX_AGENTS = 1000;
const MAX_ADDRESSES = 64;

export interface HeartbeatOptions {
  host: string;
  collector: string;
  ports: readonly number[];
  processes: boolean;
  /** What the settings name and nobody reads. */
  unread?: () => Heartbeat['unread'];
  /** Since when lines can't be delivered, and why. */
  undelivered?: () => Heartbeat['undelivered'];
}

/** The sign of life: sent on time whatever the delivery of lines is doing, and a goodbye at a clean stop. */
export class HeartbeatSender {
  private timer: Timer | undefined;
  private periodMs = FIRST_PERIOD_MS;
  private readonly startedAt: number;
  private roundTrip: Heartbeat['roundTrip'];
  private readonly sizes = new Map<string, number>();
  private sending = false;
  /** Started anew while one was on its way: the next one has more to tell. */
  private again = false;
  private looking: Timer | undefined;
  /** Of the last heartbeats, whether they came ahead of their time. */
  private early: boolean[] = [];

  constructor(
    private readonly transport: Transport,
    private readonly facts: HostFacts,
    private readonly files: () => Iterable<Entry>,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly options: HeartbeatOptions,
  ) {
    this.startedAt = clock.now();
  }

  start(periodSeconds?: number): void {
    if (periodSeconds !== undefined) this.periodMs = periodSeconds * 1000;
    this.timer?.cancel();
    if (this.options.processes && this.facts.left)
      this.looking ??= this.clock.every(LOOK_MS, () => this.look());
    this.again = this.sending;
    void this.beat();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.looking?.cancel();
    this.looking = undefined;
  }

  private look(): void {
    if (this.sending || !this.mayBeEarly() || !this.facts.left?.()) return;
    this.timer?.cancel();
    void this.beat(true);
  }

  private mayBeEarly(): boolean {
    const beats = [...this.early, true];
    return (
      this.early.length > 0 &&
      EARLY.every(({ of, most }) => beats.slice(-of).filter(early => early).length <= most)
    );
  }

  /** Says that silence from now on is wanted. Never throws: the server may be away. */
  async goodbye(reason: string): Promise<void> {
    this.stop();
    let timer: Timer | undefined;
    const enough = new Promise<void>(resolve => {
      timer = this.clock.after(GOODBYE_MS, resolve);
    });
    try {
      const heartbeat = { ...(await this.compose()), goodbye: { reason: reason.slice(0, 200) } };
      await Promise.race([this.transport.heartbeat(heartbeat, GOODBYE_MS), enough]);
    } catch (error) {
      this.logger.debug('heartbeat.failed', { error: messageOf(error) });
    } finally {
      timer?.cancel();
    }
  }

  private async beat(early = false): Promise<void> {
    this.timer = this.clock.after(this.periodMs, () => void this.beat());
    // One that hangs is not joined by a second.
    if (this.sending) return;
    this.sending = true;
    this.early = [...this.early, early].slice(-EARLY[0]!.of);
    try {
      const heartbeat = await this.compose();
      const reply = await this.transport.heartbeat(heartbeat, Math.max(LEAST_DEADLINE_MS, this.periodMs));
      this.roundTrip = { serverNow: reply.now, sentAt: heartbeat.sentAt, receivedAt: this.clock.now() };
      this.periodMs = Math.max(1000, reply.heartbeatSeconds * 1000);
    } catch (error) {
      this.logger.debug('heartbeat.failed', { error: messageOf(error) });
    } finally {
      this.sending = false;
    }
    if (!this.again || !this.timer) return;
    this.again = false;
    this.timer.cancel();
    void this.beat();
  }

  private async compose(): Promise<Heartbeat> {
    const entries = [...this.files()].filter(entry => !entry.rotated).slice(0, MAX_FILES);
    const files = entries.map(statusOf);
    // before the processes: sockets are searched for together with them
    const ports = await this.facts.listening(this.options.ports);
    await this.addProcesses(entries, files);
    const directory = entries[0] ? path.dirname(entries[0].path) : process.cwd();
    const bootId = await this.facts.bootId();
    const diskFree = await this.within(DISK_MS, this.facts.diskFree(directory));
    const writable = await this.within(
      DISK_MS,
      this.facts.writable?.(directory) ?? Promise.resolve(undefined),
    );
    const trouble = this.facts.trouble?.();
    const unread = this.options.unread?.();
    const addresses = files.some(({ listens }) => listens && listens.length > 0) ? ownAddresses() : undefined;
    return {
      version: WIRE_VERSION,
      collector: this.options.collector,
      host: this.options.host,
      agents: [...new Set(files.map(file => file.agent))].slice(0, MAX_AGENTS),
      sentAt: this.clock.now(),
      ...defined({ roundTrip: this.roundTrip }),
      ...defined({ bootId, addresses }),
      program: `deadair ${packageVersion}`,
      startedAt: this.startedAt,
      files,
      diskFree,
      ...(typeof writable === 'boolean' ? { writable } : {}),
      ...defined({ ports, trouble, undelivered: this.options.undelivered?.() }),
      ...(unread !== undefined && unread.length > 0 ? { unread } : {}),
    };
  }

  /** The answer, or null when it takes longer. */
  private async within<T>(ms: number, answer: Promise<T>): Promise<T | null> {
    let timer: Timer | undefined;
    const enough = new Promise<null>(resolve => {
      timer = this.clock.after(ms, () => resolve(null));
    });
    return Promise.race([answer, enough]).finally(() => timer?.cancel());
  }

  private async addProcesses(entries: readonly Entry[], files: FileStatus[]): Promise<void> {
    if (!this.options.processes) return;
    const asked = entries.flatMap(({ path: file, stat }) => {
      if (!stat) return [];
      const growing = stat.size > (this.sizes.get(file) ?? stat.size);
      this.sizes.set(file, stat.size);
      return [
        {
          path: file,
          ...defined({ inode: stat.inode, device: stat.device }),
          growing,
        },
      ];
    });
    const processes = await this.facts.processes(asked);
    for (const file of files) {
      const found = processes.get(file.path);
      if (!found) continue;
      file.writers = found.writers.map(shown);
      if (found.programs) file.programs = found.programs.map(shown);
      if (found.listens) file.listens = found.listens;
    }
  }
}

/** Of all interfaces; links' own ones say nothing without the interface. */
function ownAddresses(): string[] {
  return Object.values(os.networkInterfaces())
    .flatMap(list => list ?? [])
    .filter(({ scopeid }) => !scopeid)
    .map(({ address }) => address)
    .slice(0, MAX_ADDRESSES);
}

/** A program chooses its own name, and may change it at any time. */
function shown<P extends { name: string }>(process: P): P {
  return { ...process, name: madeSafe(process.name, 256) };
}

function statusOf(entry: Entry): FileStatus {
  const generation = entry.generation;
  return {
    path: entry.path,
    agent: entry.agent,
    ...(generation?.id === undefined ? {} : { source: generation.id }),
    size: entry.stat?.size ?? generation?.size ?? 0,
    position: generation?.acknowledged ?? 0,
    mtime: entry.stat?.mtimeMs ?? generation?.mtimeMs ?? 0,
    error: entry.error ? madeSafe(entry.error, 64) : entry.stat ? null : 'ENOENT',
  };
}
