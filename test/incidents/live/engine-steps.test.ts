import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advanceInSteps } from '../../../src/incidents/live/engine-steps.js';
import type { IncidentChange } from '../../../src/model/incident.js';

/** An engine that takes `cost` ms a call and tells one change. */
function slowEngine(cost: number) {
  const asked: number[] = [];
  let elapsed = 0;
  const engine = {
    advance(now: number): IncidentChange[] {
      asked.push(now);
      elapsed += cost;
      return [{ change: 'updated', at: now } as IncidentChange];
    },
  };
  return { engine, asked, clock: { monotonic: () => elapsed } };
}

test('the engine is asked about twenty milliseconds at once, up to now, and all it says is told', async () => {
  const { engine, asked, clock } = slowEngine(0);
  const changes = await advanceInSteps(engine, 1000, 1090, clock);
  assert.deepEqual(asked, [1020, 1040, 1060, 1080, 1090]);
  assert.deepEqual(
    changes.map(({ at }) => at),
    asked,
  );
});

test('others have their turn after five milliseconds of judging', async () => {
  const { engine, asked, clock } = slowEngine(3);
  const turns: number[] = [];
  const working = advanceInSteps(engine, 0, 100, clock);
  const turn = () => {
    turns.push(asked.length);
    if (asked.length < 5) setImmediate(turn);
  };
  setImmediate(turn);
  await working;
  assert.deepEqual(asked, [20, 40, 60, 80, 100]);
  assert.ok(turns[0]! < 5, `the first turn came after ${turns[0]} calls`);
});

test('at first, after a long pause and after the clock was set back it is asked a bounded number of times', async () => {
  const never = slowEngine(0);
  await advanceInSteps(never.engine, Number.POSITIVE_INFINITY, 5000, never.clock);
  assert.deepEqual(never.asked, [5000]);
  const paused = slowEngine(0);
  await advanceInSteps(paused.engine, 0, 3_600_000, paused.clock);
  assert.ok(paused.asked.length <= 101);
  const back = slowEngine(0);
  await advanceInSteps(back.engine, 5000, 4000, back.clock);
  assert.deepEqual(back.asked, [4000]);
});
