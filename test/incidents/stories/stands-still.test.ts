import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scene, START } from '../scene.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3'];
const well = Object.fromEntries(AGENTS.map(agent => [agent, {}]));
const open = Object.fromEntries(AGENTS.map(agent => [agent, 'open' as const]));
const world = () => ({ beats: { ...well, controller: {} }, ports: open });

/** All are there and got ready; nobody has begun. */
function announced(agents = AGENTS): Scene {
  const scene = new Scene();
  scene.event(0, 'controller', 'run.started');
  scene.event(0, 'controller', 'run.described', { agents: String(agents.length) });
  for (const agent of agents) {
    scene.event(0, agent, 'process.started');
    scene.event(1, agent, 'agent.joined');
    scene.event(1, agent, 'agent.ready');
    scene.event(2, 'controller', 'agent.answered', { agent });
  }
  scene.live(3, 12, world);
  scene.event(12, 'controller', 'run.workload-started');
  return scene;
}

describe('runs that stand still', () => {
  const reason = 'can not enter stage load: state is idle';

  it('by the words of agents that could not begin, within seconds', () => {
    const scene = announced();
    for (const agent of AGENTS) scene.event(12, agent, 'agent.start-failed', { reason });
    scene.live(13, 60, world);
    assert.deepEqual(scene.told(), ['agent-not-ready agent-1,agent-2,agent-3 - @13']);
    assert.match(
      scene.engine.incidents()[0]?.explanation ?? '',
      /could not begin the workload.*execute nothing since/,
    );
  });

  it('the same words after an order to stop are only a consequence', () => {
    const scene = announced();
    for (const agent of AGENTS) scene.event(13, agent, 'agent.started');
    scene.live(14, 40, world);
    scene.event(40, 'controller', 'run.interrupted', { reason: 'SIGINT' });
    for (const agent of AGENTS) scene.event(40, agent, 'agent.aborted');
    for (const agent of AGENTS) scene.event(42, agent, 'agent.start-failed', { reason });
    scene.live(43, 90, world);
    assert.deepEqual(scene.told(), ['controller-lost controller interrupted @41-41']);
  });

  it('without any word: announced, nobody began, and no line of anybody', () => {
    const scene = announced();
    scene.live(13, 90, world);
    assert.deepEqual(scene.told(), ['agent-not-ready agent-1,agent-2,agent-3 - @57']);
    assert.match(scene.engine.incidents()[0]?.explanation ?? '', /stands still/);
  });

  it('an agent that begins 20 s late is no standstill', () => {
    const scene = announced();
    scene.live(13, 32, world);
    for (const agent of AGENTS) scene.event(32, agent, 'agent.started');
    scene.live(33, 200, world);
    assert.deepEqual(scene.told(), []);
  });

  it('seven of eight say that they wait in vain, the eighth says nothing: known with the word of the fifth', () => {
    const agents = Array.from({ length: 8 }, (_, index) => `agent-${index + 1}`);
    const scene = announced(agents);
    for (let second = 13; second < 120; second++) {
      scene.live(second, second + 1, world);
      // lines keep coming, so that it is not the watchdog that speaks
      if (second % 10 === 0) scene.line(second, 'agent-8', { text: 'still here' });
      const waiting = second >= 71 && second < 78 ? agents[second - 71] : undefined;
      if (waiting) scene.event(second, waiting, 'agent.start-overdue', { limit: '60' });
    }
    const [incident] = scene.engine.incidents();
    assert.equal(incident?.kind, 'startup-timeout', scene.told().join('; '));
    assert.equal(incident?.openedAt, START + 77_000);
    assert.match(incident?.explanation ?? '', /the other one has not begun either/);
  });
});

describe('all wait for one', () => {
  function atBarrier(slowest: number | undefined): Scene {
    const agents = [...AGENTS, 'agent-4'];
    const scene = new Scene();
    scene.event(0, 'controller', 'run.started');
    for (const agent of agents) scene.event(1, agent, 'agent.joined');
    for (const agent of agents) scene.event(17, agent, 'agent.started');
    for (const [index, agent] of AGENTS.entries()) scene.event(20 + index, agent, 'agent.phase-ended');
    for (let second = 23; second < 90; second++) {
      scene.at(second);
      if (second === slowest) scene.event(second, 'agent-4', 'agent.phase-ended');
    }
    scene.at(90);
    return scene;
  }

  it('at a barrier, against what its siblings took', () => {
    const scene = atBarrier(undefined);
    assert.deepEqual(scene.told(), ['agent-stalled agent-4 unresponsive @51'.replace('unresponsive', '-')]);
    const [incident] = scene.engine.incidents();
    assert.equal(incident?.severity, 'warning');
    assert.match(
      incident?.explanation ?? '',
      /All wait for agent-4: agent-1, agent-2 and agent-3 reached the barrier/,
    );
  });

  it('one that takes a few times as long is no news; when it arrives, it is over', () => {
    assert.deepEqual(atBarrier(45).told(), []);
    assert.match(atBarrier(70).told().join(), /^agent-stalled agent-4 - @51-7\d$/);
  });
});

describe('interrupted', () => {
  it('by Ctrl-C that the controller tells of, and by one that took its tee along: the same answer', () => {
    for (const told of [true, false]) {
      const scene = new Scene();
      scene.run(AGENTS);
      scene.live(4, 60, world);
      if (told) scene.event(60, 'controller', 'run.interrupted', { reason: 'SIGINT' });
      for (const agent of AGENTS) scene.event(60, agent, 'agent.aborted');
      scene.live(61, 120, world);
      const [incident, ...more] = scene.engine.incidents();
      assert.equal(more.length, 0, scene.told().join('; '));
      assert.deepEqual(
        [incident?.kind, incident?.cause, incident?.severity],
        ['controller-lost', 'interrupted', 'info'],
      );
      assert.match(incident?.explanation ?? '', /The run was interrupted/);
      assert.equal(scene.engine.runs()[0]?.outcome, 'interrupted');
    }
  });

  it('two controllers on one set of agents: who has them', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(4, 60, world);
    scene.event(60, 'controller-b', 'run.started');
    for (const agent of AGENTS) {
      scene.event(61, 'controller-b', 'agent.rejected', { agent, reason: 'agent in Running state' });
    }
    scene.event(61, 'controller-b', 'run.failed', { reason: 'no agents' });
    scene.live(62, 90, world);
    const incidents = scene.engine.incidents();
    assert.ok(
      incidents.length > 0 && incidents.every(one => one.kind === 'agent-not-ready'),
      scene.told().join('; '),
    );
    for (const { explanation } of incidents)
      assert.match(explanation, /busy with the run of 12:00:00, which controller controls/);
  });
});
