import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadairError } from '../../src/platform/errors.js';
import { parseTimeRange, type TimeContext, type TimeRange } from '../../src/query/time-range.js';
import { AssumedZone } from '../../src/records/calendar.js';

const NOW = Date.UTC(2026, 10, 23, 17, 0);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.UTC(2026, 10, 23);
const RUN = { id: '01R', name: 'night', startedAt: NOW - 5 * HOUR, endedAt: NOW - 3 * HOUR };
const LATEST = { id: '02R', name: 'noon', startedAt: NOW - 2 * HOUR };
const CONTEXT: TimeContext = { now: NOW, runs: [RUN, LATEST] };

const RANGES: [string, TimeRange][] = [
  ['', {}],
  ['all', {}],
  ['15m', { from: NOW - 15 * MINUTE }],
  ['-2h', { from: NOW - 2 * HOUR }],
  ['last 15m', { from: NOW - 15 * MINUTE }],
  ['last 2 hours', { from: NOW - 2 * HOUR }],
  ['past 90 minutes', { from: NOW - 90 * MINUTE }],
  ['2h30m', { from: NOW - 150 * MINUTE }],
  ['1.5h', { from: NOW - 90 * MINUTE }],
  ['7d', { from: NOW - 7 * DAY }],
  ['today', { from: MIDNIGHT, to: MIDNIGHT + DAY }],
  ['yesterday', { from: MIDNIGHT - DAY, to: MIDNIGHT }],
  ['2026-11-20', { from: MIDNIGHT - 3 * DAY, to: MIDNIGHT - 2 * DAY }],
  ['16:58', { from: NOW - 2 * MINUTE }],
  ['16:58:30', { from: NOW - 1.5 * MINUTE }],
  ['23:50', { from: MIDNIGHT - 10 * MINUTE }],
  ['yesterday 23:50', { from: MIDNIGHT - 10 * MINUTE }],
  ['16:58 to 17:00', { from: NOW - 2 * MINUTE, to: NOW }],
  ['16:30..16:45', { from: NOW - 30 * MINUTE, to: NOW - 15 * MINUTE }],
  ['from 16:30 until now', { from: NOW - 30 * MINUTE, to: NOW }],
  ['-2h..-1h', { from: NOW - 2 * HOUR, to: NOW - HOUR }],
  ['now-2h to now-1h', { from: NOW - 2 * HOUR, to: NOW - HOUR }],
  ['2 hours ago', { from: NOW - 2 * HOUR }],
  ['since 16:58', { from: NOW - 2 * MINUTE }],
  ['since yesterday', { from: MIDNIGHT - DAY }],
  ['before today', { to: MIDNIGHT }],
  ['2026-11-23T16:58:42.358384Z', { from: MIDNIGHT + 16 * HOUR + 58 * MINUTE + 42_358.384 }],
  ['2026-11-23T16:58:42+02:00', { from: MIDNIGHT + 14 * HOUR + 58 * MINUTE + 42_000 }],
  ['2026-11-23 16:58', { from: NOW - 2 * MINUTE }],
  ['2026-11-23 16:00 - 2026-11-23 16:58', { from: NOW - HOUR, to: NOW - 2 * MINUTE }],
  ['Nov 23 16:58:00', { from: NOW - 2 * MINUTE }],
  ['1795453080', { from: NOW - 2 * MINUTE }],
  ['since run start', { from: LATEST.startedAt }],
  ['last run', { from: LATEST.startedAt }],
  ['run night', { from: RUN.startedAt, to: RUN.endedAt + 1 }],
  ['since run night end', { from: RUN.endedAt }],
];

for (const [text, expected] of RANGES)
  test(`"${text}" is a time span`, () => assert.deepEqual(parseTimeRange(text, CONTEXT), expected));

for (const text of [
  'whenever',
  '25:00',
  '2026-02-30',
  'last blue moon',
  '17:00 to 16:00',
  'run nightly',
  '5 parsecs',
])
  test(`"${text}" is refused`, () =>
    assert.throws(
      () => parseTimeRange(text, CONTEXT),
      (error: unknown) => error instanceof DeadairError && error.code === 'query.invalid',
    ));

test('times without a zone are read in the zone that is set', () => {
  const context = { now: NOW, zone: new AssumedZone('Europe/Berlin') };
  // 17:00 UTC is 18:00 in Berlin in November.
  assert.equal(parseTimeRange('17:58', context).from, NOW - 2 * MINUTE);
  assert.deepEqual(parseTimeRange('today', context), { from: MIDNIGHT - HOUR, to: MIDNIGHT + 23 * HOUR });
  assert.equal(parseTimeRange('16:58Z', context).from, NOW - 2 * MINUTE);
});
