import { CompressedHandle } from './compressed.js';
import { FINGERPRINT_BYTES, sharePrefix } from './fingerprint.js';
import type { Generation } from './generation.js';
import { isContentOf, type OpenedFile } from './identity.js';
import type { Entry, Registry } from './registry.js';
import {
  type ByteHandle,
  errnoOf,
  type FileStat,
  type FileSystemView,
  isAbsent,
  readBytes,
  sameInode,
} from './view.js';

/** Opens what is at a path, making sure that it is the file that was looked at. */
export class Opener {
  constructor(
    private readonly view: FileSystemView,
    private readonly registry: Registry,
  ) {}

  /** Undefined when it can't be opened or has changed meanwhile; the entry says why and is looked at again. */
  async open(entry: Entry): Promise<OpenedFile | undefined> {
    let handle: ByteHandle | undefined;
    try {
      handle = await this.view.open(entry.path);
      const stat = await handle.stat();
      if (entry.stat && sameInode(stat, entry.stat) === false) {
        // Renamed between looking and opening.
        await handle.close();
        this.registry.dirty.add(entry.directory);
        entry.stamp = '';
        return undefined;
      }
      if (entry.compression) handle = new CompressedHandle(handle, entry.compression);
      const file = await this.describe(handle, stat, entry.compression);
      entry.error = null;
      return file;
    } catch (error) {
      await handle?.close().catch(() => {});
      if (isAbsent(error)) this.registry.dirty.add(entry.directory);
      else entry.error = errnoOf(error);
      // A .gz that gzip is still writing is judged again when it has changed; anything else at the next look.
      if (!entry.compression) entry.stamp = '';
      return undefined;
    }
  }

  /** A handle that was closed because too many were open. */
  async reopen(entry: Entry): Promise<ByteHandle | undefined> {
    try {
      return await this.view.open(entry.path);
    } catch (error) {
      entry.error = errnoOf(error);
      entry.stamp = '';
      return undefined;
    }
  }

  /** Is what is at the path now the generation that was read there? */
  async isSameFile(
    entry: Entry,
    generation: Generation,
    stat: FileStat,
    isDoubted: boolean,
  ): Promise<boolean> {
    const byInode = sameInode(generation, stat);
    if (byInode !== undefined) return byInode;
    if (!generation.handle) {
      // Renamed while its connection was gone? The path alone proves nothing, and reading would only tell if it were longer.
      const file = await this.open(entry);
      if (!file) return true;
      if (await isContentOf(generation, file)) {
        generation.handle = file.handle;
        return true;
      }
      await file.handle.close();
      return false;
    }
    const open = await generation.handle.stat();
    if (!isDoubted && open.size === stat.size && open.mtimeMs === stat.mtimeMs) return true;
    // Without inodes: open what is at the path now and compare the content.
    const file = await this.open(entry);
    if (!file) return true;
    const alike =
      open.size === 0 || (await sharePrefix(generation.handle, open.size, file.handle, file.stat.size));
    if (alike && (await isContentOf(generation, file))) {
      await generation.closeHandle();
      generation.handle = file.handle;
      return true;
    }
    await file.handle.close();
    return false;
  }

  async describe(
    handle: ByteHandle,
    stat: FileStat,
    compression: OpenedFile['compression'],
  ): Promise<OpenedFile> {
    return { handle, stat, head: await readBytes(handle, 0, FINGERPRINT_BYTES), compression };
  }
}
