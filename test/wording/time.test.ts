import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clock, clockTime, fullTime, shortTime, timeWords } from '../../src/wording/time.js';

const AT = Date.UTC(2026, 10, 23, 16, 58, 42, 358);
const DAY = 86_400_000;

test('a moment in UTC: in full, the time of day, to the second', () => {
  assert.equal(timeWords(AT), '2026-11-23 16:58:42.358 UTC');
  assert.equal(timeWords(AT, 'clock'), '16:58:42.358');
  assert.equal(clock(AT), '16:58:42');
});

test('the day is shown where it is not today', () => {
  assert.equal(clockTime(AT, { utc: true }, AT + 3_600_000), '16:58:42.358');
  assert.equal(clockTime(AT, { utc: true }, AT + DAY), '11-23 16:58:42.358');
  assert.equal(shortTime(AT, { utc: true }, AT + DAY), '11-23 16:58:42');
});

test('in the zone of the terminal or browser, which is named', () => {
  const before = process.env.TZ;
  process.env.TZ = 'Asia/Kolkata';
  try {
    assert.equal(fullTime(AT, { utc: false }), '2026-11-23 22:28:42.358 +05:30');
    assert.equal(
      clockTime(AT, { utc: false }, AT + 7_200_000),
      '11-23 22:28:42.358',
      'its day, not that of UTC',
    );
    assert.equal(fullTime(AT, { utc: true }), '2026-11-23 16:58:42.358 UTC');
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});
