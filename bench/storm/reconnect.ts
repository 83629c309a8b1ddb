import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Follower } from './follower.js';
import { sleep } from './hosts.js';

/**
 * `npm run bench:reconnect [-- --collectors 200] [--real 4] [--kills 2]`: collectors that write and beat lose their service by
 * kill -9, and all come back at once when it is started anew. How long until each was served, and whether a line was lost or stored
 * twice. Some of them are real collectors that follow a file; the others speak the protocol on connections of their own, each from
 * an address of its own.
 */
const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const args = process.argv.slice(2);
const number = (name: string, fallback: number): number => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(args[at + 1]);
};
const COUNT = number('collectors', 200);
const REAL = number('real', 4);
const KILLS = number('kills', 2);
/** How long it runs before each kill, ms. */
const RUNS_MS = 8000;

const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-bench-reconnect-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: free } = server.address() as AddressInfo;
  server.close();
  return free;
}

async function serve(): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    [CLI, 'serve', '--data', path.join(folder, 'data'), '--port', `${port}`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NO_COLOR: '1', DEADAIR_LOG_LEVEL: 'error' },
      cwd: folder,
    },
  );
  for await (const line of createInterface(child.stdout!)) if (line.includes('serves http')) return child;
  throw new Error('the service ended before it served');
}

/** Real collectors, each on a file of its own, that somebody writes. */
class RealCollectors {
  private readonly children: ChildProcess[] = [];
  private readonly written = new Map<string, number>();

  start(count: number): void {
    for (let i = 1; i <= count; i++) {
      const logs = path.join(folder, `real-${i}`);
      mkdirSync(logs);
      this.written.set(`real-agent-${i}`, 0);
      writeFileSync(path.join(logs, `real-agent-${i}.log`), '');
      const child = spawn(process.execPath, [CLI, 'collect', '--to', url, '--watch', logs], {
        stdio: 'ignore',
        env: { ...process.env, DEADAIR_HOST: `real-host-${i}`, DEADAIR_LOG_LEVEL: 'silent' },
        cwd: folder,
      });
      this.children.push(child);
    }
  }

  write(lines: number): void {
    for (const [name, from] of this.written) {
      const text = Array.from({ length: lines }, (_, n) => `INFO ${name} line ${from + n}\n`).join('');
      appendFileSync(path.join(folder, name.replace('agent-', ''), `${name}.log`), text);
      this.written.set(name, from + lines);
    }
  }

  get lines(): ReadonlyMap<string, number> {
    return this.written;
  }

  stop(): void {
    for (const child of this.children) child.kill('SIGKILL');
  }
}

async function storedLines(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({
      q: '*',
      limit: '1000',
      order: 'oldest',
      ...(cursor ? { cursor } : {}),
    });
    const reply = (await (await fetch(`${url}/v1/search?${query}`)).json()) as {
      records: { deadair: { raw: string }; agent: { id: string } }[];
      cursor?: string;
    };
    for (const { agent, deadair } of reply.records) {
      const lines = found.get(agent.id) ?? [];
      lines.push(deadair.raw);
      found.set(agent.id, lines);
    }
    cursor = reply.cursor;
  } while (cursor !== undefined);
  return found;
}

function count(
  stored: ReadonlyMap<string, string[]>,
  expected: ReadonlyMap<string, number>,
): [number, number] {
  let [lost, doubled] = [0, 0];
  for (const [agent, lines] of expected) {
    const there = stored.get(agent) ?? [];
    const once = new Set(there);
    doubled += there.length - once.size;
    for (let i = 0; i < lines; i++) if (!once.has(`INFO ${agent} line ${i}`)) lost++;
  }
  return [lost, doubled];
}

let service = await serve();
const real = new RealCollectors();
const followers = Array.from({ length: COUNT - REAL }, (_, i) => new Follower(url, i + 1));
try {
  console.log(
    `Node ${process.version}, ${os.cpus().length} cores, load ${os.loadavg()[0]!.toFixed(1)} before`,
  );
  real.start(REAL);
  const working = followers.map(one => one.run());
  const writing = setInterval(() => real.write(20), 1000);
  for (let kill = 1; kill <= KILLS; kill++) {
    await sleep(RUNS_MS);
    service.kill('SIGKILL');
    await once(service, 'exit');
    const killedAt = performance.now();
    service = await serve();
    const servesAt = performance.now();
    while (followers.some(one => one.servedAt < servesAt) && performance.now() - servesAt < 120_000)
      await sleep(50);
    const waits = followers.map(one => (one.servedAt - servesAt) / 1000).sort((a, b) => a - b);
    console.log(
      `kill -9 number ${kill}: it served again after ${((servesAt - killedAt) / 1000).toFixed(1)} s; ` +
        `${waits.filter(wait => wait > 0).length} of ${followers.length} served, ` +
        `p50 ${waits[Math.floor(waits.length / 2)]!.toFixed(1)} s, all after ${waits.at(-1)!.toFixed(1)} s`,
    );
  }
  clearInterval(writing);
  for (const one of followers) one.finish();
  await Promise.all(working);
  const expected = new Map([...followers.map(one => [one.name, one.written] as const), ...real.lines]);
  const total = [...expected.values()].reduce((sum, lines) => sum + lines, 0);
  let result: [number, number] = [total, 0];
  for (let i = 0; i < 60 && result[0] > 0; i++) {
    await sleep(1000);
    result = count(await storedLines(), expected);
  }
  console.log(
    `${total} lines written by ${COUNT} collectors, ${REAL} of them real: ${result[0]} lost, ${result[1]} doubled`,
  );
  if (result[0] > 0 || result[1] > 0) process.exitCode = 1;
} finally {
  for (const one of followers) one.close();
  real.stop();
  service.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
