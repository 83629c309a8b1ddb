import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { Client } from '@elastic/elasticsearch';
import { derivedId } from '../../src/platform/ids.js';
import { indexNames } from '../../src/store/elasticsearch/names.js';
import { encodeFrame } from '../../src/wire/frame-out.js';
import type { RangesReply, SourceDescriptor } from '../../src/wire/protocol.js';
import { FRAME_CONTENT_TYPE } from '../../src/wire/version.js';
import { cpuSeconds, spawnService } from './service.js';

// Simulated collectors, each a host with one log, on two ingesters that share one Elasticsearch: time to acknowledgement, CPU
// of the ingesters, and whether every line is there once.
//   ELASTICSEARCH_URL=http://127.0.0.1:9200 node dist/bench/elasticsearch/collectors.js [COLLECTORS] [LINES A SECOND] [SECONDS]
const url = process.env.ELASTICSEARCH_URL ?? 'http://127.0.0.1:9200';
const [count = 200, rate = 2000, seconds = 60] = process.argv.slice(2).map(Number);
const namespace = `many${randomBytes(4).toString('hex')}`;
const INGESTERS = 2;

async function answering(base: string): Promise<void> {
  for (let tries = 0; ; tries++)
    try {
      if ((await fetch(`${base}/healthz`)).ok) return;
    } catch (thrown) {
      if (tries > 300) throw thrown;
      await pause(200);
    }
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));

class Collector {
  readonly source: SourceDescriptor;
  position = 0;
  lines = 0;
  readonly waits: number[] = [];
  refused = 0;

  constructor(
    private readonly n: number,
    private readonly base: string,
  ) {
    const agent = `agent-${n}`;
    this.source = {
      id: derivedId('bench', namespace, agent),
      agent,
      host: `host-${n}`,
      path: `/logs/${agent}.log`,
      head: { length: 0, hash: '' },
    };
  }

  /** So many lines a second in one request a second, each kept until it is acknowledged. */
  async run(linesEach: number, until: number): Promise<void> {
    await pause((this.n * 1000) / count);
    while (Date.now() < until) {
      const began = Date.now();
      const stamp = new Date(began).toISOString();
      const text = Array.from(
        { length: linesEach },
        (_, i) =>
          `${stamp} INFO sai3_bench::agent request ${this.lines + i} done in 12.5 ms, 4194304 bytes read from /data/object-${i}\n`,
      ).join('');
      await this.deliver(Buffer.from(text));
      this.lines += linesEach;
      await this.heartbeat();
      await pause(Math.max(0, 1000 - (Date.now() - began)));
    }
  }

  private async deliver(payload: Buffer): Promise<void> {
    const end = this.position + payload.length;
    const started = performance.now();
    while (this.position < end) {
      const from = this.position;
      const rest = payload.subarray(payload.length - (end - from));
      const frame = encodeFrame(
        {
          version: 1,
          collector: 'bench',
          sentAt: Date.now(),
          sources: [this.source],
          entries: [{ kind: 'bytes', source: 0, from, to: end, observedAt: Date.now() }],
        },
        [rest],
      );
      const response = await fetch(`${this.base}/v1/ranges`, {
        method: 'POST',
        headers: { 'content-type': FRAME_CONTENT_TYPE, 'content-encoding': 'gzip' },
        body: new Uint8Array(gzipSync(frame, { level: 1 })),
      });
      if (response.ok) this.position = ((await response.json()) as RangesReply).outcomes[0]!.position;
      else {
        this.refused++;
        await response.arrayBuffer();
        await pause(500 + Math.random() * 500);
      }
    }
    this.waits.push(performance.now() - started);
  }

  private async heartbeat(): Promise<void> {
    if (Math.floor(Date.now() / 1000) % 5 !== this.n % 5) return;
    const response = await fetch(`${this.base}/v1/heartbeat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        version: 1,
        collector: 'bench',
        host: this.source.host,
        agents: [this.source.agent],
        sentAt: Date.now(),
        program: 'bench',
        startedAt: 0,
        files: [],
        diskFree: null,
      }),
    });
    await response.arrayBuffer();
  }
}

const ports = Array.from({ length: INGESTERS }, (_, i) => 17_800 + i);
const processes: ChildProcess[] = [];
const client = new Client({ node: url });
try {
  for (const port of ports) {
    processes.push(spawnService(port, url, namespace));
    await answering(`http://127.0.0.1:${port}`);
  }
  const collectors = Array.from(
    { length: count },
    (_, n) => new Collector(n, `http://127.0.0.1:${ports[n % INGESTERS]}`),
  );
  const before = processes.map(one => cpuSeconds(one.pid!));
  const until = Date.now() + seconds * 1000;
  await Promise.all(collectors.map(one => one.run(Math.max(1, Math.round(rate / count)), until)));
  const cpu = processes.map((one, i) => cpuSeconds(one.pid!) - before[i]!);
  const sent = collectors.reduce((sum, one) => sum + one.lines, 0);
  const waits = collectors.flatMap(one => one.waits).sort((a, b) => a - b);
  const at = (share: number) => Math.round(waits[Math.floor(waits.length * share)] ?? 0);
  const refused = collectors.reduce((sum, one) => sum + one.refused, 0);
  const { lines } = indexNames(namespace);
  await client.indices.refresh({ index: lines });
  const stored = (await client.count({ index: lines })).count;
  const agents = (await client.count({ index: indexNames(namespace).agents })).count;
  console.log(
    `${count} collectors, ${INGESTERS} ingesters: ${Math.round(sent / seconds)} lines/s for ${seconds} s; acknowledged after p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; ${refused} requests sent again; ingesters ${cpu.map(one => one.toFixed(1)).join(' + ')} CPU-s (${((cpu.reduce((a, b) => a + b, 0) / sent) * 1e6).toFixed(1)} per million lines); sent ${sent}, stored ${stored}; ${agents} agents known`,
  );
  if (stored !== sent) process.exitCode = 1;
} finally {
  for (const one of processes) one.kill('SIGTERM');
  await client.close();
}
