import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { momentsOf, restore } from './write-log.js';

const appender = fileURLToPath(new URL('./sync-appender.js', import.meta.url));

it('has every acknowledged line on disk at a power cut: replaying the write log up to each sync', async test => {
  if (spawnSync('strace', ['-V']).status !== 0) {
    test.skip('strace is not installed');
    return;
  }
  const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-sync-'));
  const stored = path.join(folder, 'store');
  const trace = path.join(folder, 'trace');
  try {
    const calls = 'pwrite64,ftruncate,fsync,fdatasync,rename,unlink,write';
    const strace = ['-f', '-y', '-xx', '-s', '200000', '-e', `trace=${calls}`, '-o', trace];
    const run = spawnSync('strace', [...strace, process.execPath, appender, stored], { encoding: 'utf8' });
    assert.match(run.stdout, /acked 2400\n$/, run.stderr);
    let moments = 0;
    for (const moment of momentsOf(readFileSync(trace, 'latin1'), stored)) {
      const after = path.join(folder, `after-${moment.lines}`);
      restore(moment, stored, after);
      const store = await openEmbeddedStore({ directory: after, readers: 1 });
      try {
        const { rows } = await store.search({ query: { kind: 'all' }, order: 'oldest', limit: 10_000 });
        const numbers = rows.map(row => Number(row.raw.split(' ')[1]));
        assert.deepEqual(
          numbers,
          Array.from({ length: moment.lines }, (_, i) => i),
          `after a power cut when ${moment.lines} lines had been acknowledged`,
        );
        assert.deepEqual((await store.stats()).damaged, []);
      } finally {
        await store.close();
      }
      rmSync(after, { recursive: true });
      moments++;
    }
    assert.equal(moments, 24);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
