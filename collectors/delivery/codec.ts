import { promisify } from 'node:util';
import zlib from 'node:zlib';

export type Encoding = 'zstd' | 'br' | 'gzip' | 'identity';

type Codec = (data: Buffer, options: object) => Promise<Buffer>;
const brotli = promisify(zlib.brotliCompress) as Codec;
const gzip = promisify(zlib.gzip) as Codec;

const zstdLevel = (zlib.constants as Record<string, number>).ZSTD_c_compressionLevel ?? 100;

/** Order of preference, measured by bench/collect/codecs.ts (docs/measurements/collect.md). */
const PREFERENCE: Encoding[] = ['zstd', 'br', 'gzip', 'identity'];

export function chooseEncoding(wanted: Encoding | 'auto', offered: readonly Encoding[]): Encoding {
  const can = PREFERENCE.filter(
    encoding => offered.includes(encoding) && (encoding !== 'zstd' || createZstdCompress !== undefined),
  );
  if (wanted !== 'auto' && can.includes(wanted)) return wanted;
  return can[0] ?? 'identity';
}

/** What a stream gives at once: a full batch of most logs. */
const STREAM_CHUNK = 256 * 1024;

/** What there is of node:zlib's ZstdCompress here; Node 20 has none. */
interface ZstdStream {
  on(event: 'data', listener: (chunk: Buffer) => void): this;
  once(event: 'error', listener: (error: Error) => void): this;
  removeListener(event: 'error', listener: (error: Error) => void): this;
  write(chunk: Buffer): boolean;
  flush(kind: number, callback: () => void): void;
  close(): void;
}
interface ZstdEncoder {
  stream: ZstdStream;
  /** What came out since the last frame. */
  parts: Buffer[];
}
const { createZstdCompress } = zlib as { createZstdCompress?: (options: object) => ZstdStream };
const frameEnd = (zlib.constants as Record<string, number>).ZSTD_e_end ?? 2;

/**
 * Compresses on a thread of the pool, one batch after the other: several at once hold megabytes each, and one thread packs a million
 * lines a second. Settings: see bench/collect/codecs.ts. A stream of zstd is used again, each batch a frame of its own: what one is
 * set up with lies outside of V8's heap, which collects all of it when enough came together (a tenth of the CPU of large batches, a
 * fifth of small ones).
 */
export class Compressor {
  private encoder: ZstdEncoder | undefined;
  private before: Promise<unknown> = Promise.resolve();

  /** @returns the body in parts: joining them would copy all that is sent */
  compress(frame: Buffer, encoding: Encoding): Promise<Buffer[]> {
    const packed = this.before.then(() => this.pack(frame, encoding));
    this.before = packed.catch(() => {});
    return packed;
  }

  close(): void {
    this.encoder?.stream.close();
    this.encoder = undefined;
  }

  private async pack(frame: Buffer, encoding: Encoding): Promise<Buffer[]> {
    // One output buffer for nearly all batches: the default of 16 KiB costs a callback and a copy every 16 KiB.
    const chunkSize = Math.max(16 * 1024, Math.ceil(frame.length / 3));
    if (encoding === 'zstd' && createZstdCompress) {
      this.encoder ??= newEncoder(createZstdCompress);
      return this.packFrame(frame, this.encoder);
    }
    if (encoding === 'br') {
      const params = {
        [zlib.constants.BROTLI_PARAM_QUALITY]: 1,
        // A window of 256 KiB: 41.9 bytes a line of many programs where 64 KiB take 49.8, at the same CPU.
        [zlib.constants.BROTLI_PARAM_LGWIN]: 18,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: frame.length,
      };
      return [await brotli(frame, { chunkSize, params })];
    }
    if (encoding === 'gzip') return [await gzip(frame, { chunkSize, level: 1 })];
    return [Buffer.from(frame)];
  }

  private async packFrame(frame: Buffer, { stream, parts }: ZstdEncoder): Promise<Buffer[]> {
    try {
      await new Promise<void>((resolve, reject) => {
        stream.once('error', reject);
        stream.write(frame);
        stream.flush(frameEnd, () => {
          stream.removeListener('error', reject);
          resolve();
        });
      });
    } catch (thrown) {
      this.close();
      throw thrown;
    }
    return parts.splice(0);
  }
}

function newEncoder(create: (options: object) => ZstdStream): ZstdEncoder {
  const stream = create({ chunkSize: STREAM_CHUNK, params: { [zstdLevel]: 1 } });
  const parts: Buffer[] = [];
  stream.on('data', chunk => parts.push(chunk));
  return { stream, parts };
}
