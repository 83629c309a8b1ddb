import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/platform/package-root.js';
import { thorough } from '../thorough.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const LINES = thorough ? 100_000 : 20_000;
const ROUNDS = 4;
const BEGIN = Date.parse('2026-11-24T00:00:00Z');

test(`${LINES} numbered lines are stored once each, with collector and service killed -9 in between`, async context => {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-kill-'));
  const logs = path.join(folder, 'logs');
  mkdirSync(logs);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const children = new Set<ChildProcess>();
  const start = (...args: string[]): ChildProcess => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      stdio: 'ignore',
      env: { ...process.env, DEADAIR_LOG_LEVEL: 'error' },
    });
    children.add(child);
    return child;
  };
  const kill = (child: ChildProcess): Promise<void> =>
    new Promise(resolve => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
      children.delete(child);
    });
  context.after(async () => {
    await Promise.all([...children].map(kill));
    rmSync(folder, { recursive: true, force: true });
  });
  const startService = () => start('serve', '--port', String(port), '--data', path.join(folder, 'data'));
  const startCollector = () => start('collect', '--to', url, '--watch', logs);

  let service = startService();
  let collector = startCollector();
  const file = path.join(logs, 'agent-1.log');
  for (let round = 0; round < ROUNDS; round++) {
    for (let part = 0; part < 10; part++) {
      const first = round * (LINES / ROUNDS) + part * (LINES / ROUNDS / 10);
      let text = '';
      for (let i = first; i < first + LINES / ROUNDS / 10; i++)
        text += `${new Date(BEGIN + i).toISOString()} INFO number=${i} of the numbered lines\n`;
      appendFileSync(file, text);
    }
    await until(async () => (await stored(url)) >= (round * LINES) / ROUNDS / 2, 'some lines to be stored');
    if (round % 2 === 0) {
      await kill(service);
      service = startService();
    } else {
      await kill(collector);
      collector = startCollector();
    }
  }
  await until(async () => (await stored(url)) >= LINES, 'all lines to be stored');

  const seen = new Uint8Array(LINES);
  let rows = 0;
  for (let cursor: string | undefined; ; ) {
    const page = (await (
      await fetch(
        `${url}/v1/search?order=oldest&limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      )
    ).json()) as { records: { message: string }[]; cursor?: string };
    for (const { message } of page.records) {
      rows++;
      const number = Number(/number=(\d+)/.exec(message)?.[1]);
      seen[number] = (seen[number] ?? 0) + 1;
    }
    cursor = page.cursor;
    if (!cursor) break;
  }
  assert.equal(seen.filter(count => count === 0).length, 0, 'lost');
  assert.equal(seen.filter(count => count > 1).length, 0, 'doubled');
  assert.equal(rows, LINES);
});

async function stored(url: string): Promise<number> {
  try {
    const status = (await (await fetch(`${url}/v1/status`)).json()) as { store: { lines: number } };
    return status.store.lines;
  } catch {
    return -1;
  }
}

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited 60 s in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
