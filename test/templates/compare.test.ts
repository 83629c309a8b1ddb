import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Tally, TallyMaker } from '../../src/skeletons/tally.js';
import { diffRuns } from '../../src/templates/diff.js';
import { findUnusual } from '../../src/templates/unusual.js';

const T = Date.parse('2026-11-23T12:00:00Z');
const LENGTH = 480_000;
const AGENTS = Array.from({ length: 8 }, (_, i) => `agent-${i + 1}`);
const VERBS = 'reads writes checks opens lists copies moves counts'.split(' ');

/** Figures that vary as those of a real run do, the same at each call. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A run of eight hosts with 40 kinds of lines, and what is planted in it. */
function run(seed: number, planted: { text: string; agent: number; at: number }[] = []): Tally {
  const next = random(seed);
  const maker = new TallyMaker(T, T + LENGTH);
  const add = (text: string, at: number, agent: number) => {
    const bytes = Buffer.from(text);
    maker.add(bytes, 0, bytes.length, T + at, agent, 3, 0, 0);
  };
  for (let i = 0; i < 20_000; i++) {
    const kind = Math.floor(next() ** 3 * 40);
    const verb = VERBS[kind % 8];
    add(
      `worker ${i} ${verb} part of stage${'abcde'[kind >> 3]} in ${Math.floor(next() * 900)}ms`,
      next() * LENGTH,
      1 + Math.floor(next() * 8),
    );
  }
  for (const { text, at, agent } of planted) add(text, at, agent);
  return maker.result(number => `agent-${number}`);
}

const compared = (tally: Tally) => ({ tally, duration: LENGTH, agents: AGENTS });

test('two equal runs: no row, and nothing unusual, twenty times', () => {
  const first = run(1);
  for (let seed = 2; seed < 22; seed++) {
    const again = run(seed);
    const diff = diffRuns(compared(first), compared(again));
    assert.deepEqual([diff.new, diff.gone, diff.changed, diff.oneHost], [[], [], [], []], `seed ${seed}`);
    assert.deepEqual(findUnusual({ tally: again, known: first, siblings: AGENTS }), [], `seed ${seed}`);
  }
});

test('planted lines are found, and nothing else', () => {
  const planted = [
    { text: 'checksum of block 17 differs', agent: 3, at: 200_000 },
    { text: 'retry 1 for bucket-7', agent: 5, at: 300_000 },
    { text: 'retry 2 for bucket-9', agent: 6, at: 310_000 },
  ];
  const diff = diffRuns(compared(run(1)), compared(run(2, planted)));
  assert.deepEqual(
    diff.new.map(one => [one.template, one.now, one.agent]),
    [
      ['checksum of block <n> differs', 1, 'agent-3'],
      ['retry <n> for bucket-<n>', 2, undefined],
    ],
  );
  assert.deepEqual([diff.gone, diff.changed, diff.oneHost], [[], [], []]);
  const back = diffRuns(compared(run(2, planted)), compared(run(1)));
  assert.deepEqual(
    back.gone.map(one => one.before),
    [2, 1],
  );
});

test('a line that has become frequent, and one that only one host still prints', () => {
  const times = (count: number, agent: (i: number) => number, text: string) =>
    Array.from({ length: count }, (_, i) => ({ text: `${text} ${i}`, agent: agent(i), at: i * 100 }));
  const all = (i: number) => 1 + (i % 8);
  const before = run(1, [...times(80, all, 'queue is long'), ...times(80, all, 'cache is cold')]);
  const now = run(2, [...times(400, all, 'queue is long'), ...times(70, () => 2, 'cache is cold')]);
  const diff = diffRuns(compared(before), compared(now));
  assert.deepEqual(
    diff.changed.map(one => [one.template, one.before, one.now]),
    [['queue is long <n>', 80, 400]],
  );
  assert.deepEqual(
    diff.oneHost.map(one => [one.template, one.agent]),
    [['cache is cold <n>', 'agent-2']],
  );
});

test('a longer run with more lines at the same rate has not changed', () => {
  const twice = { ...compared(run(1)), duration: LENGTH };
  const tally = run(1);
  const doubled = {
    ...compared({ ...tally, skeletons: tally.skeletons.map(one => ({ ...one, count: one.count * 2 })) }),
    duration: 2 * LENGTH,
  };
  assert.deepEqual(diffRuns(twice, doubled).changed, []);
});

test('a burst, a new line and the odd one out become evidence, with host and time', () => {
  const burst = Array.from({ length: 300 }, (_, i) => ({
    text: `slow call ${i}`,
    agent: 1 + (i % 8),
    at: 400_000 + i,
  }));
  const quiet = Array.from({ length: 40 }, (_, i) => ({
    text: `slow call ${i}`,
    agent: 1 + (i % 8),
    at: i * 12_000,
  }));
  const odd = Array.from({ length: 30 }, (_, i) => ({ text: `page fault ${i}`, agent: 4, at: i * 1000 }));
  const known = run(1, [...quiet, ...odd.map(one => ({ ...one, agent: 1 + (one.at % 8) }))]);
  const tally = run(2, [...burst, ...quiet, ...odd, { text: 'lost the lease', agent: 7, at: 5_000 }]);
  assert.deepEqual(
    findUnusual({ tally, known, siblings: AGENTS }).map(one => [one.why, one.agent, one.template]),
    [
      ['new', 'agent-7', 'lost the lease'],
      ['unlike-siblings', 'agent-4', 'page fault <n>'],
      ['burst', undefined, 'slow call <n>'],
    ],
  );
});

test('without a healthy run nothing is called new', () => {
  const tally = run(2, [
    { text: 'lost the lease', agent: 7, at: 5_000 },
    { text: 'lost the lease', agent: 6, at: 5_000 },
  ]);
  assert.deepEqual(findUnusual({ tally, siblings: AGENTS }), []);
});
