import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from '../property.js';
import { World } from './world.js';

const lines = fc.integer({ min: 1, max: 40 });
const steps = fc.oneof(
  fc.record({ do: fc.constant('append' as const), count: lines, open: fc.boolean() }),
  fc.record({ do: fc.constant('append' as const), count: lines, open: fc.boolean() }),
  fc.record({ do: fc.constant('look' as const) }),
  fc.record({ do: fc.constant('look' as const) }),
  fc.record({ do: fc.constant('glance' as const), resend: fc.boolean() }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 2500 }) }),
  fc.record({
    do: fc.constant('rotate' as const),
    late: fc.integer({ min: 0, max: 20 }),
    look: fc.boolean(),
  }),
  fc.record({ do: fc.constant('copyTruncate' as const) }),
  fc.record({ do: fc.constant('truncate' as const) }),
  fc.record({
    do: fc.constant('restartProgram' as const),
    banner: fc.constantFrom(0, 1, 100),
    count: fc.integer({ min: 1, max: 80 }),
  }),
  fc.record({ do: fc.constant('compress' as const), look: fc.boolean() }),
  fc.record({
    do: fc.constant('remove' as const),
    late: fc.integer({ min: 0, max: 20 }),
    look: fc.boolean(),
  }),
  fc.record({ do: fc.constant('removeOldest' as const) }),
  fc.record({
    do: fc.constant('kill' as const),
    onTheWay: fc.constantFrom('none' as const, 'stored' as const, 'lost' as const),
  }),
);
type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never;

async function perform(world: World, step: Step): Promise<void> {
  switch (step.do) {
    case 'append':
      return world.append(step.count, step.open);
    case 'look':
      return world.look();
    case 'glance':
      return world.glance(step.resend);
    case 'pass':
      return world.pass(step.ms);
    case 'rotate':
      return world.rotate(step.late, step.look);
    case 'copyTruncate':
      return world.copyTruncate();
    case 'truncate':
      return world.truncate();
    case 'restartProgram':
      return world.restartProgram(step.banner, step.count);
    case 'compress':
      return world.compress(step.look);
    case 'remove':
      return world.remove(step.late, step.look);
    case 'removeOldest':
      return world.removeOldest();
    case 'kill':
      return world.kill(step.onTheWay);
  }
}

async function differences(script: readonly Step[], inodes: boolean): Promise<string[]> {
  const world = new World(inodes);
  try {
    world.append(1, false);
    await world.start();
    for (const step of script) await perform(world, step);
    await world.finish();
    return world.differences();
  } finally {
    await world.close();
  }
}

// DEADAIR_MODEL_RUNS and DEADAIR_MODEL_SEED: npm run test:torture makes 200 runs; a failure prints the seed to repeat it.
const numRuns = Number(process.env.DEADAIR_MODEL_RUNS ?? 40);
const longest = Number(process.env.DEADAIR_MODEL_STEPS ?? 25);
const seed =
  process.env.DEADAIR_MODEL_SEED === undefined ? {} : { seed: Number(process.env.DEADAIR_MODEL_SEED) };

for (const [inodes, where] of [
  [true, 'here'],
  [false, 'where there are no inodes (SFTP)'],
] as const)
  test(`whatever happens to a log ${where}, each line is stored once or its loss is named`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 3, maxLength: longest, size: 'max' }), async script => {
        assert.deepEqual(await differences(script, inodes), []);
      }),
      { numRuns, ...seed },
    );
  });
