import type { Clock } from '../../src/platform/clock.js';
import type { Logger } from '../../src/platform/logger.js';
import type { KnownSource } from '../../src/wire/protocol.js';
import type { Discovery, Listing } from './discovery.js';
import { FINGERPRINT_BYTES } from './fingerprint.js';
import { Generation } from './generation.js';
import { isContentOf } from './identity.js';
import { ListingPace } from './listing-pace.js';
import { Opener } from './opener.js';
import { Orphans } from './orphans.js';
import { type Entry, Registry } from './registry.js';
import { Resolver, stampOf } from './resolver.js';
import { restIdle, TooManyFiles } from './resting.js';
import {
  errnoOf,
  type FileStat,
  type FileSystemView,
  isAbsent,
  isHandleDead,
  isReadFault,
  readBytes,
  sameInode,
} from './view.js';

/** A file that grew this lately is looked at with every tick. */
export const HOT_MS = 2000;
/** So many files are looked at, and perhaps opened, before those that rest are closed. */
const REST_EVERY = 32;

/** A folder's files are looked at for a twentieth of the time at most. */
const FILES_SHARE = 20;

export interface TrackerOptions {
  host: string;
  from: 'start' | 'end';
  openFiles: number;
}

/**
 * Knows which generation every watched path holds, and notices when that changes: renamed, copied and truncated,
 * rewritten, removed, recreated, compressed. Nothing here depends on seeing every step: each look compares what is
 * there with what was read.
 */
export class FileTracker {
  private readonly registry: Registry;
  private readonly opener: Opener;
  private readonly orphans: Orphans;
  private readonly resolver: Resolver;
  private readonly tooMany: TooManyFiles;
  private readonly pace = new ListingPace();
  private readonly filesPace = new ListingPace(FILES_SHARE);

  constructor(
    private readonly view: FileSystemView,
    private readonly discovery: Discovery,
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly options: TrackerOptions,
  ) {
    this.registry = new Registry(options.host);
    this.opener = new Opener(view, this.registry);
    this.orphans = new Orphans(this.registry, this.opener, discovery, clock, view);
    this.resolver = new Resolver(this.registry, this.opener, this.orphans, clock);
    this.tooMany = new TooManyFiles(logger);
  }

  /** Logs beside which a rotated generation has just appeared. */
  private doubted: ReadonlySet<string> = new Set();

  get entries(): ReadonlyMap<string, Entry> {
    return this.registry.entries;
  }

  get active(): ReadonlySet<Generation> {
    return this.registry.active;
  }

  /** Folders that must be listed again. */
  get dirty(): Set<string> {
    return this.registry.dirty;
  }

  get directories(): Set<string> {
    return this.discovery.directories;
  }

  get hasOrphans(): boolean {
    return this.orphans.any;
  }

  /** Takes up the server's positions; also after a server has lost some. Call `rescan` later as often as wanted. */
  async begin(known: readonly KnownSource[]): Promise<void> {
    await this.registry.clear();
    let ours = 0;
    for (const source of known) {
      this.registry.reserve(source.id);
      if (!(await this.discovery.covers(source.path))) continue;
      ours++;
      const generation = Generation.fromKnown(source, this.clock.monotonic());
      if (source.ended) this.registry.ended.add(generation);
      else this.registry.active.add(generation);
    }
    for (const listing of await this.discovery.walk()) await this.takeListing(listing);
    await this.resolver.matchKnown();
    this.resolver.skipExisting = ours === 0 && this.options.from === 'end';
    await this.judgeAll(this.entries.values());
    this.resolver.skipExisting = false;
    this.orphans.explainUnmatched();
  }

  /** Looks at everything: folders, files, generations that wait. */
  async rescan(): Promise<void> {
    this.dirty.clear();
    this.pace.clear();
    const listings = await this.discovery.walk();
    const listed = new Set(listings.map(listing => listing.directory));
    for (const listing of listings) await this.takeListing(listing);
    // A folder that is gone takes its files along; one that can't be read just now does not.
    for (const entry of [...this.entries.values()])
      if (!listed.has(entry.directory) && !this.discovery.errors.has(entry.directory))
        await this.absent(entry);
    await this.judgeAll(this.entries.values());
    await this.orphans.recover();
    await this.lookAtRotated();
    await restIdle(this.active, this.options.openFiles);
    this.tooMany.look(this.entries.values());
  }

  /** Lists the folders that were marked dirty and looks at their files; one that was listed just now stays marked. */
  async rescanDirty(): Promise<void> {
    const due = this.pace.due(this.dirty, this.clock.monotonic());
    for (const directory of due) {
      this.dirty.delete(directory);
      const began = this.clock.monotonic();
      const listings = await this.discovery.list(directory);
      for (const listing of listings) await this.takeListing(listing);
      this.pace.listed(directory, began, this.clock.monotonic());
      const listed = new Set(listings.map(({ directory }) => directory));
      await this.judgeAll([...this.entries.values()].filter(entry => listed.has(entry.directory)));
    }
    if (due.length > 0) await this.orphans.recover();
  }

  /** Looks at one path that was written. */
  async look(path: string): Promise<void> {
    const entry = this.entries.get(path);
    if (!entry) return;
    await this.takeStat(entry);
    await this.judge(entry);
  }

  /** Looks at the files of folders whose events are off. */
  async lookAtFilesOf(directories: ReadonlySet<string>): Promise<void> {
    const due = new Set(this.filesPace.due(directories, this.clock.monotonic()));
    if (due.size === 0) return;
    const began = this.clock.monotonic();
    for (const entry of [...this.entries.values()]) {
      if (!due.has(entry.directory) || entry.rotated) continue;
      await this.look(entry.path);
    }
    for (const directory of due) this.filesPace.listed(directory, began, this.clock.monotonic());
  }

  /** Looks at what is growing; called with every tick. */
  async lookAtHot(): Promise<void> {
    const now = this.clock.monotonic();
    for (const entry of [...this.entries.values()]) {
      const generation = entry.generation;
      if (!entry.owner || generation?.state !== 'live' || now - generation.grewAt >= HOT_MS) continue;
      await this.takeStat(entry);
      await this.judge(entry);
    }
    await this.lookAtRotated(HOT_MS);
  }

  /** Ends what is complete, and names the gaps of what was not found. */
  settle(): Promise<void> {
    return this.orphans.settle();
  }

  /** The bytes before the generation's position are no longer those that were read: found while reading. */
  async changed(generation: Generation): Promise<void> {
    const entry = this.registry.ownerOf(generation);
    await this.orphans.overwritten(generation, 'rewritten');
    if (!entry) return;
    await this.takeStat(entry);
    await this.resolver.resolve(entry, undefined);
  }

  /** Reading failed. */
  async unreadable(generation: Generation, error: unknown): Promise<void> {
    if (isHandleDead(error)) await this.orphans.handleLost(generation);
    else this.orphans.unreadable(generation);
  }

  /** Everything of it was acknowledged, its end too. */
  finish(generation: Generation): Promise<void> {
    return this.registry.finish(generation, this.clock.monotonic());
  }

  giveId(generation: Generation): void {
    this.registry.giveId(generation);
  }

  /** Closes every file. */
  forget(): Promise<void> {
    return this.registry.clear();
  }

  private async takeListing(listing: Listing): Promise<void> {
    const present = new Set<string>();
    const entries = listing.candidates.map(candidate => {
      present.add(candidate.path);
      return this.registry.enter(candidate);
    });
    for (const entry of [...this.entries.values()])
      if (entry.directory === listing.directory && !present.has(entry.path)) await this.absent(entry);
    const width = this.view.concurrency;
    for (let at = 0; at < entries.length; at += width)
      await Promise.all(entries.slice(at, at + width).map(entry => this.takeStat(entry)));
  }

  private async takeStat(entry: Entry): Promise<void> {
    try {
      entry.stat = await this.view.stat(entry.path);
      if (entry.error !== null && !entry.generation?.handle) entry.stamp = '';
    } catch (error) {
      if (isAbsent(error)) await this.absent(entry);
      else {
        entry.stat = undefined;
        entry.error = errnoOf(error);
      }
    }
  }

  /** Names in use before rotated ones, so that copies find the original; then the oldest first. */
  private async judgeAll(entries: Iterable<Entry>): Promise<void> {
    const ordered = [...entries].sort(
      (a, b) =>
        Number(a.rotated) - Number(b.rotated) ||
        (a.stat?.mtimeMs ?? 0) - (b.stat?.mtimeMs ?? 0) ||
        (a.path < b.path ? -1 : 1),
    );
    this.doubted = freshlyRotated(ordered);
    for (const [i, entry] of ordered.entries()) {
      await this.judge(entry);
      if (i % REST_EVERY === REST_EVERY - 1) await restIdle(this.active, this.options.openFiles);
    }
    // Judging one may have shown that another is not what it was.
    for (const entry of ordered) if (entry.stamp === '' && entry.error === null) await this.judge(entry);
  }

  /** A read that fails in the middle (disk error, connection gone) leaves the file to the next look, with a handle opened anew. */
  private async judge(entry: Entry): Promise<void> {
    try {
      await this.judgeContent(entry);
    } catch (error) {
      if (!isReadFault(error)) throw error;
      entry.error = errnoOf(error);
      entry.stamp = '';
      if (entry.owner && entry.generation) await this.unreadable(entry.generation, error);
    }
  }

  private async judgeContent(entry: Entry): Promise<void> {
    const { stat, generation } = entry;
    if (stat?.kind !== 'file') return;
    const stamp = stampOf(entry);
    // Without inodes, and with times of whole seconds, a new file of the old one's size is told by its content alone.
    const isDoubted = stat.inode === undefined && this.doubted.has(entry.path);
    if (stamp === entry.stamp && !isDoubted && (!entry.owner || generation?.handle || generation?.rests)) {
      if (generation) generation.seenAt = this.clock.monotonic();
      return;
    }
    entry.stamp = stamp;
    if (generation && entry.owner) {
      if (await this.opener.isSameFile(entry, generation, stat, isDoubted)) {
        if (entry.rotated && generation.isBlank) await this.judgeAgain(entry, generation);
        else await this.grown(entry, generation, stat);
        return;
      }
      await this.leave(entry, generation);
    } else if (generation && !entry.rotated && sameInode(generation, stat) === true) {
      // A hard link or symbolic link to a log that is read under another name.
      return;
    }
    await this.resolver.resolve(entry, generation);
  }

  /** It was empty when it was found: the program's old file, or a copy that was only begun. Now it can be told. */
  private async judgeAgain(entry: Entry, generation: Generation): Promise<void> {
    this.registry.release(entry);
    await this.registry.drop(generation);
    await this.resolver.resolve(entry, undefined);
  }

  /** The same file as before: longer, shorter, or rewritten. */
  private async grown(entry: Entry, generation: Generation, stat: FileStat): Promise<void> {
    if (generation.compression) return;
    generation.handle ??= await this.opener.reopen(entry);
    if (!generation.handle) return;
    entry.error = null;
    const touched = stat.mtimeMs !== generation.mtimeMs;
    if (stat.size < generation.position) {
      await this.replaced(entry, generation, 'truncated');
      return;
    }
    const suspicious =
      stat.size < generation.size ||
      (touched && stat.size === generation.position && generation.position > 0);
    if (suspicious && !(await this.holds(generation, stat))) {
      await this.replaced(entry, generation, 'rewritten');
      return;
    }
    if (generation.head.length < FINGERPRINT_BYTES && stat.size > generation.head.length) {
      const head = await readBytes(generation.handle, 0, FINGERPRINT_BYTES);
      if (!head.subarray(0, generation.head.length).equals(generation.head)) {
        await this.replaced(entry, generation, 'rewritten');
        return;
      }
      generation.setHead(head);
    }
    if (stat.size > generation.size || touched) generation.grewAt = this.clock.monotonic();
    generation.size = stat.size;
    generation.mtimeMs = stat.mtimeMs;
    generation.seenAt = this.clock.monotonic();
    generation.headDue = true;
  }

  private async holds(generation: Generation, stat: FileStat): Promise<boolean> {
    return isContentOf(generation, await this.opener.describe(generation.handle!, stat, undefined));
  }

  /** The inode stayed and the content did not: what wasn't read is looked for in a copy, the file begins anew. */
  private async replaced(
    entry: Entry,
    generation: Generation,
    how: 'truncated' | 'rewritten',
  ): Promise<void> {
    this.logger.info('file.truncated', { path: entry.path, how, position: generation.position });
    await this.orphans.overwritten(generation, how);
    await this.resolver.resolve(entry, undefined);
  }

  /** Another file took the path, or none. */
  private async leave(entry: Entry, generation: Generation): Promise<void> {
    this.registry.release(entry);
    this.dirty.add(entry.directory);
    if (generation.state !== 'live' && generation.state !== 'rotated') return;
    const heir = generation.state === 'live' ? this.registry.linkTo(generation, entry) : undefined;
    if (heir) {
      this.registry.own(heir, generation, this.clock.monotonic());
    } else if (generation.handle) {
      if (generation.state === 'live') this.logger.info('file.rotated', { path: entry.path });
      generation.enter('rotated', this.clock.monotonic());
      await this.refreshSize(generation);
    } else this.orphans.add(generation, 'rotated');
  }

  private async absent(entry: Entry): Promise<void> {
    if (entry.generation && entry.owner) await this.leave(entry, entry.generation);
    this.registry.release(entry);
    entry.stat = undefined;
    entry.stamp = '';
    entry.error = null;
    entry.wasAbsent = true;
    if (entry.rotated) this.registry.entries.delete(entry.path);
  }

  private async lookAtRotated(within = Number.POSITIVE_INFINITY): Promise<void> {
    const now = this.clock.monotonic();
    for (const generation of this.active) {
      if (generation.state !== 'rotated' || !generation.handle || generation.compression) continue;
      if (now - Math.max(generation.grewAt, generation.since) < within) await this.refreshSize(generation);
    }
  }

  private async refreshSize(generation: Generation): Promise<void> {
    const stat = await generation.handle?.stat().catch(async error => {
      if (isHandleDead(error)) await this.orphans.handleLost(generation);
      return undefined;
    });
    if (!stat || generation.compression) return;
    if (generation.isBlank && this.registry.ownerOf(generation)) return;
    if (stat.size > generation.size) generation.grewAt = this.clock.monotonic();
    generation.size = Math.max(generation.size, stat.size);
  }
}

function freshlyRotated(entries: readonly Entry[]): Set<string> {
  return new Set(entries.filter(entry => entry.rotated && !entry.generation).map(entry => entry.basePath));
}
