import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chooseEncoding } from '../../collectors/delivery/codec.js';
import { ENCODINGS } from '../../src/ingest/decompress.js';
import { diskUse } from '../../src/store/embedded/disk.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { Asker, FrameClient } from './client.js';
import { makeFrames, type ReadyFrame } from './frames.js';
import { ServiceProcess, type Usage } from './service.js';

/**
 * `npm run bench:ingest [-- --lines 2000000] [--rounds 3] [--rate 20000] [--seconds 60] [--node FLAG,FLAG] [--keep]`: the whole way of a line
 * over real HTTP: decompressed, parsed, judged, stored, acknowledged. The service is `deadair serve` in a process of its own; this one has
 * made and compressed the requests before the clock starts. First as fast as it goes, in rounds of which the median counts: the first
 * holds V8's compiling of hot code, some 3 CPU-s once in the life of a service. Then, in a store of its own that was filled with as many
 * lines before, at a rate with queries beside it, after WARM_UP seconds of the same. `MALLOC_ARENA_MAX=1`, as in the image, is set.
 */
const args = process.argv.slice(2);
const option = (name: string, fallback: number) => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(args[at + 1]);
};
const LINES = option('lines', 2_000_000);
const ROUNDS = option('rounds', 3);
const RATE = option('rate', 20_000);
const SECONDS = option('seconds', 60);
const NODE_FLAGS = args.includes('--node') ? args[args.indexOf('--node') + 1]!.split(',') : [];

/** What a collector that catches up sends at once, and how often one that follows looks (collectors/). */
const CATCH_UP_BYTES = 1024 * 1024;
const LOOK_MS = 25;
/** Seconds at the rate that are not counted: a service just started compiles its hot code then. */
const WARM_UP = 15;
const NEEDLE = 'flux-capacitor-overrun';
const QUERIES = [
  '/v1/search?q=overrun&limit=100',
  '/v1/histogram?q=completed&interval=60000',
  '/v1/search?q=completed&limit=100',
  '/v1/histogram?by=agent&interval=60000',
  '/v1/search?q=%22connection+reset+by+peer%22&limit=100',
  '/v1/search?q=level%3E%3Dwarn+agent%3Aagent-3&limit=100',
  '/v1/search?q=nowheretobefound&limit=100',
  '/v1/search?q=%2Fos+error+9%5Cd%5Cd%2F&limit=100',
];

const encoding = chooseEncoding('auto', ENCODINGS);

function row(name: string, ...values: (string | number)[]): void {
  console.log(`| ${name.padEnd(42)} | ${values.map(value => String(value).padStart(8)).join(' | ')} |`);
}

const at = (values: number[], share: number) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(0);
};
const spread = (values: number[]) => [at(values, 0.5), at(values, 0.99), at(values, 1)];
/** CPU of each thread between two looks, per unit, the busiest first. */
function threads(before: Usage, after: Usage, unit: number): [string, number][] {
  const spent = [...after.threads].map(([name, seconds]): [string, number] => [
    name,
    (seconds - (before.threads.get(name) ?? 0)) / unit,
  ]);
  return spent.filter(([, seconds]) => seconds >= 0.005).sort((a, b) => b[1] - a[1]);
}

function threadRows(spent: [string, number][]): void {
  for (const [name, seconds] of spent) row(`  of it ${name}`, seconds.toFixed(2));
}

const mib = (bytes: number) => (bytes / 1048576).toFixed(0);
/** Of the event loop's monitor, which counts the 10 ms between its own looks, too: without them. @param seconds as it tells */
const delay = (seconds: number) => Math.max(0, seconds * 1000 - 10).toFixed(1);
const bytesOf = (frames: ReadyFrame[]) => frames.reduce((sum, { body }) => sum + body.length, 0);

interface Round {
  cpu: number;
  threads: [string, number][];
  linesPerSecond: number;
  wireBytes: number;
  loopP99: number;
}

/** Rounds of LINES lines, each six hours of a run that follows on the one before. */
async function fullSpeed(directory: string): Promise<void> {
  const service = await ServiceProcess.start(directory, NODE_FLAGS);
  const client = new FrameClient(service.url, encoding);
  const span = 6 * 3_600_000;
  const begin = Date.now() - ROUNDS * span - 60_000;
  const rounds: Round[] = [];
  for (let index = 0; index < ROUNDS; index++) {
    rounds.push(await round(service, client, begin + index * span, span, `backfill-${index + 1}`));
    console.log(`round ${index + 1}: ${rounds.at(-1)!.cpu.toFixed(2)} CPU-s per million lines`);
  }
  const { peakBytes } = await service.usage();
  client.close();
  await service.stop();
  const store = await openEmbeddedStore({ directory });
  await store.compact();
  await store.close();
  const middle = [...rounds].sort((a, b) => a.cpu - b.cpu)[ROUNDS >> 1]!;
  console.log();
  row(`at full speed, median of ${ROUNDS} rounds`);
  row('CPU-s per million lines', middle.cpu.toFixed(2));
  threadRows(middle.threads);
  row('lines/s', Math.round(middle.linesPerSecond));
  row('wire bytes a line', middle.wireBytes.toFixed(1));
  row('stored bytes a line', (diskUse(directory) / (LINES * ROUNDS)).toFixed(2));
  row('request waits, ms: p50, p99, longest', ...spread(client.waits));
  row('told to wait (429, 503)', client.retries);
  row('main loop delay p99, ms', delay(middle.loopP99));
  row('largest resident set, MiB', mib(peakBytes));
}

async function round(
  service: ServiceProcess,
  client: FrameClient,
  start: number,
  span: number,
  name: string,
): Promise<Round> {
  const needles = new Map(
    Array.from({ length: 20 }, (_, i) => [Math.floor(((i + 0.5) * LINES) / 20), NEEDLE]),
  );
  const cut = { bytes: CATCH_UP_BYTES };
  const frames = await makeFrames({ lines: LINES, start, span, encoding, needles, cut, name });
  // Rule packs are compiled in the line thread once, at its start: a request that was answered shows that it is over.
  const first = frames.splice(0, 1);
  await client.atOnce(first);
  const before = await service.usage();
  client.waits.length = 0;
  const began = performance.now();
  await client.atOnce(frames);
  const seconds = (performance.now() - began) / 1000;
  // What is left to be sealed is part of the cost.
  await new Promise(resolve => setTimeout(resolve, 2000));
  const after = await service.usage();
  const lines = LINES - first[0]!.lines;
  return {
    cpu: ((after.cpuSeconds - before.cpuSeconds) / lines) * 1e6,
    threads: threads(before, after, lines / 1e6),
    linesPerSecond: lines / seconds,
    wireBytes: bytesOf(frames) / lines,
    loopP99: after.loopP99,
  };
}

async function atRate(directory: string): Promise<void> {
  await fill(directory);
  const span = (WARM_UP + SECONDS) * 1000;
  const cut = { ms: LOOK_MS };
  const start = Date.now() + 20_000;
  const lines = (RATE * span) / 1000;
  const frames = await makeFrames({ lines, start, span, encoding, cut, name: 'live' });
  const service = await ServiceProcess.start(directory, NODE_FLAGS);
  const client = new FrameClient(service.url, encoding);
  const asker = new Asker(service.url, QUERIES);
  const asking = asker.run(50);
  const sending = client.paced(frames);
  await new Promise(resolve => setTimeout(resolve, WARM_UP * 1000));
  const before = await service.usage();
  client.waits.length = 0;
  asker.took.length = 0;
  await sending;
  asker.stop();
  await asking;
  const after = await service.usage();
  client.close();
  await service.stop();
  console.log();
  row(`at ${RATE} lines/s with queries, ${SECONDS} s`);
  row('CPU, share of a core', ((after.cpuSeconds - before.cpuSeconds) / SECONDS).toFixed(2));
  threadRows(threads(before, after, SECONDS));
  row('requests/s', Math.round((frames.length / span) * 1000));
  row('request waits, ms: p50, p99, longest', ...spread(client.waits));
  row('told to wait (429, 503)', client.retries);
  row('queries, ms: p50, p99, longest', ...spread(asker.took));
  row('queries answered', asker.took.length);
  row('main loop delay p99, ms', delay(after.loopP99));
  row('largest resident set, MiB', mib(after.peakBytes));
}

/** Six hours of lines, by a service that ends before the clock starts. */
async function fill(directory: string): Promise<void> {
  if (LINES === 0) return;
  const span = 6 * 3_600_000;
  const cut = { bytes: CATCH_UP_BYTES };
  const start = Date.now() - span - 60_000;
  const frames = await makeFrames({ lines: LINES, start, span, encoding, cut, name: 'before' });
  const service = await ServiceProcess.start(directory, NODE_FLAGS);
  const client = new FrameClient(service.url, encoding);
  await client.atOnce(frames);
  client.close();
  await service.stop();
}

const load = os.loadavg()[0]!.toFixed(1);
console.log(
  `${LINES} lines, ${encoding}, Node ${process.version}, ${os.cpus().length} cores, load ${load} before\n`,
);
for (const [wanted, phase] of [
  [LINES > 0 && ROUNDS > 0, fullSpeed],
  [RATE > 0 && SECONDS > 0, atRate],
] as const) {
  if (!wanted) continue;
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-bench-ingest-'));
  await phase(directory);
  if (args.includes('--keep')) console.log(directory);
  else rmSync(directory, { recursive: true, force: true });
}
