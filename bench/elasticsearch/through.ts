import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from '@elastic/elasticsearch';
import { silentLogger } from '../../src/platform/logger.js';
import { LineWriter } from '../../src/store/elasticsearch/line-document.js';
import { indexNames } from '../../src/store/elasticsearch/names.js';
import { prepare } from '../../src/store/elasticsearch/open.js';
import { type TestLine, TestSource } from '../../test/store/lines.js';
import { cpuSeconds, spawnService } from './service.js';

// Lines through real collectors and the real service with its book at home, against a bare client that sends the same documents,
// made beforehand, one bulk of 4 MiB after the other. By turns, each first in turn, since a server's code gets warm; with the CPU
// that the server takes for each until every line can be searched. Collectors run beforehand, as on hosts of their own (`up`), or their starts count (`cold`).
//   ELASTICSEARCH_URL=… ELASTICSEARCH_PID=… node dist/bench/elasticsearch/through.js [LINES] [COLLECTORS] [ROUNDS] [PORT] [up|cold]
const url = process.env.ELASTICSEARCH_URL ?? 'http://127.0.0.1:9200';
const serverPid = Number(process.env.ELASTICSEARCH_PID ?? 0);
const [lines = 300_000, collectors = 20, rounds = 2, port = 7790] = process.argv.slice(2, 6).map(Number);
const up = process.argv[6] !== 'cold';
const T = Date.now();
const BULK = 4 * 1024 * 1024;
const each = Math.floor(lines / collectors);

const client = new Client({ node: url, requestTimeout: 120_000 });
const folder = mkdtempSync(path.join(tmpdir(), 'deadair-through-'));
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

/** One in 350 is a fault of the network. */
function linesOf(agent: number): TestLine[] {
  return Array.from({ length: each }, (_, n) => {
    const time = T + n;
    const stamp = new Date(time).toISOString().replace('Z', '000Z');
    const said =
      n % 350 === 17
        ? `ERROR replicator: request ${n} failed on object-${n % 977}: connection reset by peer (os error 104)`
        : `INFO sai3_bench::agent request ${n} of agent-${agent} done in 12.5 ms, 4194304 bytes read from /data/object-${n % 977}`;
    return { text: `${stamp} ${said}`, time, level: n % 350 === 17 ? 'error' : 'info' };
  });
}

/** What the index was asked to do. */
async function askedOf(index: string): Promise<string> {
  const { _all: all } = await client.indices.stats({ index, metric: ['bulk', 'refresh', 'merge'] as never });
  const { bulk, refresh, merges } = all.primaries as Record<string, Record<string, number>>;
  return `${bulk?.total_operations} bulks, ${refresh?.total} refreshes (${refresh?.total_time_in_millis} ms), merges ${merges?.total_time_in_millis} ms`;
}

interface Taken {
  /** What its index was asked to do. */
  asked: string;
  seconds: number;
  server: number;
  service: number;
  collectors: number;
}

async function throughDeadair(round: number): Promise<Taken> {
  const data = path.join(folder, `data-${round}`);
  const namespace = `through${randomBytes(4).toString('hex')}`;
  const service = spawnService(port, url, namespace, {
    DEADAIR_ES_SERVICES: 'one',
    DEADAIR_DATA: data,
  });
  const base = `http://127.0.0.1:${port}`;
  for (let ready = false; !ready; await pause(200))
    ready = await fetch(`${base}/readyz`).then(
      reply => reply.ok,
      () => false,
    );
  const watched = (i: number) => path.join(data, `logs-${i}`);
  for (let i = 1; i <= collectors; i++) mkdirSync(watched(i));
  const start = () =>
    Array.from({ length: collectors }, (_, i) =>
      spawn(process.execPath, ['dist/src/cli/main.js', 'collect', '--to', base, '--watch', watched(i + 1)], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEADAIR_HOST: `host-${i + 1}`, DEADAIR_LOG_LEVEL: 'error' },
      }),
    );
  let running = up ? start() : [];
  for (let heard = 0; up && heard < collectors; await pause(200))
    heard = ((await (await fetch(`${base}/v1/status`)).json()) as { hosts: unknown[] }).hosts.length;
  const all = () => running.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
  const before = { server: cpuSeconds(serverPid), service: cpuSeconds(service.pid), collectors: all() };
  const began = performance.now();
  for (let i = 1; i <= collectors; i++) renameSync(logOf(i), path.join(watched(i), `agent-${i}.log`));
  if (!up) running = start();
  for (let stored = 0; stored < each * collectors; await pause(100)) {
    const reply = (await (await fetch(`${base}/v1/status`)).json()) as { store: { lines: number } };
    stored = reply.store.lines;
  }
  const { lines: index, aside } = indexNames(namespace);
  await client.indices.refresh({ index: `${index},${aside}` });
  const taken: Taken = {
    asked: await askedOf(index),
    seconds: (performance.now() - began) / 1000,
    server: cpuSeconds(serverPid) - before.server,
    service: cpuSeconds(service.pid) - before.service,
    collectors: all() - before.collectors,
  };
  const { count } = await client.count({ index: `${index},${aside}` });
  if (count !== each * collectors) throw new Error(`${count} lines are stored of ${each * collectors}`);
  for (const one of [...running, service]) {
    one.kill('SIGTERM');
    await new Promise(resolve => one.once('exit', resolve));
  }
  for (let i = 1; i <= collectors; i++) renameSync(path.join(watched(i), `agent-${i}.log`), logOf(i));
  return taken;
}

function logOf(i: number): string {
  return path.join(folder, `agent-${i}.log`);
}

/** The documents are made beforehand: the bare client is given every advantage. */
const bodies: string[] = [];
function makeReady(): void {
  let body = '';
  for (let i = 1; i <= collectors; i++) {
    const own = linesOf(i);
    writeFileSync(logOf(i), `${own.map(({ text }) => text).join('\n')}\n`);
    const { source, records, observedAt, ingestedAt } = new TestSource(`agent-${i}`).append(own);
    const writer = new LineWriter(records!, { source, seq: i, observedAt, ingestedAt });
    for (let n = 0; n < records!.count; n++) {
      body += `{"create":{"_id":"${writer.id(n)}"}}\n${writer.json(n)}\n`;
      if (body.length < BULK) continue;
      bodies.push(body);
      body = '';
    }
  }
  if (body) bodies.push(body);
}

async function throughClient(): Promise<Taken> {
  const namespace = `through${randomBytes(4).toString('hex')}bare`;
  const names = indexNames(namespace);
  // Both write to streams of the same template.
  await prepare(client, names, namespace, silentLogger);
  const index = names.lines;
  const before = cpuSeconds(serverPid);
  const began = performance.now();
  for (const one of bodies) {
    const reply = await client.bulk({ index, operations: [one] as never });
    if (reply.errors) throw new Error('the bare client was refused');
  }
  await client.indices.refresh({ index });
  return {
    seconds: (performance.now() - began) / 1000,
    asked: await askedOf(index),
    server: cpuSeconds(serverPid) - before,
    service: 0,
    collectors: 0,
  };
}

const say = (who: string, { asked, seconds, server, service, collectors: senders }: Taken) =>
  console.log(
    `${who}: ${Math.round((each * collectors) / seconds)} lines/s; CPU-s per million lines: Elasticsearch ${perMillion(server)}, service ${perMillion(service)}, collectors ${perMillion(senders)}; ${asked}`,
  );
const perMillion = (seconds: number) => ((seconds * 1e6) / (each * collectors)).toFixed(1);

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

try {
  makeReady();
  const speed: number[] = [];
  const cost: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = round % 2 === 0 ? await throughClient() : undefined;
    const ours = await throughDeadair(round);
    const bare = first ?? (await throughClient());
    say('bare client', bare);
    say('deadair', ours);
    speed.push(bare.seconds / ours.seconds);
    cost.push(ours.server / bare.server);
    console.log(
      `${first ? 'second' : 'first'} in turn: throughput ${speed.at(-1)?.toFixed(2)} of the bare client's, its Elasticsearch CPU ${cost.at(-1)?.toFixed(2)} times`,
    );
  }
  console.log(`median: throughput ${median(speed).toFixed(2)}, CPU ${median(cost).toFixed(2)}`);
} finally {
  await client.close();
  rmSync(folder, { recursive: true, force: true });
}
