import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { VirtualClock } from '../../../src/platform/clock.js';
import { parseQuery } from '../../../src/query/parser.js';
import { defaultDriver, openDatabase } from '../../../src/store/embedded/driver.js';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { DAY_MS, dayFile, PAGE_SIZE, pageSizeFor, SHAPE_ROWS } from '../../../src/store/embedded/schema.js';
import { TestSource } from '../lines.js';

const START = Date.UTC(2026, 10, 28, 10);
const TODAY = START / DAY_MS - ((START / DAY_MS) % 1);
const MIB = 1024 * 1024;

describe('a small day', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-small-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function look() {
    const file = dayFile(directory, TODAY);
    const connection = openDatabase(file, { driver: defaultDriver, readOnly: true });
    try {
      const one = (sql: string) => Number(connection.prepare(sql).get()?.n);
      return {
        bytes: statSync(file).size,
        page: one('SELECT page_size AS n FROM pragma_page_size'),
        blocks: one('SELECT count(*) AS n FROM blocks'),
        parts: one(`SELECT count(*) AS n FROM shapes WHERE id % ${SHAPE_ROWS} < ${SHAPE_ROWS / 2}`),
        spares: one(`SELECT count(*) AS n FROM shapes WHERE id % ${SHAPE_ROWS} >= ${SHAPE_ROWS / 2}`),
        sound: connection.prepare('PRAGMA integrity_check').get()?.integrity_check,
      };
    } finally {
      connection.close();
    }
  }

  const isPacked = () => {
    const file = dayFile(directory, TODAY);
    return existsSync(file) && file.endsWith('.1.db');
  };

  const lines = (count: number, first = 0) =>
    Array.from({ length: count }, (_, i) => ({
      text: `worker-${i % 7} took request ${(first + i) * 7919} from 10.0.0.${i % 250}`,
      time: START + first + i,
    }));

  it('is packed anew in small pages, without a spare that nothing is worth, and goes on as a day', async () => {
    const source = new TestSource('agent');
    let store = await openEmbeddedStore({ directory });
    const all = async () =>
      (await store.search({ query: parseQuery('request'), order: 'oldest', limit: 1000 })).rows.map(
        ({ raw, time }) => [raw, time],
      );
    await store.append([source.append(lines(300), { at: START })]);
    await store.compact();
    const before = look();
    assert.equal(before.page, PAGE_SIZE);
    assert.equal(before.spares, before.parts);
    const read = await all();
    assert.equal(read.length, 300);

    await store.compact({ repack: true });
    const { bytes, page, spares, parts, sound } = look();
    assert.deepEqual(
      { page, spares, parts, sound },
      { page: 512, spares: 0, parts: before.parts, sound: 'ok' },
    );
    assert.ok(bytes < before.bytes / 3, `${bytes} of ${before.bytes} bytes`);
    assert.deepEqual(await all(), read);
    await store.compact({ repack: true });
    assert.ok(dayFile(directory, TODAY).endsWith('.1.db'), 'it is packed once');

    // The clock was set back: another block on the dictionary that is there once.
    await store.append([source.append(lines(200, 300), { at: START + 1000 })]);
    await store.compact();
    await store.close();
    store = await openEmbeddedStore({ directory });
    const grown = await all();
    assert.deepEqual(grown.slice(0, 300), read);
    assert.equal(grown.length, 500);
    assert.equal(look().sound, 'ok');
    await store.close();
  });

  it('is packed anew when it is over, though some lines come all the time', async () => {
    const clock = new VirtualClock(START);
    const source = new TestSource('agent');
    const store = await openEmbeddedStore({ directory, clock });
    await store.append([source.append(lines(300), { at: START })]);
    clock.advance(DAY_MS);
    let next = 300;
    for (let turn = 0; turn < 20_000 && !isPacked(); turn++) {
      clock.advance(1000);
      await store.append([source.append(lines(1, next++), { at: clock.now() })]);
    }
    assert.equal(look().page, 512);
    const page = await store.search({ query: parseQuery('request'), order: 'oldest', limit: 1000 });
    assert.equal(page.rows.length, Math.min(next, 1000));
    await store.close();
  });

  it('is found where it was packed anew, by whoever had it open and though nothing was sealed after', async () => {
    const clock = new VirtualClock(START);
    const source = new TestSource('agent');
    const store = await openEmbeddedStore({ directory, clock });
    await store.append([source.append(lines(300), { at: START })]);
    clock.advance(DAY_MS);
    await store.append([source.append(lines(100, 300), { at: clock.now() })]);
    await store.compact();
    const all = async () =>
      (await store.search({ query: parseQuery('request'), order: 'oldest', limit: 1000 })).rows.length;
    assert.equal(await all(), 400);
    while (!isPacked()) {
      clock.advance(5000);
      assert.equal(await all(), 400);
    }
    assert.equal(await all(), 400);
    await store.close();
  });

  it('keeps the spare of a dictionary that several blocks rest on', async () => {
    const source = new TestSource('agent');
    const store = await openEmbeddedStore({ directory });
    for (let part = 0; part < 2; part++)
      await store.append([source.append(lines(10_000, part * 10_000), { at: START })]);
    await store.compact({ repack: true });
    const { page, blocks, spares, parts } = look();
    assert.equal(page, 512);
    assert.ok(blocks > 1);
    assert.equal(spares, parts);
    await store.close();
  });

  it('that grew after all has large pages again, and one in between keeps those it has', () => {
    const sizes = [57_344, MIB, 2 * MIB, 4 * MIB + 1].map(bytes => [
      pageSizeFor(bytes, PAGE_SIZE),
      pageSizeFor(bytes, 512),
    ]);
    assert.deepEqual(sizes, [
      [512, 512],
      [512, 512],
      [PAGE_SIZE, 512],
      [PAGE_SIZE, PAGE_SIZE],
    ]);
  });
});
