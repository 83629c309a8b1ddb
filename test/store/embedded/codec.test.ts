import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CODEC,
  hasZstd,
  type Packing,
  pack,
  RAW,
  unpack,
  unpackAll,
} from '../../../src/store/embedded/codec.js';
import fc from '../../property.js';

const PACKINGS: Packing[] = [
  RAW,
  { codec: CODEC.deflate, quality: 1 },
  { codec: CODEC.brotli, quality: 1 },
  ...(hasZstd ? [{ codec: CODEC.zstd, quality: 1 }] : []),
];

const BLOB = fc.tuple(
  fc.constantFrom(...PACKINGS),
  fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 0, max: 50_000 }).map(length => new Uint8Array(length).map((_, i) => i % 7)),
  ),
);

describe('blobs of the store', () => {
  it('unpacked together are what they are one by one, in whatever way each is packed', () => {
    fc.assert(
      fc.property(fc.array(BLOB, { maxLength: 20 }), blobs => {
        const packed = blobs.map(([packing, bytes]) => pack(bytes, packing));
        const { contents } = unpackAll(packed);
        assert.deepEqual(
          contents.map(content => Buffer.from(content)),
          packed.map(blob => Buffer.from(unpack(blob))),
        );
        assert.deepEqual(
          contents.map(content => Buffer.from(content)),
          blobs.map(([, bytes]) => Buffer.from(bytes)),
        );
      }),
    );
  });

  it('one that is damaged is told among those that are not', () => {
    const packing = PACKINGS.at(-1)!;
    const packed = [1, 2, 3].map(n => pack(new Uint8Array(1000).fill(n), packing));
    packed[1]!.fill(0, 12, 14);
    assert.throws(() => unpackAll(packed), { code: 'store.damaged' });
    packed[1] = Buffer.alloc(3);
    assert.throws(() => unpackAll(packed), { code: 'store.damaged' });
  });
});
