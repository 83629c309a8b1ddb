import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Client } from '@elastic/elasticsearch';
import { openElasticsearchStore } from '../../src/store/elasticsearch/elasticsearch-store.js';
import { LineWriter } from '../../src/store/elasticsearch/line-document.js';
import { indexNames } from '../../src/store/elasticsearch/names.js';
import { ElasticsearchSettings } from '../../src/store/elasticsearch/settings.js';
import { TestSource } from '../../test/store/lines.js';

// How fast lines are stored, claims and positions included, against a bare client that sends the same documents in bulks of the
// same size, as many at once, and looks at nothing but `errors`. Rounds alternate, so that both meet the same machine.
//   ELASTICSEARCH_URL=http://127.0.0.1:9200 node dist/bench/elasticsearch/bulk.js [LINES A ROUND] [ROUNDS]
const url = process.env.ELASTICSEARCH_URL ?? 'http://127.0.0.1:9200';
const lines = Number(process.argv[2] ?? 100_000);
const rounds = Number(process.argv[3] ?? 5);
const SOURCES = 20;
const T = Date.UTC(2026, 10, 23, 12);

const namespace = `bench${randomBytes(4).toString('hex')}`;
const settings = ElasticsearchSettings.parse({ nodes: [url], namespace });
const bare = indexNames(`${namespace}bare`).lines;
const store = await openElasticsearchStore({ settings });
const client = new Client({ node: url });

const sources = Array.from({ length: SOURCES }, (_, i) => new TestSource(`agent-${i + 1}`));
let made = 0;

function nextAppends() {
  return sources.map(source =>
    source.append(
      Array.from({ length: lines / SOURCES }, () => {
        const n = made++;
        return {
          text: `2026-11-23T12:00:00.${String(n % 1_000_000).padStart(6, '0')}Z INFO sai3_bench::agent request ${n} done in 12.5 ms, 4194304 bytes read from /data/object-${n % 977}`,
          time: T + n / 10,
          level: 'info' as const,
        };
      }),
    ),
  );
}

async function throughStore(appends: ReturnType<typeof nextAppends>): Promise<number> {
  const began = performance.now();
  await store.append(appends);
  return (performance.now() - began) / 1000;
}

/** The documents are made beforehand: the bare client is given every advantage. */
async function throughClient(appends: ReturnType<typeof nextAppends>): Promise<number> {
  const bodies: string[] = [];
  let body = '';
  for (const { source, records, observedAt, ingestedAt } of appends) {
    const writer = new LineWriter(records!, { source, seq: made, observedAt, ingestedAt });
    for (let i = 0; i < records!.count; i++) {
      body += `{"create":{"_id":"${writer.id(i)}"}}\n${writer.json(i)}\n`;
      if (body.length > settings.bulkSize) {
        bodies.push(body);
        body = '';
      }
    }
  }
  if (body) bodies.push(body);
  const began = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: settings.bulkRequests }, async () => {
      for (let one = bodies[next++]; one !== undefined; one = bodies[next++]) {
        const reply = await client.bulk({ index: bare, operations: [one] as never });
        if (reply.errors) throw new Error('the bare client was refused');
      }
    }),
  );
  return (performance.now() - began) / 1000;
}

/** Ours and the bare client's time for the same lines, one after the other; who goes first changes. */
const ratios: number[] = [];
const rates: [number, number][] = [];
for (let round = -1; round < rounds; round++) {
  const appends = nextAppends();
  let ours: number;
  let theirs: number;
  if (round % 2 === 0) {
    ours = await throughStore(appends);
    theirs = await throughClient(appends);
  } else {
    theirs = await throughClient(appends);
    ours = await throughStore(appends);
  }
  // The first one warms the server's code.
  if (round < 0) continue;
  ratios.push(theirs / ours);
  rates.push([lines / ours, lines / theirs]);
}
const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const cpu = process.cpuUsage();
console.log(
  `bulk: ${Math.round(median(rates.map(([ours]) => ours)))} lines/s, bare client ${Math.round(median(rates.map(([, theirs]) => theirs)))}; ratio ${median(ratios).toFixed(2)} (${rounds} rounds of ${lines} lines: ${ratios.map(ratio => ratio.toFixed(2)).join(' ')}); this process ${((cpu.user + cpu.system) / 1e6 / (((rounds + 1) * lines * 2) / 1e6)).toFixed(1)} CPU-s per million lines, both sides`,
);
await client.close();
await store.close();
