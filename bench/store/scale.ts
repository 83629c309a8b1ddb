import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { messageOf } from '../../src/platform/errors.js';
import type { Query } from '../../src/query/ast.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { filePositions, generateBatches, START } from './batches.js';

/**
 * `npm run bench:scale [-- LINES …] [--keep DIR]` (1, 5 and 20 million): stores of so many lines of many programs, over four days.
 * What may grow with the lines is the disk, and what looks at all of them; nothing may grow faster. Stores in DIR are filled where they
 * are missing and stay there, so that filling and asking may be done apart; a filling that was broken off goes on with its day.
 */
const DAYS = 4;
const DAY_MS = 86_400_000;
const BATCH = 5000;
const IN_FLIGHT = 4;
const TIMES = 7;
/** A query is asked again no longer than this. */
const AGAIN_MS = 3000;
const args = process.argv.slice(2);
const sizes = args.map(Number).filter(Boolean);
const kept = args.includes('--keep') ? args[args.indexOf('--keep') + 1] : undefined;

const END = START + DAYS * DAY_MS;
const LAST_DAY = END - DAY_MS;
const word = (text: string): Query => ({ kind: 'word', word: text });
const REGEX: Query = { kind: 'regex', source: 'from [0-9.]+77 port [0-9]+1', ignoreCase: false };

const median = (values: number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** How far a store is filled: days, and where its files end. */
interface Filled {
  days: number;
  positions: number[];
}

async function fill(directory: string, lines: number): Promise<void> {
  const noted = path.join(directory, 'filled.json');
  const filled: Filled = existsSync(noted)
    ? JSON.parse(readFileSync(noted, 'utf8'))
    : { days: 0, positions: [...filePositions()] };
  if (filled.days === DAYS) return;
  const store = await openEmbeddedStore({ directory });
  const positions = Float64Array.from(filled.positions);
  // What came before a filling was broken off is there: the store takes each range once, and refuses it the second time.
  const stored = new Map((await store.sources()).map(({ id, position }) => [id, position]));
  for (let day = filled.days; day < DAYS; day++) {
    const flying = new Set<Promise<unknown>>();
    const options = { start: START + day * DAY_MS, seed: day + 1, needles: 5, positions };
    for (const { appends } of generateBatches(lines / DAYS, BATCH, options)) {
      if (appends.every(({ source, to }) => to <= (stored.get(source.id) ?? 0))) continue;
      const one: Promise<unknown> = store.append(appends).then(() => flying.delete(one));
      flying.add(one);
      if (flying.size >= IN_FLIGHT) await Promise.race(flying);
    }
    await Promise.all(flying);
    if (day === DAYS - 1) await store.compact({ repack: true });
    writeFileSync(noted, JSON.stringify({ days: day + 1, positions: [...positions] } satisfies Filled));
  }
  await store.close();
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await run();
  return performance.now() - since;
}

/** @returns name and value of each figure, in order */
async function measure(directory: string): Promise<Map<string, string>> {
  const figures = new Map<string, string>();
  let store!: EmbeddedStore;
  const opening = await timed(async () => {
    store = await openEmbeddedStore({ directory });
    await store.stats();
  });
  const { lines, bytes } = await store.stats();
  figures.set('lines', String(lines));
  figures.set('disk, bytes a line', (bytes / lines).toFixed(1));
  figures.set('opening, ms', opening.toFixed(0));
  const histogram = (query: Query, from: number, interval: number) => () =>
    store.histogram({ query, from, to: END, interval, by: 'agent' });
  const queries: [string, () => Promise<unknown>][] = [
    ['rare word, newest 100', () => store.search({ query: word('overrun'), order: 'newest', limit: 100 })],
    ['absent word', () => store.search({ query: word('nowhere'), order: 'newest', limit: 100 })],
    ['common word, newest 100', () => store.search({ query: word('session'), order: 'newest', limit: 100 })],
    ['histogram by agent, the last day', histogram({ kind: 'all' }, LAST_DAY, 60_000)],
    ['histogram by agent, everything', histogram({ kind: 'all' }, START, 600_000)],
    ['histogram of a word, the last day', histogram(word('retries'), LAST_DAY, 60_000)],
    ['histogram of a word, everything', histogram(word('retries'), START, 600_000)],
    ['regular expression, everything', histogram(REGEX, START, DAYS * DAY_MS)],
    [
      'kinds of a common word, the last day',
      () => store.tally({ query: word('retries'), from: LAST_DAY, to: END }),
    ],
  ];
  for (const [name, run] of queries) {
    const label = `${name}, ms: first / p50`;
    try {
      const cold = await timed(run);
      const warm: number[] = [];
      const until = performance.now() + AGAIN_MS;
      do warm.push(await timed(run));
      while (warm.length < TIMES && performance.now() < until);
      figures.set(label, `${cold.toFixed(1)} / ${median(warm).toFixed(1)}`);
    } catch (thrown) {
      // On a busy machine a scan of everything may meet the time a query has.
      figures.set(label, messageOf(thrown));
    }
  }
  figures.set('memory after queries, MiB', (process.memoryUsage().rss / 1048576).toFixed(0));
  await store.close();
  return figures;
}

/** Of a copy, so that the store stays as it is. */
async function dropDay(directory: string, figures: Map<string, string>): Promise<void> {
  const copy = mkdtempSync(path.join(kept ?? os.tmpdir(), 'deadair-bench-scale-'));
  cpSync(directory, copy, { recursive: true });
  const store = await openEmbeddedStore({ directory: copy });
  const { bytes } = await store.stats();
  const dropping = await timed(() => store.retain({ maxBytes: bytes - 1 }));
  const left = await store.stats();
  figures.set('a day dropped, ms (lines left)', `${dropping.toFixed(0)} (${left.lines})`);
  await store.close();
  rmSync(copy, { recursive: true, force: true });
}

const columns: Map<string, string>[] = [];
for (const lines of sizes.length > 0 ? sizes : [1_000_000, 5_000_000, 20_000_000]) {
  const directory = kept
    ? path.join(kept, String(lines))
    : mkdtempSync(path.join(os.tmpdir(), 'deadair-bench-scale-'));
  mkdirSync(directory, { recursive: true });
  await fill(directory, lines);
  const figures = await measure(directory);
  await dropDay(directory, figures);
  columns.push(figures);
  if (!kept) rmSync(directory, { recursive: true, force: true });
}
console.log(`Node ${process.version}, ${os.cpus().length} cores, load ${os.loadavg()[0]!.toFixed(1)}\n`);
for (const name of columns[0]!.keys())
  console.log(`| ${[name, ...columns.map(figures => figures.get(name))].join(' | ')} |`);
