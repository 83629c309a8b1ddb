import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { seeded } from '../../../bench/store/lines.js';
import { DeadairError } from '../../../src/platform/errors.js';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import { TestSource } from '../../store/lines.js';

const DAY = 86_400_000;
const T = Date.UTC(2026, 10, 23, 12);

/** A small file system of our own; undefined where we may not mount one. */
function mountTmpfs(size: string): string | undefined {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-full-'));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status === 0) return folder;
  rmdirSync(folder);
  return undefined;
}

it('stores nothing by halves on a full disk, says so, and goes on by itself when there is room', async test => {
  const folder = mountTmpfs('16m');
  if (!folder) {
    test.skip('mounting a tmpfs needs root');
    return;
  }
  const store = await openEmbeddedStore({ directory: path.join(folder, 'store') });
  try {
    const random = seeded(1);
    const source = new TestSource('full');
    const noise = () => Array.from({ length: 30 }, () => random().toString(36).slice(2)).join('');
    let number = 0;
    const batch = () =>
      source.append(
        Array.from({ length: 500 }, (_, i) => ({ text: `n${number + i} ${noise()}`, time: T + number + i })),
        { at: T + Math.floor(number / 20_000) * DAY },
      );
    const refused: string[] = [];
    const until = async (done: () => boolean) => {
      for (let tries = 0; !done(); tries++) {
        assert.ok(tries < 4000, 'neither full nor going on');
        const position = source.position;
        try {
          await store.append([batch()]);
          number += 500;
        } catch (thrown) {
          assert.ok(thrown instanceof DeadairError, String(thrown));
          refused.push(thrown.code);
          // As a collector does: ask where the source stands, send again from there.
          source.position = position;
          const [state] = await store.sources();
          assert.equal(state?.position, position);
        }
      }
    };
    await until(() => refused.length >= 5);
    assert.deepEqual([...new Set(refused)], ['store.full']);
    const whenFull = number;
    assert.ok(whenFull > 5000, `full after ${whenFull} lines`);
    assert.equal((await store.stats()).lines, whenFull);
    assert.equal(spawnSync('mount', ['-o', 'remount,size=160m', folder]).status, 0);
    await until(() => number >= whenFull + 30_000);
    await store.compact();
    assert.equal((await store.stats()).lines, number);
    assert.deepEqual(await store.check(), []);
    for (const n of [0, whenFull - 1, whenFull, number - 1]) {
      const { rows } = await store.search({
        query: { kind: 'word', word: `n${n}` },
        order: 'newest',
        limit: 5,
      });
      assert.equal(rows.length, 1);
    }
  } finally {
    await store.close();
    spawnSync('umount', [folder]);
    rmdirSync(folder);
  }
});

it('leaves no half of a copy behind when the disk of the copy is full, and goes on', async test => {
  const folder = mountTmpfs('1m');
  if (!folder) {
    test.skip('mounting a tmpfs needs root');
    return;
  }
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-copied-'));
  const store = await openEmbeddedStore({ directory });
  try {
    const random = seeded(5);
    const source = new TestSource('copied');
    const line = (i: number) => ({
      text: Array.from({ length: 30 }, () => random().toString(36)).join(''),
      time: T + i,
    });
    await store.append([source.append(Array.from({ length: 8000 }, (_, i) => line(i)))]);
    await store.compact();
    const target = path.join(folder, 'copy');
    await assert.rejects(store.backup(target), { code: 'store.full' });
    assert.equal(existsSync(target), false);
    await store.append([source.append([line(8000)])]);
    assert.equal((await store.stats()).lines, 8001);
    assert.deepEqual(await store.check(), []);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
    spawnSync('umount', [folder]);
    rmdirSync(folder);
  }
});

it('refuses a read-only file system with a sentence', async test => {
  const folder = mountTmpfs('4m');
  if (!folder) {
    test.skip('mounting a tmpfs needs root');
    return;
  }
  try {
    const directory = path.join(folder, 'store');
    await (await openEmbeddedStore({ directory })).close();
    assert.equal(spawnSync('mount', ['-o', 'remount,ro', folder]).status, 0);
    await assert.rejects(openEmbeddedStore({ directory }), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'store.read-only');
      assert.match(error.message, /write there/);
      return true;
    });
    // A new place on it can't be made either.
    await assert.rejects(openEmbeddedStore({ directory: path.join(folder, 'other') }), {
      code: 'store.read-only',
    });
  } finally {
    spawnSync('umount', [folder]);
    rmdirSync(folder);
  }
});
