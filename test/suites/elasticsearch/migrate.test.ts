import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SystemClock } from '../../../src/platform/clock.js';
import { openElasticsearchStore } from '../../../src/store/elasticsearch/elasticsearch-store.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import type { ElasticsearchSettings } from '../../../src/store/elasticsearch/settings.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { moveToElasticsearch } from '../../../src/store/migrate.js';
import type { SearchRequest } from '../../../src/store/store.js';
import { type TestLine, TestSource } from '../../store/lines.js';
import { FaultyProxy, PASS } from './faulty-proxy.js';
import { anyServer, settingsFor } from './server.js';

const server = await anyServer();
const T = Date.UTC(2026, 10, 23, 12);
const ALL: SearchRequest = { query: { kind: 'all' }, order: 'oldest', limit: 10_000 };

if (server)
  describe('deadair migrate --to elasticsearch', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'deadair-migrate-'));
    const proxy = new FaultyProxy(() => server.url);
    let from: EmbeddedStore;
    let settings: ElasticsearchSettings;

    before(async () => {
      await proxy.start();
      settings = settingsFor(proxy.url);
      from = await openEmbeddedStore({ directory: folder });
      const line = (n: number): TestLine => ({
        text: `line ${n} \x1b[31mred\x1b[0m größer`,
        time: T + n * 10,
        level: n % 5 === 0 ? 'error' : 'info',
        ...(n % 50 === 0 ? { class: 'timeout', rule: 'net/timeout', event: 'agent.failed' } : {}),
      });
      const lines = (a: number, b: number) => Array.from({ length: b - a }, (_, i) => line(a + i));
      const one = new TestSource('moved-1');
      const two = new TestSource('moved-2');
      await from.append([one.append(lines(0, 3000)), two.append(lines(0, 40))]);
      await from.compact();
      await from.append([
        { ...one.append(lines(3000, 6200)), parserState: '{"x":1}', tail: { length: 3, hash: 'abc' } },
        two.append([], { partial: { text: 'still open', time: T + 99_999 } }),
      ]);
      const three = new TestSource('moved-3');
      await from.append([three.append(lines(0, 10))]);
      const at = three.position;
      await from.append([
        {
          source: three.source,
          from: at,
          to: at + 50,
          observedAt: T,
          ingestedAt: T,
          gap: { from: at, to: at + 50, reason: 'rotated-away' },
        },
        {
          source: three.source,
          from: at + 50,
          to: at + 50,
          observedAt: T,
          ingestedAt: T,
          end: { at: at + 50, reason: 'rotated' },
        },
      ]);
      await from.documents.putMany([
        { kind: 'run', id: 'r1', doc: { name: 'a run' } },
        { kind: 'engine', id: 'checkpoint', doc: { seq: 3, snapshot: '{}', at: T } },
      ]);
    });
    after(async () => {
      await from.close();
      await proxy.stop();
      server.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it('carries everything over, goes on where it was interrupted, and counts', async () => {
      const { lines } = indexNames(settings.namespace);
      // The first attempt ends in the middle of the second page of lines: the server is gone.
      let bulks = 0;
      let to = await openElasticsearchStore({ settings, random: () => 0 });
      proxy.fate = asked =>
        asked.startsWith(`/${lines}/_bulk`) && ++bulks > 1
          ? { kind: 'answer', status: 403, body: { error: { type: 'security_exception', reason: 'gone' } } }
          : PASS;
      await assert.rejects(moveToElasticsearch(from, to, new SystemClock()), { code: 'unavailable' });
      await to.close();
      proxy.fate = () => PASS;

      to = await openElasticsearchStore({ settings });
      try {
        const moved = await moveToElasticsearch(from, to, new SystemClock());
        assert.deepEqual(moved, { sources: 3, lines: { from: 6251, to: 6251 }, documents: 2, differ: [] });
        const [had, has] = [await from.search(ALL), await to.search(ALL)];
        assert.deepEqual(has.rows, had.rows);
        const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
        assert.deepEqual((await to.sources()).sort(byId), (await from.sources()).sort(byId));
        assert.deepEqual(await to.gaps(), await from.gaps());
        const marks = (limit: number) => ({ afterSeq: -1, limit });
        const slim = (found: { seq: number; source: string; offset: number; event?: string }[]) =>
          found.map(({ seq, source, offset, event }) => `${seq} ${source} ${offset} ${event}`).sort();
        assert.deepEqual(slim(await to.marks(marks(9000))), slim(await from.marks(marks(9000))));
        assert.deepEqual((await to.documents.get('run', 'r1'))?.doc, { name: 'a run' });
        await assert.rejects(moveToElasticsearch(from, to, new SystemClock()), { code: 'conflict' });
      } finally {
        await to.close();
      }
    });

    it('does not mix with the lines of another Deadair', async () => {
      const to = await openElasticsearchStore({ settings: settingsFor(server.url) });
      try {
        await to.append([new TestSource('stranger').append([{ text: 'mine', time: T }])]);
        await assert.rejects(moveToElasticsearch(from, to, new SystemClock()), { code: 'conflict' });
      } finally {
        await to.close();
      }
    });
  });
