import type { ServiceProcess } from '../ingest/service.js';
import { Health } from './health.js';
import { Host, type Sent, sleep } from './hosts.js';

/** Thresholds of the bench, so that a round takes two minutes: `silence.late` and `silence.after`, s. */
export const LATE = 6;
export const SILENT = 15;
const BEAT_MS = 2000;
const WARM_UP_MS = 20_000;
const SILENCE_MS = 30_000;
const BACK_MS = 20_000;

export interface SilenceFigures {
  hosts: number;
  /** From the moment they fall silent until they have been back for a while. */
  cpuSeconds: number;
  judgeSeconds: number;
  health: number[];
  incidents: string[];
  peakBytes: number;
  stopSeconds: number;
}

/** Hosts that beat and write fall silent within a second and come back within one. */
export async function fallSilent(service: ServiceProcess, count: number): Promise<SilenceFigures> {
  const sent: Sent = { lines: 0, requests: 0, pushedBack: 0, waits: [] };
  const hosts = Array.from({ length: count }, (_, index) => new Host(service.url, index + 1, sent));
  const live = (ms: number) => Promise.all(hosts.map((host, index) => beating(host, index / count, ms)));
  await live(WARM_UP_MS);
  const before = await service.usage();
  const health = new Health(service.url);
  await sleep(SILENCE_MS);
  await live(BACK_MS);
  await health.stop();
  const after = await service.usage();
  const incidents = await incidentsOf(service.url);
  for (const host of hosts) host.close();
  const stopped = performance.now();
  await service.stop();
  const judge = (threads: Map<string, number>) => threads.get('judge') ?? 0;
  return {
    hosts: count,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    judgeSeconds: judge(after.threads) - judge(before.threads),
    health: health.took,
    incidents,
    peakBytes: after.peakBytes,
    stopSeconds: (performance.now() - stopped) / 1000,
  };
}

/** @param phase of the second and of the period in which it beats, 0 to 1 */
async function beating(host: Host, phase: number, ms: number): Promise<void> {
  const end = performance.now() + ms + phase * 1000;
  await sleep(phase * BEAT_MS);
  for (let turn = 0; performance.now() < end; turn++) {
    await host.write(Buffer.from(`turn ${turn}: wrote 42 objects in 13 ms\n`), 1);
    await host.beat();
    await sleep(BEAT_MS);
  }
}

/** One line an incident: how many agents, what, whether it is over. */
export async function incidentsOf(url: string): Promise<string[]> {
  const reply = await fetch(`${url}/v1/incidents?limit=1000`);
  if (!reply.ok) throw new Error(`HTTP ${reply.status}: ${await reply.text()}`);
  const { incidents } = (await reply.json()) as {
    incidents: { kind: string; cause: string | null; subjects: string[]; resolvedAt: string | null }[];
  };
  return incidents.map(
    ({ kind, cause, subjects, resolvedAt }) =>
      `${kind}${cause ? ` (${cause})` : ''} of ${subjects.length}${resolvedAt ? ', over' : ', open'}`,
  );
}
