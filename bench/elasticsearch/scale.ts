import os from 'node:os';
import { Client } from '@elastic/elasticsearch';
import { messageOf } from '../../src/platform/errors.js';
import type { Query } from '../../src/query/ast.js';
import { openElasticsearchStore } from '../../src/store/elasticsearch/elasticsearch-store.js';
import { LineWriter } from '../../src/store/elasticsearch/line-document.js';
import { indexNames } from '../../src/store/elasticsearch/names.js';
import { ElasticsearchSettings } from '../../src/store/elasticsearch/settings.js';
import { filePositions, generateBatches, START } from '../store/batches.js';

// The lines of `npm run bench:scale` in Elasticsearch, asked the same and what only a look at each line could answer before.
//   ELASTICSEARCH_URL=http://127.0.0.1:9200 node dist/bench/elasticsearch/scale.js LINES [--fill SECONDS | --ask]
// Lines are sent as the service makes them, by bare bulks of 4 MiB, three at once; filled in pieces where --fill is given, which
// go on where the last one stopped.
const url = process.env.ELASTICSEARCH_URL ?? 'http://127.0.0.1:9200';
const lines = Number(process.argv[2] ?? 1_000_000);
const seconds = process.argv[3] === '--fill' ? Number(process.argv[4]) : Number.POSITIVE_INFINITY;
const DAYS = 4;
const DAY_MS = 86_400_000;
const BATCH = 20_000;
const AT_ONCE = 3;
const TIMES = 3;
const END = START + DAYS * DAY_MS;
const LAST_DAY = END - DAY_MS;

const settings = ElasticsearchSettings.parse({ nodes: [url], namespace: 'scale', requestTimeout: '120s' });
const { lines: index } = indexNames('scale');
const client = new Client({ node: url, requestTimeout: 120_000 });
const store = await openElasticsearchStore({ settings });

async function send(body: string): Promise<void> {
  const reply = await client.bulk({
    index,
    operations: [body] as never,
    filter_path: 'errors,items.*.error',
  });
  // A piece that goes on meets the lines of its first batch again.
  if (reply.errors && /"status"/.test(JSON.stringify(reply.items).replace(/version_conflict[^}]*/g, '')))
    throw new Error(JSON.stringify(reply.items).slice(0, 500));
}

async function fill(): Promise<number> {
  const { count: there } = await client.count({ index, ignore_unavailable: true });
  const began = performance.now();
  const flying = new Set<Promise<unknown>>();
  const positions = filePositions();
  let made = 0;
  let sent = there;
  for (let day = 0; day < DAYS; day++) {
    const options = { start: START + day * DAY_MS, seed: day + 1, needles: 5, positions };
    for (const { appends, lines: some } of generateBatches(lines / DAYS, BATCH, options)) {
      made += some;
      if (made <= there) continue;
      let body = '';
      for (const { source, records, observedAt, ingestedAt } of appends) {
        const writer = new LineWriter(records!, { source, seq: made, observedAt, ingestedAt });
        for (let i = 0; i < records!.count; i++) {
          body += `{"create":{"_id":"${writer.id(i)}"}}\n${writer.json(i)}\n`;
          if (body.length < settings.bulkSize) continue;
          const one: Promise<unknown> = send(body).then(() => flying.delete(one));
          flying.add(one);
          body = '';
          if (flying.size >= AT_ONCE) await Promise.race(flying);
        }
      }
      if (body !== '') await send(body);
      sent += some;
      // Whole batches only, so that the next piece knows where it is.
      await Promise.all(flying);
      if (performance.now() - began > seconds * 1000) return sent;
    }
  }
  return sent;
}

const word = (text: string): Query => ({ kind: 'word', word: text });
const not = (part: Query): Query => ({ kind: 'not', part });
const regex = (source: string): Query => ({ kind: 'regex', source, ignoreCase: false });
const substring = (text: string): Query => ({ kind: 'substring', text });

async function ask(): Promise<void> {
  const newest = (query: Query) => async () => {
    const { rows, lookedTo } = await store.search({ query, order: 'newest', limit: 100 });
    return `${rows.length} lines${lookedTo === undefined ? '' : `, looked back to ${new Date(lookedTo).toISOString()}`}`;
  };
  const counted =
    (query: Query, from = START, interval = 600_000) =>
    async () => {
      const { total, notLooked } = await store.histogram({ query, from, to: END, interval, by: 'agent' });
      return `${total}${notLooked ? `, not looked at before ${new Date(notLooked.to).toISOString()}` : ''}`;
    };
  const questions: [string, () => Promise<string>][] = [
    ['everything, newest 100', newest({ kind: 'all' })],
    ['rare word, newest 100', newest(word('overrun'))],
    ['absent word', newest(word('nowhere'))],
    ['common word, newest 100', newest(word('session'))],
    ['phrase, newest 100', newest({ kind: 'phrase', text: 'connection reset by peer' })],
    ['phrase, counted', counted({ kind: 'phrase', text: 'connection reset by peer' })],
    ['histogram by agent, the last day', counted({ kind: 'all' }, LAST_DAY, 60_000)],
    ['histogram by agent, everything', counted({ kind: 'all' })],
    ['histogram of a word, everything', counted(word('retries'))],
    ['substring *c0ffee*, counted', counted(substring('c0ffee'))],
    ['substring *bject* counted', counted(substring('bject'))],
    ['not *bject*, counted', counted(not(substring('bject')))],
    ['substring "token path=/var", newest 100', newest(substring('token path=/var'))],
    ['substring "port 5426", counted', counted(substring('port 5426'))],
    ['/[0-9a-f]{6}c0ffee/, counted', counted(regex('[0-9a-f]{6}c0ffee'))],
    [
      '/from [0-9.]+77 port [0-9]+1/, counted',
      counted(regex('from [0-9.]+77 port [0-9]+1'), START, DAYS * DAY_MS),
    ],
    [String.raw`/\d{10}/, counted`, counted(regex(String.raw`\d{10}`))],
    [String.raw`/\d+-\d{7}/ (no text in it), newest 100`, newest(regex(String.raw`\d+-\d{7}`))],
    [String.raw`not /\d{6}/, counted`, counted(not(regex(String.raw`\d{6}`)))],
    ['/ .x /, newest 100', newest(regex(' .x '))],
    ['/ .x /, counted', counted(regex(' .x '))],
    [
      'patterns, everything',
      async () => {
        const tally = await store.tally({ query: { kind: 'all' }, from: START, to: END });
        return `${tally.lines} lines, ${tally.skeletons.length} kinds`;
      },
    ],
    [
      'patterns, the last hour',
      async () => {
        const tally = await store.tally({
          query: { kind: 'all' },
          from: END - 21 * 3_600_000,
          to: END - 20 * 3_600_000,
        });
        return `${tally.lines} lines, ${tally.skeletons.length} kinds`;
      },
    ],
  ];
  console.log('| question | first, ms | repeated, ms | answer |\n|---|---|---|---|');
  for (const [name, run] of questions) {
    const times: number[] = [];
    let answer = '';
    for (let i = 0; i <= TIMES; i++) {
      const since = performance.now();
      answer = await run().catch(messageOf);
      times.push(performance.now() - since);
      if (times[0]! > 2_000) break;
    }
    const again = times.slice(1).sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
    console.log(`| ${name} | ${times[0]!.toFixed(0)} | ${again.toFixed(0)} | ${answer} |`);
  }
}

const began = performance.now();
if (process.argv[3] !== '--ask')
  console.log(`${await fill()} lines there, ${((performance.now() - began) / 1000).toFixed(0)} s`);
await client.indices.refresh({ index });
const size = await client.indices.stats({ index, metric: ['store', 'docs'] });
const { docs, store: disk } = size._all.primaries!;
console.log(
  `${docs!.count} lines, ${(disk!.size_in_bytes / docs!.count).toFixed(1)} bytes a line, load ${os.loadavg()[0]!.toFixed(1)}`,
);
if (process.argv[3] !== '--fill') await ask();
await store.close();
await client.close();
