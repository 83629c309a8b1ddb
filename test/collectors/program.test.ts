import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { LocalHostFacts } from '../../collectors/delivery/host-facts.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { setUp } from './bench.js';

test('`deadair collect` follows a pattern from the end, politely, with a token, and says goodbye at SIGTERM', async context => {
  const bench = await setUp(context);
  bench.write('node-1.log', 'old\n');
  bench.write('secret', 'the-token\n');
  const main = path.join(packageRoot, 'dist/src/cli/main.js');
  const child = spawn(
    process.execPath,
    [
      main,
      'collect',
      '--to',
      bench.url,
      '--watch',
      `${bench.directory}/{agent}.log`,
      '--host',
      'test-host',
    ].concat('--from', 'end', '--token-file', bench.file('secret')),
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: bench.directory, env: { ...process.env, DEADAIR_CONFIG: '' } },
  );
  context.after(() => child.kill('SIGKILL'));
  await bench.receiver.until(() => bench.ledger.sources.size === 1, 'the file is announced', 20_000);
  bench.append('node-1.log', 'new\n');
  await bench.has('node-1.log', 'new\n');
  assert.ok(os.getPriority(child.pid!) >= 5, 'it runs nicely');
  assert.ok(bench.receiver.authorizations.has('Bearer the-token'));
  const [source] = bench.ledger.sources.values();
  assert.deepEqual([source?.descriptor.agent, source?.descriptor.host], ['node-1', 'test-host']);
  bench.append('node-1.log', 'last\n');
  child.kill('SIGTERM');
  const [status] = (await once(child, 'exit')) as [number];
  assert.equal(status, 0);
  assert.equal(bench.stored('node-1.log'), 'new\nlast\n');
  assert.deepEqual(bench.ledger.heartbeats.at(-1)?.goodbye, { reason: 'SIGTERM' });
});

test('the process that holds a log open is found by its inode, also when the log was renamed, with its state', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
}, async context => {
  const bench = await setUp(context);
  const writer = spawn('sh', ['-c', 'exec 3>>agent-1.log; echo ready; read _'], {
    cwd: bench.directory,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  context.after(() => writer.kill('SIGKILL'));
  await once(writer.stdout!, 'data');
  const stat = fs.statSync(bench.file('agent-1.log'), { bigint: true });
  const file = {
    path: bench.file('agent-1.log'),
    inode: String(stat.ino),
    device: String(stat.dev),
    growing: true,
  };
  let now = 0;
  const facts = new LocalHostFacts(() => now);
  const writers = async () => (await facts.writers([file])).get(file.path);
  const [found] = (await writers()) ?? [];
  assert.deepEqual([found?.pid, found?.name, found?.state], [writer.pid, 'sh', 'S']);
  assert.ok(Math.abs((found?.startedAt ?? 0) - Date.now()) < 60_000);
  writer.kill('SIGSTOP');
  await stateOf(writer, 'T');
  assert.equal((await writers())?.[0]?.state, 'T');
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  now = 60_000;
  assert.deepEqual(await writers(), []);
});

/** Signals take effect a moment later. */
async function stateOf(child: ChildProcess, wanted: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (fs.readFileSync(`/proc/${child.pid}/stat`, 'utf8').includes(`) ${wanted} `)) return;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
  throw new Error(`the process did not reach state ${wanted}`);
}
