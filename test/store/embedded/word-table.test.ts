import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RecordFlag } from '../../../src/model/vocabulary.js';
import { BlockMemory } from '../../../src/store/embedded/block-memory.js';
import { indexWords } from '../../../src/store/embedded/block-words.js';
import { SharedShapes } from '../../../src/store/embedded/text/shared-shapes.js';
import fc from '../../property.js';
import { cases } from '../../thorough.js';

const PIECES = [
  'connect',
  'Connect',
  '10',
  '0',
  ' ',
  ':',
  '_',
  'ab',
  '12ab34cd',
  'DEADBEEF01',
  'abcdef-123456',
  'ff:ee:dd:01:02:03',
  'größe',
  '\u0001',
  '\u0002',
  '\u001b[31m',
  '\t',
  'ÿ',
];
const line = fc.array(fc.constantFrom(...PIECES), { maxLength: 9 }).map(parts => `${parts.join('')}\n`);
/** Some lines come again with other digits, as those of a service do. */
const lines = fc
  .array(fc.tuple(line, fc.nat({ max: 9 })), { minLength: 1, maxLength: 60 })
  .map(drawn =>
    drawn.flatMap(([text, digit], i) =>
      i % 3 === 0 ? [text, text.replaceAll(/[01]/g, `${digit}`)] : [text],
    ),
  );

describe('the words of a block', () => {
  it('are the same whether they are found by shape or byte by byte', () => {
    const memory = new BlockMemory();
    const plain = new BlockMemory();
    const shared = new SharedShapes();
    fc.assert(
      fc.property(lines, fc.nat({ max: 3 }), (texts, altered) => {
        const raw = Buffer.from(texts.join(''));
        const count = texts.length;
        const starts = new Uint32Array(count + 1);
        for (const [i, text] of texts.entries()) starts[i + 1] = starts[i]! + Buffer.byteLength(text);
        const flags = Uint16Array.from(texts, text =>
          altered > 0 && text.includes('\u001b') ? RecordFlag.ansi : 0,
        );
        const cellOf = Int32Array.from(texts, (_, i) => (i >> 2) % 3);
        const chunks = chunksOf(count);
        const refs = memory.packer.begin(raw, starts, shared);
        const byShape = indexWords(raw, starts, flags, chunks, cellOf, memory, { refs, table: shared.table });
        const none = new Int32Array(count).fill(-1);
        const byByte = indexWords(raw, starts, flags, chunks, cellOf, plain, {
          refs: none,
          table: shared.table,
        });
        assert.deepEqual(byShape.sortedPostings(), byByte.sortedPostings());
        assert.deepEqual(counts(byShape), counts(byByte));
      }),
      { numRuns: cases(400) },
    );
  });
});

type Words = ReturnType<typeof indexWords>;

function counts(words: Words): [string, string][] {
  const all: [string, string][] = [];
  words.eachFrequent(1, 3, (word, length, cells, own, size) =>
    all.push([
      Buffer.from(word.subarray(0, length)).toString('hex'),
      `${cells.subarray(0, size)} ${own.subarray(0, size)}`,
    ]),
  );
  return all.sort(([a], [b]) => (a < b ? -1 : 1));
}

function chunksOf(count: number): Parameters<typeof indexWords>[3] {
  const half = count >> 1;
  const rest = { bytes: 0, t0: 0, t1: 0, levels: 0, classes: 0, irregular: false, rewritten: false };
  const chunk = (line0: number, lines: number) => ({ ...rest, line0, lines }) as never;
  return half === 0 ? [chunk(0, count)] : [chunk(0, half), chunk(half, count - half)];
}
