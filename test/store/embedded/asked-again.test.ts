import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseQuery } from '../../../src/query/parser.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { TestSource } from '../lines.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 28, 10);
const LINES = 6000;
/** A line a second, of four agents: what is asked for stands in every seventh, twelfth, second and hundredth. */
const text = (i: number) =>
  `${new Date(START + i * 1000).toISOString()} INFO step ${i}` +
  (i % 7 === 0 ? ` from 10.0.0.${i % 250} port ${i}` : '') +
  (i % 12 === 0 ? ' failed' : '') +
  (i % 100 === 0 ? ` zebra-${i}` : '') +
  (i % 2 === 0 ? ' ok' : '');
const QUERIES: Record<string, (line: string) => boolean> = {
  '/from [0-9.]+ port [0-9]+5/': line => /from [0-9.]+ port [0-9]+5/.test(line),
  failed: line => / failed\b/.test(line),
  ok: line => / ok\b/.test(line),
  'zebra ok': line => /zebra/.test(line) && / ok\b/.test(line),
  nowhere: () => false,
};
/** Ranges and intervals: all, an edge inside of a minute, buckets that cut minutes. */
const RANGES: [from: number, to: number, interval: number][] = [
  [START, START + LINES * 1000, MINUTE],
  [START + 125_500, START + 3_000_250, MINUTE],
  [START, START + LINES * 1000, 25_000],
  [START - MINUTE, START + LINES * 2000, 10 * MINUTE],
];

describe('a histogram that is asked for again', () => {
  let directory: string;
  let store: EmbeddedStore;
  const sources = Array.from({ length: 4 }, (_, i) => new TestSource(`agent-${i}`));
  const append = async (first: number, end: number) => {
    for (const [agent, source] of sources.entries()) {
      const lines = [];
      for (let i = first; i < end; i++)
        if (i % 4 === agent) lines.push({ text: text(i), time: START + i * 1000 });
      await store.append([source.append(lines, { at: START + end * 1000 })]);
    }
  };
  const assertAll = async (lines: number, when: string) => {
    for (const [query, matches] of Object.entries(QUERIES))
      for (const [from, to, interval] of RANGES) {
        const expected = new Map<string, number[]>();
        for (let i = 0; i < lines; i++) {
          const time = START + i * 1000;
          if (time < from || time >= to || !matches(text(i))) continue;
          const key = `agent-${i % 4}`;
          const counts = expected.get(key) ?? new Array<number>(Math.ceil((to - from) / interval)).fill(0);
          counts[Math.floor((time - from) / interval)]!++;
          expected.set(key, counts);
        }
        for (const round of ['first', 'second', 'third']) {
          const got = await store.histogram({ query: parseQuery(query), from, to, interval, by: 'agent' });
          assert.deepEqual(
            got.series,
            [...expected].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, counts]) => ({ key, counts })),
            `${query}, ${when}, the ${round} time`,
          );
        }
      }
  };

  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-asked-again-'));
    store = await openEmbeddedStore({ directory });
  });
  after(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('counts the same, also what came since, whatever range, and when its day is packed anew', async () => {
    await append(0, 3000);
    await store.compact();
    await assertAll(3000, 'sealed');
    await append(3000, 4000);
    await assertAll(4000, 'with hot lines');
    await store.compact();
    await append(4000, LINES);
    await store.compact();
    await assertAll(LINES, 'in three blocks');
    await store.compact({ repack: true });
    await assertAll(LINES, 'packed anew');
  });
});
