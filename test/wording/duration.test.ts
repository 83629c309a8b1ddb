import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agoWords, distanceWords, durationWords, offsetWords, within } from '../../src/wording/duration.js';
import fc from '../property.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

for (const [ms, words] of [
  [-5, '0 s'],
  [0, '0 s'],
  [0.4, '0.4 ms'],
  [9.96, '10 ms'],
  [99.4, '99 ms'],
  [412, '0.4 s'],
  [999.6, '1 s'],
  [4200, '4.2 s'],
  [9_960, '10 s'],
  [41_700, '42 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [103_000, '1 min 43 s'],
  [260 * SECOND, '4 min 20 s'],
  [599_600, '10 min'],
  [42 * MINUTE, '42 min'],
  [3_599_600, '1 h'],
  [90 * MINUTE, '1 h 30 min'],
  [2 * DAY - 10, '2 days'],
  [3 * DAY + 2 * HOUR, '3 days 2 h'],
] as const)
  test(`${ms} ms is "${words}"`, () => assert.equal(durationWords(ms), words));

const UNITS: Record<string, number> = { ms: 1, s: SECOND, min: MINUTE, h: HOUR, days: DAY };

test('what is said of a duration is within a twentieth of it (or of a second), and a longer one is never said to be shorter', () => {
  const said = (ms: number) =>
    [...durationWords(ms).matchAll(/([\d.]+) (\w+)/g)].reduce(
      (sum, [, value, unit]) => sum + Number(value) * UNITS[unit!]!,
      0,
    );
  const length = fc.double({ min: 1, max: 30 * DAY, noNaN: true });
  fc.assert(
    fc.property(length, length, (a, b) => {
      assert.ok(Math.abs(said(a) - a) <= Math.max(a / 20, 50), durationWords(a));
      assert.ok(said(Math.min(a, b)) <= said(Math.max(a, b)));
    }),
  );
});

test('how long ago changes once a second, from two minutes on once a minute', () => {
  assert.deepEqual([-1, 1400, 1600, 41_999, 119_000, 125_000, 185_000, 2 * HOUR + 59_000].map(agoWords), [
    'now',
    'now',
    '1 s ago',
    '41 s ago',
    '1 min 59 s ago',
    '2 min ago',
    '3 min ago',
    '2 h ago',
  ]);
});

test('how far off a clock is has a sign, and what is not certain of it', () => {
  assert.equal(offsetWords(1234), '+1.2 s');
  assert.equal(offsetWords(-40.2, 3.14), '−40 ms ± 3.1 ms');
  assert.equal(offsetWords(0, null), '+0 s');
});

test('what happened within a tenth of a second was together', () => {
  assert.deepEqual([99, 100, 1500].map(within), ['in the same instant', 'within 0.1 s', 'within 1.5 s']);
});

for (const [ms, decimals, words] of [
  [0, 1, '+0:00.0'],
  [72_149, 1, '+1:12.1'],
  [-3_000, 1, '−0:03.0'],
  [7_265_000, 1, '+2:01:05.0'],
  [59_960, 1, '+1:00.0'],
  [4, 3, '+0:00.004'],
  [-62_500, 3, '−1:02.500'],
] as const)
  test(`${ms} ms from a moment is written ${words}`, () => assert.equal(distanceWords(ms, decimals), words));
