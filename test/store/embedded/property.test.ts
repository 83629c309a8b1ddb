import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { LogRow } from '../../../src/model/log-row.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import type { SourceAppend } from '../../../src/store/store.js';
import fc from '../../property.js';
import { cases } from '../../thorough.js';
import { TestSource } from '../lines.js';
import { ModelStore } from '../model.js';
import { line, query, T0 } from '../random-data.js';

const RUNS = cases(60);

/** Random batches of many agents, half of them sealed into blocks along the way, with open lines here and there. */
async function fill(store: EmbeddedStore, model: ModelStore, seed: number, rounds: number): Promise<void> {
  const sources = Array.from({ length: 130 }, (_, i) => [
    new TestSource(`agent-${i}`, '/logs/one.log'),
    new TestSource(`agent-${i}`, '/logs/two.log'),
  ]).flat();
  const batches = fc.sample(fc.array(line, { minLength: 0, maxLength: 12 }), { numRuns: rounds * 8, seed });
  let batch = 0;
  for (let round = 0; round < rounds; round++) {
    const appends: SourceAppend[] = [];
    for (let i = 0; i < 8; i++) {
      const lines = batches[batch++]!;
      // Nearby rounds meet the same sources, so that blocks hold runs of several commits.
      const source = sources[(Math.floor(round / 4) * 8 + i + (round % 3)) % sources.length]!;
      if (appends.some(append => append.source === source.source)) continue;
      const partial = round % 5 === 0 ? lines.at(-1) : undefined;
      const whole =
        partial && !/[\r\0\x1b]/.test(partial.text) && partial.text !== '' ? lines.slice(0, -1) : lines;
      appends.push(
        source.append(whole, {
          at: T0 + round * 40_000,
          ...(whole === lines || !partial ? {} : { partial }),
        }),
      );
    }
    const { seq } = await store.append(appends);
    model.append(appends, seq);
    if (round % 17 === 16) await store.compact();
  }
}

describe('the embedded store equals the plain model on random data', () => {
  let directory: string;
  let store: EmbeddedStore;
  const model = new ModelStore();
  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-property-'));
    // A slice of no time: every query is shared out among the readers.
    store = await openEmbeddedStore({ directory, sliceMs: 0 });
    await fill(store, model, 20261123, 60);
  });
  after(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const instant = fc.integer({ min: -60_000, max: 700_000 }).map(i => T0 + i);

  it('in searches, and in the pages of a search', async () => {
    await fc.assert(
      fc.asyncProperty(
        query,
        fc.constantFrom('newest' as const, 'oldest' as const),
        fc.option(instant, { nil: undefined }),
        fc.option(instant, { nil: undefined }),
        fc.integer({ min: 1, max: 40 }),
        async (wanted, order, from, to, limit) => {
          const request = {
            query: wanted,
            order,
            ...(from === undefined ? {} : { from }),
            ...(to === undefined ? {} : { to }),
          };
          const expected = model.search({ ...request, limit: 1e6 });
          const rows: LogRow[] = [];
          let cursor: string | undefined;
          for (let pages = 0; pages < 3; pages++) {
            const page = await store.search({ ...request, limit, ...(cursor ? { cursor } : {}) });
            rows.push(...page.rows);
            cursor = page.cursor;
            if (!cursor) break;
          }
          assert.deepEqual(rows, expected.slice(0, cursor ? rows.length : undefined));
          if (cursor) assert.equal(rows.length, 3 * limit);
        },
      ),
      { numRuns: RUNS * 3 },
    );
  });

  it('in histograms', async () => {
    await fc.assert(
      fc.asyncProperty(
        query,
        fc.constantFrom(undefined, 'agent' as const, 'level' as const, 'class' as const),
        fc.constantFrom(60_000, 120_000, 30_000, 7_000, 90_000),
        fc.oneof(fc.constant(T0), instant),
        fc.integer({ min: 1, max: 12 }),
        async (wanted, by, interval, from, buckets) => {
          const request = {
            query: wanted,
            from,
            to: from + buckets * 60_000,
            interval,
            ...(by ? { by } : {}),
          };
          const { series, total } = await store.histogram(request);
          const expected = model.histogram(request);
          assert.deepEqual(new Map(series.map(({ key, counts }) => [key, counts])), expected);
          assert.equal(
            total,
            [...expected.values()].flat().reduce((sum, n) => sum + n, 0),
          );
        },
      ),
      { numRuns: RUNS * 3 },
    );
  });

  it('in contexts', async () => {
    const rows = model.rows();
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: rows.length - 1 }),
        fc.nat({ max: 30 }),
        fc.nat({ max: 30 }),
        async (index, before, after) => {
          const { source, offset } = rows[index]!;
          const page = await store.context({ source, offset, before, after });
          assert.deepEqual(page.rows, model.context(source, offset, before, after));
          assert.equal(page.rows[page.at]?.offset, offset);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('in marks, in pages of whole commits', async () => {
    const expected = model.rows().filter(row => row.rule !== undefined);
    const marks = [];
    for (let afterSeq = -1; ; ) {
      const page = await store.marks({ afterSeq, limit: 25 });
      if (page.length === 0) break;
      marks.push(...page);
      assert.ok(page[0]!.seq > afterSeq);
      afterSeq = page.at(-1)!.seq;
    }
    const name = (mark: { source: string; offset: number; seq: number }) =>
      `${mark.seq} ${mark.source}:${mark.offset}`;
    assert.deepEqual(marks.map(name).sort(), expected.map(name).sort());
  });

  it('in what it counts as stored', async () => {
    const stats = await store.stats();
    assert.equal(stats.lines, model.rows().length);
    assert.equal(
      stats.rawBytes,
      model.rows().reduce((sum, row) => sum + row.length, 0),
    );
  });
});

describe('the embedded store finds what is hard to index', () => {
  let directory: string;
  let store: EmbeddedStore;
  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-hard-'));
    store = await openEmbeddedStore({ directory });
  });
  after(async () => {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const count = async (word: string) =>
    (await store.search({ query: { kind: 'word', word }, order: 'newest', limit: 10 })).rows.length;

  it('every word of blocks with very many distinct words, in groups of blocks too', async () => {
    const source = new TestSource('distinct');
    const blocks = 40;
    for (let block = 0; block < blocks; block++) {
      // 2,048 lines of 30 words that occur nowhere else: two chunks with 30,000 distinct words each.
      const lines = Array.from({ length: 2048 }, (_, i) => ({
        text: Array.from({ length: block < 3 ? 30 : 3 }, (_, j) => `w${block}x${i}y${j}`).join(' '),
        time: T0 + block * 1000 + i / 10,
      }));
      await store.append([source.append(lines)]);
      await store.compact();
    }
    const probes = fc.sample(
      fc.tuple(fc.nat({ max: blocks - 1 }), fc.nat({ max: 2047 }), fc.nat({ max: 2 })),
      {
        numRuns: cases(60),
        seed: 7,
      },
    );
    for (const [block, i, j] of probes) assert.equal(await count(`w${block}x${i}y${j}`), 1);
    assert.equal(await count('w1x7y29'), 1);
    assert.equal(await count('w1x7y30'), 0);
    assert.equal(
      (await store.search({ query: { kind: 'prefix', word: 'w39x2047' }, order: 'newest', limit: 10 })).rows
        .length,
      1,
    );
  });

  it('words at both ends of lines of 1 MiB', async () => {
    const source = new TestSource('long');
    const filler = 'abcdefghi '.repeat(104_857);
    const lines = Array.from({ length: 12 }, (_, i) => ({
      text: `head${i} ${filler} tail${i}`,
      time: T0 + i,
    }));
    for (let i = 0; i < lines.length; i += 4) await store.append([source.append(lines.slice(i, i + 4))]);
    for (const sealed of [false, true]) {
      if (sealed) await store.compact();
      for (let i = 0; i < 12; i++) {
        assert.equal(await count(`head${i}`), 1);
        assert.equal(await count(`tail${i}`), 1);
      }
      const { rows } = await store.search({
        query: { kind: 'word', word: 'tail7' },
        order: 'newest',
        limit: 1,
      });
      assert.equal(rows[0]?.raw, lines[7]?.text);
    }
  });
});
