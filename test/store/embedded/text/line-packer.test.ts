import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LinePacker } from '../../../../src/store/embedded/text/line-packer.js';
import { SharedShapes } from '../../../../src/store/embedded/text/shared-shapes.js';
import fc from '../../../property.js';
import { cases } from '../../../thorough.js';
import { chunksOf, line, RoundTrip, T } from './round-trip.js';

describe('lines packed by their shapes', () => {
  it('come back to the byte, in blocks that share a dictionary', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(line, { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 4 }),
        fc.nat({ max: 4 }),
        (blocks, again) => {
          const trip = new RoundTrip();
          for (let round = 0; round <= again; round++)
            for (const lines of blocks) {
              const { sent, back } = trip.block(round % 2 === 0 ? lines : [...lines].reverse());
              assert.deepEqual(back, sent);
            }
        },
      ),
      { numRuns: cases(400) },
    );
  });

  it('come back whatever their bytes are', () => {
    const bytes = fc.array(fc.uint8Array({ maxLength: 80 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(bytes, lines => {
        const trip = new RoundTrip();
        const made = lines.map(own => ({ text: Buffer.from(own).toString('latin1'), time: T }));
        for (let round = 0; round < 3; round++) {
          const { sent, back } = trip.block(made);
          assert.deepEqual(back, sent);
        }
      }),
      { numRuns: cases(300) },
    );
  });

  it('take a few bytes each where lines differ in their numbers alone, and their own time takes none', () => {
    const lines = Array.from({ length: 2048 }, (_, i) => {
      const time = T + i * 250.125;
      const stamp =
        new Date(time).toISOString().slice(0, 23) + String(Math.round(time * 1000) % 1000).padStart(3, '0');
      return {
        text: `${stamp}Z INFO worker[${(i * 7919) % 10_000}]: wrote part of obj in a very long sentence\n`,
        time,
      };
    });
    const trip = new RoundTrip(1024);
    trip.block(lines);
    const { sent, back, bytes } = trip.block(lines);
    assert.deepEqual(back, sent);
    assert.ok(bytes < lines.length * 4, `${bytes}`);
  });

  it('share no dictionary for ever: one that is full is followed by the next', () => {
    const shared = new SharedShapes();
    const packer = new LinePacker();
    const ids = new Set<number>();
    for (let block = 0; block < 300; block++) {
      const raw = Buffer.from(`line ${block}\nline ${block}\n`);
      const half = raw.length / 2;
      const starts = Uint32Array.of(0, half, raw.length);
      packer.begin(raw, starts, shared);
      ids.add(packer.pack(raw, starts, Float64Array.of(T, T), chunksOf(2, starts), shared).dictionary);
    }
    assert.deepEqual([...ids], [1, 2, 3]);
  });
});
