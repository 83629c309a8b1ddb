import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { VirtualClock } from '../../../src/platform/clock.js';
import { isDear } from '../../../src/query/dear.js';
import { parseQuery } from '../../../src/query/parser.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { TestSource } from '../lines.js';

const START = Date.UTC(2026, 10, 28, 10);
const DAY_MS = 86_400_000;

/** The store's threads of this process, as the kernel names them. */
function threads(): string[] {
  const names = readdirSync('/proc/self/task').map(id =>
    readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim(),
  );
  return names.filter(name => name.startsWith('store-')).sort();
}

describe('threads of the store', {
  skip: process.platform !== 'linux' && 'names of threads are Linux’s',
}, () => {
  let directory: string;
  let store: EmbeddedStore;
  let source: TestSource;
  let written: number;
  const clock = new VirtualClock(START);
  const append = async (count: number, day = 0) => {
    const lines = Array.from({ length: count }, (_, i) => {
      const time = START + day * DAY_MS + i * 10;
      return { time, text: `${new Date(time).toISOString()} INFO step ${written + i} of ${i % 97}` };
    });
    written += count;
    await store.append([source.append(lines)]);
  };
  const found = async (query: string) => {
    const [from, to] = [START, START + 3 * DAY_MS];
    const { series } = await store.histogram({ query: parseQuery(query), from, to, interval: to - from });
    return series.reduce((sum, { counts }) => sum + counts.reduce((a, b) => a + b, 0), 0);
  };
  /** Until what the store does in the background has come so far; the test's own limit ends it. */
  const until = async (done: () => boolean) => {
    while (!done()) await store.sources();
  };

  beforeEach(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-threads-'));
    source = new TestSource('agent');
    written = 0;
    store = await openEmbeddedStore({ directory, clock, sliceMs: 0 });
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('are two while little is written and asked, also when idle, and a store that never seals closes', async () => {
    await append(500);
    assert.equal(await found('step'), 500);
    clock.advance(120_000);
    assert.equal(await found('step'), 500);
    assert.deepEqual(threads(), ['store-reader', 'store-writer']);
  });

  it('seal from the first full block on: what was committed before the thread started is there once', async () => {
    for (let i = 0; i < 9; i++) await append(1000);
    await until(() => threads().includes('store-sealer'));
    for (let i = 0; i < 9; i++) await append(1000);
    await store.compact();
    assert.equal(await found('step'), 18_000);
    assert.equal(await found('"step 8191"'), 1);
    const { lines } = await store.stats();
    assert.equal(lines, 18_000);
  });

  it('are two to read when a query is not done in its first slice; days can be dropped meanwhile', async () => {
    for (let day = 0; day < 3; day++) {
      for (let i = 0; i < 9; i++) await append(1000, day);
      await store.compact();
    }
    assert.deepEqual(threads(), ['store-reader', 'store-sealer', 'store-writer']);
    // The last one is dear: it has a thread of its own, and a reader helps.
    const dear = '/step [0-9.]+7 of [0-9]+5/';
    assert.ok(isDear(parseQuery(dear)));
    const counts = Promise.all(['step', '/step [0-9]+7 of/', dear].map(found));
    const { bytes } = await store.stats();
    const dropped = await store.retain({ maxBytes: bytes - 1 });
    await counts;
    await until(() => threads().filter(name => name === 'store-reader').length === 3);
    const kept = 27_000 - dropped.dropped.reduce((sum, { lines }) => sum + lines, 0);
    for (let i = 0; i < 4; i++) assert.equal(await found('step'), kept);
    // By the numbers that are left: those of the last days.
    const numbers = Array.from({ length: kept }, (_, i) => 27_000 - kept + i);
    const expected = (own: RegExp) => numbers.filter(n => own.test(`step ${n} of ${(n % 1000) % 97}`)).length;
    for (const last of ['5', '6', '12', '7'])
      assert.equal(
        await found(`/step [0-9.]+7 of [0-9]+${last}/`),
        expected(new RegExp(`step [0-9.]+7 of [0-9]+${last}`)),
      );
    assert.equal(threads().filter(name => name === 'store-reader').length, 3);
  });
});
