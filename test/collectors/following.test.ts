import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { setUp } from './bench.js';

test('lines are shipped as they are written, and a last line without newline after a while, completed in place', async context => {
  const bench = await setUp(context);
  bench.write('agent-1.log', 'one\ntwo\n');
  bench.collect({ partialAfter: 300 });
  await bench.has('agent-1.log', 'one\ntwo\n');
  bench.append('agent-1.log', 'three\nfour');
  await bench.has('agent-1.log', 'one\ntwo\nthree\nfour');
  bench.append('agent-1.log', ' and more\n');
  await bench.has('agent-1.log', 'one\ntwo\nthree\nfour and more\n');
  const [source] = bench.ledger.sources.values();
  assert.equal(source?.partials, 1);
  assert.equal(source?.descriptor.agent, 'agent-1');
});

test('a renamed log is read to its end before the new one, although the program goes on in the old file', async context => {
  const bench = await setUp(context);
  bench.write('app.log', 'one\n');
  bench.collect();
  await bench.has('app.log', 'one\n');
  bench.rename('app.log', 'app.log.1');
  bench.append('app.log.1', 'two\n');
  bench.write('app.log', 'three\n');
  await bench.has('app.log', 'one\ntwo\nthree\n');
  bench.append('app.log.1', 'late\n');
  bench.append('app.log', 'four\n');
  await bench.receiver.until(
    () => bench.stored('app.log').split('\n').sort().join() === ',four,late,one,three,two',
    'both go on',
  );
  assert.equal(bench.ledger.sources.size, 2);
});

test('generations rotated while the collector was down are found by content, finished, and new ones read whole', async context => {
  const bench = await setUp(context);
  bench.write('app.log', 'one\n');
  const first = bench.collect();
  await first.drain();
  await first.stop('down');
  bench.append('app.log', 'unseen\n');
  bench.rename('app.log', 'app.log.3');
  bench.write('app.log.2', 'second generation\n');
  bench.write('app.log.1', 'third\n');
  bench.write('app.log', 'fourth\n');
  // What rotation leaves: the oldest name was written first.
  for (const [index, name] of ['app.log.3', 'app.log.2', 'app.log.1', 'app.log'].entries())
    fs.utimesSync(bench.file(name), index + 1, index + 1);
  await bench.collect().drain();
  assert.equal(bench.stored('app.log'), 'one\nunseen\nsecond generation\nthird\nfourth\n');
  assert.equal(bench.ledger.sources.size, 4);
});

test('nothing is sent twice by a collector that starts again, whatever became of the names', async context => {
  const bench = await setUp(context);
  bench.write('app.log', 'one\n');
  bench.write('app.log.1', 'older\n');
  fs.utimesSync(bench.file('app.log.1'), 1, 1);
  for (const name of ['first', 'second']) {
    const collector = bench.collect();
    await collector.drain();
    await collector.stop(name);
  }
  const before = bench.stored('app.log');
  assert.equal(before, 'older\none\n');
  bench.rename('app.log.1', 'app.log.2');
  bench.rename('app.log', 'app.log.1');
  await bench.collect().drain();
  assert.equal(bench.stored('app.log'), before);
});

test('a clean stop ships what is there and says goodbye', async context => {
  const bench = await setUp(context);
  const collector = bench.collect();
  bench.write('agent-1.log', 'last words\n');
  await bench.has('agent-1.log', 'last words\n');
  bench.append('agent-1.log', 'really last\n');
  await collector.stop('run over');
  assert.equal(bench.stored('agent-1.log'), 'last words\nreally last\n');
  const last = bench.ledger.heartbeats.at(-1);
  assert.deepEqual(last?.goodbye, { reason: 'run over' });
  assert.deepEqual(
    last?.files.map(({ path, agent, size, position, error }) => ({ path, agent, size, position, error })),
    [{ path: bench.file('agent-1.log'), agent: 'agent-1', size: 23, position: 23, error: null }],
  );
});

test('what was there at the start is told of at once: agents that died with their host are known by it', async context => {
  const bench = await setUp(context);
  bench.write('agent-1.log', 'one\n');
  bench.collect();
  const named = () => bench.ledger.heartbeats.findIndex(({ files }) => files.length > 0);
  await bench.receiver.until(() => named() >= 0, 'the log is named');
  assert.ok(named() <= 1, `heartbeat ${named() + 1}`);
});
