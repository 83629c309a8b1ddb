import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/platform/package-root.js';
import { httpReceiver } from './receivers.js';

const VICTIM = path.join(packageRoot, 'dist', 'test', 'alerts', 'victim.js');
const PATIENCE_MS = 60_000;

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `in time: ${what}`);
    await new Promise(resolve => setImmediate(resolve));
  }
}

async function kill(process: ChildProcess): Promise<void> {
  process.kill('SIGKILL');
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
}

test('kill -9 on the real store: what could not be delivered comes after the restart, once', async () => {
  const receiver = await httpReceiver({ kind: 'webhook' });
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-kill-'));
  const start = async () => {
    const victim = spawn(process.execPath, [VICTIM, directory, receiver.settings.url as string], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(victim.stdout!, 'data');
    return victim;
  };
  try {
    receiver.mood = 'refuse';
    const first = await start();
    await kill(first);
    receiver.mood = 'take';
    const second = await start();
    await until('the message arrives', () => receiver.taken.length > 0);
    await kill(second);
    // The change is handed over once more; only a message of its own would be a double.
    const third = await start();
    await kill(third);
    const ids = new Set(receiver.taken.map(one => (one.json as { id: string }).id));
    assert.equal(ids.size, 1);
    assert.match(receiver.taken[0]!.text, /agent-4 stopped answering/);
  } finally {
    await receiver.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
