import { execFileSync } from 'node:child_process';
import { appendFileSync, createWriteStream, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CollectSettings } from '../../collectors/settings.js';
import { Pull } from '../../collectors/sftp/pull.js';
import { PullSettings } from '../../collectors/sftp/settings.js';
import { SystemClock } from '../../src/platform/clock.js';
import { silentLogger } from '../../src/platform/logger.js';
import { Receiver } from '../../test/collectors/receiver.js';
import { sshdUnavailable, TestSshd, waitFor } from '../../test/suites/sshd/server.js';

/**
 * npm run bench:pull -- [--hosts 100] [--seconds 60] [--mib 200]
 * Two figures of `deadair pull` against a real sshd of this machine: how fast a backlog comes, beside `sftp` reading the same file,
 * and what many hosts cost one process while nothing is written and while each writes a line a second.
 */
const value = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const hosts = value('hosts', 100);
const seconds = value('seconds', 60);
const mib = value('mib', 200);

const why = sshdUnavailable();
if (why) {
  console.log(`skipped: ${why}`);
  process.exit(0);
}

const folder = mkdtempSync(path.join(tmpdir(), 'deadair-bench-pull-'));
const server = new TestSshd();
await server.start();
console.log(`Node ${process.version}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);

/** CPU seconds of this process so far. */
const cpu = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms));

function start(to: string, directories: string[], schedule: string): Pull {
  const pull = new Pull(
    PullSettings.parse({
      schedule,
      hosts: directories.map((directory, i) => server.host({ name: `node${i}`, watch: [directory] })),
    }),
    CollectSettings.parse({ to }),
    new SystemClock(),
    silentLogger,
  );
  pull.start();
  return pull;
}

async function backlog(): Promise<void> {
  const directory = path.join(folder, 'backlog');
  mkdirSync(directory);
  const file = path.join(directory, 'agent-1.log');
  await pipeline(
    (function* lines() {
      for (let n = 0, bytes = 0; bytes < mib * 2 ** 20; n++) {
        const line = `2026-11-24T18:00:00.${String(n % 1000).padStart(3, '0')}Z INFO sai3bench_agent: op ${n} put object-${(n * 7919) % 1_000_003} size 1048576 latency_us ${(n * 31) % 9973}\n`;
        bytes += line.length;
        yield line;
      }
    })(),
    createWriteStream(file),
  );
  const { size } = statSync(file);
  for (let round = 1; round <= 3; round++) {
    const batch = path.join(folder, 'batch');
    let began = performance.now();
    execFileSync(
      'sftp',
      [
        ...['-q', '-P', String(server.port), '-i', server.clientKey, '-o', 'StrictHostKeyChecking=no'],
        ...['-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'],
        `127.0.0.1:${file}`,
        batch,
      ],
      { stdio: 'ignore' },
    );
    const sftp = size / 2 ** 20 / ((performance.now() - began) / 1000);
    rmSync(batch);
    const receiver = new Receiver();
    const to = await receiver.listen();
    const before = cpu();
    began = performance.now();
    const pull = start(to, [directory], '* * * * * *');
    await waitFor(
      () => [...receiver.ledger.sources.values()].reduce((sum, source) => sum + source.position, 0) >= size,
      'the backlog',
      600_000,
    );
    const ours = size / 2 ** 20 / ((performance.now() - began) / 1000);
    console.log(
      `backlog of ${mib} MiB, round ${round}: sftp ${sftp.toFixed(0)} MiB/s, deadair pull ${ours.toFixed(0)} MiB/s (ratio ${(ours / sftp).toFixed(2)}), ${(cpu() - before).toFixed(1)} CPU-s with the receiver in the same process`,
    );
    await pull.stop('done');
    await receiver.close();
  }
}

async function many(): Promise<void> {
  const directories = Array.from({ length: hosts }, (_, i) => path.join(folder, `host${i}`));
  for (const directory of directories) {
    mkdirSync(directory);
    appendFileSync(path.join(directory, 'agent.log'), 'first line\n');
  }
  const receiver = new Receiver();
  const to = await receiver.listen();
  const pull = start(to, directories, '*/5 * * * * *');
  await waitFor(() => receiver.ledger.sources.size >= hosts || undefined, 'every host', 300_000);
  await pause(10_000);
  for (const writing of [false, true]) {
    const before = cpu();
    for (let second = 0; second < seconds; second++) {
      if (writing)
        for (const directory of directories)
          appendFileSync(path.join(directory, 'agent.log'), `line of second ${second}\n`);
      await pause(1000);
    }
    const share = ((cpu() - before) / seconds) * 100;
    const troubled = pull.status().filter(host => host.trouble).length;
    console.log(
      `${hosts} hosts, looked at every 5 s, ${writing ? 'a line a second each' : 'nothing written'}: ${share.toFixed(1)} % of a core, ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB, ${troubled} in trouble`,
    );
  }
  await pull.stop('done');
  await receiver.close();
}

const alive = setInterval(() => {}, 1000);
try {
  if (mib > 0) await backlog();
  if (hosts > 0) await many();
} finally {
  clearInterval(alive);
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}
