import zlib from 'node:zlib';
import { DeadairError } from '../platform/errors.js';

/** Bytes decompressed at a time. */
const MIN_PIECE = 4 * 1024;
const MAX_PIECE = 2 * 1024 * 1024;

type Decoder = (body: Uint8Array, options: { maxOutputLength: number; chunkSize: number }) => Buffer;
const zstd = (zlib as unknown as { zstdDecompressSync?: Decoder }).zstdDecompressSync;
/** By the name a request gives: a Map, for `constructor` is no coding. */
const DECODERS = new Map<string, Decoder>([
  [
    'identity',
    (body, { maxOutputLength }) => {
      if (body.length > maxOutputLength) throw new RangeError('too large');
      return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    },
  ],
  ['gzip', zlib.gunzipSync],
  ['br', zlib.brotliDecompressSync],
  ['deflate', zlib.inflateSync],
  // In Node from 22.15 on.
  ...(zstd ? ([['zstd', zstd]] as const) : []),
]);

/** Content codings this Node takes, best first. */
export const ENCODINGS = (['zstd', 'br', 'gzip', 'identity'] as const).filter(name => DECODERS.has(name));

export function takesEncoding(name: string): boolean {
  return DECODERS.has(name);
}

/** @throws DeadairError `request.too-large` beyond `most` bytes, `request.invalid` where it is none of that coding */
export function decompress(body: Uint8Array, encoding: string, most: number): Buffer {
  try {
    // In one piece where logs compress as they do: the default, pieces of 16 KiB that are put together, cost a third more.
    const chunkSize = Math.min(Math.max(MIN_PIECE, body.length * 8), MAX_PIECE);
    return DECODERS.get(encoding)!(body, { maxOutputLength: most, chunkSize });
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new DeadairError(
        'request.too-large',
        `The request is larger than ${most} bytes after decompression; send smaller batches.`,
        { subject: 'ingest.maxRaw' },
      );
    throw new DeadairError('request.invalid', `The body can't be decompressed as ${encoding}.`, {
      subject: 'Content-Encoding',
      cause,
    });
  }
}
