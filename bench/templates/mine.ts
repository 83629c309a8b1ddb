import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { derivedId } from '../../src/platform/ids.js';
import { SourceParser } from '../../src/records/parser.js';
import { TallyMaker } from '../../src/skeletons/tally.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { countPatterns } from '../../src/templates/count.js';
import { mergeSkeletons } from '../../src/templates/merge.js';

// CPU seconds a million lines: skeletons alone, counted in the store, and read page by page. Parsing stands beside them as
// a measure of the machine. `node dist/bench/templates/mine.js`

const LINES = 1_000_000;
const BATCH = 10_000;
const T = Date.parse('2026-11-23T12:00:00Z');

function line(i: number): string {
  const time = new Date(T + i).toISOString();
  switch (i % 4) {
    case 0:
      return `${time} INFO worker ${i % 17} finished request ${i} to 10.0.0.${i % 250}:9000 path=/data/obj-${i} in ${i % 1000}ms status=200 bytes=${i * 13}`;
    case 1:
      return `${time} WARN Stats writer: sent update for agent-${i % 8} req-3ea4052c-895d-4b64-${i} took ${i % 9}.5s (queue "main") waiting for the coordinated start`;
    case 2:
      return `${time} INFO Control reader: configuration validated, agent is ready and waits for the coordinated start of the workload`;
    default:
      return `${time} DEBUG cache of bucket test-bucket holds ${i % 5000} objects (${i % 90} MB), evicted ${i % 7} least recently used entries in the background`;
  }
}

async function measure(what: string, work: () => Promise<void> | void): Promise<void> {
  const wall = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6 / (LINES / 1e6);
  process.stdout.write(
    `${what.padEnd(34)} ${cpu.toFixed(2)} CPU-s/M  ${((performance.now() - wall) / 1000).toFixed(2)} s\n`,
  );
}

const batches: Uint8Array[] = [];
let bytes = 0;
for (let from = 0; from < LINES; from += BATCH) {
  const text = Array.from({ length: BATCH }, (_, i) => `${line(from + i)}\n`).join('');
  batches.push(new Uint8Array(Buffer.from(text)));
  bytes += batches.at(-1)!.length;
}
process.stdout.write(`${LINES} lines of ${Math.round(bytes / LINES)} bytes\n`);

await measure('parse (for comparison)', () => {
  const parser = new SourceParser();
  let at = 0;
  for (const batch of batches) {
    parser.push(Uint8Array.from(batch), at, { observedAt: T });
    at += batch.length;
  }
});
await measure('skeletons', () => {
  const maker = new TallyMaker(T, T + LINES);
  for (const batch of batches) {
    let start = 0;
    for (let end = batch.indexOf(10); end >= 0; end = batch.indexOf(10, start)) {
      maker.add(batch, start, end, T, 1, 3, 0, 0);
      start = end + 1;
    }
  }
  if (maker.result(() => 'a').skeletons.length !== 4) throw new Error('wrong skeletons');
});

const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-mine-'));
const store = await openEmbeddedStore({ directory, readers: 2 });
const parser = new SourceParser();
const source = { id: derivedId('bench'), agent: 'a-1', host: 'h', path: '/l', head: { length: 0, hash: '' } };
let at = 0;
for (const batch of batches) {
  const records = parser.push(Uint8Array.from(batch), at, { observedAt: T });
  await store.append([{ source, from: at, to: at + batch.length, observedAt: T, ingestedAt: T, records }]);
  at += batch.length;
}
await store.compact();
const request = { query: { kind: 'all' as const }, from: T, to: T + LINES };
await measure('counted in the store', async () => {
  await countPatterns(store, request);
});
const pages = { search: store.search.bind(store) };
await measure('read page by page', async () => {
  await countPatterns(pages, request);
});
await store.close();
rmSync(directory, { recursive: true, force: true });

const words = 'abcdefghijklmnopqrst'.split('');
const hard = Array.from(
  { length: 20_000 },
  (_, i) =>
    `user ${words[i % 20]}${words[(i * 7) % 19]}${words[(i >> 4) % 20]} of ${words[(i >> 8) % 20]} logged in`,
);
const begun = performance.now();
const merged = new Set(mergeSkeletons(hard)).size;
process.stdout.write(
  `merging ${new Set(hard).size} skeletons to ${merged}: ${(performance.now() - begun).toFixed(0)} ms\n`,
);
