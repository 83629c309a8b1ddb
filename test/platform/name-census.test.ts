import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadairError } from '../../src/platform/errors.js';
import { NameCensus } from '../../src/platform/name-census.js';

const DAY = 86_400_000;
const refused = (error: unknown) =>
  error instanceof DeadairError && error.code === 'names.too-many' && error.httpStatus === 429;

test('a million names invented are refused beyond the limit, those that were there go on', () => {
  const census = new NameCensus('hosts', 1000);
  census.admit(['honest'], 0);
  let refusals = 0;
  for (let i = 0; i < 1_000_000; i += 100)
    try {
      census.admit(
        Array.from({ length: 100 }, (_, n) => `h-${i + n}`),
        i,
      );
    } catch (thrown) {
      assert.ok(refused(thrown));
      refusals++;
    }
  assert.equal(refusals, 10_000 - 9);
  assert.ok(census.size <= 1000);
  census.admit(['honest', 'h-1'], DAY);
});

test('of a request that does not fit nothing is taken', () => {
  const census = new NameCensus('agents', 2);
  census.admit(['a'], 0);
  assert.throws(() => census.admit(['a', 'b', 'c'], 1), refused);
  census.admit(['b', 'b'], 2);
  assert.throws(() => census.admit(['c'], 3), /"c" is one of too many: 2 agents are kept/);
});

test('names that were silent for two days give way, the youngest do not: containers get a new name with every start', () => {
  const census = new NameCensus('hosts', 2);
  census.admit(['old'], 0);
  census.admit(['young'], 2 * DAY);
  census.admit(['new'], 2 * DAY + 1);
  assert.throws(() => census.admit(['another'], 2 * DAY + 2), refused);
});

for (const name of ['__proto__', 'constructor', 'toString'])
  test(`${name} is a name like any other`, () => {
    const census = new NameCensus('hosts', 1);
    census.admit([name], 0);
    assert.throws(() => census.admit(['x'], 0), refused);
  });
