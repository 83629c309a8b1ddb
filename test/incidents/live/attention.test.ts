import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Attention } from '../../../src/incidents/live/attention.js';

it('a service that looks later than it meant to has not looked in between; a moment more is none; a clock goes back', () => {
  const told: (number | [number, number])[] = [];
  const attention = new Attention(1000, {
    away: (from, to) => told.push([from, to]),
    setBack: to => told.push(to),
  });
  const looks: [at: number, told: number | [from: number, to: number] | undefined][] = [
    [10_000, undefined],
    [11_000, undefined],
    [12_300, undefined],
    // asked in between, because lines came
    [12_400, undefined],
    // three seconds in which everything waited: what a heartbeat every two and a limit of five do not bear
    [15_450, [13_400, 15_450]],
    [16_350, undefined],
    [76_350, [17_350, 76_350]],
    // slewed, as time services do it
    [76_100, undefined],
    [70_000, 70_000],
    [71_000, undefined],
  ];
  for (const [at, wanted] of looks) {
    attention.look(at);
    assert.deepEqual(told.splice(0), wanted === undefined ? [] : [wanted], String(at));
  }
});
