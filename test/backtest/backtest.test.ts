import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { backtest } from '../../src/backtest/backtest.js';
import { type Question, trialOf } from '../../src/backtest/subject.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import type { DeadairError } from '../../src/platform/errors.js';
import { Profiles } from '../../src/templates/profiles.js';
import { CUT, witnessed } from '../incidents/witnessed.js';
import { type StoredRuns, storeRecordedRuns } from '../report/recorded-run.js';

const packs = loadBuiltInPacks();
let stored: StoredRuns;
before(async () => {
  stored = await storeRecordedRuns(['07-linkdown-permanent']);
});
after(() => stored.close());

function run(question: Question) {
  const runs = stored.engine.runs();
  const lines = Profiles.lines(runs[0]!, runs, runs[0]!.startedAt + 3_600_000);
  return backtest(stored.store, lines, trialOf(question, packs), {});
}

const PACK = `
pack: mine
title: what I saw
rules:
  - id: gave-up
    class: timeout
    phrases: ['Progress task cancelled']
    samples: { match: ['Progress task cancelled - workload ending early'] }
`;

test('a rule of a pack of its own marks what no other rule does', async () => {
  const { marked, marks, rules, lines } = await run({ kind: 'pack', name: 'mine.yaml', text: PACK });
  assert.deepEqual(rules, ['mine/gave-up']);
  assert.equal(marked, 7);
  assert.ok(lines > 400);
  assert.deepEqual(new Set(marks.map(one => one.mark.class)), new Set(['timeout']));
  assert.ok(marks.every(one => one.before === undefined));
});

test('without the rules a verdict rests on, there is another one: the difference is told', async () => {
  const none = await run({ kind: 'name', name: 'sai3-bench/agent-ready' });
  assert.equal(none.removed.length + none.added.length, 0);
  const all = await run({ kind: 'name', name: 'sai3-bench' });
  assert.deepEqual(
    all.added.map(one => [one.kind, one.subjects, one.cause]),
    [['agent-lost', ['agent-4'], 'unresponsive']],
  );
  assert.ok(all.changes.some(one => one.change === 'opened'));
  assert.equal(all.added[0]?.explanation, stored.engine.incidents()[0]?.explanation, 'as it was live');
});

test('what heartbeats and probes of that time told is in both halves, with the rules and without', async () => {
  const { witnesses = [], head } = witnessed(
    '07-linkdown-permanent',
    (agent, at) => agent === 'agent-4' && at > CUT,
  );
  const runs = stored.engine.runs();
  const lines = Profiles.lines(runs[0]!, runs, runs[0]!.startedAt + 3_600_000);
  const asked: number[] = [];
  const { same, added, removed } = await backtest(
    stored.store,
    lines,
    trialOf({ kind: 'name', name: 'sai3-bench' }, packs),
    { agents: head?.agents?.map(({ id }) => ({ id })) ?? [] },
    {
      witnesses: async (from, to) => {
        asked.push(from, to);
        return witnesses.filter(({ at }) => at >= from && at <= to);
      },
    },
  );
  assert.deepEqual([same, added], [1, []]);
  assert.deepEqual(
    removed.map(({ kind }) => kind),
    ['network-fault'],
    'what lines alone told without the rules',
  );
  assert.ok(asked[0]! < CUT && asked[1]! > CUT);
});

test('a phrase and a pattern made up on the spot', async () => {
  const phrase = await run({ kind: 'pattern', text: 'workload cancelled', class: 'timeout' });
  const pattern = await run({ kind: 'pattern', text: '/Workload (cancelled|halted)/', class: 'timeout' });
  assert.ok(phrase.marked > 0);
  assert.equal(pattern.marked, phrase.marked);
});

for (const [question, expected] of [
  [{ kind: 'name', name: 'no-such-pack' }, /There is no rule or pack "no-such-pack"/],
  [{ kind: 'name', name: 'sai3-bench/no-such-rule' }, /has no rule "no-such-rule"/],
  [{ kind: 'pack', name: 'x.yaml', text: 'pack: [' }, /x\.yaml is not valid YAML/],
  [{ kind: 'pattern', text: '/(/', class: 'timeout' }, /./],
] as [Question, RegExp][])
  test(`what is wrong with ${JSON.stringify(question)} is said`, async () => {
    await assert.rejects(
      async () => run(question),
      (error: DeadairError) => {
        assert.match(error.message, expected);
        assert.match(error.code, /^(not-found|rules\.invalid|request\.invalid)$/);
        return true;
      },
    );
  });
