import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { LocalFileSystem } from '../../collectors/file/local.js';
import { setUp } from './bench.js';

test('patterns that fit nothing and a folder without rights are said, until they are read', async context => {
  const bench = await setUp(context);
  const inner = bench.file('inner');
  fs.mkdirSync(inner);
  bench.write('agent.log', 'one\n');
  bench.write('debug.log', 'left out\n');
  const fs_ = new LocalFileSystem();
  const list = fs_.list.bind(fs_);
  let denied = true;
  fs_.list = async directory => {
    if (denied && directory === inner) throw Object.assign(new Error('no'), { code: 'EACCES' });
    return list(directory);
  };
  const logged: string[] = [];
  const note = (event: string, fields?: Record<string, unknown>) => {
    if (event.startsWith('collector.')) logged.push(`${event} ${fields?.path ?? ''}`);
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  const collector = bench.collect(
    {
      watch: [bench.directory, path.join(bench.directory, 'run-*', '{agent}.txt')],
      include: ['*.log', '*.lgo'],
      exclude: ['debug.*', 'trace.*'],
      encoding: { '*.ansi.log': 'windows-1252' },
    },
    { fs: fs_, logger: logger as never },
  );
  const unread = () =>
    Object.fromEntries((bench.ledger.heartbeats.at(-1)?.unread ?? []).map(one => [one.path, one.why]));
  await collector.drain();
  const glob = path.join(bench.directory, 'run-*', '{agent}.txt');
  const begun = logged.filter(line => line.startsWith('collector.unread')).map(line => line.split(' ')[1]);
  assert.deepEqual(begun.sort(), [inner, glob, '*.lgo', 'trace.*', '*.ansi.log'].sort());

  denied = false;
  fs.mkdirSync(bench.file('run-1'));
  bench.write('run-1/a.txt', 'x\n');
  bench.write('b.lgo', 'y\n');
  bench.write('trace.log', 'z\n');
  bench.write('c.ansi.log', 'w\n');
  await collector.drain();
  const over = logged.filter(line => line.startsWith('collector.read-again')).map(line => line.split(' ')[1]);
  assert.deepEqual(over.sort(), begun.sort());
  await collector.stop('over', 1000);
  assert.deepEqual(unread(), {});
});

test('an empty folder, the default names and what is read are no news', async context => {
  const bench = await setUp(context);
  const collector = bench.collect();
  await collector.drain();
  await collector.stop('over', 1000);
  assert.equal(bench.ledger.heartbeats.at(-1)?.unread, undefined);
});

test('a link to a folder that is read under another path is said, with that path, while it is there', async context => {
  const bench = await setUp(context);
  fs.mkdirSync(`${bench.directory}-far`);
  context.after(() => fs.rmSync(`${bench.directory}-far`, { recursive: true, force: true }));
  fs.writeFileSync(path.join(`${bench.directory}-far`, 'far.log'), 'far\n');
  for (const name of ['first', 'second']) fs.symlinkSync(`${bench.directory}-far`, bench.file(name));
  fs.symlinkSync('.', bench.file('circle'));
  const warned: Record<string, unknown>[] = [];
  const nothing = () => {};
  const logger = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (_event: string, fields: Record<string, unknown>) => warned.push(fields),
  };
  const collector = bench.collect({}, { logger: logger as never });
  await collector.drain();
  assert.deepEqual(warned, [
    { path: bench.file('circle'), why: `a link to a folder that is read as ${bench.directory}` },
    { path: bench.file('second'), why: `a link to a folder that is read as ${bench.file('first')}` },
  ]);
  fs.unlinkSync(bench.file('second'));
  fs.unlinkSync(bench.file('circle'));
  await collector.drain();
  await collector.stop('over', 1000);
  assert.equal(bench.ledger.heartbeats.at(-1)?.unread, undefined);
});
