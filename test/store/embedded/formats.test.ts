import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import zlib from 'node:zlib';
import type { LogRow } from '../../../src/model/log-row.js';
import { VirtualClock } from '../../../src/platform/clock.js';
import { packageRoot } from '../../../src/platform/package-root.js';
import { hasZstd } from '../../../src/store/embedded/codec.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { TestSource } from '../lines.js';

const FIXTURES = path.join(packageRoot, 'test', 'store', 'fixtures');

/** What the build that made the stores read back of them. */
interface Expected {
  rows: LogRow[];
  exact: [id: string, bytes: string, finding: unknown][];
  marks: { source: string; offset: number; seq: number }[];
  histogram: { series: { key: string; counts: number[] }[] };
  sources: { id: string }[];
  gaps: unknown[];
  documents: unknown[];
}

const expected = JSON.parse(
  zlib.brotliDecompressSync(readFileSync(path.join(FIXTURES, 'format-1.expected.json.br'))).toString('utf8'),
) as Expected;

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 28, 21, 50);

async function readBack(store: EmbeddedStore): Promise<Expected> {
  const rows: LogRow[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await store.search({
      query: { kind: 'all' },
      order: 'oldest',
      limit: 500,
      ...(cursor ? { cursor } : {}),
    });
    rows.push(...page.rows);
    cursor = page.cursor;
    if (!cursor) break;
  }
  const sources = await store.sources();
  const exact: Expected['exact'] = [];
  for (const { id } of sources) {
    const page = await store.context({ source: id, offset: 0, before: 0, after: 100_000, exact: true });
    for (const row of page.rows)
      exact.push([row.id, Buffer.from(row.exact!.bytes).toString('base64'), row.exact!.finding ?? null]);
  }
  return JSON.parse(
    JSON.stringify({
      rows,
      exact,
      marks: await store.marks({ limit: 100_000 }),
      histogram: await store.histogram({
        query: { kind: 'word', word: 'connection' },
        from: START,
        to: START + 6 * HOUR,
        interval: 60_000,
        by: 'agent',
      }),
      sources,
      gaps: await store.gaps(),
      documents: await store.documents.list('incident'),
    }),
  ) as Expected;
}

function assertSame(got: Expected): void {
  const byId = (a: [string, ...unknown[]], b: [string, ...unknown[]]) => (a[0] < b[0] ? -1 : 1);
  const byPlace = (a: Expected['marks'][0], b: Expected['marks'][0]) =>
    a.seq - b.seq || (a.source < b.source ? -1 : a.source > b.source ? 1 : a.offset - b.offset);
  assert.deepEqual(got.rows, expected.rows);
  assert.deepEqual(got.exact.sort(byId), expected.exact.sort(byId));
  assert.deepEqual(got.marks.sort(byPlace), expected.marks.sort(byPlace));
  assert.deepEqual(got.histogram, expected.histogram);
  assert.deepEqual(got.sources, expected.sources);
  assert.deepEqual(got.gaps, expected.gaps);
  assert.deepEqual(got.documents, expected.documents);
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}

for (const made of ['libsql', 'zstd'])
  describe(`a store that the release before made (${made})`, { skip: made === 'zstd' && !hasZstd }, () => {
    let directory: string;
    let store: EmbeddedStore;
    before(async () => {
      directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-format-'));
      cpSync(path.join(FIXTURES, `format-1-${made}`), directory, { recursive: true });
    });
    after(async () => {
      await store?.close();
      rmSync(directory, { recursive: true, force: true });
    });

    it('is read as it was, to the byte', async () => {
      store = await openEmbeddedStore({ directory });
      assertSame(await readBack(store));
      assert.deepEqual(await store.check(), []);
    });

    it('is packed anew into less, with every line as it was', async () => {
      const bytes = () => folderBytes(path.join(directory, 'days'));
      await store.compact();
      const stored = bytes();
      await store.compact({ repack: true });
      assert.ok(bytes() < stored / 2, `${bytes()} of ${stored}`);
      const back = await readBack(store);
      assertSame(back);
      assert.deepEqual(await store.check(), []);
      await store.close();
      store = await openEmbeddedStore({ directory });
      assertSame(await readBack(store));
    });

    it('takes new lines beside its old ones, on the same day, and is packed anew with them', async () => {
      await store.close();
      rmSync(directory, { recursive: true });
      cpSync(path.join(FIXTURES, `format-1-${made}`), directory, { recursive: true });
      store = await openEmbeddedStore({ directory });
      const { rows } = expected;
      const last = rows.at(-1)!;
      const source = new TestSource('newcomer');
      const text = '2026-11-29T02:30:00.000Z INFO a line of the new format, number 7';
      await store.append([source.append([{ text, time: last.time + 1000 }], { at: last.ingestedAt })]);
      await store.compact();
      const found = await store.search({ query: { kind: 'all' }, order: 'newest', limit: 2 });
      assert.deepEqual(
        found.rows.map(row => row.raw),
        [text, last.raw],
      );
      assert.deepEqual(await store.check(), []);
      await store.compact({ repack: true });
      assert.deepEqual(await store.search({ query: { kind: 'all' }, order: 'newest', limit: 2 }), found);
      assert.deepEqual(await store.check(), []);
      assert.deepEqual(
        readdirSync(path.join(directory, 'days')).filter(name => name.includes('repack')),
        [],
      );
    });
  });

describe('days that are over', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-repack-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** 240 lines of one day in twelve blocks. */
  async function twelveBlocks(store: EmbeddedStore): Promise<void> {
    const source = new TestSource('many');
    for (let block = 0; block < 12; block++) {
      const lines = Array.from({ length: 20 }, (_, i) => ({
        text: `block ${block} line ${i} id=${(block * 7919 + i).toString(16).padStart(8, '0')}`,
        time: START + block * 1000 + i,
      }));
      await store.append([source.append(lines, { at: START })]);
      await store.compact();
    }
  }

  it('are packed anew while nothing comes, into fewer blocks, and go on to be read meanwhile', async context => {
    const clock = new VirtualClock(START);
    const store = await openEmbeddedStore({ directory, clock });
    context.after(() => store.close());
    await twelveBlocks(store);
    const all = () => store.search({ query: { kind: 'all' }, order: 'oldest', limit: 1000 });
    const stored = await all();
    assert.equal(stored.rows.length, 240);
    const files = () => readdirSync(path.join(directory, 'days')).filter(name => name.endsWith('.db'));
    assert.deepEqual(files(), ['2026-11-28.db']);
    // Two ticks tidy and look again; the work itself is done by the sealer.
    while (files().join() !== '2026-11-28.1.db') {
      clock.advance(24 * HOUR);
      assert.deepEqual(await all(), stored);
    }
    assert.deepEqual(await all(), stored);
    assert.deepEqual(await store.check(), []);
  });

  it('answer whole while they are packed anew, also what began before and goes on after', async context => {
    const own = path.join(directory, 'while');
    // Every query lets others have its readers after each block.
    const store = await openEmbeddedStore({ directory: own, sliceMs: 0 });
    context.after(() => store.close());
    await twelveBlocks(store);
    const all = () => store.search({ query: { kind: 'all' }, order: 'oldest', limit: 1000 });
    const stored = await all();
    assert.equal(stored.rows.length, 240);
    let packed = false;
    const ask = async () => {
      while (!packed) assert.deepEqual(await all(), stored);
    };
    const asking = [ask(), ask(), ask(), ask()];
    await store.compact({ repack: true });
    packed = true;
    await Promise.all(asking);
    assert.deepEqual(
      readdirSync(path.join(own, 'days')).filter(name => name.endsWith('.db')),
      ['2026-11-28.1.db'],
    );
  });
});
