import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maintenanceUntil } from '../../src/alerts/maintenance.js';
import { MaintenanceWindow } from '../../src/alerts/settings.js';

const window = (schedule: string, minutes: number, timeZone = 'UTC') =>
  MaintenanceWindow.parse({ name: 'w', schedule, duration: `${minutes}m`, timeZone });
const until = (w: MaintenanceWindow, at: string) => {
  const end = maintenanceUntil(w, Date.parse(at));
  return end === undefined ? undefined : new Date(end).toISOString().slice(0, 16);
};

test('a scheduled window holds from its beginning to its end, in its zone, over midnight', () => {
  const saturday = window('30 22 * * sat', 180, 'Europe/Berlin');
  assert.equal(until(saturday, '2026-11-21T21:29:59Z'), undefined);
  assert.equal(until(saturday, '2026-11-21T21:30:00Z'), '2026-11-22T00:30');
  assert.equal(until(saturday, '2026-11-22T00:29:59Z'), '2026-11-22T00:30');
  assert.equal(until(saturday, '2026-11-22T00:30:00Z'), undefined);
});

test('a window keeps its wall clock in summer, and one that the leap skips begins at the leap', () => {
  assert.equal(until(window('0 22 * * *', 60, 'Europe/Berlin'), '2026-07-01T20:10:00Z'), '2026-07-01T21:00');
  const skipped = window('30 2 * * *', 60, 'Europe/Berlin'); // 2026-03-29 02:30 does not exist
  assert.equal(until(skipped, '2026-03-29T00:59:59Z'), undefined);
  assert.equal(until(skipped, '2026-03-29T01:10:00Z'), '2026-03-29T02:00');
});

test('day and weekday together mean either, as in cron', () => {
  const either = window('0 0 1 * sun', 60);
  assert.ok(until(either, '2026-11-01T00:10:00Z')); // both
  assert.ok(until(either, '2026-11-08T00:10:00Z')); // a Sunday
  assert.ok(until(either, '2026-12-01T00:10:00Z')); // a first
  assert.equal(until(either, '2026-12-02T00:10:00Z'), undefined);
});

test('an absolute window holds within its times', () => {
  const w = MaintenanceWindow.parse({
    name: 'w',
    from: '2026-11-01T10:00:00+01:00',
    to: '2026-11-01T11:00:00Z',
  });
  assert.equal(until(w, '2026-11-01T08:59:00Z'), undefined);
  assert.equal(until(w, '2026-11-01T09:00:00Z'), '2026-11-01T11:00');
});
