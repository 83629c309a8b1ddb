import { ByteReader, ByteWriter } from './varint.js';

/** Several blobs in one row: each row of SQLite wastes half a page. Count, lengths, then the blobs. */
export function joinFrames(frames: readonly Uint8Array[]): Buffer {
  const head = new ByteWriter(16 + frames.length * 3);
  head.varint(frames.length);
  for (const { length } of frames) head.varint(length);
  return Buffer.concat([head.done(), ...frames]);
}

/** Views of the blobs. @throws RangeError where the lengths are not those of the row */
export function splitFrames(row: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(row);
  const lengths = Array.from({ length: Math.min(reader.varint(), row.length) }, () => reader.varint());
  const frames = lengths.map(length => reader.take(length));
  if (reader.left !== 0) throw new RangeError('A row of the store has not the length it should.');
  return frames;
}
