import zlib from 'node:zlib';
import { DeadairError } from '../../platform/errors.js';
import { releaseMemory } from '../../platform/release.js';

/**
 * How a blob is written: 1 byte codec, 4 bytes raw length, 4 bytes CRC-32 of what follows, then the payload.
 * SQLite checks no content; the sum is what finds a damaged block. Any Node reads all but zstd, which
 * wants Node 22.15.
 */
export const CODEC = { raw: 0, deflate: 1, zstd: 2, brotli: 3 } as const;
const HEADER = 9;

/** zstd in node:zlib came with Node 22.15; absent from the types of Node 20. */
interface Zstd {
  zstdCompressSync?(data: Uint8Array, options: object): Buffer;
  zstdDecompressSync?(data: Uint8Array, options: object): Buffer;
  constants: {
    ZSTD_c_compressionLevel?: number;
    ZSTD_c_windowLog?: number;
    ZSTD_c_minMatch?: number;
    ZSTD_c_hashLog?: number;
  };
}
const zstd = zlib as unknown as Zstd;
export const hasZstd = typeof zstd.zstdCompressSync === 'function';

/** How blobs of one kind are compressed; `quality` is the codec's own scale. */
export interface Packing {
  codec: number;
  quality: number;
  /** Digits of numbers: random ones gain by being written with fewer bits, not by being found again. */
  digits?: boolean;
  /** zstd: looks back so many bits of bytes instead of over everything. */
  windowLog?: number;
}

export const RAW: Packing = { codec: CODEC.raw, quality: 0 };

/** For shapes that stand in one block alone, which are text without its numbers, and for dictionaries. */
export const TEXT_PACKING: Packing = hasZstd
  ? { codec: CODEC.zstd, quality: 3 }
  : { codec: CODEC.brotli, quality: 4 };

/** For columns, counts and heads, 6 bytes a line before: 0.10 CPU-s and 2.78 bytes where deflate-5 takes 0.15 and 2.84. */
export const COLUMN_PACKING: Packing = hasZstd
  ? { codec: CODEC.zstd, quality: 1 }
  : { codec: CODEC.brotli, quality: 4 };

/** How a block is packed. Whatever is chosen, it is read the same. */
export interface Packings {
  text: Packing;
  columns: Packing;
}

export const USUAL_PACKINGS: Packings = { text: TEXT_PACKING, columns: COLUMN_PACKING };

/** For small days that are over: a seventh smaller, a fifth more CPU. */
export const THRIFTY_PACKINGS: Packings = hasZstd
  ? { text: { codec: CODEC.zstd, quality: 15 }, columns: { codec: CODEC.zstd, quality: 15 } }
  : { text: { codec: CODEC.brotli, quality: 9 }, columns: { codec: CODEC.brotli, quality: 9 } };

/**
 * For how the digits of lines differ: bytes of 0 to 9. By default zstd takes chance repetitions for finds: 10.9 bytes a line
 * and 0.18 CPU-s per million lines instead of 10.1 and 0.11; of deflate, run lengths alone take 10.3 and 0.30, its usual level 12.4 and 0.59.
 */
export const DIGIT_PACKING: Packing = hasZstd
  ? { codec: CODEC.zstd, quality: 1, digits: true }
  : { codec: CODEC.deflate, quality: 1, digits: true };

/**
 * For batches until they are sealed. Writing them as they are costs twice as much CPU (log, checkpoint, and their pages
 * given back) as brotli's quality 1, which packs logs at 240 MB/s; deflate's fastest level takes twice that.
 * zstd that looks back 256 KiB instead of the whole request: 0.52 CPU-s per million lines instead of 0.61, 49.7 bytes a line instead of 49.2.
 */
export const FAST_PACKING: Packing = hasZstd
  ? { codec: CODEC.zstd, quality: 1, windowLog: 18 }
  : { codec: CODEC.brotli, quality: 1 };

/** All of what is packed: a larger window would find nothing and cost memory, reading too. */
function brotliWindow(length: number): number {
  return Math.max(16, Math.min(22, 32 - Math.clz32(length)));
}

/** Half of the usual window: 7 % less CPU for the same bytes; a quarter would take another 6 % and half a byte a line. */
const DEFLATE_WINDOW = 14;

/** Compresses unless that does not pay. */
export function pack(bytes: Uint8Array, packing: Packing): Buffer {
  const { codec, digits } = packing;
  let payload: Uint8Array = bytes;
  let used: number = CODEC.raw;
  if (codec !== CODEC.raw && bytes.length > 32) {
    const packed = digits ? compressDigits(bytes, codec) : compress(bytes, packing);
    if (packed.length < bytes.length) {
      payload = packed;
      used = codec;
    }
  }
  const out = Buffer.allocUnsafeSlow(HEADER + payload.length);
  out[0] = used;
  out.writeUInt32LE(bytes.length, 1);
  out.writeUInt32LE(zlib.crc32(payload), 5);
  out.set(payload, HEADER);
  if (used !== CODEC.raw) releaseMemory(payload);
  return out;
}

function compress(bytes: Uint8Array, { codec, quality, windowLog }: Packing): Buffer {
  const chunkSize = outputSize(bytes.length >> 2);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN } = zlib.constants;
  if (codec === CODEC.brotli)
    return zlib.brotliCompressSync(bytes, {
      chunkSize,
      params: { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_LGWIN]: brotliWindow(bytes.length) },
    });
  if (codec === CODEC.zstd && zstd.zstdCompressSync)
    return zstd.zstdCompressSync(bytes, {
      chunkSize,
      // Tables as large as it needs: a third less for the usual blob of ten kilobytes.
      pledgedSrcSize: bytes.length,
      params: {
        [zstd.constants.ZSTD_c_compressionLevel as number]: quality,
        ...(windowLog && { [zstd.constants.ZSTD_c_windowLog as number]: windowLog }),
      },
    });
  return zlib.deflateRawSync(bytes, { chunkSize, level: quality, memLevel: 9, windowBits: DEFLATE_WINDOW });
}

/** See DIGIT_PACKING. */
function compressDigits(bytes: Uint8Array, codec: number): Buffer {
  const chunkSize = outputSize(bytes.length >> 1);
  const { ZSTD_c_compressionLevel, ZSTD_c_minMatch, ZSTD_c_hashLog } = zstd.constants;
  if (codec === CODEC.zstd && zstd.zstdCompressSync)
    return zstd.zstdCompressSync(bytes, {
      chunkSize,
      pledgedSrcSize: bytes.length,
      params: {
        [ZSTD_c_compressionLevel as number]: 1,
        [ZSTD_c_minMatch as number]: 7,
        [ZSTD_c_hashLog as number]: 6,
      },
    });
  return zlib.deflateRawSync(bytes, {
    chunkSize,
    level: 1,
    memLevel: 9,
    windowBits: DEFLATE_WINDOW,
    strategy: zlib.constants.Z_RLE,
  });
}

/** Logs shrink to less. A large output is not cut from Node's pool, so that it can be released. */
function outputSize(quarter: number): number {
  if (quarter < 16 * 1024) return Math.max(1024, quarter);
  return Math.max(Buffer.poolSize + 1, quarter);
}

/**
 * Whether a blob is as it was written, without unpacking it.
 * @returns its payload @throws DeadairError `store.damaged` when it is not
 */
export function verifySum(blob: Uint8Array): Buffer {
  if (blob.length < HEADER) throw damaged('is cut short');
  const view = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const payload = view.subarray(HEADER);
  if (zlib.crc32(payload) !== view.readUInt32LE(5)) throw damaged('has a wrong checksum');
  return payload;
}

/** @throws DeadairError `store.damaged` when the sum is wrong or the payload can't be read */
export function unpack(blob: Uint8Array): Buffer {
  return contentOf(opened(blob));
}

/**
 * Several blobs. Those in zstd are unpacked by one call, which takes frames one after the other: setting one up costs more
 * (60 to 90 µs) than unpacking what a blob of a block holds.
 * @returns what each holds, in order, and the memory that those of zstd are views of
 * @throws DeadairError as `unpack`
 */
export function unpackAll(blobs: readonly Uint8Array[]): { contents: Buffer[]; memory: Buffer | undefined } {
  const all = blobs.map(opened);
  const frames = all.filter(({ codec }) => codec === CODEC.zstd);
  if (frames.length < 2) return { contents: all.map(contentOf), memory: undefined };
  const total = frames.reduce((sum, { rawLength }) => sum + rawLength, 0);
  const joined = Buffer.concat(frames.map(({ payload }) => payload));
  const memory = unpackZstd(joined, total);
  releaseMemory(joined);
  if (memory.length !== total) throw damaged('has not the length it should');
  let at = 0;
  const contents = all.map(blob => {
    if (blob.codec !== CODEC.zstd) return contentOf(blob);
    at += blob.rawLength;
    return memory.subarray(at - blob.rawLength, at);
  });
  return { contents, memory };
}

interface Opened {
  codec: number;
  rawLength: number;
  payload: Buffer;
}

function opened(blob: Uint8Array): Opened {
  const payload = verifySum(blob);
  const rawLength = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).readUInt32LE(1);
  return { codec: blob[0]!, rawLength, payload };
}

function contentOf({ codec, rawLength, payload }: Opened): Buffer {
  if (codec === CODEC.raw) return payload;
  const chunkSize = outputFor(rawLength);
  if (codec === CODEC.deflate) return zlib.inflateRawSync(payload, { chunkSize });
  if (codec === CODEC.brotli) return zlib.brotliDecompressSync(payload, { chunkSize });
  if (codec !== CODEC.zstd) throw damaged(`has the unknown codec ${codec}`);
  return unpackZstd(payload, rawLength);
}

function unpackZstd(payload: Uint8Array, rawLength: number): Buffer {
  if (zstd.zstdDecompressSync) return zstd.zstdDecompressSync(payload, { chunkSize: outputFor(rawLength) });
  throw new DeadairError(
    'store.version',
    `The store holds zstd-compressed blocks, which Node ${process.versions.node} can't read: use Node 22.15 or newer.`,
  );
}

/** One output chunk of the whole length: zlib's default of 16 KiB pieces costs a copy and a third of the time. */
function outputFor(rawLength: number): number {
  return Math.max(64, rawLength + 64);
}

function damaged(what: string): DeadairError {
  return new DeadairError('store.damaged', `A block of the store ${what}.`);
}
