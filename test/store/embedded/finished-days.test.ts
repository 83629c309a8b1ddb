import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { parseQuery } from '../../../src/query/parser.js';
import { DayWriter } from '../../../src/store/embedded/day-writer.js';
import { defaultDriver, openDatabase } from '../../../src/store/embedded/driver.js';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { DAY_MS, dayFile } from '../../../src/store/embedded/schema.js';
import { TestSource } from '../lines.js';

const START = Date.UTC(2026, 10, 28, 10);

describe('the word index of a day', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-finished-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const loose = (day: number) => {
    const connection = openDatabase(dayFile(directory, day), { driver: defaultDriver, readOnly: true });
    try {
      return DayWriter.loose(connection);
    } finally {
      connection.close();
    }
  };

  it('is one of groups alone when the day is over, or packed by hand, and finds every line', async () => {
    const source = new TestSource('agent');
    const store = await openEmbeddedStore({ directory });
    const seal = async (block: number, at: number) => {
      const lines = Array.from({ length: 30 }, (_, i) => ({
        text: `word${block} number ${i}`,
        time: at + i,
      }));
      await store.append([source.append(lines, { at })]);
      await store.compact();
    };
    const found = async () =>
      Promise.all(
        [0, 1, 2, 3, 4, 5].map(async block => {
          const query = parseQuery(`word${block}`);
          return (await store.search({ query, order: 'oldest', limit: 100 })).rows.length;
        }),
      );
    const today = Math.floor(START / DAY_MS);
    for (let block = 0; block < 3; block++) await seal(block, START + block * 1000);
    assert.equal(loose(today), 3);
    await seal(3, START + DAY_MS);
    assert.equal(loose(today), 0, 'the next day has begun');
    assert.deepEqual(await found(), [30, 30, 30, 30, 0, 0]);
    await seal(4, START + DAY_MS + 1000);
    await seal(5, START + 5000);
    assert.equal(loose(today), 1, 'the clock was set back');
    assert.equal(loose(today + 1), 0);
    assert.deepEqual(await found(), [30, 30, 30, 30, 30, 30]);
    await store.close();
  });

  it('is so after a service that was stopped before the next day began', async () => {
    const today = Math.floor(START / DAY_MS);
    const source = new TestSource('agent');
    let store = await openEmbeddedStore({ directory });
    // Two whole blocks, which nothing joins.
    for (let block = 0; block < 2; block++) {
      const lines = Array.from({ length: 9000 }, (_, i) => ({ text: `word${block} ${i}`, time: START + i }));
      await store.append([source.append(lines, { at: START })]);
      await store.compact();
    }
    await store.close();
    assert.equal(loose(today), 2);
    store = await openEmbeddedStore({ directory });
    await store.compact({ repack: true });
    assert.equal(loose(today), 0);
    const page = await store.search({ query: parseQuery('word1 8999'), order: 'oldest', limit: 10 });
    assert.equal(page.rows.length, 1);
    await store.close();
  });
});
