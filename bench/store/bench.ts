import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { defined } from '../../src/platform/defined.js';
import type { Query } from '../../src/query/ast.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { generateBatches, START } from './batches.js';

/**
 * `npm run bench:store [-- --lines 10000000] [--keep] [--reuse DIR] [--load]`: ingest, size and queries of the embedded store on lines as a
 * distributed test run writes them. The CPU of making the lines is measured alone and taken off.
 */
const BATCH = 2000;
const IN_FLIGHT = 8;
const args = process.argv.slice(2);
const lines = Number(
  args[args.indexOf('--lines') + 1] && args.includes('--lines')
    ? args[args.indexOf('--lines') + 1]
    : 2_000_000,
);
const keep = args.includes('--keep');
const reuse = args.includes('--reuse') ? args[args.indexOf('--reuse') + 1] : undefined;

const END = START + 6 * 3_600_000;
const word = (text: string): Query => ({ kind: 'word', word: text });

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function row(name: string, ...values: (string | number)[]): void {
  console.log(`| ${name.padEnd(44)} | ${values.map(value => String(value).padStart(9)).join(' | ')} |`);
}

async function ingest(store: EmbeddedStore): Promise<{ bytes: number; slowest: number[] }> {
  const flying = new Set<Promise<unknown>>();
  const waits: number[] = [];
  let bytes = 0;
  for (const { appends } of generateBatches(lines, BATCH)) {
    for (const append of appends) bytes += append.to - append.from;
    const since = performance.now();
    const one: Promise<unknown> = store.append(appends).then(() => {
      waits.push(performance.now() - since);
      flying.delete(one);
    });
    flying.add(one);
    if (flying.size >= IN_FLIGHT) await Promise.race(flying);
  }
  await Promise.all(flying);
  return { bytes, slowest: waits.sort((a, b) => a - b) };
}

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const at = (sorted: number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;

async function main(): Promise<void> {
  const directory = reuse ?? mkdtempSync(path.join(os.tmpdir(), 'deadair-bench-store-'));
  console.log(`${lines} lines, Node ${process.version}, ${os.cpus().length} cores\n`);
  if (!reuse) await measureIngest(directory);
  console.log();
  await measureQueries(directory);
  if (args.includes('--load')) await underLoad();
  if (keep) console.log(directory);
  else if (!reuse) rmSync(directory, { recursive: true, force: true });
}

async function measureIngest(directory: string): Promise<void> {
  let made = cpu();
  for (const batch of generateBatches(lines, BATCH)) void batch;
  made = cpu() - made;
  const store = await openEmbeddedStore({ directory });
  const before = cpu();
  const began = performance.now();
  const { bytes, slowest } = await ingest(store);
  const acknowledged = (performance.now() - began) / 1000;
  await store.compact();
  const total = cpu() - before - made;
  const stats = await store.stats();
  row('ingest: CPU-s per million lines', ((total / lines) * 1e6).toFixed(2));
  row('ingest: lines/s until acknowledged', Math.round(lines / acknowledged));
  row(
    'append ms p50 / p99 / max',
    at(slowest, 0.5).toFixed(0),
    at(slowest, 0.99).toFixed(0),
    slowest.at(-1)!.toFixed(0),
  );
  row('raw bytes a line', (bytes / lines).toFixed(1));
  row('stored bytes a line', (stats.bytes / lines).toFixed(2));
  row('memory after ingest, MiB', (process.memoryUsage().rss / 1048576).toFixed(0));
  await store.close();
}

type TimedQuery = [name: string, run: () => Promise<number>];

async function measureQueries(directory: string): Promise<void> {
  row('query, ms (CPU-ms a query)', 'cold', 'warm p50', 'CPU-ms', 'rows');
  let store = await openEmbeddedStore({ directory });
  const queries = await queriesOf(() => store);
  // Cold: the first query of a store just opened. Warm: a service that has answered such queries before.
  const cold: number[] = [];
  for (const [, run] of queries) {
    await store.close();
    store = await openEmbeddedStore({ directory });
    const since = performance.now();
    await run();
    cold.push(performance.now() - since);
  }
  for (let round = 0; round < 12; round++) for (const [, run] of queries) await run();
  for (const [index, [name, run]] of queries.entries()) {
    const warm: number[] = [];
    let found = await run();
    const spent = cpu();
    for (let i = 0; i < 9; i++) {
      const since = performance.now();
      found = await run();
      warm.push(performance.now() - since);
    }
    const work = ((cpu() - spent) * 1000) / warm.length;
    row(name, cold[index]!.toFixed(1), median(warm).toFixed(1), work.toFixed(1), found);
  }
  row('memory after queries, MiB', (process.memoryUsage().rss / 1048576).toFixed(0));
  await store.close();
}

/** What is asked, each against the store that is open by then. Some look up a place in the store first. */
async function queriesOf(open: () => EmbeddedStore): Promise<TimedQuery[]> {
  const queries: TimedQuery[] = [];
  const query = (name: string, run: () => Promise<number>) => queries.push([name, run]);
  const newest =
    (q: Query, limit = 100) =>
    async () =>
      (await open().search({ query: q, order: 'newest', limit })).rows.length;
  const histogram = (q: Query, by?: 'agent') => async () =>
    (await open().histogram({ query: q, from: START, to: END, interval: 60_000, ...defined({ by }) })).total;
  query('rare word, newest 100', newest(word('overrun')));
  query('rare word, newest 20', newest(word('overrun'), 20));
  query('absent word', newest(word('nowheretobefound')));
  query('common word, newest 100', newest(word('session')));
  query('phrase, newest 100', newest({ kind: 'phrase', text: 'connection reset by peer' }));
  query('rare phrase of common words', newest({ kind: 'phrase', text: 'released bucket' }));
  query('prefix, newest 100', newest({ kind: 'prefix', word: 'overr' }));
  query(
    'level>=warn and agent, newest 100',
    newest({
      kind: 'and',
      parts: [
        { kind: 'level', op: '>=', level: 'warn' },
        { kind: 'field', field: 'agent', pattern: 'agent-3' },
      ],
    }),
  );
  query('substring over everything', newest({ kind: 'substring', text: 'wheretobe' }));
  query(
    'regular expression over everything',
    newest({ kind: 'regex', source: 'from [0-9.]+77 port [0-9]+1', ignoreCase: false }),
  );
  query('all lines, newest 100', newest({ kind: 'all' }));
  query('histogram a minute', histogram({ kind: 'all' }));
  query('histogram a minute and agent', histogram({ kind: 'all' }, 'agent'));
  query('histogram of a common word', histogram(word('retries')));
  query('histogram of a rarer word (0.2 %)', histogram(word('reset')));
  const needle = (await open().search({ query: word('overrun'), order: 'newest', limit: 10 })).rows.at(-1)!;
  query(
    'context ±50',
    async () =>
      (await open().context({ source: needle.source, offset: needle.offset, before: 50, after: 50 })).rows
        .length,
  );
  const deep = await deepCursor(open(), Math.min(1000, lines / 400));
  query(
    'page 1,000 by cursor',
    async () =>
      (await open().search({ query: { kind: 'all' }, order: 'newest', limit: 100, cursor: deep })).rows
        .length,
  );
  query('marks, first 1,000', async () => (await open().marks({ limit: 1000 })).length);
  return queries;
}

/** Half a minute at 20,000 lines a second, in batches of 1,000, while queries run one after the other. */
async function underLoad(): Promise<void> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-bench-load-'));
  const store = await openEmbeddedStore({ directory });
  const batches = [...generateBatches(600_000, 1000)];
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const waits: number[] = [];
  const queried: number[] = [];
  let going = true;
  const asking = (async () => {
    for (let i = 0; going; i++) {
      const since = performance.now();
      const query: Query = [
        word('session'),
        word('reset'),
        { kind: 'substring', text: 'wheretobe' } as const,
        word('nowhere'),
      ][i % 4]!;
      if (i % 5 === 0) await store.histogram({ query, from: START, to: END, interval: 60_000 });
      else await store.search({ query, order: 'newest', limit: 100 });
      queried.push(performance.now() - since);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  })();
  delay.enable();
  const began = performance.now();
  const flying: Promise<void>[] = [];
  for (const [index, { appends }] of batches.entries()) {
    const due = began + index * 50;
    if (due > performance.now()) await new Promise(resolve => setTimeout(resolve, due - performance.now()));
    const since = performance.now();
    flying.push(
      store.append(appends).then(() => {
        waits.push(performance.now() - since);
      }),
    );
  }
  await Promise.all(flying);
  delay.disable();
  going = false;
  await asking;
  waits.sort((a, b) => a - b);
  queried.sort((a, b) => a - b);
  console.log();
  row('20,000 lines/s with queries', 'p50', 'p99', 'max');
  row('batch waits, ms', at(waits, 0.5).toFixed(1), at(waits, 0.99).toFixed(1), waits.at(-1)!.toFixed(1));
  row('queries, ms', at(queried, 0.5).toFixed(1), at(queried, 0.99).toFixed(1), queried.at(-1)!.toFixed(1));
  row(
    'main loop delay, ms',
    (delay.percentile(50) / 1e6).toFixed(1),
    (delay.percentile(99) / 1e6).toFixed(1),
    (delay.max / 1e6).toFixed(1),
  );
  row('memory (with the 110 MiB of prepared lines)', (process.memoryUsage().rss / 1048576).toFixed(0));
  await store.close();
  rmSync(directory, { recursive: true, force: true });
}

/** A page is found by its key, so walking to it once gives the cursor of page `pages`. */
async function deepCursor(store: EmbeddedStore, pages: number): Promise<string> {
  let cursor: string | undefined;
  for (let left = pages; left > 0; left -= 100) {
    const page = await store.search({
      query: { kind: 'all' },
      order: 'newest',
      limit: 10_000,
      ...(cursor ? { cursor } : {}),
    });
    cursor = page.cursor;
  }
  return cursor!;
}

await main();
