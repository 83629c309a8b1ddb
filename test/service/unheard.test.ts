import assert from 'node:assert/strict';
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { packageRoot } from '../../src/platform/package-root.js';

const CLI = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');

/** Until it holds; the test's own deadline ends it otherwise. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds().catch(() => false))) await pause(50);
}

describe('service and collector whose own words nobody takes go on', {
  skip: !existsSync('/dev/full'),
}, () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-unheard-'));
  const children: ChildProcess[] = [];
  after(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  function start(args: string[], stdio: StdioOptions): ChildProcess {
    const env = { PATH: process.env.PATH, HOME: folder, DEADAIR_LOG_LEVEL: 'debug' };
    const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env, stdio });
    children.push(child);
    return child;
  }

  const full = () => openSync('/dev/full', 'w');
  for (const [what, stdio, cut] of [
    ['the disk of its log is full', () => ['ignore', full(), full()] as StdioOptions, false],
    ['whoever read its log is gone', () => ['ignore', 'pipe', 'pipe'] as StdioOptions, true],
  ] as const)
    it(what, async () => {
      const probe = createServer();
      await once(probe.listen(0, '127.0.0.1'), 'listening');
      const { port } = probe.address() as AddressInfo;
      await new Promise(resolve => probe.close(resolve));
      const url = `http://127.0.0.1:${port}`;
      const logs = path.join(folder, `logs-${port}`);
      mkdirSync(logs);
      const service = start(
        ['serve', '--data', path.join(folder, `data-${port}`), '--port', `${port}`],
        stdio(),
      );
      const collector = start(['collect', '--to', url, '--watch', logs], stdio());
      for (const child of [service, collector]) {
        child.stdout?.destroy();
        if (cut) child.stderr?.destroy();
      }
      for (let i = 0; i < 3; i++) {
        appendFileSync(path.join(logs, 'a.log'), `ERROR line ${i}\n`);
        await until(async () => {
          const reply = await fetch(`${url}/v1/search?q=%22line+${i}%22`);
          return ((await reply.json()) as { records: unknown[] }).records.length === 1;
        });
      }
      assert.equal((await fetch(`${url}/v1/incidents/none`)).status, 404);
      for (const child of [collector, service]) {
        assert.equal(child.exitCode, null, 'still there');
        child.kill('SIGTERM');
        assert.deepEqual(await once(child, 'exit'), [0, null]);
      }
    });
});
