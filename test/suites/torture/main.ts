import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { findPeers } from '../../../bench/collect/peers.js';
import { sshdUnavailable, TestSshd } from '../sshd/server.js';
import { CASES, type Outcome, runCase, SERVER_CASES } from './cases.js';
import { PEERS, runPeer } from './peers.js';
import { PROGRAM_CASES, runProgramPeer } from './program-peers.js';
import { LedgerReceiver, ServiceReceiver, type TortureReceiver } from './receivers.js';

/**
 * npm run test:torture -- [--pull] [--service] [--busy] [--peers] [--only rename,hang] [--seconds 30] [--rate 5000]
 * Prints lost and doubled lines of each case; exit status 1 unless all are 0. `--service`: into `deadair serve` instead of the
 * test's receiver. `--pull`: by `deadair pull` from a real sshd, and what may happen to that. `--busy`: four busy loops beside it. `--peers`: tail-file and @logdna/tail-file on the
 * cases they can do; rsyslog, syslog-ng and fluent-bit, where found, over plain TCP.
 */
const flag = (name: string) => process.argv.includes(`--${name}`);
const value = (name: string, fallback: string) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback);
};
const seconds = Number(value('seconds', '30'));
const rate = Number(value('rate', '5000'));
const only = value('only', '').split(',').filter(Boolean);
const wanted = ({ name }: { name: string }) => only.length === 0 || only.includes(name);
const cases = CASES.filter(wanted);
const serverCases = flag('pull') ? SERVER_CASES.filter(wanted) : [];
const unavailable = flag('pull') ? sshdUnavailable() : undefined;
if (unavailable) {
  console.log(`skipped: ${unavailable}`);
  process.exit(0);
}
const servers: TestSshd[] = [];
async function sshd(): Promise<TestSshd> {
  const server = new TestSshd();
  servers.push(server);
  await server.start();
  return server;
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'deadair-torture-'));
const loops = flag('busy')
  ? Array.from({ length: 4 }, () => spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' }))
  : [];
const receiver: TortureReceiver = flag('service')
  ? new ServiceReceiver(path.join(folder, 'data'), 17_700 + Math.floor(Math.random() * 200))
  : new LedgerReceiver();

function print(title: string, outcomes: Outcome[]): void {
  console.log(`\n${title}`);
  console.log(
    `${'case'.padEnd(16)}${'written'.padStart(10)}${'lost'.padStart(10)}${'doubled'.padStart(10)}${'gaps'.padStart(6)}`,
  );
  for (const { name, written, lost, doubled, gaps, note } of outcomes)
    console.log(
      `${name.padEnd(16)}${String(written).padStart(10)}${String(lost).padStart(10)}${String(doubled).padStart(10)}${String(gaps).padStart(6)}  ${note.slice(0, 200)}`,
    );
}

let failed = false;
try {
  const url = await receiver.start();
  console.log(
    `${cases.length + serverCases.length} cases at once, ${rate} lines/s for ${seconds} s each, Node ${process.version}, ${os.cpus().length} cores, load ${os.loadavg()[0]?.toFixed(1)}${loops.length > 0 ? ', four busy loops' : ''}`,
  );
  const options = { rate, seconds, folder };
  const shared = flag('pull') ? await sshd() : undefined;
  const outcomes = await Promise.all([
    ...cases.map(it => runCase(it, receiver, url, options, shared)),
    ...serverCases.map(async it => runCase(it, receiver, url, options, await sshd())),
  ]);
  print(`deadair ${shared ? 'pull' : 'collect'} → ${receiver.name}`, outcomes);
  failed = outcomes.some(({ lost, doubled, gaps }) => lost + doubled + gaps > 0);
  if (flag('peers'))
    for (const peer of PEERS) {
      const rows = await Promise.all(
        cases
          .filter(it => peer.cases.includes(it.name))
          .map(it => runPeer(peer, it, { rate, seconds, folder })),
      );
      print(peer.name, rows);
    }
  for (const peer of flag('peers') ? findPeers(console.log) : []) {
    const mine = cases.filter(it => PROGRAM_CASES.includes(it.name));
    print(
      `${peer.name}, plain TCP`,
      await Promise.all(mine.map(it => runProgramPeer(peer, it, { rate, seconds, folder }))),
    );
  }
} finally {
  await receiver.stop();
  for (const loop of loops) loop.kill('SIGKILL');
  for (const server of servers) server.kill();
  if (failed) console.log(`\nkept for inspection: ${folder}`);
  else fs.rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
