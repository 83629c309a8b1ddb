import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { Client } from '@elastic/elasticsearch';
import { openElasticsearchStore } from '../../../src/store/elasticsearch/elasticsearch-store.js';
import { forgetBook, giveBack } from '../../../src/store/elasticsearch/home/give-back.js';
import { type HomeStore, openHomeStore } from '../../../src/store/elasticsearch/home/home-store.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import { ElasticsearchSettings } from '../../../src/store/elasticsearch/settings.js';
import type { Store } from '../../../src/store/store.js';
import { FaultyProxy, PASS } from './faulty-proxy.js';
import { LARGEST_APPEND, NumberedLog, verifyMarks } from './numbered-log.js';
import { anyServer } from './server.js';
import { StoringProcess } from './storing-process.js';

const server = await anyServer();
const KILLS = Number(process.env.DEADAIR_HOME_KILLS ?? 12);
const AGENTS = 3;

if (server)
  describe('with its book at home, Elasticsearch has every line once', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'deadair-home-'));
    const admin = new Client({ node: server.url });
    const proxy = new FaultyProxy(() => server.url);
    const open: Store[] = [];
    let n = 0;
    let directory = '';
    let namespace = '';

    before(() => proxy.start());
    after(async () => {
      await admin.close();
      await proxy.stop();
      server.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    afterEach(async () => {
      proxy.fate = () => PASS;
      for (const store of open.splice(0)) await store.close();
    });

    const fresh = () => {
      namespace = `t${randomBytes(5).toString('hex')}`;
      directory = path.join(folder, String(++n));
    };
    const settings = (services: 'one' | 'several' = 'one') =>
      ElasticsearchSettings.parse({ nodes: [proxy.url], namespace, services, bulkSize: 16_384 });
    const home = async (where = directory): Promise<HomeStore> => {
      const store = await openHomeStore({ settings: settings(), directory: where, random: () => 0 });
      open.push(store);
      return store;
    };
    const close = async (store: Store) => {
      open.splice(open.indexOf(store), 1);
      await store.close();
    };
    const several = async () => {
      const store = await openElasticsearchStore({ settings: settings('several') });
      open.push(store);
      return store;
    };
    const lines = () => `${indexNames(namespace).lines},${indexNames(namespace).aside}`;
    const rollover = () => admin.indices.rollover({ alias: indexNames(namespace).lines });
    const put = async (store: Store, log: NumberedLog, count: number) => {
      await store.append([log.next(count)]);
      log.acknowledged();
    };

    it('through kill -9 of the service at random moments and rollovers', { timeout: 300_000 }, async () => {
      fresh();
      const acknowledged = new Map<string, number>();
      const agents = Array.from({ length: AGENTS }, (_, i) => i + 1);
      const bulkSize = 64 * 1024;
      for (let kill = 0; kill < KILLS; kill++) {
        const settings = { nodes: [server.url], namespace, services: 'one', bulkSize };
        let heard: (failure?: Error) => void = () => {};
        const service = new StoringProcess({ settings, directory, agents }, acknowledged, why => heard(why));
        const first = new Promise<void>((resolve, reject) => {
          heard = why => (why ? reject(why) : resolve());
        });
        service.start();
        await first;
        await new Promise(resolve => setTimeout(resolve, Math.random() * 600));
        await service.kill();
        if (kill % 3 === 1) await rollover();
      }
      const store = await home();
      const logs = Array.from({ length: AGENTS }, (_, i) => new NumberedLog(`agent-${i + 1}`, Infinity));
      const positions = new Map((await store.sources()).map(state => [state.agent, state.position]));
      for (const log of logs) {
        log.standsAt(positions.get(log.agent)!);
        assert.ok(
          log.sent >= acknowledged.get(log.agent)!,
          `${log.agent}: what was acknowledged is in the book`,
        );
        // Past whatever the last claim may have stored beyond the position.
        await put(store, log, LARGEST_APPEND);
      }
      for (const log of logs) await log.verify(admin, lines(), log.sent);
      await verifyMarks(store, logs);
      console.log(
        `${logs.reduce((sum, log) => sum + log.sent, 0)} lines, ${KILLS} kills: none lost, none twice`,
      );
    });

    it('when answers are lost, half a bulk is refused and the stream rolls over in between', async () => {
      fresh();
      const store = await home();
      const log = new NumberedLog('agent-1', Infinity);
      let bulks = 0;
      proxy.fate = asked => {
        if (!asked.includes('/_bulk') || !asked.includes('lines')) return PASS;
        bulks++;
        if (bulks % 7 === 3) return { kind: 'answer-lost' };
        if (bulks % 7 === 5)
          return {
            kind: 'rewrite',
            change: body => ({ ...body, items: (body.items as unknown[]).slice(1) }),
          };
        return PASS;
      };
      for (let i = 0; i < 8; i++) {
        await put(store, log, 300);
        if (i % 2 === 0) await rollover();
      }
      assert.ok(bulks > 10);
      await log.verify(admin, lines(), 2400);
      await verifyMarks(store, [log]);
    });

    it('takes over what Elasticsearch kept for several services, once, with an attempt that broke off', async () => {
      fresh();
      const old = await several();
      const log = new NumberedLog('agent-1', Infinity);
      await put(old, log, 1000);
      await old.documents.put('silence', 'one', { why: 'tests' });
      const ended = new NumberedLog('agent-2', Infinity);
      await put(old, ended, 10);
      const { sources } = indexNames(namespace);
      let asked = 0;
      // The claim passes, the position is never written.
      proxy.fate = path =>
        path.startsWith(`/${sources}/_bulk`) && asked++ > 0
          ? { kind: 'answer', status: 503, body: { error: { reason: 'gone' } } }
          : PASS;
      await assert.rejects(old.append([log.next(400)]), { code: 'unavailable' });
      proxy.fate = () => PASS;
      await close(old);
      await rollover();
      const store = await home();
      assert.deepEqual((await store.documents.get('silence', 'one'))?.doc, { why: 'tests' });
      const states = new Map((await store.sources()).map(state => [state.agent, state]));
      assert.equal(states.get('agent-1')!.position, 1000 * log.bytes);
      assert.equal(states.get('agent-2')!.lines, 10);
      log.standsAt(states.get('agent-1')!.position);
      await put(store, log, 700);
      await log.verify(admin, lines(), 1700);
      await verifyMarks(store, [log]);
      await assert.rejects(several(), { code: 'conflict' }, 'several services would know nothing of that');
      await close(store);
      const again = await home();
      assert.equal((await again.sources()).find(({ agent }) => agent === 'agent-1')!.lines, 1700);
    });

    it('gives the book back to several services, and takes it home again', async () => {
      fresh();
      let store: Store = await home();
      const log = new NumberedLog('agent-1', Infinity);
      await put(store, log, 300);
      await store.documents.put('silence', 'one', { why: 'tests' });
      await close(store);
      await giveBack(settings(), directory);
      store = await several();
      assert.equal((await store.sources())[0]!.position, 300 * log.bytes);
      assert.deepEqual((await store.documents.get('silence', 'one'))?.doc, { why: 'tests' });
      await put(store, log, 300);
      await close(store);
      store = await home();
      assert.equal((await store.sources())[0]!.position, 600 * log.bytes);
      await put(store, log, 300);
      await log.verify(admin, lines(), 900);
      await verifyMarks(store, [log]);
    });

    it('refuses a second directory; when the first is lost, files sent again double nothing', async () => {
      fresh();
      const first = await home();
      const log = new NumberedLog('agent-1', Infinity);
      await put(first, log, 900);
      await assert.rejects(home(path.join(folder, 'second')), { code: 'conflict' });
      await close(first);
      await rollover();
      await forgetBook(settings());
      const store = await home(path.join(folder, 'second'));
      const anew = new NumberedLog('agent-1', Infinity);
      await put(store, anew, 400);
      await put(store, anew, 700);
      await anew.verify(admin, lines(), 1100);
      await verifyMarks(store, [anew]);
      // The lost one comes back: it sees that it counts no more.
      await assert.rejects(
        home().then(found => found.append([log.next(5)])),
        { code: 'conflict' },
      );
    });
  });
