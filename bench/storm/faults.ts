import type { ServiceProcess, Usage } from '../ingest/service.js';
import { Health } from './health.js';
import { Host, type Sent, sleep } from './hosts.js';
import { incidentsOf } from './silence.js';

const LINES = 1000;
const BEAT_MS = 2000;
/** A service just started compiles its hot code then; not counted. */
const WARM_UP_MS = 10_000;

export interface FaultFigures {
  hosts: number;
  seconds: number;
  sent: Sent;
  before: Usage;
  after: Usage;
  health: number[];
  incidents: string[];
  longestPause: number;
  /** Until everything acknowledged is judged and the service has ended. */
  stopSeconds: number;
}

/** Each host writes a thousand fault lines a second, of five kinds about a handful of peers. */
export async function stormOfFaults(
  service: ServiceProcess,
  count: number,
  seconds: number,
): Promise<FaultFigures> {
  const sent: Sent = { lines: 0, requests: 0, pushedBack: 0, waits: [] };
  const hosts = Array.from({ length: count }, (_, index) => new Host(service.url, index + 1, sent));
  await storming(hosts, WARM_UP_MS);
  sent.waits.length = 0;
  Object.assign(sent, { lines: 0, requests: 0, pushedBack: 0 });
  const before = await service.usage();
  const health = new Health(service.url);
  await storming(hosts, seconds * 1000);
  const after = await service.usage();
  await health.stop();
  const incidents = await incidentsOf(service.url);
  for (const host of hosts) host.close();
  const stopped = performance.now();
  await service.stop();
  const stopSeconds = (performance.now() - stopped) / 1000;
  return {
    hosts: count,
    seconds,
    sent,
    before,
    after,
    health: health.took,
    incidents,
    stopSeconds,
    longestPause: longestPause(hosts),
  };
}

async function storming(hosts: readonly Host[], ms: number): Promise<void> {
  const end = performance.now() + ms;
  const over = () => performance.now() >= end;
  let writing = hosts.length;
  await Promise.all(
    hosts.map(async (host, index) => {
      const payload = faultLines(index);
      await sleep((index / hosts.length) * 1000);
      // Also those that have written what they had beat until the last has: nobody falls silent here.
      const beating = beatUntil(host, () => writing === 0);
      while (!over()) {
        const due = performance.now() + 1000;
        await host.write(payload, LINES, over);
        await sleep(due - performance.now());
      }
      writing--;
      await beating;
    }),
  );
}

/** As collectors do, whatever becomes of their lines. */
async function beatUntil(host: Host, over: () => boolean): Promise<void> {
  while (!over()) {
    await host.beat();
    await sleep(BEAT_MS);
  }
}

/** Between two heartbeats of a host that were answered, the longest of all, ms: what is above `silence.after` was a silence. */
function longestPause(hosts: readonly Host[]): number {
  return Math.max(...hosts.map(host => host.longestPause));
}

function faultLines(host: number): Buffer {
  const lines: string[] = [];
  for (let i = 0; i < LINES; i++) {
    const peer = `10.0.0.${1 + ((host + i) % 4)}:5432`;
    const id = 100_000 + i * 7;
    lines.push(
      [
        `ERROR connect to ${peer} failed: Connection refused (os error 111) request=${id}`,
        `ERROR read from ${peer} timed out after 30000 ms request=${id}`,
        `WARN connection reset by peer ${peer} request=${id}`,
        `ERROR failed to lookup address information for db-${i % 3}.example.com: Name or service not known`,
        `ERROR TLS handshake with ${peer} failed: certificate has expired request=${id}`,
      ][i % 5]!,
    );
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}
