import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { createGunzip, gzip } from 'node:zlib';
import type { Clock, Timer } from '../../platform/clock.js';
import { messageOf } from '../../platform/errors.js';
import { type Logger, silentLogger } from '../../platform/logger.js';
import type { Heartbeat } from '../../wire/protocol.js';
import { parseWitness, type Witnessed } from '../replay/witnessed.js';

export interface JournalLimits {
  /** All files together; the oldest go first. */
  bytes: number;
  ageMs: number;
  /** A new file is begun so often: what is pruned is a whole file. */
  fileMs: number;
}

const LIMITS: JournalLimits = { bytes: 256 * 1024 ** 2, ageMs: 30 * 86_400_000, fileMs: 6 * 3_600_000 };
const FLUSH_MS = 15_000;
/** Text that waits for the next flush; a member of so many bytes packs well. */
const FLUSH_BYTES = 256 * 1024;
/** Where the disk does not take it: newer beats are worth more than old ones. */
const MOST_WAITING = 4 * 1024 * 1024;
/** Of a heartbeat: hosts follow thousands of files, of which a handful tell something. */
const FILES_KEPT = 100;
const ENDING = '.jsonl.gz';
const LONGEST_LINE = 1024 * 1024;

const pack = promisify(gzip);

/**
 * What witnesses said, as it came: heartbeats, probes, attempts. The engine concludes from it and forgets; capsules, recordings and
 * back-tests need it word by word. Files of gzip members (each flush one), so a crash costs the last seconds and no file.
 */
export class WitnessJournal {
  private waiting: string[] = [];
  private waitingBytes = 0;
  private timer: Timer | undefined;
  private file: { name: string; since: number } | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly folder: string,
    private readonly clock: Clock,
    private readonly logger: Logger = silentLogger,
    private readonly limits: JournalLimits = LIMITS,
  ) {}

  heartbeat(beat: Heartbeat, at: number): void {
    const files =
      beat.files.length <= FILES_KEPT
        ? beat.files
        : beat.files.toSorted((a, b) => b.mtime - a.mtime).slice(0, FILES_KEPT);
    this.note({ at, heartbeat: { ...beat, files } });
  }

  note(witnessed: Witnessed): void {
    const line = `${JSON.stringify(witnessed)}\n`;
    this.waiting.push(line);
    this.waitingBytes += line.length;
    while (this.waitingBytes > MOST_WAITING) this.waitingBytes -= this.waiting.shift()?.length ?? 0;
    if (this.waitingBytes >= FLUSH_BYTES) void this.flush();
    else
      this.timer ??= this.clock.after(FLUSH_MS, () => {
        this.timer = undefined;
        void this.flush();
      });
  }

  /** Resolves when everything noted so far is in the file, or could not be written (which is logged). */
  flush(): Promise<void> {
    const lines = this.waiting;
    this.waiting = [];
    this.waitingBytes = 0;
    if (lines.length > 0) this.writing = this.writing.then(() => this.write(lines));
    return this.writing;
  }

  async close(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    await this.flush();
  }

  /** What was witnessed in [from, to], in order of time. */
  async between(from: number, to: number): Promise<Witnessed[]> {
    await this.flush();
    const found: Witnessed[] = [];
    const names = this.files();
    for (const [index, name] of names.entries()) {
      const next = names[index + 1];
      if (startOf(name) > to || (next !== undefined && startOf(next) < from)) continue;
      for (const line of await this.read(name)) {
        const one = witnessedOf(line);
        if (one && one.at >= from && one.at <= to) found.push(one);
      }
    }
    return found.sort((a, b) => a.at - b.at);
  }

  private async write(lines: readonly string[]): Promise<void> {
    const now = this.clock.now();
    try {
      if (!this.file || now - this.file.since >= this.limits.fileMs) {
        fs.mkdirSync(this.folder, { recursive: true, mode: 0o700 });
        this.file = { name: `${now}${ENDING}`, since: now };
        this.prune(now);
      }
      await fs.promises.appendFile(path.join(this.folder, this.file.name), await pack(lines.join('')), {
        mode: 0o600,
      });
    } catch (thrown) {
      // what follows half a member can't be read: another file
      this.file = undefined;
      this.logger.warn('witnesses.not-kept', { error: messageOf(thrown) });
    }
  }

  private prune(now: number): void {
    let bytes = 0;
    for (const name of this.files().reverse()) {
      const file = path.join(this.folder, name);
      bytes += fs.statSync(file).size;
      if (bytes > this.limits.bytes || now - startOf(name) > this.limits.ageMs) fs.rmSync(file);
    }
  }

  private files(): string[] {
    try {
      return fs
        .readdirSync(this.folder)
        .filter(name => name.endsWith(ENDING) && Number.isFinite(startOf(name)))
        .sort((a, b) => startOf(a) - startOf(b));
    } catch {
      return [];
    }
  }

  /** The lines of a file, as far as it can be read: the last member may be torn. */
  private async read(name: string): Promise<string[]> {
    const chunks: Buffer[] = [];
    const unpacked = fs.createReadStream(path.join(this.folder, name)).pipe(createGunzip());
    try {
      for await (const chunk of unpacked) chunks.push(chunk as Buffer);
    } catch (thrown) {
      this.logger.debug('witnesses.torn', { file: name, error: messageOf(thrown) });
    }
    return Buffer.concat(chunks).toString('utf8').split('\n');
  }
}

function startOf(name: string): number {
  return Number(name.slice(0, -ENDING.length));
}

function witnessedOf(line: string): Witnessed | undefined {
  if (line === '' || line.length > LONGEST_LINE) return undefined;
  try {
    const one = parseWitness(JSON.parse(line), () => {
      throw new Error('not of this version');
    });
    return one && 'at' in one ? one : undefined;
  } catch {
    return undefined;
  }
}
