import { releaseMemory } from '../../platform/release.js';
import { FAST_PACKING, pack, unpack } from './codec.js';

/** What one call of append stored of one source; `body` as in records/packed.ts. */
export interface HotPart {
  origin: number;
  body: Uint8Array;
}

/** A row of `hot`: all batches of one append, packed together. */
export interface HotRow {
  id: number;
  seq: number;
  day: number;
  lines: number;
  bytes: number;
  parts: HotPart[];
}

const HEADER = 8;

/** One buffer: for each part origin and length, then the body at the next multiple of 8 (its columns want that). */
export function packParts(parts: HotPart[]): Buffer {
  let size = 0;
  for (const { body } of parts) size += HEADER + Math.ceil(body.length / 8) * 8;
  const out = Buffer.alloc(size);
  let at = 0;
  for (const { origin, body } of parts) {
    out.writeUInt32LE(origin, at);
    out.writeUInt32LE(body.length, at + 4);
    out.set(body, at + HEADER);
    at += HEADER + Math.ceil(body.length / 8) * 8;
  }
  const packed = pack(out, FAST_PACKING);
  releaseMemory(out);
  return packed;
}

export function unpackParts(blob: Uint8Array): HotPart[] {
  const packed = unpack(blob);
  const bytes = packed.byteOffset % 8 === 0 ? packed : Buffer.from(new Uint8Array(packed).buffer);
  const parts: HotPart[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 4);
    parts.push({
      origin: bytes.readUInt32LE(at),
      body: bytes.subarray(at + HEADER, at + HEADER + length),
    });
    at += HEADER + Math.ceil(length / 8) * 8;
  }
  return parts;
}
