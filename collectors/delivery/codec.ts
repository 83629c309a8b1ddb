import { promisify } from 'node:util';
import zlib from 'node:zlib';

export type Encoding = 'zstd' | 'br' | 'gzip' | 'identity';

type Compressor = (data: Buffer, options: object) => Promise<Buffer>;
const brotli = promisify(zlib.brotliCompress) as Compressor;
const gzip = promisify(zlib.gzip) as Compressor;
/** Node has zstd from 22.15 on. */
const zstdCompress = (zlib as { zstdCompress?: unknown }).zstdCompress;
const zstd = zstdCompress ? (promisify(zstdCompress as typeof zlib.gzip) as Compressor) : undefined;

const zstdLevel = (zlib.constants as Record<string, number>).ZSTD_c_compressionLevel ?? 100;

/** Order of preference, measured by bench/collect/codecs.ts (docs/measurements/collect.md). */
const PREFERENCE: Encoding[] = ['zstd', 'br', 'gzip', 'identity'];

export function chooseEncoding(wanted: Encoding | 'auto', offered: readonly Encoding[]): Encoding {
  const can = PREFERENCE.filter(
    encoding => offered.includes(encoding) && (encoding !== 'zstd' || zstd !== undefined),
  );
  if (wanted !== 'auto' && can.includes(wanted)) return wanted;
  return can[0] ?? 'identity';
}

/** Compresses on a thread of the pool. Settings: see bench/collect/codecs.ts. */
export async function compress(frame: Buffer, encoding: Encoding): Promise<Buffer> {
  // One output buffer for nearly all batches: the default of 16 KiB costs a callback and a copy every 16 KiB.
  const chunkSize = Math.max(16 * 1024, frame.length >> 2);
  if (encoding === 'zstd' && zstd) return zstd(frame, { chunkSize, params: { [zstdLevel]: 1 } });
  if (encoding === 'br')
    return brotli(frame, {
      chunkSize,
      params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: 1,
        // A window of 256 KiB, half a batch: 41.9 bytes a line of many programs where 64 KiB take 49.8, at the same CPU.
        [zlib.constants.BROTLI_PARAM_LGWIN]: 18,
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: frame.length,
      },
    });
  if (encoding === 'gzip') return gzip(frame, { chunkSize, level: 1 });
  return Buffer.from(frame);
}
