import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RecordFlag } from '../../../src/model/vocabulary.js';
import { tokensOf } from '../../../src/query/tokens.js';
import { unpackBatch } from '../../../src/records/packed.js';
import { encodeBatch } from '../../../src/store/embedded/batch-body.js';
import { type BuiltBlock, buildBlock } from '../../../src/store/embedded/block-builder.js';
import { BlockMemory } from '../../../src/store/embedded/block-memory.js';
import { cutBlocks, type Slice } from '../../../src/store/embedded/block-slices.js';
import { CODEC, pack, TEXT_PACKING, unpack } from '../../../src/store/embedded/codec.js';
import type { Origin } from '../../../src/store/embedded/messages.js';
import { PostingSorter } from '../../../src/store/embedded/posting-list.js';
import { SharedShapes } from '../../../src/store/embedded/text/shared-shapes.js';
import { readCounts } from '../../../src/store/embedded/word-counts.js';
import { wordFingerprint } from '../../../src/store/embedded/word-hash.js';
import {
  decodePostings,
  encodePostings,
  mergeGroup,
  slotsOf,
} from '../../../src/store/embedded/word-index.js';
import fc from '../../property.js';
import { cases } from '../../thorough.js';
import { batchOf, type TestLine } from '../lines.js';

const T = Date.UTC(2026, 10, 23, 12);
const originOf = (id: number): Origin => ({
  id,
  source: `source-${id}`,
  agent: `agent-${id % 3}`,
  host: 'h',
  path: '/l',
});

/** One block of the batches, each of a file of its own. */
function blockOf(batches: TestLine[][], lastIsPartial = false): Slice[] {
  const bodies = batches.map((lines, i) => {
    const records = batchOf(lines, 0, lastIsPartial);
    for (let line = 0; line < records.count; line++) records.flags[line]! &= ~RecordFlag.partial;
    return { origin: i + 1, seq: i + 1, body: unpackBatch(encodeBatch(records, T, T).complete!.body) };
  });
  return cutBlocks(bodies)[0]!;
}

const word = fc.constantFrom(
  'get',
  'PUT',
  'Übung',
  'a_b',
  '10',
  'reset',
  'obj-7',
  'completed',
  '\u001b[31mred',
  'x'.repeat(70),
);
const text = fc
  .array(
    fc.oneof(
      word,
      fc.nat().map(value => value.toString(16)),
    ),
    { maxLength: 9 },
  )
  .map(words => words.join(' '));
const line = fc.record({ text, time: fc.integer({ min: T, max: T + 400_000 }) });
const batches = fc.array(fc.array(line, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 4 });

describe('building blocks', () => {
  it('in memory that was used before leaves no trace of what was in it', () => {
    const used = new BlockMemory();
    fc.assert(
      fc.property(batches, fc.boolean(), (lines, open) => {
        const slices = blockOf(lines, open);
        assert.deepEqual(
          buildBlock(slices, originOf, used, new SharedShapes()),
          buildBlock(slices, originOf, new BlockMemory(), new SharedShapes()),
        );
      }),
      { numRuns: cases(200) },
    );
  });

  it('gives blocks that keep nothing of the memory they were built in', () => {
    const memory = new BlockMemory();
    const lines = (name: string) => [
      Array.from({ length: 3000 }, (_, i) => ({ text: `${name} line ${i}`, time: T + i })),
    ];
    const first = buildBlock(blockOf(lines('first')), originOf, memory, new SharedShapes());
    const before = structuredClone(first);
    buildBlock(blockOf(lines('second')), originOf, memory, new SharedShapes());
    assert.deepEqual(structuredClone(first), before);
  });

  it('indexes each word of each chunk and counts the lines of the frequent ones', () => {
    fc.assert(
      fc.property(batches, fc.boolean(), (lines, open) => {
        const plain = lines.map(own => own.filter(({ text }) => !text.includes('\u001b')));
        const kept = plain.filter(own => own.length > 0);
        if (kept.length === 0) return;
        const block = buildBlock(blockOf(kept, open), originOf, new BlockMemory(), new SharedShapes());
        assertIndexed(block, kept);
      }),
      { numRuns: cases(100) },
    );
  });

  it('keeps memory for usual blocks, not for the largest there ever was', () => {
    const memory = new BlockMemory();
    const huge = [[{ text: 'all but one word '.repeat(600_000), time: T }]];
    const distinct = [
      Array.from({ length: 2000 }, (_, i) => ({
        text: Array.from({ length: 150 }, (_, k) => (i * 150 + k).toString(36)).join(' '),
        time: T,
      })),
    ];
    const usual = [Array.from({ length: 50 }, (_, i) => ({ text: `usual ${i}`, time: T }))];
    for (const lines of [usual, huge, distinct, usual, distinct, usual]) {
      const slices = blockOf(lines);
      assert.deepEqual(
        buildBlock(slices, originOf, memory, new SharedShapes()),
        buildBlock(slices, originOf, new BlockMemory(), new SharedShapes()),
      );
    }
  });
});

function assertIndexed(block: BuiltBlock, batches: TestLine[][]): void {
  const counted = new Map<string, number>();
  for (const { text } of batches.flat()) {
    for (const token of new Set(tokensOf(text))) {
      const slots: number[] = [];
      slotsOf(block.postings, wordFingerprint(token), slots);
      assert.deepEqual(slots, [0], token);
      counted.set(token, (counted.get(token) ?? 0) + 1);
    }
  }
  const counts = unpack(block.counts);
  for (const [token, lines] of counted) {
    let found = 0;
    const known = readCounts(counts, Buffer.from(token), (_cell, own) => {
      found += own;
    });
    assert.equal(known, lines >= 8, token);
    if (known) assert.equal(found, lines, token);
  }
}

const mark = fc.integer({ min: 0, max: (1 << 21) - 1 });
const postingsOf = (marks: number[][]) =>
  Uint32Array.from(marks.flatMap((own, slot) => own.map(value => (value << 8) | slot)));

describe('postings', () => {
  it('sorted by the digits of their fingerprint are as sorted by number', () => {
    const sorter = new PostingSorter();
    fc.assert(
      fc.property(fc.array(fc.array(mark, { maxLength: 300 }), { maxLength: 9 }), marks => {
        const postings = postingsOf(marks);
        const expected = postings.slice().sort();
        sorter.sort(postings);
        assert.deepEqual(postings, expected);
      }),
    );
  });

  it('come back from their code, whatever the gaps and wherever they lie in a longer list', () => {
    const value = fc.oneof(fc.integer({ min: 0, max: 2 ** 29 - 1 }), fc.integer({ min: 0, max: 3000 }));
    fc.assert(
      fc.property(fc.uniqueArray(value, { maxLength: 400 }), fc.nat(), fc.nat(), (values, a, b) => {
        const sorted = Uint32Array.from(values).sort();
        const first = a % (sorted.length + 1);
        const end = first + (b % (sorted.length - first + 1));
        const base = first < sorted.length ? Math.floor(sorted[first]! / 2) : 0;
        const code = encodePostings(sorted, base, first, end);
        assert.deepEqual(decodePostings(code, base), sorted.slice(first, end));
      }),
      { numRuns: cases(500) },
    );
  });

  it('have the code that was always written', () => {
    const hex = (values: number[]) => Buffer.from(encodePostings(Uint32Array.from(values))).toString('hex');
    assert.equal(
      hex([0, 1, 5, 700, 701, 40_000, 2 ** 29 - 1]),
      '0718000000000000180000602b00000000806026c0ffffff9fefd83f',
    );
    assert.equal(hex([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 90]), '0b02000000c0ffff03');
    assert.equal(hex([]), '00');
  });

  it('of 32 blocks merge into rows that hold all of them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.array(mark, { maxLength: 200 }), { minLength: 1, maxLength: 4 }), {
          minLength: 1,
          maxLength: 6,
        }),
        blocks => {
          const members = blocks.map(chunks => ({
            chunks: chunks.length,
            postings: Uint32Array.from(new Set(postingsOf(chunks))).sort(),
          }));
          const { rowBits, rows } = mergeGroup(members, new PostingSorter());
          assert.equal(rows.length, 1 << rowBits);
          const found = rows.flatMap((row, i) => [...decodePostings(row, i * 2 ** (29 - rowBits))]);
          const expected: number[] = [];
          let slot = 0;
          for (const { chunks, postings } of members) {
            for (const posting of postings) expected.push(posting + slot);
            slot += chunks;
          }
          assert.deepEqual(
            found,
            expected.sort((a, b) => a - b),
          );
        },
      ),
    );
  });
});

describe('packed blobs', () => {
  it('are read whatever codec packed them', () => {
    const bytes = Buffer.from('a line like all the others\n'.repeat(500));
    for (const way of [
      TEXT_PACKING,
      { codec: CODEC.deflate, quality: 5 },
      { codec: CODEC.brotli, quality: 1 },
      { codec: CODEC.raw, quality: 0 },
    ]) {
      const blob = pack(bytes, way);
      assert.equal(blob[0], way.codec);
      assert.deepEqual(unpack(blob), bytes);
    }
  });
});
