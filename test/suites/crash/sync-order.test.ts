import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { seeded } from '../../../bench/store/lines.js';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { momentsOf, restore } from './write-log.js';

const appender = fileURLToPath(new URL('./sync-appender.js', import.meta.url));

/** Opening a store takes half a second: of the syncs (some 150) so many are passed over. */
const EVERY = 2;

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
    const cuts = { acknowledged: 0, 'before a sync': 0 };
    let survived = 0;
    const log = readFileSync(trace, 'latin1');
    for (const { when, lines, files, torn } of momentsOf(log, stored, seeded(7))) {
      const name = `${cuts.acknowledged}-${cuts['before a sync']++}`;
      if (when === 'acknowledged') {
        cuts.acknowledged++;
        cuts['before a sync']--;
        const strict = await linesAfter(files, stored, path.join(folder, `strict-${name}`));
        assert.equal(strict, lines, `after a power cut when ${lines} lines had been acknowledged`);
        continue;
      }
      if (cuts['before a sync'] % EVERY !== 0) continue;
      // Of what was not synced some may have reached the disk: a batch is there as a whole or not at all.
      const some = await linesAfter(torn, stored, path.join(folder, `torn-${name}`));
      assert.ok(some >= lines && some % 100 === 0, `${some} lines after a torn write at ${lines}`);
      survived += some > lines ? 1 : 0;
    }
    assert.equal(cuts.acknowledged, 24);
    assert.ok(survived > 0, 'no cut let anything through that was not synced: nothing was torn');
    test.diagnostic(
      `24 cuts after an acknowledgement; of ${cuts['before a sync']} syncs every ${EVERY}nd cut with torn`,
    );
    test.diagnostic(
      `and reordered writes before it; in ${survived} of these a batch was there before its sync`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Opens what a power cut left. @returns how many lines are there: those from 0 on, each once */
async function linesAfter(files: ReadonlyMap<string, Buffer>, from: string, into: string): Promise<number> {
  restore(files, from, into);
  const store = await openEmbeddedStore({ directory: into, readers: 1 });
  try {
    const { rows } = await store.search({ query: { kind: 'all' }, order: 'oldest', limit: 10_000 });
    const numbers = rows.map(row => Number(row.raw.split(' ')[1]));
    assert.deepEqual(
      numbers,
      Array.from({ length: rows.length }, (_, i) => i),
    );
    assert.deepEqual((await store.stats()).damaged, []);
    return rows.length;
  } finally {
    await store.close();
    rmSync(into, { recursive: true });
  }
}
