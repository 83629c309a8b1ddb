import { gzipSizeHint, innermost } from './compressed.js';
import { FINGERPRINT_BYTES, headMatches, sharePrefix, tailMatches } from './fingerprint.js';
import type { Generation } from './generation.js';
import type { Compression } from './names.js';
import { type ByteHandle, type FileStat, sameInode } from './view.js';

/** A file that was opened to be judged. */
export interface OpenedFile {
  handle: ByteHandle;
  stat: FileStat;
  /** Its first bytes, at most 1,024, decompressed. */
  head: Buffer;
  compression: Compression | undefined;
}

/** Does the file begin with all that was read of the generation? Judged by head and by the bytes before the position. */
export async function isContentOf(generation: Generation, file: OpenedFile): Promise<boolean> {
  if (!headMatches(generation.headPrint, file.head)) return false;
  if (!file.compression && file.stat.size < generation.position) return false;
  return tailMatches(file.handle, generation.position, generation.tailPrint);
}

/**
 * Is a file with a rotated name a generation that is known already? `adopt`: its unread rest is in this file; else the
 * file is a mere copy of what is read elsewhere or was read.
 */
export async function findCopied(
  entry: { basePath: string },
  file: OpenedFile,
  generations: readonly Generation[],
): Promise<{ generation: Generation; adopt: boolean } | undefined> {
  if (file.head.length === 0) return undefined;
  for (const generation of generations) {
    if (generation.basePath !== entry.basePath || generation.headPrint.length === 0) continue;
    if (generation.state === 'orphan') {
      if (await isContentOf(generation, file)) return { generation, adopt: true };
      if (await isShorterCopy(generation, file)) return { generation, adopt: false };
    } else if (generation.state === 'ended') {
      if (await isComplete(generation, file)) return { generation, adopt: false };
    } else if (await isCopyOfOpen(generation, file)) return { generation, adopt: false };
  }
  return undefined;
}

/** A copy that ends before what was read: copytruncate's, when lines were read between the copy and the truncation. */
async function isShorterCopy(generation: Generation, file: OpenedFile): Promise<boolean> {
  if (file.compression || file.stat.size >= generation.position) return false;
  if (!headMatches(generation.headPrint, file.head)) return false;
  const checkpoint = generation.checkpointBefore(file.stat.size);
  if (!checkpoint) return false;
  return tailMatches(file.handle, checkpoint.offset, checkpoint.print);
}

/** Holds the file exactly what was read of a generation that ended? */
async function isComplete(generation: Generation, file: OpenedFile): Promise<boolean> {
  if (!headMatches(generation.headPrint, file.head)) return false;
  if (file.compression === 'gzip') {
    // Decompressing every old generation at each start would cost minutes: its size and its head decide.
    return (await gzipSizeHint(file)) === generation.position % 2 ** 32;
  }
  if (file.compression === undefined && file.stat.size !== generation.position) return false;
  return tailMatches(file.handle, generation.position, generation.tailPrint);
}

async function isCopyOfOpen(generation: Generation, file: OpenedFile): Promise<boolean> {
  if (!generation.handle || file.compression !== generation.compression) return isContentOf(generation, file);
  // Of compressed files the compressed bytes: renamed, where there are no inodes to say so.
  const [mine, its] = [innermost(generation.handle), innermost(file.handle)];
  const { size } = await mine.stat();
  if (file.compression && size !== file.stat.size) return false;
  return sharePrefix(its, file.stat.size, mine, size);
}

/**
 * Which of the server's sources is which file. Every pair whose content agrees is weighed: the longest agreement first,
 * then the same inode, then the same path; each source and each file is taken once.
 */
export async function assignKnown<E extends { basePath: string; rotated: boolean; path: string }>(
  files: readonly { entry: E; file: OpenedFile }[],
  known: readonly Generation[],
): Promise<Map<E, Generation>> {
  const pairs: { entry: E; generation: Generation; weight: number }[] = [];
  for (const { entry, file } of files) {
    for (const generation of known) {
      if (generation.headPrint.length === 0 || generation.headPrint.length > file.head.length) continue;
      if (!headMatches(generation.headPrint, file.head)) continue;
      const inode = sameInode(generation, file.stat) === true;
      const fits =
        generation.state === 'ended' && !(inode && entry.rotated)
          ? await isComplete(generation, file)
          : await isContentOf(generation, file).catch(() => false);
      if (!fits) continue;
      const full = generation.headPrint.length === FINGERPRINT_BYTES;
      const weight = (inode ? 4 : 0) + (full ? 2 : 0) + (generation.basePath === entry.basePath ? 1 : 0);
      pairs.push({ entry, generation, weight });
    }
  }
  pairs.sort(
    (a, b) =>
      b.generation.position - a.generation.position ||
      b.weight - a.weight ||
      Number(a.entry.rotated) - Number(b.entry.rotated),
  );
  const bound = new Map<E, Generation>();
  const taken = new Set<Generation>();
  for (const { entry, generation } of pairs) {
    if (bound.has(entry) || taken.has(generation)) continue;
    bound.set(entry, generation);
    taken.add(generation);
  }
  return bound;
}
