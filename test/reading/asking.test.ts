import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadairError } from '../../src/platform/errors.js';
import { RowMatcher } from '../../src/query/matcher.js';
import { parseQuery } from '../../src/query/parser.js';
import { parseBeginning, parseEnd } from '../../src/query/time-range.js';
import { AssumedZone } from '../../src/records/calendar.js';

const NOW = Date.UTC(2026, 10, 30, 12);
const context = { now: NOW };
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

test('a day as a beginning goes on until now', () => {
  assert.deepEqual(parseBeginning('2026-11-28', context), { from: Date.UTC(2026, 10, 28) });
  assert.deepEqual(parseBeginning('yesterday', context), { from: Date.UTC(2026, 10, 29) });
  assert.deepEqual(parseBeginning('today', context), { from: Date.UTC(2026, 10, 30) });
  assert.equal(iso(parseEnd('2026-11-28', context)), '2026-11-28T00:00:00.000Z');
});

for (const date of [
  '2026-02-29',
  '2026-02-30',
  '2026-04-31',
  '2026-13-01',
  '2026-00-10',
  '2026-02-29T10:00',
  '2026-11-31 10:00',
])
  test(`${date} does not exist and is refused`, () => {
    for (const read of [parseBeginning, parseEnd])
      assert.throws(
        () => read(date, context),
        (error: DeadairError) => error.code === 'query.invalid',
      );
  });

test('of an hour that comes twice a beginning is the first, an end the second', () => {
  const zone = new AssumedZone('Europe/Berlin');
  const twice = { now: Date.UTC(2026, 9, 26), zone };
  assert.equal(iso(parseBeginning('2026-10-25T02:30', twice).from), '2026-10-25T00:30:00.000Z');
  assert.equal(iso(parseEnd('2026-10-25T02:30', twice)), '2026-10-25T01:30:00.000Z');
  assert.equal(iso(parseBeginning('2026-10-25T04:30', twice).from), '2026-10-25T03:30:00.000Z');
});

for (const [query, column] of [
  ['level>>warn', 5],
  ['status>>5', 6],
  ['a status === 5', 9],
  ['>=', 0],
  ['ready >', 6],
  ['= 5', 0],
  ['a && b', 2],
] as const)
  test(`${query} is an error that points at ${column}`, () => {
    assert.throws(
      () => parseQuery(query),
      (error: DeadairError) => error instanceof DeadairError && error.column === column + 1,
    );
  });

for (const text of [
  '->',
  '=>',
  '--flag',
  'a->b',
  'x => y',
  'std::cout',
  'key=value',
  '10.0.0.1:80',
  '-',
  '...',
])
  test(`${text} is a text`, () => {
    parseQuery(text);
  });

test('a star finds what stands for it, and itself', () => {
  const matcher = new RowMatcher(parseQuery('a*b'));
  const row = (raw: string) =>
    ({
      raw,
      flags: 0,
      level: 'none',
      class: 'none',
      time: 0,
      agent: 'a',
      host: 'h',
      path: '/l',
      source: 's',
    }) as never;
  assert.ok(matcher.matchesRow(row('value a*b here')));
  assert.ok(matcher.matchesRow(row('a12b')));
  assert.ok(!matcher.matchesRow(row('a 12 b')));
});
