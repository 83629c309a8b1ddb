import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Attention } from '../../../src/incidents/live/attention.js';

it('a service that looks later than it meant to has not looked in between; a moment more is none', () => {
  const attention = new Attention(1000);
  attention.begin(10_000);
  const looks: [at: number, missed: { from: number; to: number } | undefined][] = [
    [11_000, undefined],
    [12_300, undefined],
    // three seconds in which everything waited: what a heartbeat every two and a limit of five do not bear
    [15_350, { from: 13_300, to: 15_350 }],
    [16_350, undefined],
    [76_350, { from: 17_350, to: 76_350 }],
  ];
  for (const [at, missed] of looks) assert.deepEqual(attention.look(at), missed, String(at));
});
