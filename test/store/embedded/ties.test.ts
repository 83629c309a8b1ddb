import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { LogRow } from '../../../src/model/log-row.js';
import { defaultDriver } from '../../../src/store/embedded/driver.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { Reader } from '../../../src/store/embedded/reader.js';
import type { SourceAppend } from '../../../src/store/store.js';
import { TestSource } from '../lines.js';
import { T0 } from '../random-data.js';

/** A file without timestamps is read at once: all of its lines have the time of their reading. */
const SOURCES = 4;
const LINES = 100_000;
const PAGE = 1000;
/** Of 100. A page lies in one or two chunks of 1,024; a neighbour's exact end can't be told without looking at its text. */
const MOST_CHUNKS = 12;

describe('pages of 100,000 lines with one and the same time', () => {
  let directory: string;
  let store: EmbeddedStore;
  let reader: Reader;
  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-ties-'));
    store = await openEmbeddedStore({ directory });
    const sources = Array.from({ length: SOURCES }, (_, i) => new TestSource(`agent-${i}`));
    const each = 500;
    for (let at = 0; at < LINES / SOURCES; at += each) {
      const appends: SourceAppend[] = sources.map(source =>
        source.append(Array.from({ length: each }, (_, i) => ({ text: `line ${at + i} of many`, time: T0 }))),
      );
      await store.append(appends);
    }
    await store.compact();
    reader = new Reader({
      role: 'reader',
      beside: true,
      directory,
      driver: defaultDriver,
      cacheBytes: 16 * 1024 * 1024,
    });
  });
  after(async () => {
    reader.close();
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const order of ['newest', 'oldest'] as const)
    it(`cost a few chunks each, however deep, ${order} first`, async () => {
      const search = reader.handlers().search;
      const seen: LogRow[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < LINES / PAGE; page++) {
        const request = {
          query: { kind: 'all' as const },
          order,
          limit: PAGE,
          ...(cursor ? { cursor } : {}),
        };
        const { looked } = await search({ cancelled: false }, request, Number.MAX_VALUE, undefined);
        assert.ok(looked <= MOST_CHUNKS, `page ${page} looked at ${looked} chunks`);
        const found = await store.search(request);
        seen.push(...found.rows);
        cursor = found.cursor;
      }
      assert.equal(cursor, undefined);
      assert.equal(new Set(seen.map(row => row.id)).size, LINES);
    });
});
