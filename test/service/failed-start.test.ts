import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { packageRoot } from '../../src/platform/package-root.js';

const CLI = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');

/** A process that waits for signals would hang there, and nobody would start it anew. */
describe('a service that can’t start says why and ends by itself', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-start-'));
  const taken = createServer();
  after(() => {
    taken.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ended(command: string, args: string[]): Promise<{ status: number; said: string }> {
    const child = spawn(process.execPath, [CLI, command, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', bytes => {
      said += bytes;
    });
    const [status] = (await once(child, 'exit')) as [number];
    return { status, said };
  }

  for (const command of ['serve', 'up'])
    it(`${command}: its port is taken`, async () => {
      if (!taken.listening) await once(taken.listen(0, '127.0.0.1'), 'listening');
      const { port } = taken.address() as AddressInfo;
      const { status, said } = await ended(command, [
        '--data',
        path.join(folder, command),
        '--port',
        `${port}`,
      ]);
      assert.equal(status, 1, said);
      assert.match(said, /port\.taken/);
    });

  it('its data directory is a file', async () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    const { status, said } = await ended('serve', ['--data', file, '--port', '0']);
    assert.equal(status, 1, said);
    assert.match(said, /file/);
  });
});
