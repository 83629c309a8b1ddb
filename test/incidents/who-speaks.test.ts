import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scene, START } from './scene.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3'];

describe('last words', () => {
  const ports = { 'agent-1': 'open', 'agent-2': 'open', 'agent-3': 'open' } as const;

  it('a process that is gone had completed its part: the heartbeat was faster than its log', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 61, second => ({
      beats: {
        'agent-1': {},
        'agent-2': second >= 60 ? { process: 'gone', unread: true } : {},
        'agent-3': {},
      },
      ports,
    }));
    scene.late(64, 59, 'agent-2', 'agent.completed');
    scene.live(65, 90, () => ({ beats: { 'agent-1': {}, 'agent-2': { process: 'gone' }, 'agent-3': {} } }));
    assert.deepEqual(scene.told(), []);
  });

  /** agent-2 ends at 60 while lines can't be delivered, which they can again at 160. */
  const away = (words: 'undelivered' | 'stuck', until = 160) => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, until, second => ({
      beats: {
        'agent-1': {},
        'agent-2':
          second >= 60 ? { process: 'gone', unread: true, undelivered: words === 'undelivered' } : {},
        'agent-3': {},
      },
      ports: { ...ports, ...(second >= 60 ? { 'agent-2': 'refused' as const } : {}) },
    }));
    return scene;
  };
  const gone = () => ({
    beats: { 'agent-1': {}, 'agent-2': { process: 'gone' as const }, 'agent-3': {} },
    ports: { ...ports, 'agent-2': 'refused' as const },
  });

  it('a process that ended in order while the store was away had said so: its words wait as long as that lasts', () => {
    const scene = away('undelivered');
    assert.deepEqual(scene.told(), []);
    scene.late(161, 59, 'agent-2', 'agent.completed');
    scene.live(161, 200, gone);
    assert.deepEqual(scene.told(), []);
  });

  it('one that died then is told once its words are here', () => {
    const scene = away('undelivered');
    scene.live(161, 200, gone);
    assert.equal(scene.told().length, 1);
    assert.match(scene.told()[0]!, /^agent-lost agent-2 crashed/);
    const [incident] = scene.engine.incidents();
    assert.ok(incident!.openedAt <= START + 172_000, 'two heartbeats after the store is back');
  });

  it('where only the position stands still they are waited for as long as silence may last', () => {
    const scene = away('stuck', 110);
    assert.deepEqual(scene.told(), []);
    const later = away('stuck', 130);
    assert.equal(later.told().length, 1, later.told().join());
  });

  it('the next agent on the host begins before its port was asked again: nobody rejects anything', () => {
    const scene = new Scene();
    scene.run(AGENTS, 20);
    scene.live(0, 30, () => ({ beats: { 'agent-2': { listening: true } }, ports }));
    for (const agent of AGENTS) scene.event(30, agent, 'agent.completed');
    scene.event(30, 'controller', 'run.completed');
    scene.live(31, 41, () => ({
      beats: { 'agent-2': { process: 'gone', listening: false } },
      ports: { ...ports, 'agent-2': 'refused' },
    }));
    scene.event(41, 'controller', 'run.started');
    scene.event(41, 'agent-2', 'process.started');
    scene.event(41, 'agent-2', 'agent.joined');
    scene.event(41, 'controller', 'agent.answered', { agent: 'agent-2' });
    scene.event(41, 'agent-2', 'agent.started', { seconds: '600' });
    scene.beat('agent-2', 41.2, { listening: true });
    scene.engine.probe({ agent: 'agent-2', address: 'agent-2:7761', at: START + 41_300, outcome: 'refused' });
    scene.beat('agent-2', 43, { listening: true });
    scene.live(45, 60, () => ({ beats: { 'agent-2': { listening: true } }, ports }));
    assert.deepEqual(scene.told(), []);
  });

  it('all cut off in the same moment: who complains later joins the one incident', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    const world = (second: number) => ({
      beats: second >= 60 ? {} : Object.fromEntries(AGENTS.map(agent => [agent, {}])),
      ports: Object.fromEntries(
        AGENTS.map(agent => [agent, second >= 65 ? ('timeout' as const) : ('open' as const)]),
      ),
    });
    scene.live(0, 90, world);
    for (const agent of AGENTS)
      scene.event(90, 'controller', 'agent.failed', { agent, reason: 'h2 protocol error' });
    scene.live(91, 120, world);
    assert.deepEqual(
      scene.told().map(line => line.split(' @')[0]),
      ['agent-lost agent-1,agent-2,agent-3 partition'],
    );
  });
});

describe('who speaks for whom', () => {
  it('a firewall that answers in the agent’s place: the process runs, so it did not die', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 200, second => ({
      beats: Object.fromEntries(AGENTS.map(agent => [agent, { listening: true }])),
      ports: {
        'agent-1': 'open',
        'agent-2': second >= 60 && second < 120 ? 'refused' : 'open',
        'agent-3': 'open',
      },
    }));
    assert.equal(scene.told().length, 1, scene.told().join('; '));
    assert.match(scene.told()[0] ?? '', /^agent-lost agent-2 reset @6\d\S*-120/);
  });

  for (const [outcome, cause] of [
    ['refused', 'reset'],
    ['timeout', 'timeout'],
  ] as const) {
    it(`the controller complains while the port is ${outcome} and the process runs: ${cause}, also when all is well again`, () => {
      const scene = new Scene();
      scene.run(AGENTS);
      const world = (second: number) => ({
        beats: Object.fromEntries(AGENTS.map(agent => [agent, { listening: true }])),
        ports: {
          'agent-1': 'open' as const,
          'agent-2': second >= 60 && second < 120 ? outcome : ('open' as const),
          'agent-3': 'open' as const,
        },
      });
      scene.live(0, 80, world);
      scene.event(80, 'controller', 'agent.failed', { agent: 'agent-2', reason: 'h2 protocol error' });
      scene.live(80, 300, world);
      assert.deepEqual(
        scene.told().map(line => line.split(' @')[0]),
        [`agent-lost agent-2 ${cause}`],
      );
      assert.match(scene.told()[0] ?? '', /-12\d/, 'over when the port answers again');
    });
  }

  it('a host that is held up while its port is refused by a firewall: heard again meanwhile, it did not die', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    const world = (second: number) => ({
      beats: {
        'agent-1': { listening: true },
        'agent-2': second >= 52 && second < 75 ? undefined : { listening: true },
        'agent-3': { listening: true },
      },
      ports: {
        'agent-1': 'open' as const,
        'agent-2': second >= 60 && second < 120 ? ('refused' as const) : ('open' as const),
        'agent-3': 'open' as const,
      },
    });
    for (let second = 4; second < 60; second++)
      scene.event(second, 'controller', 'agent.alive', { agent: 'agent-2' });
    scene.live(4, 60, world);
    scene.event(60, 'controller', 'agent.failed', { agent: 'agent-2', reason: 'read ECONNRESET' });
    scene.live(60, 300, world);
    assert.match(scene.told().join('; '), /^agent-lost agent-2 reset @/);
  });

  it('heartbeats that are back before the next probe are no filtered port', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 200, second => ({
      beats: { 'agent-1': {}, 'agent-2': second >= 60 && second < 80 ? undefined : {}, 'agent-3': {} },
      ports: {
        'agent-1': 'open',
        'agent-2': second >= 60 && second < 85 ? 'timeout' : 'open',
        'agent-3': 'open',
      },
    }));
    assert.equal(scene.told().length, 1, scene.told().join('; '));
    assert.match(scene.told()[0] ?? '', /^agent-lost agent-2 host-unreachable/);
  });

  it('an open port seen just after the last heartbeat does not yet mean that only the collector died', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 62, () => ({
      beats: Object.fromEntries(AGENTS.map(agent => [agent, {}])),
      ports: Object.fromEntries(AGENTS.map(agent => [agent, 'open' as const])),
    }));
    scene.engine.probe({ agent: 'agent-2', address: 'agent-2:7761', at: START + 64_000, outcome: 'open' });
    // cut off now; the next probe is held up until 79
    scene.live(65, 79, () => ({ beats: { 'agent-1': {}, 'agent-3': {} } }));
    assert.deepEqual(scene.told(), []);
    scene.engine.probe({ agent: 'agent-2', address: 'agent-2:7761', at: START + 79_000, outcome: 'timeout' });
    scene.live(79, 90, () => ({ beats: { 'agent-1': {}, 'agent-3': {} } }));
    assert.deepEqual(
      scene.told().map(line => line.split(' @')[0]),
      ['agent-lost agent-2 host-unreachable'],
    );
  });

  it('the goodbye of a collector that another has taken over from is not the host’s', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 60, () => ({ beats: Object.fromEntries(AGENTS.map(agent => [agent, {}])) }));
    scene.beat('agent-2', 60, { collector: 'new' });
    scene.beat('agent-2', 60.2, { goodbye: true });
    scene.live(61, 200, second => ({
      beats: { 'agent-1': {}, 'agent-2': second < 70 ? { collector: 'new' } : undefined, 'agent-3': {} },
    }));
    assert.deepEqual(
      scene.told().map(line => line.split(' @')[0]),
      ['collector-lost agent-2 -'],
    );
  });

  it('a collector that reads many agents’ logs from a shared directory says nothing of their hosts', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 300, second => ({
      beats: second < 60 ? { 'agent-1': { others: ['agent-2', 'agent-3'], process: 'untold' } } : {},
      ports: {
        'agent-1': 'open',
        'agent-2': second >= 150 ? 'refused' : 'open',
        'agent-3': second >= 200 ? 'timeout' : 'open',
      },
    }));
    assert.deepEqual(
      scene.told().map(line => line.split(' @')[0]),
      [
        'collector-lost agent-1,agent-2,agent-3 -',
        'agent-lost agent-2 crashed',
        'agent-lost agent-3 host-unreachable',
      ],
    );
  });
});
