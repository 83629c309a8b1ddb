import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { packageRoot } from '../../src/platform/package-root.js';
import { type EmbeddedStore, openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { dayFile } from '../../src/store/embedded/schema.js';
import { TestSource } from './lines.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const T = Date.UTC(2026, 10, 23, 12);

describe('deadair store', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-command-'));
  let store: EmbeddedStore | undefined;
  const deadair = (...args: string[]) => deadairAt(directory, ...args);
  const deadairAt = (data: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'store', ...args, '--data', data], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    return { status, stdout, stderr };
  };
  before(async () => {
    store = await openEmbeddedStore({ directory });
    await store.append([new TestSource('command').append([{ text: 'one line', time: T }])]);
    await store.compact();
  });
  after(async () => {
    await store?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('shows and checks what is stored beside the service that stores it', () => {
    const stats = JSON.parse(deadair('stats', '--json').stdout);
    assert.equal(stats.lines, 1);
    assert.equal(stats.oldest, T);
    assert.match(deadair('stats').stdout, /lines +1\n/);
    const check = deadair('check');
    assert.equal(check.status, 0, check.stderr);
    assert.match(check.stdout, /all checksums are right/);
  });

  it('refuses to compact while a service holds the store, and compacts when none does', async () => {
    const refused = deadair('compact');
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /store\.locked/);
    await store?.close();
    store = undefined;
    const done = deadair('compact', '--json');
    assert.equal(done.status, 0, done.stderr);
    assert.ok(JSON.parse(done.stdout).after > 0);
  });

  it('ends with status 1 when a file is damaged, and names it', () => {
    const file = dayFile(directory, Math.floor(T / 86_400_000));
    writeFileSync(file, 'rubbish '.repeat(2000));
    const check = deadair('check');
    assert.equal(check.status, 1);
    assert.ok(check.stdout.includes(path.basename(file)), check.stdout);
  });

  it('says where there is no store', () => {
    const empty = mkdtempSync(path.join(os.tmpdir(), 'deadair-store-empty-'));
    const { status, stderr } = deadairAt(empty, 'stats');
    rmSync(empty, { recursive: true });
    assert.equal(status, 2);
    assert.match(stderr, /store/);
  });
});
