import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseQuery } from '../../../src/query/parser.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { IndexWorth } from '../../../src/store/embedded/index-worth.js';
import { TestSource } from '../lines.js';

const START = Date.UTC(2026, 10, 28, 10);
const BLOCKS = 40;
const LINES = 30;

describe('the word index is asked as long as it rules something out', () => {
  let directory: string;
  let store: EmbeddedStore;
  const lines: string[] = [];

  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-index-worth-'));
    store = await openEmbeddedStore({ directory });
    const source = new TestSource('agent');
    for (let block = 0; block < BLOCKS; block++) {
      const own = Array.from({ length: LINES }, (_, i) => {
        const n = block * LINES + i;
        // In all blocks of the first third, none of the second, every fifth of the last.
        const walrus = block < 13 || (block > 26 && block % 5 === 0) ? ` walrus ${n}` : '';
        return `${new Date(START + n * 1000).toISOString()} step ${n}${walrus} done`;
      });
      const batch = own.map((text, i) => ({ text, time: START + (block * LINES + i) * 1000 }));
      await store.append([source.append(batch)]);
      await store.compact();
      lines.push(...own);
    }
  });
  after(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const [query, matches] of [
    ['walrus', (line: string) => line.includes('walrus')],
    ['/walrus [0-9]+7 done/', (line: string) => /walrus [0-9]+7 done/.test(line)],
    ['walrus -done', () => false],
    ['"walrus done"', () => false],
    ['step done -walrus', (line: string) => !line.includes('walrus')],
  ] as const)
    it(`${query}: each line is found, whether its blocks were asked for or not`, async () => {
      const expected = lines.filter(matches);
      for (const order of ['newest', 'oldest'] as const) {
        const { rows } = await store.search({ query: parseQuery(query), order, limit: 2000 });
        const found = rows.map(row => row.raw);
        assert.deepEqual(order === 'oldest' ? found : found.reverse(), expected);
      }
      const [from, to] = [START, START + lines.length * 1000];
      const { total } = await store.histogram({ query: parseQuery(query), from, to, interval: 60_000 });
      assert.equal(total, expected.length);
    });

  it('rests after two blocks that all hold the words, and is asked again each fifteenth', () => {
    const worth = new IndexWorth();
    const asked: number[] = [];
    for (let block = 0; block < 40; block++) {
      if (!worth.asks()) continue;
      asked.push(block);
      worth.answered(block === 16);
    }
    assert.deepEqual(asked, [0, 1, 16, 17, 18, 33]);
  });
});
