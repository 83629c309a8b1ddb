import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CollectorStatus } from '../../collectors/collector.js';
import { messageOf } from '../../src/platform/errors.js';
import { makeLines } from './lines.js';
import { type FoundPeer, findPeers, RunningPeer } from './peers.js';

/**
 * npm run bench:collect -- [backfill] [live] [idle] [peers] [--mib 1024] [--seconds 20] [--compression gzip]: what the collector
 * costs; `peers`: rsyslog, syslog-ng and fluent-bit beside it, on the same files in the same run. Collector, receiver and writer are
 * processes of their own; CPU is the collector's alone.
 */
interface Received {
  lines: number;
  wireBytes: number;
  requests: number;
  lags: number[];
  encodings: string[];
}

interface Used {
  cpuSeconds: number;
  /** The kernel's part of it. */
  systemSeconds: number;
  rss: number;
  status?: CollectorStatus;
}

/** What ships: the collector, or a peer. */
interface Shipper {
  name: string;
  receiver: 'receiver' | 'tcp-receiver';
  start(
    directory: string,
    url: string,
  ): { used(): Promise<Used>; stop(): Promise<void>; failed?: Promise<never> };
}

const here = path.dirname(fileURLToPath(import.meta.url));
const words = ['backfill', 'live', 'idle', 'peers'].filter(word => process.argv.includes(word));
const option = (name: string, fallback: number) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const MIB = option('mib', 1024);
const SECONDS = option('seconds', 20);
const COMPRESSION = /--compression[ =](\w+)/.exec(process.argv.join(' '))?.[1] ?? 'auto';
const RATE = option('rate', 50_000);

function child(name: string, args: string[]): ChildProcess {
  return fork(path.join(here, `${name}.js`), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

async function ask<T>(process: ChildProcess): Promise<T> {
  process.send({});
  return (await once(process, 'message'))[0] as T;
}

/** Fails loudly rather than waiting for ever for a line that was lost. */
async function receive(receiver: ChildProcess, lines: number, deadlineMs: number): Promise<Received> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const received = await ask<Received>(receiver);
    if (received.lines >= lines) return received;
    if (performance.now() > deadline)
      throw new Error(`${received.lines} of ${lines} lines after ${deadlineMs} ms`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

async function withFolder(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'deadair-bench-'));
  try {
    await run(directory);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

function settings(directory: string, url: string): string {
  return JSON.stringify({ watch: [directory], to: url, compression: COMPRESSION });
}

const deadair: Shipper = {
  name: 'deadair',
  receiver: 'receiver',
  start(directory, url) {
    const collector = child('collector', [settings(directory, url)]);
    return {
      used: () => ask<Used>(collector),
      stop: async () => {
        collector.kill();
      },
    };
  },
};

function peerShipper(peer: FoundPeer): Shipper {
  return {
    name: peer.name,
    receiver: 'tcp-receiver',
    start(directory, url) {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'deadair-peer-'));
      const running = new RunningPeer(peer, peer.configure(folder, directory, Number(url.split(':')[1])));
      return {
        failed: running.failed,
        used: async () => running.used(),
        stop: async () => {
          await running.stop();
          fs.rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  };
}

async function backfill(shipper: Shipper, files: number): Promise<void> {
  await withFolder(async directory => {
    const block = makeLines(50_000);
    const blockLines = 50_000;
    const blocks = Math.max(1, Math.round((MIB * 2 ** 20) / block.length / files));
    let lines = 0;
    if (blocks * files * block.length > MIB * 2 ** 20 * 1.5) {
      // Many small files: a part of the block each.
      const end = block.lastIndexOf(10, Math.floor((MIB * 2 ** 20) / files)) + 1;
      const part = block.subarray(0, end);
      let count = 0;
      for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) count++;
      for (let n = 0; n < files; n++) fs.writeFileSync(path.join(directory, `agent-${n}.log`), part);
      lines = count * files;
    } else
      for (let n = 0; n < files; n++) {
        const fd = fs.openSync(path.join(directory, `agent-${n}.log`), 'w');
        for (let k = 0; k < blocks; k++) fs.writeSync(fd, block);
        fs.closeSync(fd);
        lines += blocks * blockLines;
      }
    const receiver = child(shipper.receiver, ['count']);
    const { url } = (await once(receiver, 'message'))[0] as { url: string };
    const started = performance.now();
    const running = shipper.start(directory, url);
    const received = await orFail(receive(receiver, lines, 600_000), running.failed, receiver);
    const seconds = (performance.now() - started) / 1000;
    const used = await running.used();
    await running.stop();
    receiver.kill();
    report(
      `${shipper.name}: backfill ${MIB} MiB in ${files} file${files > 1 ? 's' : ''}`,
      lines,
      seconds,
      received,
      used,
    );
  });
}

async function live(shipper: Shipper, files: number): Promise<void> {
  await withFolder(async directory => {
    const receiver = child(shipper.receiver, ['live']);
    const { url } = (await once(receiver, 'message'))[0] as { url: string };
    const running = shipper.start(directory, url);
    await new Promise(resolve => setTimeout(resolve, 1500));
    const before = await orFail(running.used(), running.failed, receiver);
    const started = performance.now();
    const writer = child('writer', [directory, String(files), String(RATE), String(SECONDS)]);
    const { written } = (await once(writer, 'message'))[0] as { written: number };
    const received = await orFail(receive(receiver, written, 30_000), running.failed, receiver);
    const seconds = (performance.now() - started) / 1000;
    const used = await running.used();
    await running.stop();
    receiver.kill();
    used.cpuSeconds -= before.cpuSeconds;
    used.systemSeconds -= before.systemSeconds;
    report(`${shipper.name}: live ${RATE} lines/s in ${files} files`, written, seconds, received, used);
    const lags = received.lags.sort((a, b) => a - b);
    const at = (share: number) =>
      lags[Math.min(lags.length - 1, Math.floor(lags.length * share))]!.toFixed(0);
    console.log(`    lag ms: p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}  max ${at(1)}`);
  });
}

async function idle(files: number): Promise<void> {
  await withFolder(async directory => {
    for (let n = 0; n < files; n++) fs.writeFileSync(path.join(directory, `agent-${n}.log`), 'idle\n');
    const receiver = child('receiver', ['count']);
    const { url } = (await once(receiver, 'message'))[0] as { url: string };
    const collector = child('collector', [settings(directory, url)]);
    await receive(receiver, files, 30_000);
    // Past the first heartbeats and the time in which what was just read counts as hot.
    await new Promise(resolve => setTimeout(resolve, 5000));
    const before = await ask<Used>(collector);
    const started = performance.now();
    await new Promise(resolve => setTimeout(resolve, SECONDS * 1000));
    const used = await ask<Used>(collector);
    const share = (used.cpuSeconds - before.cpuSeconds) / ((performance.now() - started) / 1000);
    collector.kill();
    receiver.kill();
    console.log(`idle, ${files} files: ${(share * 100).toFixed(2)} % of a core, RSS ${mb(used.rss)}`);
  });
}

function report(what: string, lines: number, seconds: number, received: Received, used: Used): void {
  console.log(
    `${what}: ${Math.round(lines / seconds / 1000)}k lines/s, ${((used.cpuSeconds / lines) * 1e6).toFixed(2)} CPU-s per M lines (${((used.systemSeconds / used.cpuSeconds) * 100).toFixed(0)} % in the kernel), ` +
      `${(received.wireBytes / lines).toFixed(1)} wire B/line (${received.encodings.join()}), RSS ${mb(used.rss)}, ` +
      `${received.requests} requests, ${received.lines - lines} doubled`,
  );
}

function mb(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

console.log(`Node ${process.version}, ${os.cpus().length} cores, load ${os.loadavg()[0]?.toFixed(1)}`);
const wanted = (word: string) => words.filter(one => one !== 'peers').length === 0 || words.includes(word);
const peers = words.length === 0 || words.includes('peers') ? findPeers(console.log).map(peerShipper) : [];
if (wanted('backfill')) {
  for (const files of [1, 8, 200]) await backfill(deadair, files);
  for (const peer of peers) await attempt(() => backfill(peer, 1));
}
if (wanted('live')) {
  for (const files of [8, 200]) await live(deadair, files);
  for (const peer of peers) await attempt(() => live(peer, 8));
}
if (wanted('idle')) await idle(200);

/** A shipper that ended will bring nothing more. */
async function orFail<T>(
  work: Promise<T>,
  failed: Promise<never> | undefined,
  receiver: ChildProcess,
): Promise<T> {
  try {
    return await (failed ? Promise.race([work, failed]) : work);
  } catch (error) {
    receiver.kill();
    throw error;
  }
}

/** A peer that can't keep up is a result, too. */
async function attempt(run: () => Promise<void>): Promise<void> {
  await run().catch(error => console.log(`failed: ${messageOf(error)}`));
}
