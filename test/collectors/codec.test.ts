import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import zlib from 'node:zlib';
import { Compressor, chooseEncoding, type Encoding } from '../../collectors/delivery/codec.js';
import fc from '../property.js';

const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (data: Buffer) => Buffer };
const READ: [Encoding, (data: Buffer) => Buffer][] = [
  ['identity', data => data],
  ['gzip', data => zlib.gunzipSync(data)],
  ['br', data => zlib.brotliDecompressSync(data)],
  ...(zstdDecompressSync
    ? ([['zstd', data => zstdDecompressSync(data)]] as [Encoding, (data: Buffer) => Buffer][])
    : []),
];

describe('a batch that is compressed', () => {
  for (const [encoding, read] of READ)
    it(`comes back, several at once and one after the other: ${encoding}`, async () => {
      const compressor = new Compressor();
      const frame = fc
        .tuple(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 3000 }))
        .map(([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => bytes)));
      await fc.assert(
        fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 5 }), async frames => {
          const packed = await Promise.all(frames.map(one => compressor.compress(one, encoding)));
          for (const [i, one] of packed.entries()) assert.ok(read(Buffer.concat(one)).equals(frames[i]!));
        }),
        { numRuns: 40 },
      );
      compressor.close();
    });

  it('is in a codec that both ends have', () => {
    assert.equal(chooseEncoding('auto', ['gzip', 'identity']), 'gzip');
    assert.equal(chooseEncoding('gzip', ['br', 'gzip', 'identity']), 'gzip');
    assert.equal(
      chooseEncoding('auto', ['zstd', 'br', 'gzip', 'identity']),
      zstdDecompressSync ? 'zstd' : 'br',
    );
  });
});
