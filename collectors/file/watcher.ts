import fs from 'node:fs';
import chokidar, { type FSWatcher } from 'chokidar';
import type { DirectoryWatcher, Wake } from './view.js';

/** How often chokidar looks at the directories themselves, ms. */
const SHAPE_INTERVAL_MS = 1000;
/** A directory with more events than this in a second is looked at by the clock instead, until it is quiet. */
const BUSY_EVENTS = 40;
const BUSY_WINDOW_MS = 1000;
/** How long the events of a busy directory stay off. The reader polls what is growing meanwhile. */
const BUSY_PAUSE_MS = 2000;
/**
 * How often a busy directory's files are looked at, those that are not growing already, and its own time is: it changes when a file comes or goes, not when one is written. 200 files
 * made at once are 200 events, and those after the 40th would wait for the end of the pause.
 */
const BUSY_LOOK_MS = 100;
/**
 * A directory's time may lie so much before what happened (the kernel's tick, 4 to 10 ms): one that changed shortly before it was
 * last told of is told of again. On file systems that keep whole seconds the end of the pause finds the rest.
 */
const TIME_SLACK_MS = 50;

/**
 * Wakes the reader early; nothing depends on it (the rescan finds everything). Two parts, for what was measured with 200
 * files and 800 writes a second: chokidar's own events cost a whole core (it reads the directory again at every write),
 * fs.watch on the directory 3 % of one. So fs.watch says which file was written, pauses while a directory is
 * busy (then its files are looked at by the clock, and its own time says whether some came), and chokidar watches only the shape of the tree (directories by stat: 1 % of a core, and works on mounts without events).
 */
export class LocalWatcher implements DirectoryWatcher {
  private readonly directories = new Map<string, WatchedDirectory>();
  private readonly shape: FSWatcher;

  constructor(private readonly wake: Wake) {
    this.shape = chokidar.watch([], {
      usePolling: true,
      interval: SHAPE_INTERVAL_MS,
      persistent: true,
      ignoreInitial: true,
      depth: 0,
      ignored: (_path, stats) => stats?.isFile() ?? false,
    });
    this.shape.on('raw', (_event, path) => this.wake(String(path), null, true));
    this.shape.on('error', () => {});
  }

  set(directories: ReadonlySet<string>): void {
    for (const [path, watched] of this.directories) {
      if (directories.has(path)) continue;
      watched.close();
      this.directories.delete(path);
      this.shape.unwatch(path);
    }
    for (const path of directories) {
      if (this.directories.has(path)) continue;
      this.directories.set(path, new WatchedDirectory(path, this.wake));
      this.shape.add(path);
      // What came into it between its listing and this moment made no event.
      this.wake(path, null, true);
    }
  }

  async close(): Promise<void> {
    for (const watched of this.directories.values()) watched.close();
    this.directories.clear();
    await this.shape.close();
  }
}

class WatchedDirectory {
  private watcher: fs.FSWatcher | undefined;
  private pause: NodeJS.Timeout | undefined;
  private busyUntil = 0;
  /** When the directory was last told of while its events were off, by the file system's clock. */
  private toldAt = 0;
  private windowStart = 0;
  private events = 0;

  constructor(
    private readonly path: string,
    private readonly wake: Wake,
  ) {
    this.open();
  }

  close(): void {
    clearTimeout(this.pause);
    this.watcher?.close();
    this.watcher = undefined;
  }

  private open(): void {
    try {
      // Fails when inotify's limit of watches is reached: the rescan goes on without it.
      this.watcher = fs.watch(this.path, { persistent: false }, (event, name) => this.onEvent(event, name));
      this.watcher.on('error', () => this.reopenLater());
    } catch {
      this.reopenLater();
    }
  }

  private onEvent(event: string, name: string | null): void {
    this.wake(this.path, name, event === 'rename');
    const now = performance.now();
    if (now - this.windowStart > BUSY_WINDOW_MS) {
      this.windowStart = now;
      this.events = 0;
    }
    if (++this.events > BUSY_EVENTS) this.reopenLater();
  }

  private reopenLater(): void {
    this.close();
    this.events = 0;
    this.busyUntil = performance.now() + BUSY_PAUSE_MS;
    this.toldAt = 0;
    this.lookLater();
  }

  private lookLater(): void {
    this.pause = setTimeout(() => this.lookWhileBusy(), BUSY_LOOK_MS);
    this.pause.unref();
  }

  /** While the events are off. */
  private lookWhileBusy(): void {
    if (performance.now() >= this.busyUntil) {
      this.open();
      // What happened while the events were off.
      this.wake(this.path, null, true);
      return;
    }
    this.wake(this.path, null, false);
    const changed = fs.statSync(this.path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (changed > this.toldAt - TIME_SLACK_MS) {
      // Before it is told: the listing comes after this moment.
      this.toldAt = Date.now();
      this.wake(this.path, null, true);
    }
    this.lookLater();
  }
}
