import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { Client } from '@elastic/elasticsearch';
import {
  type ElasticsearchStore,
  openElasticsearchStore,
} from '../../../src/store/elasticsearch/elasticsearch-store.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import type { ElasticsearchSettings } from '../../../src/store/elasticsearch/settings.js';
import type { SourceAppend } from '../../../src/store/store.js';
import { type TestLine, TestSource } from '../../store/lines.js';
import { type Fate, FaultyProxy, PASS, TOO_MANY } from './faulty-proxy.js';
import { anyServer, settingsFor } from './server.js';

const server = await anyServer();
const T = Date.UTC(2026, 10, 23, 12);

if (server)
  describe('Elasticsearch has every line once', () => {
    const proxy = new FaultyProxy(() => server.url);
    const admin = new Client({ node: server.url });
    const open: ElasticsearchStore[] = [];
    let settings: ElasticsearchSettings;

    before(() => proxy.start());
    after(async () => {
      await proxy.stop();
      await admin.close();
      server.stop();
    });
    afterEach(async () => {
      proxy.fate = () => PASS;
      for (const store of open.splice(0)) await store.close();
    });

    /** A store of its own name, behind the proxy; `again` opens what another process left. */
    const start = async (again = false): Promise<ElasticsearchStore> => {
      if (!again) settings = settingsFor(proxy.url, { bulkSize: 4096 });
      const store = await openElasticsearchStore({ settings, random: () => 0 });
      open.push(store);
      return store;
    };
    const isBulk = (path: string) => path.startsWith(`/${indexNames(settings.namespace).lines}/_bulk`);
    const isPosition = (path: string) => path.startsWith(`/${indexNames(settings.namespace).sources}/_bulk`);
    /** What the requests meet one after the other; what comes after passes. */
    const meet = (match: (path: string) => boolean, ...fates: Fate[]) => {
      let next = 0;
      proxy.fate = path => (match(path) ? (fates[next++] ?? PASS) : PASS);
      return () => next;
    };
    const rollover = () => admin.indices.rollover({ alias: indexNames(settings.namespace).lines });

    /** How often each offset of the agent's lines is stored, read straight from the data stream. */
    const stored = async (agent: string): Promise<number[]> => {
      const { lines, aside } = indexNames(settings.namespace);
      const index = `${lines},${aside}`;
      await admin.indices.refresh({ index, ignore_unavailable: true });
      const reply = await admin.search<{ deadair: { offset: number } }>({
        index,
        ignore_unavailable: true,
        size: 10_000,
        query: { term: { 'agent.id': agent } },
        sort: [{ 'deadair.offset': 'asc' }],
      });
      return reply.hits.hits.map(hit => hit._source!.deadair.offset);
    };
    const lines = (count: number, from = 0): TestLine[] =>
      Array.from({ length: count }, (_, i) => ({
        text: `line ${String(from + i).padStart(6, '0')}`,
        time: T + i,
      }));
    const offsets = (count: number) => Array.from({ length: count }, (_, i) => i * 12);
    /** The same bytes as a collector sends them again: from the position the store names, in one range. */
    const resend = (agent: string, all: TestLine[], position: number): SourceAppend => {
      const source = new TestSource(agent);
      source.position = position;
      return source.append(all.slice(position / 12));
    };
    const positionOf = async (store: ElasticsearchStore, agent: string) =>
      (await store.sources({ host: `host-of-${agent}` }))[0]?.position ?? 0;

    it('when the process dies between the lines and the position, and the stream rolls over before the next one comes', async () => {
      let store = await start();
      const all = lines(300);
      await store.append([new TestSource('crash').append(all.slice(0, 100))]);
      // The claim passes, the position is never written: as if the process had died there.
      meet(isPosition, PASS, { kind: 'answer', status: 503, body: { error: { reason: 'gone' } } });
      const rest = resend('crash', all, 1200);
      await assert.rejects(store.append([rest]), { code: 'unavailable' });
      assert.equal((await stored('crash')).length, 300, 'the lines themselves are there');
      await store.close();
      await rollover();
      store = await start(true);
      const position = await positionOf(store, 'crash');
      assert.equal(position, 1200);
      await store.append([resend('crash', all, position)]);
      assert.deepEqual(await stored('crash'), offsets(300));
      assert.equal(await positionOf(store, 'crash'), 3600);
    });

    it('when the second attempt is cut differently and stops half way again', async () => {
      let store = await start();
      const all = lines(200);
      const source = new TestSource('twice');
      const dies: Fate = { kind: 'answer', status: 503, body: { error: { reason: 'gone' } } };
      meet(isPosition, PASS, dies);
      await assert.rejects(store.append([source.append(all.slice(0, 150))]), { code: 'unavailable' });
      await store.close();
      await rollover();
      store = await start(true);
      const shorter = new TestSource('twice');
      await store.append([shorter.append(all.slice(0, 70))]);
      assert.equal(await positionOf(store, 'twice'), 840);
      await rollover();
      await store.append([resend('twice', all, 840)]);
      assert.deepEqual(await stored('twice'), offsets(200));
    });

    it('tells the marks of an attempt that broke off once, under the commit that acknowledged them', async () => {
      const store = await start();
      const mark = (text: string): TestLine => ({ text, time: T, class: 'timeout', rule: 'net/timeout' });
      const source = new TestSource('marks');
      const append = source.append([mark('one timed out')]);
      meet(isPosition, PASS, { kind: 'answer', status: 503, body: { error: { reason: 'gone' } } });
      await assert.rejects(store.append([append]), { code: 'unavailable' });
      await store.refresh();
      const other = await store.append([new TestSource('other').append([mark('two timed out')])]);
      await store.refresh();
      const first = await store.marks({ afterSeq: 0, limit: 10 });
      assert.deepEqual(
        first.map(found => found.text),
        ['two timed out'],
        'what was not acknowledged is not told',
      );
      const { seq } = await store.append([append]);
      await store.refresh();
      const second = await store.marks({ afterSeq: other.seq, limit: 10 });
      assert.deepEqual(
        second.map(found => [found.text, found.seq]),
        [['one timed out', seq]],
      );
      assert.deepEqual(await store.marks({ afterSeq: seq, limit: 10 }), []);
    });

    it('when the server is too busy: whole requests and single documents are sent again', async () => {
      const store = await start();
      const some: Fate = {
        kind: 'rewrite',
        change: body => ({
          ...body,
          items: (body.items as Record<string, unknown>[]).map((item, i) =>
            i % 3 === 0
              ? {
                  create: { status: 429, error: { type: 'es_rejected_execution_exception', reason: 'full' } },
                }
              : item,
          ),
        }),
      };
      const asked = meet(isBulk, TOO_MANY, some, TOO_MANY, some);
      await store.append([new TestSource('busy').append(lines(200))]);
      assert.ok(asked() > 4);
      assert.deepEqual(await stored('busy'), offsets(200));
    });

    it('when an answer is lost or has fewer items than were sent', async () => {
      const store = await start();
      const short: Fate = {
        kind: 'rewrite',
        change: body => ({ ...body, items: (body.items as unknown[]).slice(1) }),
      };
      meet(isBulk, { kind: 'answer-lost' }, short, { kind: 'answer-lost' });
      await store.append([new TestSource('lost').append(lines(200))]);
      assert.deepEqual(await stored('lost'), offsets(200));
    });

    it('when an answer is lost and the stream rolls over before the lines are sent again', async () => {
      const store = await start();
      await store.append([new TestSource('warm').append(lines(1))]);
      let lost = 0;
      let rolled: Promise<unknown> = Promise.resolve();
      proxy.fate = path => {
        if (!isBulk(path) || lost++ > 0) return PASS;
        rolled = new Promise(resolve => setTimeout(resolve, 60)).then(rollover);
        return { kind: 'answer-lost' };
      };
      await store.append([new TestSource('rolled').append(lines(200))]);
      await rolled;
      assert.deepEqual(await stored('rolled'), offsets(200));
    });

    it('when two ingesters take the same source: one is refused, and stores nothing twice', async () => {
      const one = await start();
      const two = await start(true);
      const all = lines(60);
      await one.append([new TestSource('shared').append(all.slice(0, 20))]);
      assert.equal(await positionOf(two, 'shared'), 240);
      await one.append([resend('shared', all.slice(0, 40), 240)]);
      await assert.rejects(two.append([resend('shared', all, 240)]), { code: 'conflict' });
      assert.equal(await positionOf(two, 'shared'), 480);
      await two.append([resend('shared', all, 480)]);
      assert.deepEqual(await stored('shared'), offsets(60));
    });

    it('although somebody reads the positions all the time while lines are stored', async () => {
      const store = await start();
      const all = lines(400);
      const source = new TestSource('watched');
      let over = false;
      const watcher = (async () => {
        while (!over) await store.sources();
      })();
      try {
        for (let at = 0; at < all.length; at += 10)
          await store.append([source.append(all.slice(at, at + 10))]);
      } finally {
        over = true;
        await watcher;
      }
      assert.deepEqual(await stored('watched'), offsets(400));
    });

    it('in another index when its own refuses them, and finds them there', async () => {
      const store = await start();
      const { lines: stream, aside } = indexNames(settings.namespace);
      // Somebody's template came first and takes the rule for a number.
      await admin.indices.putIndexTemplate({
        name: `foreign-${settings.namespace}`,
        index_patterns: [stream],
        priority: 900,
        data_stream: {},
        template: { mappings: { properties: { deadair: { properties: { rule: { type: 'long' } } } } } },
      });
      const some = lines(30).map(
        (line, i): TestLine => (i % 10 === 0 ? { ...line, class: 'timeout', rule: 'net/timeout' } : line),
      );
      await store.append([new TestSource('conflict').append(some)]);
      assert.deepEqual(await stored('conflict'), offsets(30));
      assert.equal((await admin.count({ index: aside })).count, 3);
      const { rows } = await store.search({
        query: { kind: 'field', field: 'rule', pattern: 'net/*' },
        order: 'oldest',
        limit: 10,
      });
      assert.equal(rows.length, 3);
    });

    it('and says that the disk is full instead of waiting, and goes on when there is room', async () => {
      const store = await start();
      const { lines: stream } = indexNames(settings.namespace);
      const all = lines(40);
      await store.append([new TestSource('full').append(all.slice(0, 20))]);
      const block = (on: boolean) =>
        admin.indices.putSettings({
          index: stream,
          settings: { index: { blocks: { read_only_allow_delete: on ? true : null } } } as never,
        });
      await block(true);
      await assert.rejects(store.append([resend('full', all, 240)]), { code: 'store.full' });
      await block(false);
      await store.append([resend('full', all, 240)]);
      assert.deepEqual(await stored('full'), offsets(40));
    });
  });
