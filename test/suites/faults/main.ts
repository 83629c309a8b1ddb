import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { KINDS } from './kinds.js';
import { TestNetwork } from './network.js';
import { type Row, runClean, runScenario } from './run.js';
import { SCENARIOS } from './scenarios.js';
import { closeAll } from './site.js';
import { STORIES } from './stories.js';

/**
 * npm run test:faults -- [--only PART-OF-NAME,…] [--at-once 6] [--clean 10] [--twins FOLDER]
 * --twins keeps what was recorded of each story as a capsule (test/incidents/twins).
 * Real faults between real processes in network namespaces; prints what was told, when, and when it was over. Exit status
 * 1 if a verdict is wrong, missing or too many; then the files of that scenario stay and are named.
 */
const value = (name: string, fallback: string) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
};
const why = TestNetwork.unavailable();
if (why !== undefined) {
  console.log(`skipped: ${why}`);
  process.exit(0);
}

const only = value('only', '').split(',');
const isWanted = (name: string): boolean => only.some(part => name.includes(part));
const twins = process.argv.includes('--twins') ? path.resolve(value('twins', '.')) : undefined;
const clean = Number(value('clean', '10'));
const atOnce = Number(value('at-once', '6'));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'deadair-faults-'));

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    console.log(`stopped by ${signal}`);
    void closeAll().finally(() => process.exit(1));
  });
}

type Job = (folder: string, number: number) => Promise<Row>;
const jobs: Job[] = [...KINDS, ...STORIES, ...SCENARIOS]
  .filter(({ name, needs }) => {
    const missing = isWanted(name) ? needs?.() : '';
    if (missing) console.log(`skipped: ${name}: ${missing}`);
    return missing === undefined;
  })
  .map(scenario => (where, number) => runScenario(scenario, where, number, twins));
// the longest first
if (isWanted('clean runs')) {
  const half = Math.ceil(clean / 2);
  for (const [count, learns] of [
    [half, true],
    [clean - half, false],
  ] as const)
    if (count > 0) jobs.unshift((where, number) => runClean(count, where, number, learns));
}

const rows: Row[] = [];
const began = performance.now();
let next = 0;
async function worker(): Promise<void> {
  while (next < jobs.length) {
    const number = next++;
    const where = path.join(folder, String(number));
    fs.mkdirSync(where);
    const row = await (jobs[number] as Job)(where, number);
    rows.push(row);
    console.log(`${row.failures.length === 0 ? 'ok    ' : 'NOT OK'} ${row.name}`);
    for (const failure of row.failures) console.log(`       ${failure}\n       files: ${where}`);
  }
}
await Promise.all(Array.from({ length: atOnce }, worker));

const COLUMNS = [36, 40, 40, 22] as const;
const line = (...cells: string[]) =>
  console.log(cells.map((cell, i) => cell.padEnd(COLUMNS[i] ?? 0)).join(' '));
console.log(
  `\n${rows.length} scenarios in ${Math.round((performance.now() - began) / 1000)} s, ${atOnce} at once, Node ${process.version}, ${os.cpus().length} cores, load ${os.loadavg()[0]?.toFixed(1)}`,
);
line('scenario', 'expected', 'got', 'alert after (bound)', 'over');
for (const { name, expected, got, delay, bound, resolved } of rows)
  line(name, expected, got, delay === undefined ? '-' : `${delay.toFixed(1)} s (${bound} s)`, resolved);
const failed = rows.filter(row => row.failures.length > 0);
if (failed.length === 0) fs.rmSync(folder, { recursive: true, force: true });
process.exitCode = failed.length > 0 ? 1 : 0;
