import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { packageRoot } from '../../../src/platform/package-root.js';
import type { TestSshd } from '../sshd/server.js';
import { type Fault, FaultyProxy } from './faulty-proxy.js';
import type { TortureReceiver } from './receivers.js';

export interface TortureCase {
  name: string;
  rotation: 'none' | 'rename' | 'copytruncate';
  /** Kill -9 at these shares of the time; started again a second later. */
  kills?: number[];
  /** From and for how long, as shares of the time. */
  fault?: { fault: Fault; from: number; for: number };
  /** What happens to the ssh server that is pulled from, at these shares of the time; it is back three seconds later. */
  server?: { is: 'killed' | 'frozen'; at: number[] };
}

/** The nine cases. At 30 s: rotation every 3 s, three kills, 20 s of trouble. */
export const CASES: TortureCase[] = [
  { name: 'rename', rotation: 'rename' },
  { name: 'copytruncate', rotation: 'copytruncate' },
  { name: 'kill9', rotation: 'none', kills: [0.2, 0.45, 0.7] },
  { name: 'rename-kill', rotation: 'rename', kills: [0.22, 0.47, 0.72] },
  { name: 'down', rotation: 'none', fault: { fault: 'away', from: 0.15, for: 0.667 } },
  { name: 'longdown', rotation: 'rename', fault: { fault: 'away', from: 0.15, for: 0.667 } },
  { name: '503', rotation: 'none', fault: { fault: 503, from: 0.2, for: 0.333 } },
  { name: '429', rotation: 'none', fault: { fault: 429, from: 0.2, for: 0.333 } },
  { name: 'hang', rotation: 'none', fault: { fault: 'hang', from: 0.15, for: 0.667 } },
];

/** What only a pull can meet. All cases share one sshd with the nine above, so these two have one each. */
export const SERVER_CASES: TortureCase[] = [
  { name: 'sshd-killed', rotation: 'rename', server: { is: 'killed', at: [0.2, 0.45, 0.7] } },
  { name: 'sshd-frozen', rotation: 'rename', server: { is: 'frozen', at: [0.2, 0.6] } },
];
const SERVER_BACK_MS = 3000;

export interface Outcome {
  name: string;
  written: number;
  lost: number;
  doubled: number;
  gaps: number;
  note: string;
}

const here = path.dirname(fileURLToPath(import.meta.url));
/** How long the collector may take to catch up when the writer is done. */
const CATCH_UP_MS = 60_000;

export interface TortureOptions {
  rate: number;
  seconds: number;
  folder: string;
}

/** Runs one case: writer and `deadair collect` (with a server: `deadair pull`) as processes, the collector really killed. */
export async function runCase(
  it: TortureCase,
  receiver: TortureReceiver,
  url: string,
  options: TortureOptions,
  server?: TestSshd,
): Promise<Outcome> {
  const directory = path.join(options.folder, server ? `pull-${it.name}` : it.name);
  fs.mkdirSync(directory);
  const proxy = new FaultyProxy(url);
  const to = await proxy.listen();
  const host = `torture-${path.basename(directory)}`;
  const command = server
    ? ['pull', '--to', to, '--config', pullConfig(directory, host, server)]
    : ['collect', '--to', to, '--watch', directory, '--host', host];
  const collector = new KilledCollector(directory, command);
  collector.start();

  const after = (share: number, run: () => void) => setTimeout(run, share * options.seconds * 1000);
  for (const kill of it.kills ?? []) after(kill, () => collector.kill());
  if (it.fault) {
    const { fault, from, for: share } = it.fault;
    after(from, () => void proxy.misbehave(fault, share * options.seconds * 1000));
  }
  for (const at of it.server?.at ?? []) after(at, () => void trouble(server!, it.server!.is));
  const args = [directory, it.rotation, String(options.rate), String(options.seconds)];
  const writer = fork(path.join(here, 'writer.js'), args);
  const { written } = (await once(writer, 'message'))[0] as { written: number };

  let counts = await receiver.counts(host, written);
  for (let waited = 0; waited < CATCH_UP_MS && counts.includes(0); waited += 2000) {
    await new Promise(resolve => setTimeout(resolve, 2000));
    counts = await receiver.counts(host, written);
  }
  // Doubles may come late: a clean stop ships whatever is left.
  await collector.stop();
  counts = await receiver.counts(host, written);
  await proxy.close();
  return {
    name: it.name,
    written,
    lost: counts.filter(times => times === 0).length,
    doubled: counts.reduce((sum, times) => sum + Math.max(0, times - 1), 0),
    gaps: await receiver.gaps(host),
    note: collector.log(),
  };
}

async function trouble(server: TestSshd, is: 'killed' | 'frozen'): Promise<void> {
  if (is === 'killed') server.kill();
  else server.freeze();
  await new Promise(resolve => setTimeout(resolve, SERVER_BACK_MS));
  if (is === 'killed') await server.start();
  else server.thaw();
}

function pullConfig(directory: string, name: string, server: TestSshd): string {
  const file = `${directory}.yaml`;
  const host = server.host({ name, watch: [directory] });
  const timing = { schedule: '* * * * * *', callSeconds: 2, connectSeconds: 10, keepaliveSeconds: 1 };
  fs.writeFileSync(file, stringify({ pull: { ...timing, hosts: [host] } }));
  return file;
}

class KilledCollector {
  private child: ChildProcess | undefined;
  private stopping = false;
  private readonly logFile: string;

  constructor(
    private readonly directory: string,
    private readonly command: string[],
  ) {
    this.logFile = `${directory}.collector.log`;
  }

  start(): void {
    const log = fs.openSync(this.logFile, 'a');
    const main = path.join(packageRoot, 'dist/src/cli/main.js');
    this.child = spawn(process.execPath, [main, ...this.command], {
      stdio: ['ignore', log, log],
      cwd: this.directory,
      env: { ...process.env, DEADAIR_CONFIG: '' },
    });
    fs.closeSync(log);
  }

  kill(): void {
    this.child?.kill('SIGKILL');
    setTimeout(() => {
      if (!this.stopping) this.start();
    }, 1000);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const child = this.child;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }

  /** Warnings and errors it logged, for the table. */
  log(): string {
    const lines = fs.readFileSync(this.logFile, 'utf8').split('\n');
    return (
      lines.find(
        line =>
          /"level":(40|50|60)|collector\.failed/.test(line) &&
          !/delivery\.failed|collector\.waiting|pull\.trouble/.test(line),
      ) ?? ''
    );
  }
}
