import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AgentViews, type HostLife } from '../../src/agents/views.js';
import type { Mark } from '../../src/model/finding.js';
import type { Incident } from '../../src/model/incident.js';
import { VirtualClock } from '../../src/platform/clock.js';
import type { Store } from '../../src/store/store.js';

const NOW = Date.UTC(2026, 10, 30, 3);

/** Agent-1 as it is shown: its collector beats, its last line is half a minute old, and these were its program's words. */
async function shown(
  words: readonly { event: string; rule?: string }[],
  incidents: Partial<Incident>[] = [],
) {
  const at = NOW - 30_000;
  const marks = words.map(
    ({ event, rule = 'sai3-bench/made' }, i) =>
      ({ seq: i + 1, agent: 'agent-1', source: 'S', time: at + i, event, rule, class: 'none' }) as Mark,
  );
  const source = {
    id: 'S',
    agent: 'agent-1',
    host: 'h',
    path: '/l',
    firstSeenAt: at - 5000,
    lastIngestedAt: at,
  };
  const store = {
    sources: async () => [{ ...source, lines: 1, position: 9, ended: false }],
    gaps: async () => [],
    marks: async ({ afterSeq = 0 }) => marks.filter(one => one.seq > afterSeq),
  } as unknown as Store;
  const life: HostLife = {
    host: 'h',
    agents: ['agent-1'],
    collector: 'c',
    program: 'deadair',
    lastHeartbeatAt: NOW - 1000,
    files: [],
  };
  const views = new AgentViews({
    store,
    clock: new VirtualClock(NOW),
    hosts: () => [life],
    incidents: async () => incidents as Incident[],
    lateAfter: 15_000,
    silentAfter: 60_000,
  });
  const [agent] = await views.list();
  return `${agent?.state}, ${agent?.phase ?? '–'}`;
}

const WORKING = [{ event: 'process.started' }, { event: 'agent.started' }];
const LOST: Partial<Incident>[] = [{ id: 'I', kind: 'agent-lost', subjects: ['agent-1'] }];

describe('what is said of an agent', () => {
  const rows: [string, readonly { event: string; rule?: string }[], Partial<Incident>[], string][] = [
    ['a program that works and writes nothing is alive by its host', WORKING, [], 'quiet, working'],
    ['an agent that is lost does not work', WORKING, LOST, 'lost, was working'],
    [
      'a program that exited with 7 is not alive, though its collector is',
      [...WORKING, { event: 'process.failed', rule: 'deadair/program-failed' }],
      [],
      'ended, failed',
    ],
    ['one that panicked neither', [...WORKING, { event: 'process.panicked' }], [], 'ended, failed'],
    [
      'a controller whose run ended under `deadair run` has ended',
      [{ event: 'run.started' }, { event: 'run.failed', rule: 'deadair/run-failed' }],
      [],
      'ended, failed',
    ],
    [
      'a program whose run failed may live',
      [{ event: 'run.started' }, { event: 'run.failed' }],
      [],
      'quiet, failed',
    ],
    [
      'one that was asked to stop has stopped',
      [...WORKING, { event: 'process.stopping' }],
      [],
      'stopped, stopped',
    ],
    [
      'one that was started anew is alive',
      [{ event: 'process.failed' }, { event: 'process.started' }],
      [],
      'quiet, idle',
    ],
  ];
  for (const [name, words, incidents, expected] of rows)
    it(name, async () => assert.equal(await shown(words, incidents), expected));
});

describe('who is expected and gives no sign has a row from the first second on', () => {
  const TROUBLE = { kind: 'host-key-unknown', message: 'the key of h3 is not known' };
  const life = (host: string, agents: string[], trouble?: typeof TROUBLE): HostLife => ({
    host,
    agents,
    collector: 'c',
    program: 'deadair',
    lastHeartbeatAt: NOW - 1000,
    files: [],
    ...(trouble ? { trouble } : {}),
  });
  const rows = async (lives: HostLife[]) => {
    const none = { sources: async () => [], gaps: async () => [], marks: async () => [] } as unknown as Store;
    const views = new AgentViews({
      store: none,
      clock: new VirtualClock(NOW),
      hosts: () => lives,
      incidents: async () => [],
      expected: [{ id: 'agent-1', address: 'h1:7761' }, { id: 'agent-2' }],
      lateAfter: 15_000,
      silentAfter: 60_000,
    });
    return (await views.list()).map(one =>
      [one.id, one.host, one.state, one.trouble?.slice(0, 7) ?? '–'].join(' '),
    );
  };

  it('agents of the settings, with what to do, until something comes from them', async () => {
    assert.deepEqual(await rows([]), ['agent-1 h1 unknown no line', 'agent-2 agent-2 unknown no line']);
    assert.deepEqual(await rows([life('h1', ['agent-1'])]), [
      'agent-1 h1 quiet –',
      'agent-2 agent-2 unknown no line',
    ]);
  });

  it('a pulled host that can not be trusted, under its own name until its agents are known', async () => {
    assert.ok((await rows([life('h3', [], TROUBLE)])).includes('h3 h3 unknown the key'));
    assert.ok((await rows([life('h3', ['agent-3'], TROUBLE)])).includes('agent-3 h3 quiet the key'));
  });
});
