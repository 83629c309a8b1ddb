import path from 'node:path';
import type { Clock } from '../../src/platform/clock.js';
import type { Discovery } from './discovery.js';
import type { EndReason, Generation } from './generation.js';
import { isContentOf } from './identity.js';
import type { Opener } from './opener.js';
import type { Entry, Registry } from './registry.js';
import type { FileSystemView } from './view.js';

/** How long a copy of bytes that were truncated or moved away is looked for before the gap is named. */
const RECOVER_MS = 3000;
/** A rotated file is complete when it has been quiet this long: programs go on in the old file until they are told to reopen. */
const ROTATED_QUIET_MS = 30_000;
const REMOVED_QUIET_MS = 5000;
/** By then gzip is done, or dead. */
const DAMAGED_AFTER_MS = 60_000;

const GAP_REASON = {
  truncated: 'truncated-before-read',
  rewritten: 'rewritten',
  rotated: 'rotated-away',
  deleted: 'deleted-before-read',
} as const;

/** The ends of generations: complete ones, and those whose bytes went elsewhere, until they are found or given up. */
export class Orphans {
  constructor(
    private readonly registry: Registry,
    private readonly opener: Opener,
    private readonly discovery: Discovery,
    private readonly clock: Clock,
    private readonly view: Pick<FileSystemView, 'written'>,
  ) {}

  get any(): boolean {
    for (const generation of this.registry.active) if (generation.state === 'orphan') return true;
    return false;
  }

  /** The file's content was replaced in place: a handle to it leads to other bytes. */
  async overwritten(generation: Generation, how: 'truncated' | 'rewritten'): Promise<void> {
    const entry = this.registry.ownerOf(generation);
    if (entry) this.registry.release(entry);
    await generation.closeHandle();
    this.add(generation, how);
    this.registry.dirty.add(entry?.directory ?? path.dirname(generation.basePath));
  }

  add(generation: Generation, how: Generation['lostBy']): void {
    const now = this.clock.monotonic();
    this.registry.dropInode(generation);
    if (!generation.exists && generation.size === 0 && generation.position === 0) {
      this.registry.active.delete(generation);
      return;
    }
    generation.wasGrowing = generation.isGrowing;
    generation.lostBy = how;
    generation.enter('orphan', now);
  }

  /**
   * The open file is dead with its connection. Where the path is known it is opened anew and proven by the bytes before the
   * position; a file that had lost its path, and a compressed one, are looked for by content.
   */
  async handleLost(generation: Generation): Promise<void> {
    await generation.closeHandle();
    if (generation.state !== 'live' && generation.state !== 'rotated') return;
    const owner = this.registry.ownerOf(generation);
    if (owner && !generation.compression) {
      owner.stamp = '';
      return;
    }
    if (owner) this.registry.release(owner);
    this.add(generation, 'rotated');
    this.registry.dirty.add(path.dirname(generation.basePath));
  }

  /** Sources of the server that no file at the start was: says by what stands in their place what became of them. */
  explainUnmatched(): void {
    for (const generation of this.registry.active) {
      if (generation.state !== 'orphan') continue;
      const entry = this.registry.entries.get(generation.basePath);
      if (!entry?.stat) generation.lostBy = 'deleted';
      else generation.lostBy = entry.stat.inode === generation.inode ? 'rewritten' : 'rotated';
    }
  }

  /** Looks for their bytes among the rotated files beside them, the newest first. */
  async recover(): Promise<void> {
    for (const generation of [...this.registry.active]) {
      if (generation.state !== 'orphan') continue;
      const began = this.clock.monotonic();
      const found = await this.find(generation);
      if (found === 'not there') generation.soughtAt = began;
    }
  }

  private async find(generation: Generation): Promise<'found' | 'not there' | 'not known'> {
    if (generation.headPrint.length === 0) return 'not there';
    let verdict: 'not there' | 'not known' = 'not there';
    const siblings = [...this.registry.entries.values()]
      .filter(entry => isCandidate(entry, generation))
      .sort((a, b) => (b.stat?.mtimeMs ?? 0) - (a.stat?.mtimeMs ?? 0));
    for (const entry of siblings) {
      const file = await this.opener.open(entry);
      if (!file) {
        if (!this.isDamaged(entry.compression, entry.stat?.mtimeMs ?? 0)) verdict = 'not known';
        continue;
      }
      // The names have moved on since the listing: what is looked for may have a name that was not in it.
      if (file.stat.size !== entry.stat?.size || file.stat.mtimeMs !== entry.stat.mtimeMs)
        verdict = 'not known';
      let same = false;
      try {
        same = file.head.length > 0 && (await isContentOf(generation, file));
      } catch {
        if (!this.isDamaged(entry.compression, entry.stat?.mtimeMs ?? 0)) verdict = 'not known';
      }
      if (same) {
        this.registry.own(entry, generation, this.clock.monotonic(), file);
        return 'found';
      }
      await file.handle.close();
    }
    return verdict;
  }

  /**
   * Ends what is complete, and names the gaps of what was not found. A file that lost its name is complete when nobody has it
   * open for writing any more.
   */
  async settle(): Promise<void> {
    const now = this.clock.monotonic();
    const quiet = this.quietGenerations(now);
    const written = await this.writtenAmong(quiet);
    for (const generation of [...this.registry.active]) {
      if (generation.state === 'orphan' && now - generation.since >= RECOVER_MS) {
        // Over ssh three seconds may pass without a look, or with looks that read nothing.
        const sought = generation.soughtAt - generation.since >= RECOVER_MS;
        if (sought && !this.mayStillTurnUp(generation)) this.giveUp(generation);
      }
      const removed = quiet.get(generation);
      if (removed === undefined) continue;
      // Asked again when it has been quiet as long once more.
      if (removed && written.has(generation)) generation.since = now;
      else this.conclude(generation, removed ? 'deleted' : 'rotated');
    }
  }

  /** Rotated generations that are read and over, as far as their quiet tells, and whether they are removed. */
  private quietGenerations(now: number): Map<Generation, boolean> {
    const quiet = new Map<Generation, boolean>();
    const read = [...this.registry.active].filter(
      ({ state, unread, heldAt }) => state === 'rotated' && unread === 0 && heldAt < 0,
    );
    if (read.length === 0) return quiet;
    const owned = new Set<Generation>();
    for (const entry of this.registry.entries.values())
      if (entry.owner && entry.generation) owned.add(entry.generation);
    for (const generation of read) {
      const removed = !owned.has(generation);
      const since = now - Math.max(generation.since, generation.grewAt);
      if (generation.compression || since >= (removed ? REMOVED_QUIET_MS : ROTATED_QUIET_MS))
        quiet.set(generation, removed);
    }
    return quiet;
  }

  /** Those of the removed ones that somebody still has open for writing. */
  private async writtenAmong(quiet: ReadonlyMap<Generation, boolean>): Promise<ReadonlySet<Generation>> {
    const asked = [...quiet].flatMap(([generation, removed]) =>
      removed && !generation.compression && generation.handle && generation.inode !== undefined
        ? [[`${generation.device}:${generation.inode}`, generation] as const]
        : [],
    );
    if (asked.length === 0) return new Set();
    const written = await this.view.written?.(new Set(asked.map(([key]) => key)));
    return new Set(asked.flatMap(([key, generation]) => (written?.has(key) ? [generation] : [])));
  }

  /** Reading failed. Gives up on a damaged compressed file; anything else is tried again. */
  unreadable(generation: Generation): void {
    if (!this.isDamaged(generation.compression, generation.mtimeMs)) return;
    generation.notices.push({ kind: 'gap', to: null, reason: 'unreadable' });
    this.conclude(generation, 'rotated');
  }

  /** Something beside it can't be read just now: it may be in there. */
  private mayStillTurnUp(generation: Generation): boolean {
    if (this.discovery.errors.has(path.dirname(generation.basePath))) return true;
    for (const entry of this.registry.entries.values())
      if (
        entry.basePath === generation.basePath &&
        entry.error !== null &&
        !this.isDamaged(entry.compression, entry.stat?.mtimeMs ?? 0)
      )
        return true;
    return false;
  }

  /** A compressed file that still ends in the middle long after it was last written. */
  private isDamaged(compression: string | undefined, mtimeMs: number): boolean {
    return compression !== undefined && this.clock.now() - mtimeMs > DAMAGED_AFTER_MS;
  }

  /**
   * No copy was found: says what is missing. What was seen and not read, for sure; more, if it was growing; else that
   * nobody can know: silence would be a promise, and an alarm at every `tee FILE` on an old log a false one.
   */
  private giveUp(generation: Generation): void {
    const reason = GAP_REASON[generation.lostBy];
    if (generation.size > generation.position)
      generation.notices.push({ kind: 'gap', to: generation.size, reason });
    generation.notices.push({ kind: 'gap', to: null, reason: generation.wasGrowing ? reason : 'unseen' });
    this.conclude(generation, generation.lostBy);
  }

  private conclude(generation: Generation, reason: EndReason): void {
    if (!generation.exists && generation.notices.length === 0) {
      void this.registry.drop(generation);
      return;
    }
    generation.notices.push({ kind: 'end', reason });
    generation.enter('ending', this.clock.monotonic());
  }
}

function isCandidate(entry: Entry, generation: Generation): boolean {
  return (
    entry.basePath === generation.basePath &&
    entry.rotated &&
    entry.stat?.kind === 'file' &&
    !(entry.owner && entry.generation !== undefined)
  );
}
