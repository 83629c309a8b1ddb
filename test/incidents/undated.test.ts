import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Blindness } from '../../src/incidents/blindness.js';
import { earliestOf } from '../../src/incidents/undated.js';
import type { Mark } from '../../src/model/finding.js';

const AWAY = { from: 1_000_000, to: 1_040_000, caughtUp: 1_057_000 };

describe('when a line without a time can have happened', () => {
  const CASES: [
    what: string,
    line: Partial<Mark>,
    at: number,
    readUntil: number | undefined,
    earliest: unknown,
  ][] = [
    ['it has a time', { timeKind: 'own', ingestedAt: 1_041_000 }, 1_041_000, undefined, undefined],
    ['its log is read for the first time', { ingestedAt: 501_000 }, 501_000, undefined, 0],
    ['it came before the service went', { ingestedAt: 900_000 }, 900_000, undefined, undefined],
    ['first reading after the return', { ingestedAt: 1_041_000 }, 1_041_000, undefined, 1_000_000],
    ['a line with a time follows it', { ingestedAt: 1_041_000 }, 1_010_000, undefined, undefined],
    ['its log had been read to the end since', { ingestedAt: 1_050_000 }, 1_050_000, 1_045_000, undefined],
    ['its log had been read to the end before', { ingestedAt: 1_050_000 }, 1_050_000, 999_000, 1_000_000],
    ['collectors have tried again long ago', { ingestedAt: 1_060_000 }, 1_060_000, undefined, undefined],
  ];
  for (const [what, line, at, readUntil, earliest] of CASES)
    it(what, () => {
      const mark = { timeKind: 'inherited', ...line } as Mark;
      assert.equal(earliestOf(mark, at, { firstSeen: 500_000, readUntil, absence: AWAY }), earliest);
    });

  it('collectors try again within the time they tried in vain, 15 s at the most; a short absence holds nothing up', () => {
    const CASES: [from: number, to: number | undefined, caughtUp: number | undefined][] = [
      [1000, 61_000, 78_000],
      [1000, 9000, 19_000],
      [1000, 3000, undefined],
      [1000, undefined, undefined],
    ];
    for (const [from, to, caughtUp] of CASES) {
      const blind = new Blindness();
      blind.add(from, to);
      assert.equal(blind.latest()?.caughtUp, caughtUp, `${from} to ${to}`);
    }
  });
});
