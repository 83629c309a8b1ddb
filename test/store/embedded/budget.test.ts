import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseQuery } from '../../../src/query/parser.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { TestSource } from '../lines.js';

const T0 = Date.UTC(2026, 10, 20, 12);
/** Linear in the line, and some 20 ms a line of these. */
const DEAR = 'agent:rx /(a?){30}a{30}!/';

describe('a query has a budget', () => {
  let directory: string;
  let store: EmbeddedStore;
  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-budget-'));
    store = await openEmbeddedStore({ directory, readers: 2 });
    const source = new TestSource('rx');
    for (let i = 0; i < 10; i++)
      await store.append([
        source.append(
          Array.from({ length: 300 }, (_, j) => ({ text: 'a'.repeat(1900 + j), time: T0 + i * 300 + j })),
        ),
      ]);
    await store.append([new TestSource('other').append([{ text: 'the honest line', time: T0 }])]);
  });
  after(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const search = (text: string, abort?: AbortSignal) =>
    store.search({ query: parseQuery(text, { time: { now: T0 } }), order: 'newest', limit: 10 }, abort);

  it('of time: what takes longer is broken off, and says how far it had come', async () => {
    const hasty = await openEmbeddedStore({ directory, readOnly: true, readers: 1, queryMs: 1 });
    try {
      for (const query of [
        parseQuery(DEAR, { time: { now: T0 } }),
        parseQuery('/x.*y.*z/', { time: { now: T0 } }),
      ])
        await assert.rejects(hasty.search({ query, order: 'newest', limit: 10 }), {
          code: 'query.timeout',
          message: /^The query was broken off after 1 ms\./,
        });
    } finally {
      await hasty.close();
    }
  });

  it('of threads: dear expressions have one of their own, and nobody else waits for them', async () => {
    const dear = [search(DEAR), search(DEAR), search(DEAR)];
    assert.equal((await search('honest')).rows.length, 1);
    assert.equal((await store.sources()).length, 2);
    for (const asked of dear) assert.deepEqual((await asked).rows, []);
  });

  it('and ends when the asker leaves, before it began or in the middle', async () => {
    const leaving = new AbortController();
    const asked = search(DEAR, leaving.signal);
    leaving.abort(new Error('gone'));
    await assert.rejects(asked, /gone/);
    await assert.rejects(search('honest', leaving.signal), /gone/);
    // A dear one that comes after is not kept waiting by one that has left.
    assert.equal((await search('/hone?st line/ agent:other')).rows.length, 1);
  });

  it('of room: more than a few dear ones at once are asked to come again', async () => {
    const asked = Array.from({ length: 12 }, () =>
      search(DEAR).catch((thrown: { code: string }) => thrown.code),
    );
    const codes = await Promise.all(asked);
    assert.ok(codes.filter(code => code === 'busy').length >= 3, codes.join(' '));
  });
});
