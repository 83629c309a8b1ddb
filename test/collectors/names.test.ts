import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { openForWriting } from '../../collectors/file/writers.js';
import { setUp } from './bench.js';

test('a folder behind a link is followed, links in a circle are not', async context => {
  const bench = await setUp(context);
  const elsewhere = fs.mkdtempSync(`${bench.directory}-elsewhere-`);
  context.after(() => fs.rmSync(elsewhere, { recursive: true, force: true }));
  fs.writeFileSync(path.join(elsewhere, 'far.log'), 'far\n');
  bench.write('near.log', 'near\n');
  fs.symlinkSync(elsewhere, bench.file('linked'));
  fs.symlinkSync(elsewhere, bench.file('again'));
  fs.symlinkSync(bench.directory, bench.file('self'));
  fs.symlinkSync('.', path.join(elsewhere, 'up'));
  await bench.collect().drain();
  assert.equal(bench.stored('near.log'), 'near\n');
  assert.equal(bench.stored('again/far.log') + bench.stored('linked/far.log'), 'far\n');
});

test('a process that has a file open for writing is seen, whatever the name of the file', {
  skip: process.platform === 'linux' ? false : 'there is no /proc',
}, async context => {
  const bench = await setUp(context);
  bench.write('a.log', 'one\n');
  // Held as a collector holds it: an inode that nobody holds may be another file's a moment later.
  const held = fs.openSync(bench.file('a.log'), 'r');
  context.after(() => fs.closeSync(held));
  const { dev, ino } = fs.fstatSync(held, { bigint: true });
  const key = `${dev}:${ino}`;
  const isOpenForWriting = async () => (await openForWriting(new Set(['0:0', key])))?.has(key);
  assert.equal(await isOpenForWriting(), false);
  const writer = spawn(
    'sh',
    ['-c', 'exec 3>>"$0"; echo open; read line; echo "$line" >&3', bench.file('a.log')],
    {
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  );
  await new Promise(resolve => writer.stdout.once('data', resolve));
  assert.equal(await isOpenForWriting(), true);
  fs.unlinkSync(bench.file('a.log'));
  assert.equal(await isOpenForWriting(), true);
  writer.stdin.end('last\n');
  await new Promise(resolve => writer.on('close', resolve));
  assert.equal(await isOpenForWriting(), false);
});

test('a folder that could not be read and is gone is no error any more', async context => {
  const bench = await setUp(context);
  const inner = bench.file('inner');
  fs.mkdirSync(inner);
  bench.write('a.log', 'one\n');
  const local = new (await import('../../collectors/file/local.js')).LocalFileSystem();
  const list = local.list.bind(local);
  local.list = async directory => {
    if (directory === inner) throw Object.assign(new Error('no'), { code: 'EACCES' });
    return list(directory);
  };
  const collector = bench.collect({}, { fs: local });
  await collector.drain();
  assert.deepEqual(collector.status().errors, [{ path: inner, error: 'EACCES' }]);
  fs.rmdirSync(inner);
  await collector.rescan();
  assert.deepEqual(collector.status().errors, []);
});
