import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IncidentEngine } from '../../src/incidents/engine.js';
import { behavioursOf } from '../../src/incidents/settings.js';
import type { ProbeResult } from '../../src/model/probe.js';
import { packs } from './recordings.js';
import { type BeatState, Scene, START } from './scene.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3'];

interface Case {
  name: string;
  beat: BeatState | undefined;
  port: ProbeResult['outcome'];
  told: RegExp;
  /** Seconds after the fault by which it must be told: 2 heartbeats + 5 s after it can be known. */
  within: number;
}

/** The table of causes in docs/reference/incidents.md. */
const TABLE: Case[] = [
  {
    name: 'heartbeat alive, process gone, port refused: it died',
    beat: { process: 'gone' },
    port: 'refused',
    told: /^agent-lost agent-2 crashed/,
    within: 15,
  },
  {
    name: 'heartbeat alive, process unknown, port refused: it died',
    beat: { process: 'untold' },
    port: 'refused',
    told: /^agent-lost agent-2 crashed/,
    within: 15,
  },
  {
    name: 'heartbeat alive, port closed on its own host: it died',
    beat: { process: 'untold', listening: false },
    port: 'open',
    told: /^agent-lost agent-2 crashed/,
    within: 15,
  },
  {
    name: 'heartbeat alive, state T, port open: frozen',
    beat: { process: 'T' },
    port: 'open',
    told: /^agent-stalled agent-2 frozen/,
    within: 20,
  },
  {
    name: 'heartbeat alive, state D for long: storage hangs',
    beat: { process: 'D' },
    port: 'timeout',
    told: /^agent-stalled agent-2 frozen/,
    within: 20,
  },
  {
    name: 'heartbeat alive, running, port times out: the way to the port is cut',
    beat: {},
    port: 'timeout',
    told: /^agent-lost agent-2 timeout/,
    within: 15,
  },
  {
    name: 'heartbeat missing, port times out: host down or cut off',
    beat: undefined,
    port: 'timeout',
    told: /^agent-lost agent-2 host-unreachable/,
    within: 20,
  },
  {
    name: 'heartbeat missing, no route: host down or cut off',
    beat: undefined,
    port: 'unreachable',
    told: /^agent-lost agent-2 host-unreachable/,
    within: 20,
  },
  {
    name: 'heartbeat missing, port open: the collector died, or what it sends does not arrive',
    beat: undefined,
    port: 'open',
    told: /^collector-lost agent-2 unknown/,
    within: 25,
  },
];

describe('heartbeat, process and port decide together', () => {
  for (const one of TABLE) {
    it(one.name, () => {
      const scene = new Scene();
      scene.run(AGENTS);
      const fault = 60;
      const back = 160;
      scene.live(0, 240, second => ({
        beats: { 'agent-1': {}, 'agent-2': second >= fault && second < back ? one.beat : {}, 'agent-3': {} },
        ports: {
          'agent-1': 'open',
          'agent-2': second >= fault && second < back ? one.port : 'open',
          'agent-3': 'open',
        },
      }));
      assert.equal(scene.told().length, 1, scene.told().join('; '));
      assert.match(scene.told()[0] ?? '', one.told);
      const incident = scene.engine.incidents()[0];
      assert.ok(incident && incident.openedAt - START <= (fault + one.within) * 1000, scene.told().join());
      assert.ok(
        incident.resolvedAt !== undefined && incident.resolvedAt - START <= (back + 10) * 1000,
        'it is over when the witness says so',
      );
    });
  }

  it('all hosts silent at once: one incident, a partition, in the run and outside of it', () => {
    for (const inRun of [true, false]) {
      const scene = new Scene();
      if (inRun) scene.run(AGENTS);
      scene.live(0, 200, second => ({
        beats: second >= 60 && second < 120 ? {} : Object.fromEntries(AGENTS.map(agent => [agent, {}])),
        ports: Object.fromEntries(
          AGENTS.map(agent => [
            agent,
            second >= 60 && second < 120 ? ('timeout' as const) : ('open' as const),
          ]),
        ),
      }));
      assert.equal(scene.told().length, 1, scene.told().join('; '));
      assert.match(
        scene.told()[0] ?? '',
        inRun
          ? /^agent-lost agent-1,agent-2,agent-3 partition @\d+-1\d\d/
          : /^collector-lost agent-1,agent-2,agent-3 partition/,
      );
    }
  });

  it('a heartbeat that is late alone is no incident before it is silent', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 200, second => ({
      beats: { 'agent-1': {}, 'agent-2': second >= 60 && second < 100 ? undefined : {}, 'agent-3': {} },
    }));
    assert.deepEqual(scene.told(), []);
    const gone = new Scene();
    gone.run(AGENTS);
    gone.live(0, 200, second => ({
      beats: { 'agent-1': {}, 'agent-2': second >= 60 ? undefined : {}, 'agent-3': {} },
    }));
    assert.deepEqual(gone.told(), ['collector-lost agent-2 - @115']);
  });

  it('ten minutes of a healthy run are quiet, and explain says what was looked at', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 600, () => ({
      beats: Object.fromEntries(AGENTS.map(agent => [agent, {}])),
      ports: Object.fromEntries(AGENTS.map(agent => [agent, 'open' as const])),
    }));
    assert.deepEqual(scene.told(), []);
    assert.match(
      scene.engine.explain({ agent: 'agent-2' }).known.join('\n'),
      /agent-2: last heartbeat of host-agent-2/,
    );
  });
});

describe('nothing is told', () => {
  const silence = (second: number) => ({
    beats: { 'agent-1': {}, 'agent-2': second >= 60 ? undefined : {}, 'agent-3': {} },
  });

  it('of a collector that said goodbye', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 300, second => ({
      beats: { 'agent-1': {}, 'agent-2': second < 60 ? {} : second === 60 ? { goodbye: true } : undefined },
    }));
    assert.deepEqual(scene.told(), []);
    assert.match(scene.engine.explain({ rule: 'collector-lost' }).skipped[0]?.reason ?? '', /said goodbye/);
  });

  it('of a retired agent', () => {
    const scene = new Scene();
    scene.engine.retire('agent-2');
    scene.live(0, 300, silence);
    assert.deepEqual(scene.told(), []);
    assert.match(scene.engine.explain({ agent: 'agent-2' }).skipped[0]?.reason ?? '', /retired/);
  });

  it('for the time in which Deadair itself was down', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 60, () => ({ beats: Object.fromEntries(AGENTS.map(agent => [agent, {}])) }));
    const snapshot = scene.engine.snapshot();
    scene.engine = Object.getPrototypeOf(scene.engine).constructor.restore(snapshot);
    scene.engine.outage(START + 60_000, START + 400_000);
    scene.live(400, 404, () => ({}));
    scene.live(405, 500, () => ({ beats: Object.fromEntries(AGENTS.map(agent => [agent, {}])) }));
    assert.deepEqual(scene.told(), []);
  });

  it('of a process that ends outside a run', () => {
    const scene = new Scene();
    scene.live(0, 200, second => ({
      beats: { 'agent-1': { process: second >= 60 ? 'gone' : 'S' } },
      ports: { 'agent-1': second >= 60 ? 'refused' : 'open' },
    }));
    assert.deepEqual(scene.told(), []);
    assert.match(scene.engine.explain({ agent: 'agent-1' }).skipped[0]?.reason ?? '', /outside a run/);
  });
});

describe('what witnesses add to the logs', () => {
  it('the controller’s complaint and the witness make one incident with the cause of the witness', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 100, second => ({
      beats: { 'agent-1': {}, 'agent-2': { process: second >= 50 ? 'T' : 'S' }, 'agent-3': {} },
    }));
    for (const [second, event, fields] of [
      [100, 'agent.stream-error', { agent: 'agent-2', reason: 'h2 protocol error' }],
      [100, 'agent.failed', { agent: 'agent-2', reason: 'h2 protocol error' }],
      [100, 'run.failed', {}],
      [100, 'controller.aborting', {}],
      [102, 'controller.gave-up', { agent: 'agent-2' }],
    ] as const) {
      scene.event(second, 'controller', event, fields);
    }
    for (const agent of ['agent-1', 'agent-3']) scene.event(100.05, agent, 'agent.aborted');
    scene.live(101, 160, () => ({ beats: { 'agent-1': {}, 'agent-2': { process: 'T' }, 'agent-3': {} } }));
    const lost = scene.told().filter(line => line.startsWith('agent-lost'));
    assert.equal(lost.length, 1, scene.told().join('; '));
    assert.match(lost[0] ?? '', /agent-lost agent-2 frozen/);
  });

  it('a witness that is faster than the controller opens the incident, the controller’s word goes into the same one', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 50, () => ({ beats: Object.fromEntries(AGENTS.map(agent => [agent, {}])) }));
    scene.live(50, 70, () => ({ beats: { 'agent-1': {}, 'agent-2': { process: 'gone' }, 'agent-3': {} } }));
    scene.event(70, 'controller', 'agent.failed', { agent: 'agent-2', reason: 'h2 protocol error' });
    scene.event(70, 'controller', 'controller.aborting');
    scene.event(72, 'controller', 'controller.gave-up', { agent: 'agent-2' });
    for (const agent of ['agent-1', 'agent-3']) scene.event(70.05, agent, 'agent.aborted');
    scene.live(71, 120, () => ({ beats: { 'agent-1': {}, 'agent-2': { process: 'gone' }, 'agent-3': {} } }));
    assert.deepEqual(scene.told(), ['agent-lost agent-2 crashed @55']);
    assert.deepEqual(
      scene.changes.map(change => change.change).filter(change => change !== 'updated'),
      ['opened', 'worsened'],
    );
  });

  it('a clock that is off beyond its uncertainty is told, and over when it is right again', () => {
    const scene = new Scene();
    scene.live(0, 1400, second => ({ beats: { 'agent-1': { clock: second < 300 ? 5000 : 0 } } }));
    assert.match(scene.told()[0] ?? '', /^clock-skew agent-1 - @0-/);
    assert.equal(scene.engine.clockOf('host-agent-1')?.offset, 0);
  });
});

describe('losses that belong together', () => {
  const HOSTS = ['agent-1', 'agent-2', 'agent-3', 'agent-4'];
  /** Hosts beat a second apart from each other, as real ones do; `cut` says who is cut off when. */
  function world(cut: (agent: string, second: number) => boolean, end = 200, inRun = true) {
    const scene = new Scene({ lateAfter: 15_000 });
    if (inRun) scene.run(HOSTS);
    for (let second = 0; second < end; second++) {
      scene.at(second);
      // the controller's own collector needs no cable
      if (second % 5 === 0) scene.beat('controller', second);
      for (const [index, agent] of HOSTS.entries()) {
        if (second % 5 !== index) continue;
        if (!cut(agent, second)) scene.beat(agent, second);
        const outcome = cut(agent, second) ? 'timeout' : 'open';
        scene.engine.probe({ agent, address: `${agent}:7761`, at: START + second * 1000 + 500, outcome });
      }
    }
    scene.at(end);
    return scene;
  }

  it('all agents cut off: one partition although the controller’s own collector beats on, told once, over once', () => {
    for (const inRun of [true, false]) {
      const scene = world((_agent, second) => second >= 61 && second < 120, 200, inRun);
      assert.equal(scene.told().length, 1, scene.told().join('; '));
      assert.match(
        scene.told()[0] ?? '',
        inRun
          ? /^agent-lost agent-1,agent-2,agent-3,agent-4 partition @7\d/
          : /^collector-lost agent-1,agent-2,agent-3,agent-4 partition @7\d/,
      );
      assert.deepEqual(
        scene.changes.map(change => change.change).filter(change => change !== 'updated'),
        ['opened', 'resolved'],
      );
      const ended = scene.engine.incidents()[0]?.resolvedAt ?? 0;
      assert.ok(ended - START >= 120_000 && ended - START <= 126_000, String(ended - START));
    }
  });

  it('two of four on one switch: one incident of two hosts, no partition', () => {
    const scene = world(
      (agent, second) => ['agent-2', 'agent-3'].includes(agent) && second >= 61 && second < 120,
    );
    assert.equal(scene.told().length, 1, scene.told().join('; '));
    assert.match(scene.told()[0] ?? '', /^agent-lost agent-2,agent-3 host-unreachable @7\d/);
  });

  it('two losses a minute apart are two incidents', () => {
    const scene = world(
      (agent, second) =>
        (agent === 'agent-2' && second >= 41 && second < 80) || (agent === 'agent-3' && second >= 120),
    );
    assert.equal(scene.told().length, 2, scene.told().join('; '));
  });

  it('a host that comes and goes within minutes is one incident that comes back', () => {
    const scene = world((agent, second) => agent === 'agent-2' && second % 60 >= 25, 300);
    assert.deepEqual(
      scene.told().map(line => line.split(' @')[0]),
      ['agent-lost agent-2 host-unreachable'],
    );
    const changes = scene.changes.map(change => change.change).filter(change => change !== 'updated');
    assert.deepEqual(changes.slice(0, 4), ['opened', 'resolved', 'worsened', 'resolved']);
  });

  it('a state saved in the middle of an outage goes on with it', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    const cutOff = (second: number) => second >= 60 && second < 120;
    const step = (from: number, to: number) =>
      scene.live(from, to, second => ({
        beats: Object.fromEntries(AGENTS.map(agent => [agent, cutOff(second) ? undefined : {}])),
        ports: Object.fromEntries(AGENTS.map(agent => [agent, cutOff(second) ? 'timeout' : 'open'] as const)),
      }));
    step(0, 100);
    scene.engine = IncidentEngine.restore(scene.engine.snapshot(), { behaviours: behavioursOf(packs) });
    step(100, 200);
    assert.deepEqual(
      scene.changes.map(change => change.change).filter(change => change !== 'updated'),
      ['opened', 'resolved'],
      scene.told().join('; '),
    );
  });
});

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
