import type { Clock } from '../../src/platform/clock.js';
import { gzipSizeHint } from './compressed.js';
import { FINGERPRINT_BYTES } from './fingerprint.js';
import { Generation } from './generation.js';
import { assignKnown, findCopied, isContentOf, type OpenedFile } from './identity.js';
import type { Opener } from './opener.js';
import type { Orphans } from './orphans.js';
import type { Entry, Registry } from './registry.js';
import { errnoOf, isHandleDead, readBytes, sameInode } from './view.js';

/** Smallest content by which a file that was replaced by a rewritten one (an editor's save) is taken for the same. */
const SAVED_OVER_BYTES = 256;
const SCAN_BYTES = 256 * 1024;

/** Says which generation a file is: one that is known, by inode and content or by content alone, or a new one. */
export class Resolver {
  /** `--from end`, at the first contact with a server that knows nothing of these files: what is there is skipped. */
  skipExisting = false;

  constructor(
    private readonly registry: Registry,
    private readonly opener: Opener,
    private readonly orphans: Orphans,
    private readonly clock: Clock,
  ) {}

  /** @param before the generation the path held until now */
  async resolve(entry: Entry, before: Generation | undefined): Promise<void> {
    this.registry.release(entry);
    const file = await this.opener.open(entry);
    if (!file) return;
    try {
      await this.identify(entry, file, before);
    } catch (error) {
      // A .gz that gzip is still writing ends in the middle. Judged again when it has changed.
      entry.error = errnoOf(error);
      if (!entry.compression) entry.stamp = '';
      await file.handle.close().catch(() => {});
    }
  }

  /** Compares the files found at the start with the server's sources and binds those that belong together. */
  async matchKnown(): Promise<void> {
    const waiting = [...this.registry.active, ...this.registry.ended];
    if (waiting.length === 0) return;
    const files: { entry: Entry; file: OpenedFile }[] = [];
    for (const entry of this.registry.entries.values()) {
      if (entry.stat?.kind !== 'file') continue;
      const file = await this.opener.open(entry);
      if (file) files.push({ entry, file });
    }
    const bound = await assignKnown(files, waiting);
    for (const { entry, file } of files) {
      const generation = bound.get(entry);
      if (generation) await this.bind(entry, generation, file);
      else await file.handle.close();
    }
  }

  private async bind(entry: Entry, generation: Generation, file: OpenedFile): Promise<void> {
    entry.stamp = stampOf(entry);
    if (isCompleteAt(generation, entry, file)) {
      await this.recogniseEnded(entry, generation, file);
      return;
    }
    this.registry.own(entry, generation, this.clock.monotonic(), file);
    generation.tail = await readTail(generation);
  }

  private async identify(entry: Entry, file: OpenedFile, before: Generation | undefined): Promise<void> {
    const { registry } = this;
    if (await this.isKnownInode(entry, file)) return;
    if (!entry.rotated && before && !entry.wasAbsent && (await isSavedOver(before, file))) {
      await before.closeHandle();
      registry.own(entry, before, this.clock.monotonic(), file);
      return;
    }
    if (entry.rotated && file.head.length === 0 && file.stat.inode === undefined) {
      // It may be open already, under the name it had before: without inodes that shows when it has content.
      await file.handle.close();
      return;
    }
    if (entry.rotated) {
      await this.confirmOpen(entry.basePath);
      const found = await findCopied(entry, file, [...registry.active, ...registry.ended]);
      if (found?.adopt) {
        registry.own(entry, found.generation, this.clock.monotonic(), file);
        return;
      }
      if (found) {
        entry.generation = found.generation;
        await file.handle.close();
        return;
      }
    }
    await this.create(entry, file);
  }

  private async isKnownInode(entry: Entry, file: OpenedFile): Promise<boolean> {
    const { registry } = this;
    const known = registry.atInode(file.stat);
    if (!known || known.state === 'ending' || file.compression !== known.compression) return false;
    if (isCompleteAt(known, entry, file)) {
      await this.recogniseEnded(entry, known, file);
      return true;
    }
    if (!(await isContentOf(known, file))) {
      // Overwritten in place, under whatever name it has now; or an inode that was given to another file.
      if (known.state === 'live' || known.state === 'rotated')
        await this.orphans.overwritten(known, 'rewritten');
      return false;
    }
    const owner = registry.ownerOf(known);
    if (owner && owner !== entry && owner.stat && sameInode(owner.stat, file.stat) === true) {
      entry.generation = known;
      await file.handle.close();
      return true;
    }
    if (owner) registry.release(owner);
    registry.own(entry, known, this.clock.monotonic(), file);
    return true;
  }

  /** An old generation under its present name: remembered, not opened. */
  private async recogniseEnded(entry: Entry, generation: Generation, file: OpenedFile): Promise<void> {
    entry.generation = generation;
    this.registry.setInode(generation, file.stat);
    generation.compression = file.compression;
    await file.handle.close();
  }

  /** Makes sure that what is compared with next still is what was read: a copy and a truncation may have gone unseen. */
  private async confirmOpen(basePath: string): Promise<void> {
    for (const generation of [...this.registry.active]) {
      const { handle } = generation;
      if (generation.basePath !== basePath || !handle || generation.compression) continue;
      try {
        const file = await this.opener.describe(handle, await handle.stat(), undefined);
        if (await isContentOf(generation, file)) {
          if (file.head.length > generation.head.length) generation.setHead(file.head);
          continue;
        }
      } catch (error) {
        // Every rotated file beside a dead handle would wait for it, for ever.
        if (!isHandleDead(error)) throw error;
        await this.orphans.handleLost(generation);
        continue;
      }
      const owner = this.registry.ownerOf(generation);
      if (owner) owner.stamp = '';
      await this.orphans.overwritten(generation, 'rewritten');
    }
  }

  private async create(entry: Entry, file: OpenedFile): Promise<void> {
    const generation = new Generation(entry.agent, entry.basePath);
    generation.setHead(file.head);
    this.registry.own(entry, generation, this.clock.monotonic(), file);
    if (this.skipExisting) {
      await skipTo(generation, await sizeOf(file));
      // Told at once, so that a restart knows where following began.
      generation.announce = generation.position > 0;
      generation.readToEnd = generation.compression !== undefined;
    } else if (file.head.length === FINGERPRINT_BYTES && file.head.every(byte => byte === 0))
      await skipTo(generation, await endOfHole(file));
  }
}

/** Facts that change when a file is written or replaced. */
export function stampOf({ stat }: Entry): string {
  return `${stat?.device}:${stat?.inode}:${stat?.size}:${stat?.mtimeMs}`;
}

/** A rotated file that was read to its end and told so. */
function isCompleteAt(generation: Generation, entry: Entry, file: OpenedFile): boolean {
  return (
    generation.state === 'ended' &&
    entry.rotated &&
    (file.compression !== undefined || file.stat.size === generation.position)
  );
}

/** An editor's save: written beside it and renamed over it, same content and perhaps more. */
async function isSavedOver(before: Generation, file: OpenedFile): Promise<boolean> {
  if (before.position < SAVED_OVER_BYTES || before.state !== 'rotated' || !before.handle) return false;
  const old = await before.handle.stat().catch(() => undefined);
  if (old?.links !== undefined && old.links > 0) return false;
  if (old && file.stat.size < old.size) return false;
  return isContentOf(before, file);
}

async function readTail(generation: Generation): Promise<Buffer> {
  const length = Math.min(generation.position, generation.tailPrint?.length || FINGERPRINT_BYTES);
  if (!generation.handle) return Buffer.alloc(0);
  return readBytes(generation.handle, generation.position - length, length);
}

async function skipTo(generation: Generation, start: number): Promise<void> {
  if (start <= 0) return;
  generation.start = start;
  generation.acknowledged = start;
  generation.rewind(start, Buffer.alloc(0));
  if (!generation.compression) generation.rewind(start, await readTail(generation));
}

async function sizeOf(file: OpenedFile): Promise<number> {
  if (file.compression === undefined) return file.stat.size;
  if (file.compression === 'gzip') return gzipSizeHint(file);
  for (let at = 0; ; at += SCAN_BYTES) {
    const bytes = await readBytes(file.handle, at, SCAN_BYTES);
    if (bytes.length < SCAN_BYTES) return at + bytes.length;
  }
}

/**
 * A program that writes without O_APPEND goes on at its old offset after its log was truncated: the file begins with a
 * hole as long as the old log. The hole is no line.
 */
async function endOfHole(file: OpenedFile): Promise<number> {
  for (let at = 0; ; at += SCAN_BYTES) {
    const bytes = await readBytes(file.handle, at, SCAN_BYTES);
    const first = bytes.findIndex(byte => byte !== 0);
    if (first >= 0) return at + first;
    if (bytes.length < SCAN_BYTES) return at + bytes.length;
  }
}
