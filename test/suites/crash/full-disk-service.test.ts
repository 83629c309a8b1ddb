import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { seeded } from '../../../bench/store/lines.js';
import { DeadairClient } from '../../../src/cli/client.js';
import { packageRoot } from '../../../src/platform/package-root.js';
import type { StatusReply } from '../../../src/web/api/status.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const T = Date.UTC(2026, 10, 23, 12);

it('loses nothing when the disk is full: collectors get 507, wait, and go on by themselves', async test => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-full-service-'));
  const disk = path.join(folder, 'disk');
  const logs = path.join(folder, 'logs');
  mkdirSync(disk);
  mkdirSync(logs);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]).status !== 0) {
    rmSync(folder, { recursive: true });
    test.skip('mounting a tmpfs needs root');
    return;
  }
  const children: ChildProcess[] = [];
  const start = (...args: string[]) => {
    const env = { ...process.env, DEADAIR_LOG_LEVEL: 'silent', DEADAIR_CONFIG: '' };
    children.push(spawn(process.execPath, [MAIN, ...args], { stdio: 'ignore', env, cwd: folder }));
  };
  const stop = (child: ChildProcess) =>
    new Promise<void>(resolve => {
      if (child.exitCode !== null) return resolve();
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  try {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const client = new DeadairClient(url, undefined);
    const status = () => client.get<StatusReply>('/v1/status');
    start('serve', '--data', path.join(disk, 'data'), '--port', String(port));
    start('collect', '--to', url, '--watch', logs);
    const random = seeded(3);
    const noise = () => Array.from({ length: 20 }, () => random().toString(36).slice(2)).join('');
    let written = 0;
    const write = (lines: number) => {
      let text = '';
      for (let i = 0; i < lines; i++, written++)
        text += `${new Date(T + written).toISOString()} INFO number=${written} ${noise()}\n`;
      appendFileSync(path.join(logs, 'agent-1.log'), text);
    };
    const warned = async () =>
      (await status()).store.warnings.some(warning => /No room is left on the disk/.test(warning));
    const stored = async () => (await status()).store.lines;

    // Text that hardly compresses, until there is no room.
    for (;;) {
      write(4000);
      const full = await until(
        async () => ((await warned()) ? 'full' : (await stored()) === written ? 'taken' : undefined),
        'the lines to be stored or refused',
      );
      if (full === 'full') break;
      assert.ok(written < 400_000, 'the disk is never full');
    }
    const metrics = await client.text('/metrics');
    assert.match(metrics, /deadair_requests_refused_total\{code="store\.full"\} [1-9]/);
    const whenFull = await stored();
    assert.ok(whenFull < written);
    write(2000);
    test.diagnostic(`full after ${whenFull} of ${written} lines`);

    assert.equal(spawnSync('mount', ['-o', 'remount,size=300m', disk]).status, 0);
    await until(async () => ((await stored()) === written ? true : undefined), 'the rest to be stored');
    assert.equal(await warned(), false);
    const seen = new Uint8Array(written);
    for (let cursor: string | undefined; ; ) {
      const page = await client.get<{ records: { message: string }[]; cursor?: string }>('/v1/search', {
        limit: 1000,
        order: 'oldest',
        cursor,
      });
      for (const { message } of page.records) {
        const number = Number(/number=(\d+)/.exec(message)?.[1]);
        seen[number] = seen[number]! + 1;
      }
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    assert.ok(
      seen.every(count => count === 1),
      'a line is missing or stored twice',
    );
    await Promise.all(children.map(stop));
    const check = spawnSync(process.execPath, [MAIN, 'store', 'check', '--data', path.join(disk, 'data')], {
      encoding: 'utf8',
    });
    assert.equal(check.status, 0, check.stdout + check.stderr);
  } finally {
    await Promise.all(children.map(stop));
    spawnSync('umount', [disk]);
    rmSync(folder, { recursive: true, force: true });
  }
});

async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  const end = performance.now() + 120_000;
  for (;;) {
    // The service may not answer yet, or hardly while its disk is full.
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`waited 120 s in vain for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
