import os from 'node:os';
import { type Clock, SystemClock, type Timer } from '../src/platform/clock.js';
import { messageOf } from '../src/platform/errors.js';
import { ulid } from '../src/platform/ids.js';
import { type Logger, silentLogger } from '../src/platform/logger.js';
import { openFilesFor } from '../src/platform/open-files.js';
import type { Heartbeat } from '../src/wire/protocol.js';
import { madeSafe, NAME_LENGTH } from '../src/wire/safe-text.js';
import { WIRE_VERSION } from '../src/wire/version.js';
import { Backoff } from './delivery/backoff.js';
import { HeartbeatSender } from './delivery/heartbeat.js';
import { type HostFacts, LocalHostFacts } from './delivery/host-facts.js';
import { HttpTransport } from './delivery/http.js';
import { Pipeline, type PipelineTotals } from './delivery/pipeline.js';
import { type Transport, TransportError } from './delivery/transport.js';
import { Discovery } from './file/discovery.js';
import { compileGlobs } from './file/glob.js';
import { LookPace, SHORTEST_LOOK_MS } from './file/listing-pace.js';
import { LocalFileSystem } from './file/local.js';
import { type Batch, Reader } from './file/reader.js';
import { FileTracker, HOT_MS } from './file/tracker.js';
import { UnreadNotices } from './file/unread.js';
import type { DirectoryWatcher, FileSystemView } from './file/view.js';
import type { CollectSettings } from './settings.js';

/** Orphans and waiting last lines are looked after this often. */
const WAITING_MS = 250;

export interface CollectorDeps {
  settings: CollectSettings;
  clock?: Clock;
  logger?: Logger;
  transport?: Transport;
  fs?: FileSystemView;
  facts?: HostFacts;
}

export interface CollectorStatus {
  collector: string;
  host: string;
  /** Has the server's positions and follows the files. */
  following: boolean;
  files: number;
  /** Bytes seen but not acknowledged, over all files. */
  behindBytes: number;
  readBytes: number;
  delivery: PipelineTotals & { failing: boolean; lastError: string | null; batchBytes: number };
  /** Paths that can't be read, with the errno name. */
  errors: { path: string; error: string }[];
}

/** Follows log files and ships what is in them, each byte once (docs/reference/protocol.md). Keeps no state on disk. */
export class Collector {
  private readonly settings: CollectSettings;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly transport: Transport;
  private readonly view: FileSystemView;
  private readonly host: string;
  private readonly id: string;
  private readonly discovery: Discovery;
  private readonly unread: UnreadNotices;
  private readonly tracker: FileTracker;
  private readonly reader: Reader;
  private readonly pipeline: Pipeline;
  private readonly heartbeat: HeartbeatSender;

  private watcher: DirectoryWatcher | undefined;
  private readonly woken = new Set<string>();
  /** Folders whose files' events are off. */
  private readonly busy = new Set<string>();
  private following = false;
  private stopped = false;
  private restartWanted = false;
  private wakeLoop: () => void = () => {};
  private wakeAt = Number.POSITIVE_INFINITY;
  private wakeTimer: Timer | undefined;
  private readonly pace = new LookPace();
  private nextLook = Number.NEGATIVE_INFINITY;
  private nextRescan = 0;
  private rescans = 0;
  /** The last batch was full: go on as soon as there is room. */
  private backlog = false;
  private loop: Promise<void> | undefined;
  private readonly settledWaiters = new Set<() => void>();

  constructor(deps: CollectorDeps) {
    this.settings = deps.settings;
    this.clock = deps.clock ?? new SystemClock();
    this.logger = deps.logger ?? silentLogger;
    this.host = madeSafe((deps.settings.host ?? os.hostname()).replace(/[\s/\\"'<>]+/gu, '_'), NAME_LENGTH);
    this.id = ulid(this.clock.now());
    this.view =
      deps.fs ??
      new LocalFileSystem({ polling: deps.settings.polling.enabled, inodes: deps.settings.polling.inodes });
    this.transport = deps.transport ?? new HttpTransport(deps.settings);
    this.discovery = new Discovery(deps.settings, this.view);
    this.unread = new UnreadNotices(this.discovery, this.logger);
    this.tracker = new FileTracker(this.view, this.discovery, this.clock, this.logger, {
      host: this.host,
      from: deps.settings.from,
      openFiles: openFilesFor(deps.settings.limits.openFiles),
    });
    this.reader = new Reader(this.tracker, this.clock, this.logger, {
      host: this.host,
      collector: this.id,
      partialAfterMs: deps.settings.partialAfter,
      encodingOf: encodingsByPath(Object.entries(deps.settings.encoding ?? {})),
    });
    this.pipeline = new Pipeline(this.transport, this.clock, this.logger, deps.settings.limits, {
      answered: (batch: Batch, reply) => this.reader.acknowledged(batch, reply),
      restart: why => this.restart(why),
      room: () => this.wake(0),
    });
    this.heartbeat = new HeartbeatSender(
      this.transport,
      deps.facts ?? new LocalHostFacts(() => this.clock.monotonic()),
      () => this.tracker.entries.values(),
      this.clock,
      this.logger,
      {
        host: this.host,
        collector: this.id,
        ports: deps.settings.heartbeat.ports,
        processes: deps.settings.heartbeat.processes,
        unread: () => this.unread.list(),
        undelivered: () => this.undelivered(),
      },
    );
  }

  /** Returns at once; following begins when the server has told its positions. */
  start(): void {
    if (this.loop) return;
    this.watcher = this.view.watch?.((directory, name, shape) => {
      if (name !== null) this.woken.add(`${directory}/${name}`);
      else if (!shape) this.busy.add(directory);
      if (shape) this.tracker.dirty.add(directory);
      this.wake(0);
    });
    this.heartbeat.start();
    this.loop = this.run();
  }

  /** Looks at everything now; resolves when that is done. How a view that is `paced` is driven. */
  async rescan(): Promise<void> {
    const rescans = this.rescans;
    while (!this.stopped && this.rescans === rescans) {
      this.nextRescan = 0;
      this.wake(0);
      await new Promise<void>(resolve => this.settledWaiters.add(resolve));
    }
  }

  /** Resolves when everything that is in the files now is acknowledged. */
  async drain(): Promise<void> {
    // Not this rescan, which may be under way, but the next.
    const rescans = this.rescans + 1;
    while (!this.stopped) {
      if (this.following && this.rescans > rescans && this.nothingToDo) return;
      if (this.rescans <= rescans) this.nextRescan = 0;
      this.wake(0);
      await new Promise<void>(resolve => this.settledWaiters.add(resolve));
    }
  }

  /** Ships what is there (at most `drainMs` long), says goodbye and stops. */
  async stop(reason = 'stopped', drainMs = 5000): Promise<void> {
    if (this.stopped) return;
    if (this.following && drainMs > 0) {
      let timer: Timer | undefined;
      const timeout = new Promise<void>(resolve => {
        timer = this.clock.after(drainMs, resolve);
      });
      await Promise.race([this.drain(), timeout]);
      timer?.cancel();
    }
    this.stopped = true;
    this.pipeline.abandon();
    this.transport.abort();
    this.wake(0);
    await this.loop;
    await this.watcher?.close();
    await this.heartbeat.goodbye(reason);
    await this.tracker.forget();
    this.transport.close();
    for (const resolve of this.settledWaiters) resolve();
  }

  status(): CollectorStatus {
    const entries = [...this.tracker.entries.values()];
    let behindBytes = 0;
    for (const generation of this.tracker.active)
      behindBytes += Math.max(0, generation.size - generation.acknowledged);
    return {
      collector: this.id,
      host: this.host,
      following: this.following,
      files: entries.filter(entry => !entry.rotated).length,
      behindBytes,
      readBytes: this.reader.readBytes,
      delivery: {
        ...this.pipeline.totals,
        failing: this.pipeline.failing,
        lastError: this.pipeline.lastError,
        batchBytes: this.pipeline.batchBytes,
      },
      errors: [
        ...[...this.discovery.errors].map(([path, error]) => ({ path, error })),
        ...entries.flatMap(entry => (entry.error === null ? [] : [{ path: entry.path, error: entry.error }])),
      ],
    };
  }

  private undelivered(): Heartbeat['undelivered'] {
    const { failingSince: since, lastError } = this.pipeline;
    return since === undefined || lastError === null ? undefined : { since, error: madeSafe(lastError, 300) };
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        if (!this.following || this.restartWanted) await this.begin();
        await this.look();
        await this.ship();
      } catch (error) {
        // A fault of ours must not end the following; it is said, and everything is looked at anew.
        this.logger.error('collector.failed', { error: messageOf(error), stack: (error as Error)?.stack });
        this.restart('internal error');
        await this.pause(1000);
      }
      for (const resolve of this.settledWaiters) resolve();
      this.settledWaiters.clear();
      await this.sleep();
    }
  }

  /** Asks for the positions, as long as it takes, and matches the files with them. */
  private async begin(): Promise<void> {
    const backoff = new Backoff(this.clock);
    while (!this.stopped) {
      try {
        const reply = await this.transport.positions({
          version: WIRE_VERSION,
          host: this.host,
          collector: this.id,
        });
        this.restartWanted = false;
        this.transport.agree(reply);
        this.pipeline.limitBatch(Math.min(reply.maxRawBytes, reply.maxBodyBytes), reply.batchBytes);
        await this.tracker.begin(reply.sources);
        // The first one that has something to tell: agents that died with their host are known by it.
        this.heartbeat.start(reply.heartbeatSeconds);
        this.unread.look();
        this.watcher?.set(this.tracker.directories);
        this.nextRescan = this.clock.monotonic() + this.period;
        this.following = true;
        this.logger.info('collector.following', {
          files: this.tracker.entries.size,
          sources: reply.sources.length,
        });
        return;
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        // Once for each reason: first nobody answers, then the token is wrong.
        if (this.pipeline.lastError !== error.message || !backoff.failing)
          this.logger.warn('collector.waiting', { error: error.message });
        this.pipeline.lastError = error.message;
        backoff.failed(error.kind === 'refused' ? 5000 : error.retryAfterMs);
        await this.pause(backoff.remaining);
      }
    }
  }

  private async look(): Promise<void> {
    const now = this.clock.monotonic();
    if (now < this.nextLook && now < this.nextRescan) return;
    this.nextLook = now + SHORTEST_LOOK_MS;
    if (now >= this.nextRescan) {
      this.woken.clear();
      this.busy.clear();
      this.nextRescan = now + this.period;
      await this.tracker.rescan();
      this.unread.look();
      this.watcher?.set(this.tracker.directories);
      this.rescans++;
    } else if (!this.view.paced) {
      const woken = [...this.woken];
      this.woken.clear();
      for (const path of woken) await this.tracker.look(path);
      const busy = new Set(this.busy);
      this.busy.clear();
      await this.tracker.lookAtFilesOf(busy);
      await this.tracker.lookAtHot();
      if (this.tracker.hasOrphans)
        for (const directory of this.tracker.directories) this.tracker.dirty.add(directory);
      if (this.tracker.dirty.size > 0) {
        await this.tracker.rescanDirty();
        this.watcher?.set(this.tracker.directories);
      }
    }
    await this.tracker.settle();
    this.nextLook = now + this.pace.after(this.clock.monotonic() - now);
  }

  private async ship(): Promise<void> {
    while (!this.restartWanted && this.pipeline.hasRoom) {
      const batch = await this.reader.fill(this.pipeline.batchBytes);
      this.backlog = batch?.full ?? false;
      if (!batch) return;
      void this.pipeline.submit(batch);
    }
  }

  private restart(why: string): void {
    if (this.restartWanted) return;
    this.logger.info('collector.restarts', { why });
    this.restartWanted = true;
    this.pipeline.abandon();
    this.wake(0);
  }

  private get period(): number {
    if (this.view.paced) return Number.POSITIVE_INFINITY;
    return this.settings.polling.enabled ? this.settings.polling.interval : this.settings.rescan;
  }

  private get nothingToDo(): boolean {
    if (!this.pipeline.isEmpty || this.restartWanted || this.tracker.dirty.size > 0) return false;
    for (const generation of this.tracker.active)
      if (generation.unread > 0 || generation.state === 'orphan' || generation.notices.length > 0)
        return false;
    return true;
  }

  /** Until something is to be done: an event, room in the pipeline, or a time. */
  private async sleep(): Promise<void> {
    if (this.stopped) return;
    const now = this.clock.monotonic();
    let delay = this.nextRescan - now;
    const tick = this.nextLook - now;
    for (const generation of this.tracker.active) {
      if (generation.unread > 0 && this.pipeline.hasRoom && generation.heldAt < 0)
        delay = Math.min(delay, tick);
      else if (generation.unread > 0 || (generation.state === 'orphan' && !this.view.paced))
        delay = Math.min(delay, WAITING_MS);
      if (now - generation.grewAt < HOT_MS && !this.view.paced) delay = Math.min(delay, tick);
    }
    if (this.woken.size + this.busy.size + this.tracker.dirty.size > 0 || this.restartWanted) delay = 0;
    await new Promise<void>(resolve => {
      this.wakeLoop = resolve;
      this.wakeAt = Number.POSITIVE_INFINITY;
      this.wake(delay);
    });
    this.wakeLoop = () => {};
    this.wakeTimer?.cancel();
    this.wakeTimer = undefined;
  }

  /** Ends the sleep after `delayMs`, but never sooner than a tick after the last look (unless there is a backlog to send). */
  private wake(delayMs: number): void {
    const at = this.clock.monotonic() + delayMs;
    const earliest = this.stopped || this.backlog ? 0 : this.nextLook;
    const due = Math.max(at, earliest);
    if (due >= this.wakeAt) return;
    this.wakeAt = due;
    this.wakeTimer?.cancel();
    // Timers count whole milliseconds: one that came a part of one too early would wait for another tick.
    const wait = Math.max(0, Math.ceil(due - this.clock.monotonic()));
    this.wakeTimer = this.clock.after(wait, () => this.wakeLoop());
  }

  private pause(delayMs: number): Promise<void> {
    return new Promise(resolve => {
      this.wakeLoop = resolve;
      this.wakeAt = Number.POSITIVE_INFINITY;
      this.clock.after(delayMs, resolve);
    });
  }
}

/** The first pattern that fits a path names its encoding. */
function encodingsByPath(
  settings: readonly (readonly [string, string])[],
): (path: string) => string | undefined {
  const rules = settings.map(([pattern, encoding]) => ({
    fits: compileGlobs([pattern], 'collect.encoding'),
    encoding,
  }));
  return path => rules.find(({ fits }) => fits(path.replace(/^\//, '')))?.encoding;
}

/** A collector of this machine's files, sending to `settings.to`. */
export function createFileCollector(settings: CollectSettings, logger: Logger = silentLogger): Collector {
  return new Collector({ settings, logger });
}
