import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import { Discovery } from '../../collectors/file/discovery.js';
import { LocalFileSystem } from '../../collectors/file/local.js';
import { type Batch, Reader } from '../../collectors/file/reader.js';
import { FileTracker } from '../../collectors/file/tracker.js';
import type { FileSystemView } from '../../collectors/file/view.js';
import { CollectSettings } from '../../collectors/settings.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { silentLogger } from '../../src/platform/logger.js';
import { decodeFrame } from '../../src/wire/frame.js';
import { Ledger } from './ledger.js';

const KEPT_GENERATIONS = 6;
const HOST = 'host-1';

/** What the model knows of one generation of the log. */
interface Generation {
  lines: string[];
  /** Lines the collector has surely read. */
  secured: number;
  /** Where its bytes are: names in the folder; empty when only open handles lead to it. */
  names: string[];
  /** The collector holds it open. */
  held: boolean;
  /** Lines from here on can't be had any more; -1: all can. */
  lostFrom: number;
}

/**
 * A program that writes a log, a rotation that mishandles it, and a collector that may be killed, all on a real folder with
 * a virtual clock, beside a model that knows which lines must be stored and which physics allows to be lost.
 */
export class World {
  readonly directory = fs.mkdtempSync(path.join(os.tmpdir(), 'deadair-model-'));
  readonly ledger = new Ledger();
  readonly clock = new VirtualClock(1_700_000_000_000);
  private readonly generations: Generation[] = [];
  private live: Generation | undefined;
  private writer: number | undefined;
  private tracker!: FileTracker;
  private reader!: Reader;
  private next = 0;
  private destroyed = false;

  private readonly view: FileSystemView;

  constructor(private readonly inodes: boolean) {
    this.view = new LocalFileSystem({ polling: false, inodes });
  }

  // --- the program ---

  /** Appends numbered lines; `open` writes the last one without its newline. */
  write(count: number, open = false): void {
    this.writer ??= this.openLog('a');
    const generation = this.live!;
    let text = '';
    for (let n = 0; n < count; n++) {
      const line = `line ${this.next++} ${'x'.repeat((this.next * 7) % 90)}`;
      generation.lines.push(line);
      text += `${line}\n`;
    }
    if (open) text = text.slice(0, -1);
    fs.writeSync(this.writer, text);
    if (open) this.pendingNewline = true;
  }

  private pendingNewline = false;

  private completeLine(): void {
    if (this.pendingNewline && this.writer !== undefined) fs.writeSync(this.writer, '\n');
    this.pendingNewline = false;
  }

  private openLog(flags: 'a' | 'w'): number {
    this.live = { lines: [], secured: 0, names: ['app.log'], held: false, lostFrom: -1 };
    this.generations.push(this.live);
    return fs.openSync(path.join(this.directory, 'app.log'), flags);
  }

  append(count: number, open: boolean): void {
    this.completeLine();
    this.write(count, open);
  }

  /** `tee FILE` at a restart: same inode, perhaps the same first bytes, perhaps longer than before at once. */
  restartProgram(banner: number, count: number): void {
    this.completeLine();
    if (this.writer !== undefined) fs.closeSync(this.writer);
    const exists = fs.existsSync(path.join(this.directory, 'app.log'));
    if (exists && this.live) this.destroy(this.live, 'app.log');
    this.writer = this.openLog('w');
    fs.writeSync(this.writer, '= banner =======\n'.repeat(banner));
    this.write(count);
  }

  // --- rotation ---

  /** Renames; the program writes on in the old file before it opens the new one. */
  async rotate(lateLines: number, lookBetween: boolean): Promise<void> {
    if (!this.live || !this.has('app.log')) return;
    this.completeLine();
    this.shift();
    this.move('app.log', 'app.log.1');
    if (lookBetween) await this.look();
    if (lateLines > 0) this.write(lateLines);
    this.reopen();
  }

  copyTruncate(): void {
    if (!this.live || !this.has('app.log')) return;
    this.completeLine();
    this.shift();
    fs.copyFileSync(this.at('app.log'), this.at('app.log.1'));
    const copied = this.live;
    copied.names = copied.names.filter(name => name !== 'app.log');
    copied.names.push('app.log.1');
    // The handle that was held leads to the truncated file.
    copied.held = false;
    fs.truncateSync(this.at('app.log'));
    // The program goes on in the same handle, which appends.
    this.live = { lines: [], secured: 0, names: ['app.log'], held: false, lostFrom: -1 };
    this.generations.push(this.live);
  }

  truncate(): void {
    if (!this.live || !this.has('app.log')) return;
    this.completeLine();
    this.destroy(this.live, 'app.log');
    fs.truncateSync(this.at('app.log'));
    this.live = { lines: [], secured: 0, names: ['app.log'], held: false, lostFrom: -1 };
    this.generations.push(this.live);
  }

  /** As `gzip` does: the compressed file appears, then the plain one goes. */
  async compress(lookBetween: boolean): Promise<void> {
    for (let n = KEPT_GENERATIONS; n >= 1; n--) {
      const name = `app.log.${n}`;
      if (!this.has(name)) continue;
      const packed = zlib.gzipSync(fs.readFileSync(this.at(name)));
      fs.writeFileSync(this.at(`${name}.gz`), packed.subarray(0, packed.length >> 1));
      if (lookBetween) await this.look();
      fs.writeFileSync(this.at(`${name}.gz`), packed);
      if (lookBetween) await this.look();
      const generation = this.named(name);
      fs.rmSync(this.at(name));
      if (generation) generation.names = [...generation.names.filter(other => other !== name), `${name}.gz`];
      return;
    }
  }

  /** Removes the log while it is open; the program writes on, then opens a new one. */
  async remove(lateLines: number, lookBetween: boolean): Promise<void> {
    if (!this.live || !this.has('app.log')) return;
    this.completeLine();
    const generation = this.live;
    fs.rmSync(this.at('app.log'));
    generation.names = generation.names.filter(name => name !== 'app.log');
    if (lookBetween) await this.look();
    if (lateLines > 0) this.write(lateLines);
    if (generation.names.length === 0 && !generation.held) this.lose(generation);
    this.reopen();
  }

  removeOldest(): void {
    for (let n = KEPT_GENERATIONS; n >= 1; n--)
      for (const name of [`app.log.${n}.gz`, `app.log.${n}`])
        if (this.has(name)) {
          const generation = this.named(name);
          fs.rmSync(this.at(name));
          if (generation) this.unname(generation, name);
          return;
        }
  }

  // --- the collector ---

  async start(): Promise<void> {
    const settings = CollectSettings.parse({ watch: [this.directory] });
    const discovery = new Discovery(settings, this.view);
    this.tracker = new FileTracker(this.view, discovery, this.clock, silentLogger, {
      host: HOST,
      from: 'start',
      openFiles: 100,
    });
    this.reader = new Reader(this.tracker, this.clock, silentLogger, {
      host: HOST,
      collector: 'collector-1',
      partialAfterMs: 2000,
    });
    await this.tracker.begin(this.ledger.positions(HOST).sources);
  }

  /** Killed with -9, perhaps with a request on the way that the server takes or not. */
  async kill(onTheWay: 'none' | 'stored' | 'lost'): Promise<void> {
    if (onTheWay !== 'none') {
      await this.tracker.rescan();
      const batch = await this.reader.fill(8192);
      if (batch && onTheWay === 'stored') this.ledger.take(decodeFrame(batch.frame));
    }
    await this.tracker.forget();
    for (const generation of this.generations) {
      if (generation.held && generation.names.length === 0) this.lose(generation);
      generation.held = false;
    }
    await this.start();
  }

  /** A look at everything, and all that is found shipped. */
  async look(): Promise<void> {
    await this.tracker.rescan();
    await this.ship();
    await this.tracker.settle();
    await this.ship();
    for (const generation of this.generations) {
      if (generation.names.length === 0 && !generation.held) continue;
      // Without inodes an empty file under a rotated name is not held: it may be open under its old one.
      const holds = (name: string) =>
        name === 'app.log' || (!name.endsWith('.gz') && (this.inodes || generation.lines.length > 0));
      if (generation.names.some(holds)) generation.held = true;
      const open = generation === this.live && this.pendingNewline ? 1 : 0;
      generation.secured = Math.max(generation.secured, generation.lines.length - open);
    }
  }

  /** A quick look at what is growing, a request of a few KB that may be lost and sent again. */
  async glance(resend: boolean): Promise<void> {
    await this.tracker.lookAtHot();
    await this.tracker.rescanDirty();
    const batch = await this.reader.fill(4096);
    if (!batch) return;
    if (resend) this.ledger.take(decodeFrame(batch.frame));
    await this.deliver(batch);
  }

  pass(ms: number): void {
    this.clock.advance(ms);
  }

  /** Lets everything come to rest: looks until nothing is left to send. */
  async finish(): Promise<void> {
    this.append(1, false);
    for (let round = 0; round < 6; round++) {
      await this.look();
      this.pass(3000);
    }
  }

  async close(): Promise<void> {
    await this.tracker.forget();
    if (this.writer !== undefined) fs.closeSync(this.writer);
    fs.rmSync(this.directory, { recursive: true, force: true });
  }

  /** What differs from the model, as sentences; empty when nothing does. */
  differences(): string[] {
    const found: string[] = [];
    const stored = new Map<string, number>();
    for (const source of this.ledger.sources.values()) {
      // A program without O_APPEND leaves a hole when its log is truncated under it: zeros before its next line.
      const text = Buffer.concat(source.content).toString('latin1').replaceAll('\0', '');
      for (const line of text.split('\n'))
        if (line.startsWith('line ')) stored.set(line, (stored.get(line) ?? 0) + 1);
    }
    for (const [line, times] of stored)
      if (times > 1) found.push(`stored ${times} times: ${line.slice(0, 20)}`);
    const sources = [...this.ledger.sources.values()];
    for (const [index, generation] of this.generations.entries()) {
      for (const [at, line] of generation.lines.entries()) {
        if (stored.has(line)) continue;
        if (generation.lostFrom < 0 || at < generation.lostFrom)
          found.push(`lost: ${line.slice(0, 20)} of generation ${index}`);
        else if (at > 0 && stored.has(generation.lines[0]!)) {
          const source = sources.find(candidate =>
            Buffer.concat(candidate.content).includes(generation.lines[0]!),
          );
          if (!source?.gaps.length) found.push(`not named: ${line.slice(0, 20)} of generation ${index}`);
        }
      }
    }
    const gaps = sources.flatMap(source => source.gaps);
    if (gaps.length > 0 && !this.destroyed)
      found.push(`a gap although nothing was destroyed: ${JSON.stringify(gaps)}`);
    return found;
  }

  private async ship(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      const batch = await this.reader.fill(16 * 1024);
      if (!batch) return;
      await this.deliver(batch);
    }
  }

  private async deliver(batch: Batch): Promise<void> {
    const reply = this.ledger.take(decodeFrame(batch.frame));
    batch.release();
    if (!(await this.reader.acknowledged(batch, reply)))
      await this.tracker.begin(this.ledger.positions(HOST).sources);
  }

  // --- the folder ---

  private at(name: string): string {
    return path.join(this.directory, name);
  }

  private has(name: string): boolean {
    return fs.existsSync(this.at(name));
  }

  private named(name: string): Generation | undefined {
    return this.generations.find(generation => generation.names.includes(name));
  }

  private reopen(): void {
    this.completeLine();
    if (this.writer !== undefined) fs.closeSync(this.writer);
    this.writer = this.openLog('a');
  }

  private move(from: string, to: string): void {
    const generation = this.named(from);
    fs.renameSync(this.at(from), this.at(to));
    if (generation) generation.names = generation.names.map(name => (name === from ? to : name));
  }

  private shift(): void {
    for (let n = KEPT_GENERATIONS; n >= 1; n--)
      for (const suffix of ['.gz', '']) {
        const name = `app.log.${n}${suffix}`;
        if (!this.has(name)) continue;
        if (n === KEPT_GENERATIONS) {
          const generation = this.named(name);
          fs.rmSync(this.at(name));
          if (generation) this.unname(generation, name);
        } else this.move(name, `app.log.${n + 1}${suffix}`);
      }
  }

  private unname(generation: Generation, name: string): void {
    generation.names = generation.names.filter(other => other !== name);
    if (generation.names.length === 0 && !generation.held) this.lose(generation);
  }

  /** The bytes themselves are overwritten: a handle doesn't help. */
  private destroy(generation: Generation, name: string): void {
    generation.names = generation.names.filter(other => other !== name);
    generation.held = false;
    if (generation.names.length === 0) this.lose(generation);
  }

  private lose(generation: Generation): void {
    this.destroyed = true;
    if (generation.lostFrom < 0) generation.lostFrom = generation.secured;
  }
}
