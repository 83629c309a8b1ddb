import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { Client } from '@elastic/elasticsearch';
import { openElasticsearchStore } from '../../../src/store/elasticsearch/elasticsearch-store.js';
import { openHomeStore } from '../../../src/store/elasticsearch/home/home-store.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import { ElasticsearchSettings } from '../../../src/store/elasticsearch/settings.js';
import { setUp } from '../../../src/store/elasticsearch/setup.js';
import type { Store } from '../../../src/store/store.js';
import { FaultyProxy, PASS, TOO_MANY } from './faulty-proxy.js';
import { NumberedLog, verifyMarks } from './numbered-log.js';
import { TestServer, whyNoServer } from './server.js';

/** With the book at home (`one`), or in Elasticsearch (`several`). */
const MODES = (process.env.DEADAIR_ES_SERVICES_TRIED ?? 'one,several').split(',') as ('one' | 'several')[];
const LINES = Number(process.env.DEADAIR_ES_LINES ?? 1_000_000 / MODES.length);
const SOURCES = 20;
/** Fifty appends a source, so that each fault has its turn. */
const RANGE = Math.ceil(LINES / SOURCES / 50);

const why = whyNoServer();
if (why !== undefined) console.log(`skipped: a million lines through a server that is killed: ${why}`);
for (const services of why === undefined ? MODES : [])
  it(`stores ${LINES} lines once each (services: ${services}), through kill -9 of the server, 429s, rollovers, a mapping conflict and a full disk, with a key that can only add`, {
    timeout: 12 * 60_000,
  }, async () => {
    const password = randomBytes(9).toString('hex');
    const server = new TestServer({ password });
    const proxy = new FaultyProxy(() => server.url);
    const folder = mkdtempSync(path.join(tmpdir(), 'deadair-million-'));
    let admin: Client | undefined;
    let store: Store | undefined;
    try {
      await server.start();
      await proxy.start();
      const auth = { username: 'elastic', password };
      admin = new Client({ node: server.url, auth, maxRetries: 5, requestTimeout: 60_000 });
      const keyFile = path.join(folder, 'key');
      const namespace = 'million';
      await setUp(ElasticsearchSettings.parse({ nodes: [server.url], namespace, ...auth }), {
        retentionDays: 30,
        shards: 1,
        keyFile,
      });
      const settings = ElasticsearchSettings.parse({
        nodes: [proxy.url],
        namespace,
        services,
        apiKeyFile: keyFile,
      });
      const names = indexNames(namespace);
      // One request in fifty is turned away, as a node does whose queue is full.
      let requests = 0;
      proxy.fate = asked => (asked.includes('/_bulk') && ++requests % 50 === 0 ? TOO_MANY : PASS);
      store =
        services === 'one'
          ? await openHomeStore({ settings, directory: path.join(folder, 'data') })
          : await openElasticsearchStore({ settings });
      const sources = Array.from(
        { length: SOURCES },
        (_, i) => new NumberedLog(`agent-${i + 1}`, LINES / SOURCES),
      );
      const began = performance.now();
      const troubles: string[] = [];
      const failures: unknown[] = [];
      const faults = faultsOf(server, admin, names.lines);
      let refusals = 0;
      while (sources.some(source => !source.done)) {
        const stored = sources.reduce((sum, source) => sum + source.sent, 0) / LINES;
        const due = faults.find(fault => !fault.over && stored >= fault.at);
        if (due) {
          due.over = true;
          // One fault at a time; lines go on through each.
          await Promise.all(faults.map(fault => fault.done));
          troubles.push(due.name);
          // With lines under way, not between them.
          due.run().catch(thrown => failures.push(thrown));
        }
        if (failures.length > 0) throw failures[0];
        const appends = sources.filter(source => !source.done).map(source => source.next(RANGE));
        try {
          await store.append(appends);
          for (const source of sources) source.acknowledged();
        } catch (thrown) {
          refusals++;
          await new Promise(resolve => setTimeout(resolve, 500));
          await goOn(store, sources);
          if (refusals > 400) throw thrown;
        }
      }
      await Promise.all(faults.map(fault => fault.done));
      assert.deepEqual(
        troubles,
        faults.map(fault => fault.name),
        'every fault took place',
      );
      const seconds = (performance.now() - began) / 1000;
      for (const source of sources)
        await source.verify(admin, `${names.lines},${names.aside}`, LINES / SOURCES);
      await verifyMarks(store, sources);
      const stats = await store.stats();
      assert.equal(stats.lines, LINES);
      const aside = (await admin.count({ index: names.aside })).count;
      assert.ok(aside > 0, 'the mapping conflict took place');
      const indices = Object.keys(await admin.indices.getMapping({ index: names.lines })).length;
      assert.ok(indices >= 4, `rolled over (${indices} indices)`);
      console.log(
        `${LINES} lines in ${Math.round(seconds)} s, faults included; ${refusals} refused appends, ${aside} lines set aside, ${indices} backing indices, ${(stats.bytes / LINES).toFixed(0)} bytes a line`,
      );
    } finally {
      await store?.close();
      await admin?.close();
      await proxy.stop();
      server.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

interface Fault {
  name: string;
  /** Share of the lines after which it comes. */
  at: number;
  over?: boolean;
  done?: Promise<void>;
  run(): Promise<void>;
}

function faultsOf(server: TestServer, admin: Client, stream: string): Fault[] {
  const rollover = async () => {
    await admin.indices.rollover({ alias: stream });
  };
  const ruleMapping = (type: string | undefined) =>
    admin.indices.putIndexTemplate({
      name: 'foreign',
      index_patterns: [type === undefined ? 'none' : stream],
      priority: 900,
      data_stream: {},
      composed_of: ['deadair-line'],
      template: {
        mappings: { properties: { deadair: { properties: { rule: { type: type ?? 'keyword' } } } } as never },
      },
    });
  const watermark = async (full: boolean) => {
    const level = full ? '1000tb' : null;
    await admin.cluster.putSettings({
      persistent: {
        'cluster.routing.allocation.disk.threshold_enabled': full ? true : null,
        'cluster.info.update.interval': full ? '10s' : null,
        'cluster.routing.allocation.disk.watermark.low': level,
        'cluster.routing.allocation.disk.watermark.high': level,
        'cluster.routing.allocation.disk.watermark.flood_stage': level,
      },
    });
  };
  const list: Omit<Fault, 'done'>[] = [
    { name: 'rollover', at: 0.1, run: rollover },
    {
      name: 'mapping conflict',
      at: 0.35,
      async run() {
        await ruleMapping('long');
        await rollover();
      },
    },
    {
      name: 'mapping repaired',
      at: 0.4,
      async run() {
        await ruleMapping(undefined);
        await rollover();
      },
    },
    {
      name: 'disk full',
      at: 0.55,
      async run() {
        await watermark(true);
        const end = performance.now() + 60_000;
        for (let blocked = false; !blocked && performance.now() < end; ) {
          await new Promise(resolve => setTimeout(resolve, 500));
          blocked = JSON.stringify(await admin.indices.getSettings({ index: stream })).includes(
            'read_only_allow_delete',
          );
        }
        await watermark(false);
        await admin.indices.putSettings({
          index: `${stream},deadair-*`,
          settings: { index: { blocks: { read_only_allow_delete: null } } } as never,
        });
      },
    },
    {
      name: 'kill -9 and rollover',
      at: 0.7,
      async run() {
        server.kill();
        await server.start();
        await rollover();
      },
    },
  ];
  return list.map(fault => {
    const made: Fault = { ...fault };
    made.run = () => {
      made.done = fault.run();
      return made.done;
    };
    return made;
  });
}

/** After a refusal nothing is known: positions are asked for, and sending goes on from there, as collectors do. */
async function goOn(store: Store, sources: NumberedLog[]): Promise<void> {
  for (;;)
    try {
      const states = new Map((await store.sources()).map(state => [state.agent, state.position]));
      for (const source of sources) source.standsAt(states.get(source.agent) ?? 0);
      return;
    } catch {
      await new Promise(resolve => setTimeout(resolve, 1000));
    }
}
