import zlib from 'node:zlib';
import { DeadairError } from '../../platform/errors.js';

/**
 * How a blob is written: 1 byte codec, 4 bytes raw length, 4 bytes CRC-32 of what follows, then the payload.
 * SQLite checks no content; the sum is what finds a damaged block. Any Node reads deflate and raw; zstd wants Node 22.15.
 */
export const CODEC = { raw: 0, deflate: 1, zstd: 2, brotli: 3 } as const;
const HEADER = 9;

/** zstd in node:zlib came with Node 22.15; absent from the types of Node 20. */
interface Zstd {
  zstdCompressSync?(data: Uint8Array, options: object): Buffer;
  zstdDecompressSync?(data: Uint8Array, options: object): Buffer;
  constants: { ZSTD_c_compressionLevel?: number };
}
const zstd = zlib as unknown as Zstd;
export const hasZstd = typeof zstd.zstdCompressSync === 'function';

/**
 * Compresses unless that does not pay.
 * @param effort `text` is what most bytes are: chosen by measuring (ARCHITECTURE.md, store); `small` for columns
 */
export function pack(bytes: Uint8Array, codec: number = hasZstd ? CODEC.zstd : CODEC.deflate): Buffer {
  let payload: Uint8Array = bytes;
  let used: number = CODEC.raw;
  if (codec !== CODEC.raw && bytes.length > 32) {
    const chunkSize = Math.max(1024, bytes.length >> 2);
    const packed =
      codec === CODEC.brotli
        ? zlib.brotliCompressSync(bytes, { chunkSize, params: BROTLI })
        : codec === CODEC.zstd && zstd.zstdCompressSync
          ? zstd.zstdCompressSync(bytes, {
              chunkSize,
              params: { [zstd.constants.ZSTD_c_compressionLevel as number]: ZSTD_LEVEL },
            })
          : zlib.deflateRawSync(bytes, { chunkSize, level: DEFLATE_LEVEL, memLevel: 9 });
    if (packed.length < bytes.length) {
      payload = packed;
      used = codec;
    }
  }
  const out = Buffer.allocUnsafe(HEADER + payload.length);
  out[0] = used;
  out.writeUInt32LE(bytes.length, 1);
  out.writeUInt32LE(zlib.crc32(payload), 5);
  out.set(payload, HEADER);
  return out;
}

export const ZSTD_LEVEL = 1;
export const DEFLATE_LEVEL = 5;

/**
 * For batches until they are sealed. Writing them as they are costs twice as much CPU (log, checkpoint, and their pages
 * given back) as brotli's quality 1, which packs logs at 240 MB/s; deflate's fastest level takes twice that.
 */
export const FAST_CODEC = hasZstd ? CODEC.zstd : CODEC.brotli;
const BROTLI = { [zlib.constants.BROTLI_PARAM_QUALITY]: 1, [zlib.constants.BROTLI_PARAM_LGWIN]: 18 };

/** @throws DeadairError `store.damaged` when the sum is wrong or the payload can't be read */
export function unpack(blob: Uint8Array): Buffer {
  if (blob.length < HEADER) throw damaged('is cut short');
  const view = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const codec = view[0];
  const rawLength = view.readUInt32LE(1);
  const payload = view.subarray(HEADER);
  if (zlib.crc32(payload) !== view.readUInt32LE(5)) throw damaged('has a wrong checksum');
  if (codec === CODEC.raw) return payload;
  // One output chunk of the whole length: zlib's default of 16 KiB pieces costs a copy and a third of the time.
  const chunkSize = Math.max(64, rawLength + 64);
  if (codec === CODEC.deflate) return zlib.inflateRawSync(payload, { chunkSize });
  if (codec === CODEC.brotli) return zlib.brotliDecompressSync(payload, { chunkSize });
  if (codec !== CODEC.zstd) throw damaged(`has the unknown codec ${codec}`);
  if (!zstd.zstdDecompressSync)
    throw new DeadairError(
      'store.version',
      `The store holds zstd-compressed blocks, which Node ${process.versions.node} can't read: use Node 22.15 or newer.`,
    );
  return zstd.zstdDecompressSync(payload, { chunkSize });
}

function damaged(what: string): DeadairError {
  return new DeadairError('store.damaged', `A block of the store ${what}.`);
}
