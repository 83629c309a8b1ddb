import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Client } from '@elastic/elasticsearch';
import { openElasticsearchStore } from '../../../src/store/elasticsearch/elasticsearch-store.js';
import { openHomeStore } from '../../../src/store/elasticsearch/home/home-store.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import { ElasticsearchSettings } from '../../../src/store/elasticsearch/settings.js';
import { setUp } from '../../../src/store/elasticsearch/setup.js';
import type { Store } from '../../../src/store/store.js';
import { FaultyProxy, PASS, TOO_MANY } from './faulty-proxy.js';
import { faultsOf } from './million-faults.js';
import { NumberedLog, verifyMarks } from './numbered-log.js';
import { TestServer, whyNoServer } from './server.js';
import { StoringProcess } from './storing-process.js';

/** With the book at home (`one`), or in Elasticsearch, by two services (`several`). */
const MODES = (process.env.DEADAIR_ES_SERVICES_TRIED ?? 'one,several').split(',') as ('one' | 'several')[];
const LINES = Number(process.env.DEADAIR_ES_LINES ?? 1_000_000 / MODES.length);
const SOURCES = 20;
/** Fifty appends a source, so that each fault has its turn. */
const RANGE = Math.ceil(LINES / SOURCES / 50);
/** A word each so many lines: on a loaded machine it takes ten minutes, and a run that is cut short still tells. */
const PROGRESS = 50_000;

const why = whyNoServer();
if (why !== undefined)
  console.log(`skipped: a million lines through servers and services that are killed: ${why}`);
else describe('a million lines through servers and services that are killed', throughFaults);

function throughFaults(): void {
  // One server for both modes: its start takes a minute on a loaded machine.
  const password = randomBytes(9).toString('hex');
  const server = new TestServer({ password });
  before(async () => {
    await server.start();
    say('Elasticsearch runs');
  });
  after(() => server.stop());
  for (const services of MODES)
    it(
      `stores ${LINES} lines once each (services: ${services}), through kill -9 of Elasticsearch and of services, 429s, rollovers, a mapping conflict and a full disk, with a key that can only add`,
      {
        timeout: 25 * 60_000,
      },
      () => storeThroughFaults(services, server, password),
    );
}

async function storeThroughFaults(
  services: 'one' | 'several',
  server: TestServer,
  password: string,
): Promise<void> {
  const proxy = new FaultyProxy(() => server.url);
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-million-'));
  const auth = { username: 'elastic', password };
  const admin = new Client({ node: server.url, auth, maxRetries: 5, requestTimeout: 60_000 });
  const namespace = `million${services}`;
  const names = indexNames(namespace);
  const processes: StoringProcess[] = [];
  let store: Store | undefined;
  try {
    await proxy.start();
    const apiKeyFile = path.join(folder, 'key');
    await setUp(ElasticsearchSettings.parse({ nodes: [server.url], namespace, ...auth }), {
      retentionDays: 30,
      shards: 1,
      keyFile: apiKeyFile,
    });
    // One request in fifty is turned away, as a node does whose queue is full.
    let requests = 0;
    proxy.fate = asked => (asked.includes('/_bulk') && ++requests % 50 === 0 ? TOO_MANY : PASS);

    const settings = { nodes: [proxy.url], namespace, services, apiKeyFile };
    const directory = services === 'one' ? { directory: path.join(folder, 'data') } : {};
    const acknowledged = new Map<string, number>();
    let failure: Error | undefined;
    const waiting: (() => void)[] = [];
    let told = 0;
    const sent = () => [...acknowledged.values()].reduce((sum, lines) => sum + lines, 0);
    const onNews = (failed?: Error) => {
      failure ??= failed;
      if (sent() >= told + PROGRESS) {
        told = sent() - (sent() % PROGRESS);
        say(`${services}: ${sent()} lines acknowledged`);
      }
      for (const wake of waiting.splice(0)) wake();
    };
    const until = async (holds: () => boolean) => {
      for (;;) {
        if (failure) throw failure;
        if (holds()) return;
        await new Promise<void>(resolve => waiting.push(resolve));
      }
    };
    const agents = Array.from({ length: SOURCES }, (_, i) => i + 1);
    const parts = services === 'one' ? [agents] : [agents.slice(0, SOURCES / 2), agents.slice(SOURCES / 2)];
    for (const part of parts) {
      const work = { settings, ...directory, agents: part, lines: LINES / SOURCES, size: RANGE, upTo: 0 };
      processes.push(new StoringProcess(work, acknowledged, onNews));
    }
    for (const one of processes) one.start();

    const faults = faultsOf({
      server,
      admin,
      stream: names.lines,
      processes,
      startsWithout: services === 'one',
      /** Lines are under way: one commit more was acknowledged, and it is some moment after that. */
      async underWay() {
        const before = sent();
        await until(() => sent() > before);
        await new Promise(resolve => setTimeout(resolve, Math.random() * 600));
      },
    });
    const began = performance.now();
    const allow = (share: number) => {
      const upTo = Math.floor((LINES / SOURCES) * share);
      for (const one of processes) one.allow(upTo);
      return upTo * SOURCES;
    };
    // One fault at a time, each while lines go on to where the next one is due.
    for (const [i, fault] of faults.entries()) {
      const due = allow(fault.at);
      await until(() => sent() >= due);
      allow(faults[i + 1]?.at ?? 1);
      say(`${services}: ${fault.name}, after ${sent()} lines`);
      await fault.run();
      say(`${services}: ${fault.name}: over`);
    }
    await until(() => processes.every(one => !one.runs));
    const seconds = (performance.now() - began) / 1000;
    say(`${services}: all lines acknowledged, now each is looked for`);

    const logs = agents.map(n => new NumberedLog(`agent-${n}`, LINES / SOURCES));
    for (const log of logs) {
      log.standsAt(acknowledged.get(log.agent)! * log.bytes);
      await log.verify(admin, `${names.lines},${names.aside}`, LINES / SOURCES);
    }
    say(`${services}: each line is there once`);
    store = await (services === 'one'
      ? openHomeStore({
          settings: ElasticsearchSettings.parse(settings),
          ...directory,
          directory: path.join(folder, 'data'),
        })
      : openElasticsearchStore({ settings: ElasticsearchSettings.parse(settings) }));
    await verifyMarks(store, logs);
    const stats = await store.stats();
    assert.equal(stats.lines, LINES);
    const aside = (await admin.count({ index: names.aside })).count;
    assert.ok(aside > 0, 'the mapping conflict took place');
    const indices = Object.keys(await admin.indices.getMapping({ index: names.lines })).length;
    assert.ok(indices >= 4, `rolled over (${indices} indices)`);
    const refusals = processes.flatMap(one => one.refusals);
    say(
      `${services}: ${LINES} lines in ${Math.round(seconds)} s, faults included; ${refusals.length} refused appends, ${aside} lines set aside, ${indices} backing indices, ${(stats.bytes / LINES).toFixed(0)} bytes a line`,
    );
    for (const [reason, times] of counts(refusals)) say(`${services}: refused ${times} times: ${reason}`);
  } finally {
    for (const one of processes) await one.kill();
    await store?.close();
    await admin.close();
    await proxy.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function counts(texts: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const text of texts) found.set(text, (found.get(text) ?? 0) + 1);
  return found;
}

/** With the time and how much else the machine does. */
function say(text: string): void {
  console.log(`${new Date().toISOString().slice(11, 19)} ${text} (load ${loadavg()[0]!.toFixed(1)})`);
}
