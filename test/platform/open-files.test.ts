import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { connectionLimit } from '../../src/http/connections.js';
import { openFileLimit, openFilesFor, tooFewOpenFiles } from '../../src/platform/open-files.js';
import { packageRoot } from '../../src/platform/package-root.js';

const LIMITS =
  'Limit                     Soft Limit           Hard Limit           Units     \nMax open files            1024                 524288               files     \n';

test('the limit of open files is read where the system tells it', () => {
  assert.equal(
    openFileLimit(() => LIMITS),
    1024,
  );
  assert.equal(
    openFileLimit(() => LIMITS.replace('1024  ', 'unlimited')),
    Number.POSITIVE_INFINITY,
  );
  assert.equal(
    openFileLimit(() => {
      throw new Error('no /proc');
    }),
    Number.POSITIVE_INFINITY,
  );
});

test('few open files leave room for the store, the connections and the logs beside each other', () => {
  assert.equal(tooFewOpenFiles(256), undefined);
  assert.match(tooFewOpenFiles(255)!, /Only 255 files .*ulimit -n 4096/);
  assert.equal(connectionLimit(Number.POSITIVE_INFINITY), 8000);
  assert.equal(connectionLimit(256), 64);
  assert.equal(openFilesFor(2000, Number.POSITIVE_INFINITY), 2000);
  assert.equal(openFilesFor(2000, 300), 100);
});

for (const command of [['serve'], ['collect', '--to', 'http://127.0.0.1:9', '--watch', '.'], ['status']])
  test(`with 20 and 64 open files \`deadair ${command[0]}\` ends with a sentence that says what to do`, {
    skip: process.platform !== 'linux',
  }, () => {
    const main = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
    for (const limit of [20, 64]) {
      const { status, stderr, stdout } = spawnSync(
        'sh',
        ['-c', `ulimit -n ${limit}; exec "$0" "$@"`, process.execPath, main, ...command],
        { encoding: 'utf8', timeout: 30_000 },
      );
      assert.equal(status, 1, stderr);
      assert.equal(stdout, '');
      assert.match(
        stderr,
        /^deadair: Only \d+ files may be open .*LimitNOFILE=4096.*\[limits\.open-files\]\n$/,
      );
    }
  });
