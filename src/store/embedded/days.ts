import { existsSync } from 'node:fs';
import path from 'node:path';
import { DeadairError } from '../../platform/errors.js';
import { ByteCache } from './cache.js';
import { type Answer, type Cached, DamagedBlock, DayFile } from './day-file.js';
import { listDays } from './disk.js';
import type { DriverKind } from './driver.js';
import type { Damage } from './messages.js';
import { dayFile } from './schema.js';

/** A few queries over some hundred blocks each. */
const ANSWER_BYTES = 4 * 1024 * 1024;

/** The days a reader has open. */
export class Days {
  readonly damaged = new Map<string, Damage>();
  /** Days whose files went away though nobody let go of them. */
  readonly missing = new Map<number, Damage>();
  private readonly files = new Map<number, DayFile>();
  private readonly answers = new ByteCache<string, Answer>(ANSWER_BYTES);
  private loaded = false;

  constructor(
    private readonly directory: string,
    private readonly driver: DriverKind,
    private readonly cache: ByteCache<string, Cached>,
    /** Beside a service, whose retention may drop days without a word here. */
    private readonly beside = false,
  ) {}

  all(): DayFile[] {
    return [...this.files.values()];
  }

  get(day: number): DayFile | undefined {
    return this.files.get(day);
  }

  /** Everything with a `hot.id` up to here lies in the blocks that are loaded. */
  sealed(): number {
    return Math.max(0, ...this.all().map(file => file.sealed));
  }

  /**
   * Brings the blocks up to at least `sealed`. Days are looked at until a whole round finds nothing new: what was
   * sealed into one day while another was read would be missed otherwise.
   */
  refresh(sealed: number): void {
    if (this.loaded && sealed <= this.sealed()) return;
    for (let changed = true; changed; ) {
      changed = this.openAndClose();
      for (const file of this.all()) if (file.refresh()) changed = true;
    }
    this.loaded = true;
  }

  /** Looks whether the files that are open are still where they were. */
  look(): void {
    if (this.beside) return;
    for (const day of this.files.keys())
      if (existsSync(dayFile(this.directory, day))) this.missing.delete(day);
      else this.missing.set(day, goneDay(this.directory, day));
  }

  detach(day: number): void {
    this.files.get(day)?.close();
    this.files.delete(day);
    // What takes its place, a day packed anew, is looked for though nothing was sealed meanwhile.
    this.loaded = false;
    this.cache.clear();
    this.answers.clear();
    this.missing.delete(day);
    for (const [file, damage] of this.damaged) if (damage.day === day) this.damaged.delete(file);
  }

  close(): void {
    for (const file of this.all()) file.close();
    this.files.clear();
  }

  /**
   * Runs what reads the days. Where a block is damaged it is written down and left out from then on, and all is done
   * again without it; a file of which more than a block is damaged is left out as a whole.
   */
  async withoutDamage<T>(read: () => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await read();
      } catch (thrown) {
        if (!(thrown instanceof DeadairError) || thrown.code !== 'store.damaged') throw thrown;
        if (!this.leaveOut(thrown)) throw thrown;
      }
    }
  }

  private leaveOut(error: DeadairError): boolean {
    if (error instanceof DamagedBlock) {
      const name = path.basename(error.file.file);
      error.file.leaveOut(error.block);
      this.damaged.set(`${name} ${error.block}`, {
        file: `days/${name}`,
        reason: `Block ${error.block} (${error.file.linesOf(error.block)} lines) is left out: ${error.message} The rest is served.`,
      });
      return true;
    }
    const file = this.all().find(one => one.file === error.subject);
    if (!file) return false;
    this.detach(file.day);
    const name = path.basename(file.file);
    this.damaged.set(name, { file: `days/${name}`, reason: error.message, day: file.day });
    return true;
  }

  private openAndClose(): boolean {
    let changed = false;
    const present = new Set(listDays(this.directory));
    for (const day of this.files.keys())
      if (!present.has(day)) {
        this.detach(day);
        changed = true;
        if (!this.beside) this.missing.set(day, goneDay(this.directory, day));
      }
    for (const day of present) {
      this.missing.delete(day);
      if (this.files.has(day)) continue;
      const file = dayFile(this.directory, day);
      const name = path.basename(file);
      if (this.damaged.has(name)) continue;
      try {
        this.files.set(day, new DayFile(day, file, this.driver, this.cache, this.answers));
        changed = true;
      } catch (thrown) {
        if (!existsSync(file)) continue;
        if (!(thrown instanceof DeadairError) || thrown.code !== 'store.damaged') throw thrown;
        this.damaged.set(name, { file: `days/${name}`, reason: thrown.message, day });
      }
    }
    return changed;
  }
}

function goneDay(directory: string, day: number): Damage {
  return {
    file: `days/${path.basename(dayFile(directory, day))}`,
    reason:
      'It was removed or moved away while the service runs, and its lines are missing from every answer: put it back, or restore it from a backup.',
  };
}
