import { Readable } from 'node:stream';
import zlib from 'node:zlib';
import { DeadairError } from '../../src/platform/errors.js';
import type { Compression } from './names.js';
import { type ByteHandle, type FileStat, readBytes } from './view.js';

const CHUNK_BYTES = 64 * 1024;

/** Node has zstd from 22.15 on. */
const createZstdDecompress = (zlib as { createZstdDecompress?: () => zlib.Gunzip }).createZstdDecompress;

function canDecompress(compression: Compression): boolean {
  return compression === 'gzip' || createZstdDecompress !== undefined;
}

/** The file itself, also of a compressed one. */
export function innermost(handle: ByteHandle): ByteHandle {
  return handle instanceof CompressedHandle ? handle.inner : handle;
}

/**
 * Size of what a .gz file holds, modulo 2^32, from its last four bytes (RFC 1952, ISIZE). Wrong for files of several
 * members: good enough to recognise a generation that was read to its end, together with its head.
 */
export async function gzipSizeHint(file: { handle: ByteHandle; stat: FileStat }): Promise<number> {
  const last = await readBytes(innermost(file.handle), Math.max(0, file.stat.size - 4), 4);
  return last.length === 4 ? last.readUInt32LE(0) : -1;
}

/**
 * A compressed generation as if it weren't: positions count decompressed bytes. Reads forwards; going back starts over.
 * The file must not change any more; one that ends in the middle (gzip still at work) throws, and is tried again later.
 */
export class CompressedHandle implements ByteHandle {
  private output: AsyncIterator<Buffer> | undefined;
  private stream: zlib.Gunzip | undefined;
  private pending: Buffer = Buffer.alloc(0);
  /** Decompressed offset of the first pending byte. */
  private offset = 0;
  private ended = false;

  constructor(
    /** The compressed file itself. */
    readonly inner: ByteHandle,
    private readonly compression: Compression,
  ) {
    if (!canDecompress(compression))
      throw Object.assign(new DeadairError('watch.unreadable', 'zstd files need Node 22.15 or newer'), {
        code: 'EZSTD',
      });
  }

  /** Size, links and time of the compressed file. */
  stat(): Promise<FileStat> {
    return this.inner.stat();
  }

  async read(into: readonly Uint8Array[], position: number): Promise<number> {
    if (!this.output || position < this.offset) this.restart();
    await this.skipTo(position);
    let total = 0;
    for (const part of into) {
      let filled = 0;
      while (filled < part.length) {
        if (this.pending.length === 0 && !(await this.more())) return total;
        const take = Math.min(part.length - filled, this.pending.length);
        part.set(this.pending.subarray(0, take), filled);
        this.drop(take);
        filled += take;
        total += take;
      }
    }
    return total;
  }

  async close(): Promise<void> {
    this.stream?.destroy();
    await this.inner.close();
  }

  private async skipTo(position: number): Promise<void> {
    while (this.offset < position) {
      if (this.pending.length === 0 && !(await this.more())) return;
      this.drop(Math.min(this.pending.length, position - this.offset));
    }
  }

  private drop(bytes: number): void {
    this.pending = this.pending.subarray(bytes);
    this.offset += bytes;
  }

  private async more(): Promise<boolean> {
    if (this.ended || !this.output) return false;
    let next: IteratorResult<Buffer>;
    try {
      next = await this.output.next();
    } catch (error) {
      // Not the end: the next read starts over.
      this.output = undefined;
      throw error;
    }
    if (next.done) {
      this.ended = true;
      return false;
    }
    this.pending = next.value;
    return true;
  }

  private restart(): void {
    this.stream?.destroy();
    const inner = this.inner;
    async function* chunks(): AsyncGenerator<Buffer> {
      for (let at = 0; ; at += CHUNK_BYTES) {
        const chunk = await readBytes(inner, at, CHUNK_BYTES);
        if (chunk.length > 0) yield chunk;
        if (chunk.length < CHUNK_BYTES) return;
      }
    }
    const stream = this.compression === 'gzip' ? zlib.createGunzip() : createZstdDecompress!();
    const input = Readable.from(chunks());
    input.on('error', error => stream.destroy(error));
    // The iterator throws it to who reads; an error between two reads has nobody else.
    stream.on('error', () => input.destroy());
    input.pipe(stream);
    this.stream = stream;
    this.output = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.pending = Buffer.alloc(0);
    this.offset = 0;
    this.ended = false;
  }
}
