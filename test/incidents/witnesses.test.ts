import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProbeResult } from '../../src/model/probe.js';
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

it('explain does not say that a process ended outside a run beside the incident that says it died in it', () => {
  const scene = new Scene();
  scene.run(AGENTS);
  scene.live(0, 120, second => ({
    beats: { 'agent-1': {}, 'agent-2': { process: second >= 50 ? 'gone' : 'S' }, 'agent-3': {} },
    ports: { 'agent-2': second >= 50 ? 'refused' : 'open' },
  }));
  // Given up: the run ends, the process stays away.
  scene.event(120, 'controller', 'run.failed');
  scene.live(120, 400, () => ({ beats: { 'agent-1': {}, 'agent-2': { process: 'gone' }, 'agent-3': {} } }));
  const { incidents, skipped } = scene.engine.explain({ agent: 'agent-2' });
  assert.deepEqual(
    incidents.map(one => one.kind),
    ['agent-lost'],
  );
  assert.deepEqual(skipped, []);
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
    scene.live(0, 400, second => ({ beats: { 'agent-1': { clock: second < 300 ? 5000 : 0 } } }));
    assert.deepEqual(scene.told(), ['clock-skew agent-1 - @0-300']);
    assert.equal(scene.engine.clockOf('host-agent-1')?.offset, 0);
  });
});

describe('whose clock is off', () => {
  const clocks = (...offsets: number[]) =>
    Object.fromEntries(offsets.map((clock, i) => [`agent-${i + 1}`, { clock }]));

  for (const hour of [3_600_000, -3_600_000]) {
    it(`the service’s own, where all others agree and not with it, is one incident (${hour} ms)`, () => {
      const scene = new Scene();
      scene.live(0, 100, second => ({
        beats: { ...clocks(...Array(4).fill(second < 50 ? 0 : hour)), ctl: {} },
      }));
      assert.deepEqual(scene.told(), ['clock-skew Deadair’s own host - @50']);
      assert.match(scene.engine.incidents()[0]?.explanation ?? '', hour > 0 ? /1 h.* behind/ : /1 h.* ahead/);
      scene.live(100, 130, () => ({ beats: { ...clocks(0, 0, 0, 0), ctl: {} } }));
      assert.deepEqual(scene.told(), ['clock-skew Deadair’s own host - @50-100']);
    });

    it(`heard one after the other it is no host’s meanwhile (${hour} ms)`, () => {
      const scene = new Scene();
      const agents = ['agent-1', 'agent-2', 'agent-3', 'ctl'];
      for (let second = 0; second < 60; second++) {
        scene.at(second);
        const agent = agents[second % 5];
        if (agent) scene.beat(agent, second, { clock: second >= 30 && agent !== 'ctl' ? hour : 0 });
      }
      scene.at(60);
      assert.deepEqual(scene.told(), ['clock-skew Deadair’s own host - @32']);
      assert.deepEqual(
        scene.changes.map(({ change }) => change),
        ['opened'],
      );
    });
  }

  it('one host of several is that host’s, and so are two that differ from each other', () => {
    const scene = new Scene();
    scene.live(0, 100, () => ({ beats: { ...clocks(0, 5000, 0, -7000), ctl: {} } }));
    assert.deepEqual(scene.told(), ['clock-skew agent-4 - @0', 'clock-skew agent-2 - @0']);
  });

  it('the only other host and the service are at odds: the host is told, whoever is right', () => {
    const scene = new Scene();
    scene.live(0, 100, () => ({ beats: { ...clocks(5000), ctl: {} } }));
    assert.deepEqual(scene.told(), ['clock-skew agent-1 - @0']);
  });

  it('what heartbeats measured is not told a second time because a controller says so', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.event(4, 'controller', 'agent.clock-offset', { agent: 'agent-2', milliseconds: '5000' });
    scene.live(5, 100, () => ({ beats: { ...clocks(0, 5000, 0), ctl: {} } }));
    assert.deepEqual(
      scene.told().map(line => line.replace(/@.*/, '')),
      ['clock-skew agent-2 - '],
    );
  });
});
