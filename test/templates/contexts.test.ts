import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { Incident } from '../../src/model/incident.js';
import type { Run } from '../../src/model/run.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { derivedId } from '../../src/platform/ids.js';
import { SourceParser } from '../../src/records/parser.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import type { Store } from '../../src/store/store.js';
import { IncidentContexts } from '../../src/templates/around-incidents.js';
import { Profiles } from '../../src/templates/profiles.js';

const T = Date.parse('2026-11-23T12:00:00Z');
const HOUR = 3_600_000;
const AGENTS = ['a-1', 'a-2', 'a-3', 'a-4'];

function run(id: string, at: number): Run {
  const common = { id, name: 'nightly', startedAt: at, endedAt: at + 60_000, startedBy: 'hand' as const };
  return { ...common, outcome: 'completed', agents: AGENTS, pinned: false };
}

function fault(id: string): Incident {
  return {
    id,
    kind: 'network-fault',
    subjects: ['a-3'],
    severity: 'critical',
    startedAt: T,
    openedAt: T,
    explanation: '',
    evidence: [],
    consequences: [],
    updatedAt: 0,
  };
}

test('what is unusual around an incident stands beside it, over restarts, and a healthy run teaches what is usual', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-contexts-'));
  const clock = new VirtualClock(T + 2 * HOUR);
  const store = await openEmbeddedStore({ directory, clock, readers: 1 });
  try {
    const runs = [run('R2', T + HOUR), run('R1', T)];
    const incident: Incident = {
      id: 'I',
      kind: 'agent-lost',
      subjects: ['a-3'],
      severity: 'critical',
      run: 'R2',
      startedAt: T + HOUR + 30_000,
      openedAt: T + HOUR + 33_000,
      explanation: 'a-3 was lost.',
      evidence: [{ at: T + HOUR + 31_000, by: 'a-1', role: 'cause', text: 'a-3 is gone' }],
      consequences: [],
      updatedAt: 0,
    };
    for (const agent of AGENTS) {
      const lines: string[] = [];
      const say = (at: number, text: string) => lines.push(`${new Date(at).toISOString()} INFO ${text}\n`);
      for (const begin of [T, T + HOUR]) {
        for (let i = 0; i < 20; i++) say(begin + i * 1000, `request ${i} done in ${i}ms`);
        if (begin === T) continue;
        if (agent === 'a-3') say(begin + 25_000, 'memory of the host is short: 12 MB left');
        else say(begin + 32_000, 'told to give up');
      }
      const bytes = new Uint8Array(Buffer.from(lines.join('')));
      const source = { id: derivedId(agent), agent, host: agent, path: '/l', head: { length: 0, hash: '' } };
      const records = new SourceParser().push(bytes, 0, { observedAt: T });
      await store.append([{ source, from: 0, to: bytes.length, observedAt: T, ingestedAt: T, records }]);
    }
    const deps = { store, clock, runs: async () => runs };
    const profiles = new Profiles({ ...deps, incidents: () => [incident] });
    await profiles.keepUp();
    assert.deepEqual(
      (await profiles.healthy()).map(one => one.run.id),
      ['R1'],
      'a run with an incident is no example',
    );
    const contexts = new IncidentContexts({ ...deps, profiles });
    contexts.changed({ change: 'opened', incident, at: incident.openedAt });
    clock.advanceTo(clock.now() + 5_000);
    await contexts.settled();
    await contexts.stop();
    const found = await new IncidentContexts({ ...deps, profiles }).of('I');
    assert.deepEqual(
      found.map(one => [one.why, one.agent, one.example]),
      [['new', 'a-3', 'memory of the host is short: 12 MB left']],
    );
    assert.deepEqual(await contexts.of('another'), []);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

test('an incident that goes on worsening is looked at once a minute, as it was last told', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-contexts-'));
  const clock = new VirtualClock(T);
  const store = await openEmbeddedStore({ directory, clock, readers: 1 });
  try {
    let looks = 0;
    const runs = async () => {
      looks++;
      return [];
    };
    const profiles = new Profiles({ store, clock, runs: async () => [], incidents: () => [] });
    const contexts = new IncidentContexts({ store, clock, runs, profiles });
    contexts.changed({ change: 'opened', incident: fault('I'), at: T });
    for (let second = 1; second <= 130; second++) {
      contexts.changed({ change: 'worsened', incident: fault('I'), at: clock.now() });
      clock.advanceTo(T + second * 1000);
      await contexts.settled();
    }
    await contexts.stop();
    assert.equal(looks, 3, 'after 3 s, 63 s and 123 s');
  } finally {
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  }
});

/** Looks at what a store without lines holds: each takes two seconds of the clock. */
function slowLooks() {
  const clock = new VirtualClock(T);
  const looked: { id: string; at: number }[] = [];
  const aborted: unknown[] = [];
  let hang = false;
  const store = {
    histogram: async () => {
      clock.advanceTo(clock.now() + 2_000);
      return { interval: 60_000, from: T, series: [], total: 0 };
    },
    tally: (_request: unknown, abort?: AbortSignal) =>
      hang
        ? new Promise<never>((_, reject) =>
            abort!.addEventListener('abort', () => {
              aborted.push(abort!.reason);
              reject(abort!.reason);
            }),
          )
        : Promise.resolve({ from: T, to: T, lines: 0, skeletons: [] }),
    search: async () => ({ rows: [] }),
    documents: {
      put: async (_kind: string, id: string) => {
        looked.push({ id, at: clock.now() - T });
        return 1;
      },
      list: async () => [],
    },
  } as unknown as Pick<Store, 'search' | 'tally' | 'histogram' | 'documents'>;
  const profiles = new Profiles({ store, clock, runs: async () => [], incidents: () => [] });
  const contexts = new IncidentContexts({ store, clock, runs: async () => [], profiles });
  return {
    clock,
    looked,
    aborted,
    contexts,
    hang: () => {
      hang = true;
    },
    async advance(seconds: number) {
      for (const end = clock.now() + seconds * 1000; clock.now() < end; ) {
        clock.advanceTo(clock.now() + 1000);
        await contexts.settled();
      }
    },
  };
}

test('of many incidents each is looked at in its turn, with rests nineteen times as long as the looks', async () => {
  const { clock, contexts, looked, advance } = slowLooks();
  for (const id of ['a', 'b', 'c'])
    contexts.changed({ change: 'opened', incident: fault(id), at: clock.now() });
  await advance(130);
  await contexts.stop();
  assert.deepEqual(
    looked.map(({ id, at }) => [id, at / 1000]),
    [
      ['a', 5],
      ['b', 45],
      ['c', 85],
    ],
    'after 3 s of waiting a look of 2 s, then 38 s of rest before each of the others',
  );
});

test('an incident nobody has looked at goes before those that only worsened', async () => {
  const { clock, contexts, looked, advance } = slowLooks();
  const tell = (change: 'opened' | 'worsened', id: string) =>
    contexts.changed({ change, incident: fault(id), at: clock.now() });
  tell('opened', 'old');
  tell('opened', 'long');
  await advance(46);
  tell('worsened', 'old');
  tell('worsened', 'long');
  await advance(34);
  tell('opened', 'fresh');
  await advance(70);
  await contexts.stop();
  assert.deepEqual(
    looked.map(({ id }) => id),
    ['old', 'long', 'fresh', 'old'],
  );
});

test('a look under way does not hold up the end of the service', async () => {
  const { clock, contexts, looked, aborted, hang } = slowLooks();
  hang();
  contexts.changed({ change: 'opened', incident: fault('a'), at: clock.now() });
  clock.advanceTo(clock.now() + 5_000);
  await new Promise(resolve => setImmediate(resolve));
  await contexts.stop();
  assert.equal(aborted.length, 1);
  assert.deepEqual(looked, []);
});

test('of a store that counts nothing itself the shortest time is looked at, and of too many lines none', async () => {
  const clock = new VirtualClock(T);
  for (const [perSecond, fetched] of [
    [1, 15 * 60],
    [1000, 15],
    [100_000, undefined],
  ] as const) {
    const searched: number[] = [];
    const store = {
      histogram: async ({ from, to }: { from: number; to: number }) => ({
        total: (perSecond * (to - from)) / 1000,
      }),
      search: async ({ from, to }: { from: number; to: number }) => {
        searched.push((to - from) / 1000);
        return { rows: [] };
      },
      documents: { list: async () => [] },
    } as unknown as Pick<Store, 'search' | 'histogram' | 'documents'>;
    const profiles = new Profiles({ store, clock, runs: async () => [], incidents: () => [] });
    const contexts = new IncidentContexts({ store, clock, runs: async () => [], profiles });
    assert.deepEqual(await contexts.lookAround(fault('I')), []);
    assert.deepEqual(searched, fetched === undefined ? [] : [fetched], `${perSecond} lines/s`);
  }
});
