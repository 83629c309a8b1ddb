import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { CollectSettings } from '../../collectors/settings.js';
import { setUp } from './bench.js';
import { World } from './world.js';

/** How the end of a generation is lost, and what the ledger says of it. The clock is virtual. */
const cases: [what: string, steps: (world: World) => Promise<void> | void, reasons: string[]][] = [
  [
    'written and truncated between two looks, while it was growing',
    world => {
      world.append(3, false);
      world.truncate();
    },
    ['truncated-before-read'],
  ],
  [
    'written and truncated between two looks, after it had long been quiet',
    async world => {
      world.pass(5000);
      await world.look();
      world.append(3, false);
      world.truncate();
    },
    ['unseen'],
  ],
  [
    'rewritten by its program at a restart, longer than before',
    world => {
      world.append(3, false);
      world.restartProgram(1, 60);
    },
    ['rewritten'],
  ],
  [
    'removed while the collector was down',
    async world => {
      world.append(3, false);
      await world.remove(0, false);
      await world.kill('none');
    },
    ['unseen'],
  ],
];
for (const [what, steps, reasons] of cases)
  test(`a gap is named: ${what}`, async () => {
    const world = new World(true);
    try {
      world.append(5, false);
      await world.start();
      await world.look();
      await steps(world);
      await world.finish();
      assert.deepEqual(world.differences(), []);
      const gaps = [...world.ledger.sources.values()].flatMap(source => source.gaps);
      assert.deepEqual(
        gaps.map(({ reason, to }) => [reason, to]),
        reasons.map(reason => [reason, null]),
      );
    } finally {
      await world.close();
    }
  });

test('bytes that were seen and truncated before there was room to read them are a gap with its range', async context => {
  const bench = await setUp(context);
  bench.write('app.log', 'first\n');
  const limits = { ...CollectSettings.parse({}).limits, memory: 1 << 20, requests: 1 };
  const collector = bench.collect({ limits, compression: 'identity' });
  await bench.has('app.log', 'first\n');
  bench.receiver.trouble = { kind: 'status', status: 503 };
  const size = 'first\n'.length + 4_000_000;
  bench.append('app.log', `${'x'.repeat(999)}\n`.repeat(4000));
  await bench.receiver.until(() => collector.status().behindBytes === 4_000_000, 'all of it is seen');
  await collector.rescan();
  const read = collector.status().readBytes;
  assert.ok(read <= (1 << 20) + 'first\n'.length, `${read} bytes were read: more than the memory allows`);
  fs.truncateSync(bench.file('app.log'));
  await collector.rescan();
  bench.receiver.trouble = undefined;
  const [source] = bench.ledger.sources.values();
  await bench.receiver.until(() => source!.ended !== undefined, 'the generation is told to be over', 20_000);
  const [known] = source!.gaps;
  assert.deepEqual([known?.from, known?.to, known?.reason], [read, size, 'truncated-before-read']);
  assert.equal(bench.stored('app.log').length, read);
});
