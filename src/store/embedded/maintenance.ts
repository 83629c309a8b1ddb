import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Clock, Timer } from '../../platform/clock.js';
import { defined } from '../../platform/defined.js';
import { asDeadairError, DeadairError, messageOf } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import type { WorkerClient } from '../../platform/worker-calls.js';
import type { RetentionPolicy, RetentionResult } from '../store.js';
import { BLOCK_BYTES, BLOCK_LINES } from './block-slices.js';
import { dayBytes, diskFree, diskUse, listDays, syncFile, syncFolder } from './disk.js';
import { forgetDays } from './known-days.js';
import type { Backlog, SealerCalls, WriterCalls } from './messages.js';
import type { ReaderPool } from './reader-pool.js';
import { Repacking } from './repacking.js';
import { planRetention } from './retention.js';
import { DAY_MS, dayFile, dayName, daysFolder, mainFile } from './schema.js';

/**
 * How far sealing may fall behind before appends wait for it: some seven blocks, which take a third of a second. Twice as much is
 * 25 MB more of memory and of `main.db`, and no line the sooner.
 */
const MAX_BACKLOG_LINES = 60_000;
const MAX_BACKLOG_BYTES = 12 * 1024 * 1024;
const TICK_MS = 5000;
/** How often it is looked whether main.db is where it was; every commit looks, too. */
const LOOK_MS = 2000;
const IDLE_MS = 5000;
/** Days that are over are packed anew when nothing came for so long … */
const LONG_IDLE_MS = 60_000;
/** … or only so many lines: a small set-up has some every second, and never none. */
const FEW_LINES = 2000;

/** Work in the background: sealing, days that are over, giving back disk, retention, backup. */
export class Maintenance {
  private backlog: Backlog = { lines: 0, bytes: 0, day: null };
  private through = 0;
  private running: Promise<void> | undefined;
  private failure: DeadairError | undefined;
  private gone: DeadairError | undefined;
  private waiting: (() => void)[] = [];
  private readonly tick: Timer;
  private readonly watching: Timer;
  private lastAppend: number;
  /** Lines that came lately: those of `LONG_IDLE_MS` ago count a third. */
  private recent = 0;
  private tidied = true;
  private readonly repacking: Repacking;
  /** The day before which all were looked at since lines came last: a look opens the file of each. */
  private looked = 0;
  private paused = 0;
  private closed = false;

  constructor(
    private readonly directory: string,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly writer: WorkerClient<WriterCalls>,
    private readonly sealer: WorkerClient<SealerCalls>,
    private readonly readers: ReaderPool,
  ) {
    this.lastAppend = clock.monotonic();
    this.repacking = new Repacking(logger, sealer, readers, work => this.whileQuiet(work));
    this.tick = clock.every(TICK_MS, () => this.onTick());
    this.watching = clock.every(LOOK_MS, () => void this.look());
  }

  /** Called with what each append leaves to be sealed. */
  appended(backlog: Backlog): void {
    this.recent = this.recentLines() + Math.max(0, backlog.lines - this.backlog.lines);
    this.backlog = backlog;
    this.lastAppend = this.clock.monotonic();
    this.tidied = false;
    if (backlog.day !== null && backlog.day < this.today()) this.looked = 0;
    if (this.fillsBlock()) this.kick(false);
  }

  /** Resolves when sealing is not too far behind. @throws why sealing can't go on, when it can't */
  async room(): Promise<void> {
    while (this.backlog.lines > MAX_BACKLOG_LINES || this.backlog.bytes > MAX_BACKLOG_BYTES) {
      if (this.closed) return;
      this.kick(false);
      await new Promise<void>(resolve => this.waiting.push(resolve));
      if (this.failure) throw this.failure;
    }
  }

  /**
   * Seals everything, empties the write-ahead logs and gives free pages back to the file system.
   * @param repack packs days anew, too, that would gain
   * @param onDay told before each of them, how many are done of how many
   */
  async compact(repack: boolean, onDay?: (done: number, of: number) => void): Promise<void> {
    await this.seal(true);
    if (repack) await this.repacking.all(onDay);
    await this.sealer.call('truncate', []);
    await this.writer.call('tidy', []);
    this.tidied = true;
  }

  async retain(policy: RetentionPolicy): Promise<RetentionResult> {
    const infos = await this.readers.any().call('days', []);
    const bytes = diskUse(this.directory);
    const plan = planRetention(policy, {
      now: this.clock.now(),
      bytes,
      diskFree: diskFree(this.directory),
      days: infos.map(info => ({ ...info, bytes: dayBytes(this.directory, info.day) })),
    });
    forgetDays(
      this.directory,
      plan.drop.map(({ day }) => day),
    );
    for (const dropped of plan.drop) {
      await this.whileQuiet(() =>
        this.readers.alone(async () => {
          for (const reader of this.readers.all()) await reader.call('detach', [dropped.day]);
          await this.sealer.call('drop', [dropped.day]);
        }),
      );
      this.logger.info('store.day-dropped', { day: dayName(dropped.day), lines: dropped.lines });
    }
    if (policy.maxAgeMs !== undefined) await this.writer.call('forget', [this.clock.now() - policy.maxAgeMs]);
    return {
      dropped: plan.drop.map(({ day, lines, bytes: size }) => ({ day: dayName(day), lines, bytes: size })),
      ...defined({ warning: plan.warning }),
    };
  }

  /** Renames a day's file that can't be read, so that the service goes on without it, and writes that down. */
  async setAside(day: number, reason: string): Promise<void> {
    await this.whileQuiet(() => this.moveAside(day, reason));
  }

  /** Only while nothing is sealed. */
  private async moveAside(day: number, reason: string): Promise<void> {
    await this.readers.alone(async () => {
      for (const reader of this.readers.all()) await reader.call('detach', [day]);
      if (!listDays(this.directory).includes(day)) return;
      const file = await this.sealer.call('setAside', [day]);
      const told = `${reason} It was set aside as ${file}; the rest is served.`;
      await this.writer.call('damage', [`days/${file}`, told, this.clock.now()]);
      this.logger.error('store.file-set-aside', { file, reason });
    });
  }

  /** A copy of one moment, made while the service goes on; opens as a store of its own. */
  async backup(target: string): Promise<void> {
    prepareTarget(this.directory, target);
    try {
      await this.whileQuiet(async () => {
        await this.writer.call('backup', [mainFile(target)]);
        syncFile(mainFile(target));
        for (const day of listDays(this.directory)) {
          await this.sealer.call('backup', [day, dayFile(target, day)]);
          syncFile(dayFile(target, day));
        }
        for (const folder of [daysFolder(target), target, path.dirname(target)]) syncFolder(folder);
      });
    } catch (thrown) {
      // Half a copy would pass for a store.
      rmSync(target, { recursive: true, force: true });
      throw thrown;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    this.tick.cancel();
    this.watching.cancel();
    this.wake();
    await this.running;
  }

  /** What keeps lines from being stored just now. */
  get trouble(): DeadairError | undefined {
    return this.gone ?? this.failure;
  }

  /** An append failed or came through. */
  appendEnded(thrown?: unknown): void {
    const gone = thrown instanceof DeadairError && thrown.code === 'store.gone' ? thrown : undefined;
    if (thrown !== undefined && !gone) return;
    if (gone && !this.gone)
      this.logger.error('store.gone', { file: gone.subject ?? this.directory, message: gone.message });
    if (!gone && this.gone) this.logger.info('store.back', { directory: this.directory });
    this.gone = gone;
  }

  private async look(): Promise<void> {
    if (this.closed) return;
    await this.writer.call('look', []).then(
      () => this.appendEnded(),
      thrown => this.appendEnded(thrown),
    );
  }

  /** Takes over what was left to be sealed. What a crash left sealed already goes with the next block; readers pass it over. */
  begin(backlog: Backlog): void {
    this.backlog = backlog;
    this.kickIfDue();
  }

  private onTick(): void {
    if (this.kickIfDue()) return;
    if (this.tidied || this.idleFor() <= IDLE_MS) {
      this.packAnew();
      return;
    }
    this.tidied = true;
    void this.whileQuiet(async () => {
      // A sealer that has nothing sealed yet has no log.
      if (this.sealer.started) await this.sealer.call('truncate', []);
      await this.writer.call('tidy', []);
    }).catch(thrown => this.failed(thrown));
  }

  private idleFor(): number {
    return this.clock.monotonic() - this.lastAppend;
  }

  private recentLines(): number {
    return this.recent * Math.exp(-this.idleFor() / LONG_IDLE_MS);
  }

  private today(): number {
    return Math.floor(this.clock.now() / DAY_MS);
  }

  private packAnew(): void {
    const idle = () => !this.closed && (this.idleFor() > LONG_IDLE_MS || this.recentLines() < FEW_LINES);
    const today = this.today();
    if (!idle() || this.looked === today) return;
    const done = listDays(this.directory).every(day => day >= today)
      ? Promise.resolve(true)
      : this.repacking.whileIdle(today, idle);
    void done.then(
      all => {
        if (all) this.looked = today;
      },
      thrown => this.failed(thrown),
    );
  }

  /** Seals full blocks, and what is left of a day that is over. */
  private kickIfDue(): boolean {
    const { day } = this.backlog;
    const over = day !== null && day < this.today();
    if (!over && !this.fillsBlock()) return false;
    this.kick(over);
    return true;
  }

  private fillsBlock(): boolean {
    return this.backlog.lines >= BLOCK_LINES || this.backlog.bytes >= BLOCK_BYTES;
  }

  private kick(rest: boolean): void {
    if (this.running || this.closed || this.paused > 0) return;
    this.running = this.sealAll(rest)
      .then(
        () => {
          this.failure = undefined;
        },
        thrown => this.failed(thrown),
      )
      .finally(() => {
        this.running = undefined;
        this.wake();
      });
  }

  private async seal(rest: boolean): Promise<void> {
    await this.whileQuiet(() => this.sealAll(rest));
  }

  private async sealAll(rest: boolean): Promise<void> {
    for (;;) {
      const sealed = await this.sealer.call('seal', [rest]).catch(thrown => this.leaveDamaged(thrown));
      if (!sealed) continue;
      if (sealed.through > this.through) {
        this.backlog = await this.writer.call('sealed', [sealed.through]);
        this.through = sealed.through;
        this.wake();
      }
      if (!sealed.more || this.closed || (!rest && !this.fillsBlock())) return;
    }
  }

  /**
   * A day that can't be written gives way to a new file of that day: its lines wait in main.db, and none could be taken in
   * once there are too many of them.
   */
  private async leaveDamaged(thrown: unknown): Promise<undefined> {
    const file =
      thrown instanceof DeadairError && thrown.code === 'store.damaged' ? thrown.subject : undefined;
    const day = listDays(this.directory).find(one => dayFile(this.directory, one) === file);
    if (day === undefined) throw thrown;
    await this.moveAside(day, (thrown as DeadairError).message);
  }

  /** Runs `work` while nothing is sealed. */
  private async whileQuiet(work: () => Promise<void>): Promise<void> {
    this.paused++;
    try {
      await this.running;
      await work();
    } finally {
      this.paused--;
      this.kickIfDue();
    }
  }

  private failed(thrown: unknown): void {
    if (this.closed) return;
    this.failure = asDeadairError(thrown);
    this.logger.error('store.sealing-failed', { code: this.failure.code, message: this.failure.message });
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resume of waiting) resume();
  }
}

/** @throws DeadairError `usage.invalid` unless the folder is new or empty and lies outside of the store */
function prepareTarget(directory: string, target: string): void {
  const wrong = (what: string, cause?: unknown) =>
    new DeadairError(
      'usage.invalid',
      `The copy can't be made in ${target}: ${what}; name a folder that does not exist yet, with its whole path.`,
      { subject: target, cause },
    );
  if (!path.isAbsolute(target)) throw wrong('it is no absolute path');
  if (!path.relative(directory, target).startsWith('..')) throw wrong('it lies within the store itself');
  let names: string[];
  try {
    mkdirSync(target, { recursive: true });
    names = readdirSync(target);
    if (names.length === 0) mkdirSync(path.join(target, 'days'));
  } catch (cause) {
    throw wrong(messageOf(cause), cause);
  }
  if (names.length > 0) throw wrong('it is not empty');
}
