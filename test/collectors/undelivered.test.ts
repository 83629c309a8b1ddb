import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from './bench.js';

/** What the last heartbeat before a stop says of lines that can't be delivered. */
for (const [name, trouble, expected] of [
  ['are refused', { kind: 'status', status: 403 }, /403/],
  ['are lost on the way while small requests get through', { kind: 'cut' }, /./],
] as const)
  test(`lines that ${name} are told of by the heartbeat`, async context => {
    const bench = await setUp(context);
    bench.write('agent.log', 'one\n');
    const collector = bench.collect();
    await bench.has('agent.log', 'one\n');
    const before = Date.now();
    bench.receiver.trouble = trouble;
    bench.append('agent.log', 'two\n');
    await bench.receiver.until(() => collector.status().delivery.failing, 'a delivery failed');
    await collector.stop('over', 0);
    const { undelivered } = bench.ledger.heartbeats.at(-1)!;
    assert.match(undelivered?.error ?? '', expected);
    assert.ok(undelivered!.since >= before);
  });

test('a delivery that works again is no news any more', async context => {
  const bench = await setUp(context);
  bench.write('agent.log', 'one\n');
  const collector = bench.collect();
  await bench.has('agent.log', 'one\n');
  bench.receiver.trouble = { kind: 'status', status: 503 };
  bench.append('agent.log', 'two\n');
  await bench.receiver.until(() => collector.status().delivery.failing, 'a delivery failed');
  bench.receiver.trouble = undefined;
  await bench.has('agent.log', 'one\ntwo\n');
  await collector.stop('over', 1000);
  assert.equal(bench.ledger.heartbeats.at(-1)!.undelivered, undefined);
});
