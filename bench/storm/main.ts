import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ServiceProcess, type Usage } from '../ingest/service.js';
import { stormOfFaults } from './faults.js';
import { fallSilent, LATE, SILENT } from './silence.js';

/**
 * `npm run bench:storm [-- --hosts 100,400,1000] [--storm 100] [--seconds 60]`: everything fails at once, against `deadair serve` in a
 * process of its own. First hosts that beat and write fall silent within a second and come back; then hosts write a thousand
 * fault lines a second each, more than the service may take. Beside both somebody asks /healthz. An empty list leaves a part out.
 */
const args = process.argv.slice(2);
function numbers(name: string, fallback: number[]): number[] {
  const at = args.indexOf(`--${name}`);
  if (at < 0) return fallback;
  return (args[at + 1] ?? '').split(',').filter(Boolean).map(Number);
}
const HOSTS = numbers('hosts', [100, 400, 1000]);
const STORMS = numbers('storm', [100]);
const [SECONDS = 60] = numbers('seconds', [60]);

async function withService<T>(work: (service: ServiceProcess) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-bench-storm-'));
  writeFileSync(path.join(directory, 'deadair.yaml'), `silence:\n  late: ${LATE}s\n  after: ${SILENT}s\n`);
  let service: ServiceProcess | undefined;
  try {
    service = await ServiceProcess.start(directory, []);
    return await work(service);
  } finally {
    await service?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function row(...cells: (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function at(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
}

const mib = (bytes: number) => (bytes / 1048576).toFixed(0);
/** The monitor's own 10 ms are in what it tells. */
const delay = ({ loopP99 }: Usage) => Math.max(0, loopP99 * 1000 - 10).toFixed(1);

function told(incidents: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const one of incidents) counts.set(one, (counts.get(one) ?? 0) + 1);
  const lines = [...counts].map(([text, count]) => (count > 1 ? `${count} × ${text}` : text));
  return lines.slice(0, 6).join('; ') + (lines.length > 6 ? `; and ${lines.length - 6} other kinds` : '');
}

console.log(
  `Node ${process.version}, ${os.cpus().length} cores, load ${os.loadavg()[0]!.toFixed(1)} before\n`,
);
if (HOSTS.length > 0) {
  row(
    'hosts silent within a second, and back',
    'CPU-s',
    'of it judging',
    '/healthz p99, ms',
    'worst',
    'peak MiB',
    'stop, s',
    'incidents',
  );
  row(...Array(8).fill('---'));
  for (const count of HOSTS) {
    const one = await withService(service => fallSilent(service, count));
    const { cpuSeconds, judgeSeconds, health, incidents, peakBytes, stopSeconds } = one;
    row(
      count,
      cpuSeconds.toFixed(1),
      judgeSeconds.toFixed(1),
      at(health, 0.99),
      at(health, 1),
      mib(peakBytes),
      stopSeconds.toFixed(1),
      told(incidents),
    );
  }
}
for (const count of STORMS) {
  const one = await withService(service => stormOfFaults(service, count, SECONDS));
  const { sent, before, after, health, incidents, stopSeconds, longestPause } = one;
  console.log(`\n${count} hosts, each 1,000 fault lines a second for ${SECONDS} s\n`);
  row('lines taken in a second', Math.round(sent.lines / SECONDS));
  row('requests, of them told to wait', sent.requests, sent.pushedBack);
  row(
    'until acknowledged, ms: p50, p99, longest',
    at(sent.waits, 0.5),
    at(sent.waits, 0.99),
    at(sent.waits, 1),
  );
  row('/healthz, ms: p50, p99, worst', at(health, 0.5), at(health, 0.99), at(health, 1));
  row('main loop delay p99, ms', delay(after));
  row('CPU-s per million lines', ((after.cpuSeconds - before.cpuSeconds) / (sent.lines / 1e6)).toFixed(1));
  for (const [name, seconds] of after.threads) {
    const spent = (seconds - (before.threads.get(name) ?? 0)) / (sent.lines / 1e6);
    if (spent >= 0.05) row(`  of it ${name}`, spent.toFixed(2));
  }
  row('peak MiB', mib(after.peakBytes));
  row('until it had ended, s', stopSeconds.toFixed(1));
  row('longest between two heartbeats of a host, s', (longestPause / 1000).toFixed(1));
  row('incidents', told(incidents));
}
