import assert from 'node:assert/strict';
import { it } from 'node:test';
import { killAndCheck } from './kill.js';

it('loses and doubles nothing in 50 kill -9 while it stores, seals, drops days and opens', async test => {
  const { acknowledgedBytes, droppedDays, slowestOpenMs } = await killAndCheck(50, 50);
  const megabytes = Math.round(acknowledgedBytes / 1e6);
  test.diagnostic(
    `${megabytes} MB acknowledged, slowest opening ${Math.round(slowestOpenMs)} ms (goal: 2000)`,
  );
  test.diagnostic(`${droppedDays} days dropped by retention meanwhile`);
  assert.ok(droppedDays > 0, 'retention never dropped a day, so no kill can have hit it');
});
