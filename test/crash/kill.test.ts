import assert from 'node:assert/strict';
import { it } from 'node:test';
import { killAndCheck } from './kill.js';

it('loses and doubles nothing in 50 kill -9, and opens within 2 s each time', async test => {
  const { lines, slowestOpenMs } = await killAndCheck(50, 50);
  test.diagnostic(`${lines} bytes acknowledged, slowest opening ${Math.round(slowestOpenMs)} ms`);
  assert.ok(slowestOpenMs < 2000);
});
