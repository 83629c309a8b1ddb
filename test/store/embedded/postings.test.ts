import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  decodePostings,
  encodePostings,
  PostingRow,
  slotsOf,
} from '../../../src/store/embedded/word-index.js';
import fc from '../../property.js';

describe('postings of the word index', () => {
  it('come back whatever lies between them', () => {
    const gap = fc.oneof(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.constantFrom(255, 256, 65_535, 1 << 20, 1 << 24),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1 << 28 }), fc.array(gap, { maxLength: 150 }), (base, gaps) => {
        let at = base;
        const sorted = gaps.map(one => (at += one)).filter(one => one < 2 ** 32);
        assert.deepEqual([...decodePostings(encodePostings(Uint32Array.from(sorted), base), base)], sorted);
      }),
    );
  });

  it('are found in a row as in the numbers themselves', () => {
    const gap = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 30_000 }));
    fc.assert(
      fc.property(fc.array(gap, { maxLength: 700, size: 'max' }), fc.nat(), (gaps, any) => {
        let at = -1;
        const sorted = Uint32Array.from(gaps.map(one => (at += one)));
        const row = new PostingRow(encodePostings(sorted));
        const marks = [any % 30_000, ...[...sorted].filter((_, i) => i % 50 === 0).map(one => one >>> 8)];
        for (const mark of marks) {
          const [wanted, found]: number[][] = [[], []];
          slotsOf(sorted, mark, wanted!);
          row.slotsOf(mark, found!);
          assert.deepEqual(found, wanted);
        }
      }),
    );
  });

  it('of many ones in a row, one far away', () => {
    for (const far of [1, 31, 32, 33, 64, 1000, 1 << 26]) {
      const sorted = [...Array.from({ length: 300 }, (_, i) => i), 300 + far];
      assert.deepEqual([...decodePostings(encodePostings(Uint32Array.from(sorted)))], sorted);
    }
  });
});
