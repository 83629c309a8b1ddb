import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Incident } from '../../src/model/incident.js';
import type { Run } from '../../src/model/run.js';
import { hostTallies } from '../../src/report/host-tally.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3', 'agent-4'];

const run = (number: number): Run => ({
  id: `run-${number}`,
  name: 'config.yaml',
  startedAt: number * 1000,
  endedAt: number * 1000 + 900,
  startedBy: 'pack',
  agents: AGENTS,
  pinned: false,
});

const lost = (number: number, agent: string, more: Partial<Incident> = {}): Incident => ({
  id: `${number}-${agent}`,
  kind: 'agent-lost',
  subjects: [agent],
  cause: 'crashed',
  severity: 'critical',
  run: `run-${number}`,
  startedAt: number * 1000 + 100,
  openedAt: number * 1000 + 110,
  explanation: '',
  evidence: [{ at: 1, by: 'controller', role: 'cause', text: 'lost' }],
  consequences: [],
  updatedAt: 1,
  ...more,
});

test('the host that is first to fail in run after run stands out, with its causes and how well that is known', () => {
  const runs = Array.from({ length: 20 }, (_, number) => run(number));
  const incidents = [0, 3, 5, 9, 11, 16].map(number => lost(number, 'agent-3'));
  incidents.push(lost(12, 'agent-1'));
  const [worst, ...others] = hostTallies(runs, incidents, [
    { agent: 'agent-3', host: 'node3', clockOffsetMs: 12 },
  ]);
  assert.deepEqual(
    [
      worst?.agent,
      worst?.host,
      worst?.runs,
      worst?.firstToFail,
      worst?.standsOut,
      worst?.causes,
      worst?.complaintsAbout,
    ],
    ['agent-3', 'node3', 20, 6, true, { crashed: 6 }, 6],
  );
  // Wilson's interval of 6 in 20, as in his paper's formula
  assert.deepEqual(
    worst?.between.map(share => share.toFixed(3)),
    ['0.145', '0.519'],
  );
  assert.ok(others.every(one => !one.standsOut));
});

test('once or twice in a few runs is nothing to accuse anybody of', () => {
  const runs = Array.from({ length: 3 }, (_, number) => run(number));
  const tallies = hostTallies(runs, [lost(0, 'agent-2')]);
  assert.ok(tallies.every(one => !one.standsOut));
  assert.ok((tallies[0]?.between[1] ?? 0) > 0.7, 'of three runs little is known');
});

test('first is whom the run was given up for; what comes after is no mark against the second', () => {
  const early = lost(0, 'agent-1', { startedAt: 50 });
  const blamed = lost(0, 'agent-2', { endedRun: 140 });
  const tallies = hostTallies([run(0)], [early, blamed]);
  assert.deepEqual(
    tallies.map(one => [one.agent, one.firstToFail, one.lost]),
    [
      ['agent-2', 1, 1],
      ['agent-1', 0, 1],
      ['agent-3', 0, 0],
      ['agent-4', 0, 0],
    ],
  );
});

test('runs of other days and information are left out', () => {
  const tallies = hostTallies([run(1)], [lost(0, 'agent-1'), lost(1, 'agent-2', { severity: 'info' })]);
  assert.ok(tallies.every(one => one.firstToFail === 0));
});

test('what befell all at once is no mark against anybody', () => {
  const runs = Array.from({ length: 10 }, (_, number) => run(number));
  const shared = runs.map((_, number) =>
    lost(number, 'agent-1', { subjects: AGENTS, cause: number % 2 ? 'partition' : 'host-unreachable' }),
  );
  assert.deepEqual(
    hostTallies(runs, shared).map(one => one.firstToFail),
    [0, 0, 0, 0],
  );
});

/** Runs of many hosts that are all alike but one, drawn by a generator that gives the same numbers each time. */
function drawn(seed: number, hosts: number, runs: number, rate: number, worst = rate) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const agents = Array.from({ length: hosts }, (_, i) => `host-${i + 1}`);
  const incidents: Incident[] = [];
  for (let number = 0; number < runs; number++) {
    const ill = agents.filter((_, i) => random() < (i === 0 ? worst : rate));
    const first = ill[Math.floor(random() * ill.length)];
    if (first) incidents.push(lost(number, first));
  }
  return hostTallies(
    Array.from({ length: runs }, (_, number) => ({ ...run(number), agents })),
    incidents,
  )
    .filter(one => one.standsOut)
    .map(one => one.agent);
}

test('among hosts that are alike chance names nobody, however many there are', () => {
  for (const [hosts, rate] of [
    [4, 0.1],
    [20, 0.02],
    [100, 0.004],
  ] as const) {
    const named = Array.from(
      { length: 200 },
      (_, seed) => drawn(seed * 7919 + 1, hosts, 60, rate).length > 0,
    );
    const wrong = named.filter(Boolean).length;
    assert.ok(wrong <= 15, `${wrong} of 200 times somebody of ${hosts} hosts is accused`);
  }
});

test('one that fails in every fourth run is found among siblings that fail in every hundredth', () => {
  const found = Array.from({ length: 50 }, (_, seed) => drawn(seed * 104_729 + 1, 16, 60, 0.01, 0.25));
  assert.ok(found.filter(one => one.join() === 'host-1').length >= 48);
});
