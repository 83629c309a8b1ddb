import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scene } from '../scene.js';

const AGENTS = ['agent-1', 'agent-2'];

/** A second controller wants the agents of a run that goes on, 20 s into it. */
function rivals(refusal: (scene: Scene) => void): Scene {
  const scene = new Scene({ agents: AGENTS.map(id => ({ id })) });
  scene.run(AGENTS, 60);
  scene.at(20);
  scene.event(20, 'controller2', 'run.started');
  scene.event(20, 'controller2', 'run.described', { agents: '2' });
  refusal(scene);
  scene.at(90);
  return scene;
}

describe('two controllers, one set of agents', () => {
  it('whom one run keeps from another is one incident that says so, and no fault of the agents', () => {
    const scene = rivals(scene => {
      for (const agent of AGENTS)
        scene.event(21, 'controller2', 'agent.rejected', { agent, reason: 'agent is Running' });
      scene.event(22, 'controller2', 'controller.gave-up', { reason: 'start failed' });
    });
    assert.deepEqual(scene.told(), ['agent-not-ready agent-1,agent-2 busy @21.5']);
    const [{ explanation } = { explanation: '' }] = scene.engine.incidents();
    assert.match(explanation, /agent-1 and agent-2 were not free.*“agent is Running”.*busy with the run of/);
  });

  it('agents that tell the second controller nothing are found at work for the first', () => {
    const scene = rivals(scene => {
      for (const agent of AGENTS) scene.event(20, 'controller2', 'agent.answered', { agent });
      scene.event(70, 'controller2', 'run.startup-timeout', { seconds: '50' });
    });
    assert.deepEqual(scene.told(), ['agent-not-ready agent-1,agent-2 busy @70.5']);
  });

  it('an agent that refuses another run goes on with its own: its end belongs to that', () => {
    const scene = rivals(scene => {
      for (const agent of AGENTS) {
        scene.event(21, agent, 'agent.joined');
        scene.event(21, agent, 'agent.rejected', { reason: 'Rejecting START - agent in Running state' });
        scene.event(63, agent, 'agent.completed');
      }
      scene.event(64, 'controller', 'run.completed');
      scene.event(70, 'controller2', 'run.startup-timeout', { seconds: '50' });
    });
    assert.deepEqual(scene.told(), ['agent-not-ready agent-1,agent-2 busy @21.5']);
  });

  for (const [name, order] of [
    ['it is refused and gives up', 'controller.gave-up'],
    ['nobody answers it and it stops all it knows', 'controller.aborting'],
  ] as const)
    it(`the second controller’s order to stop ends the first run: ${name}`, () => {
      const scene = rivals(scene => {
        for (const agent of AGENTS)
          scene.event(21, 'controller2', 'agent.rejected', { agent, reason: 'agent is Running' });
        scene.event(40, 'controller2', order, { reason: 'start failed' });
        for (const agent of AGENTS) scene.event(40.2, agent, 'agent.aborted');
        scene.event(62, 'controller', 'agent.failed', { agent: 'agent-2', reason: 'state is Idle' });
        scene.event(62, 'controller', 'run.failed');
        scene.event(62.1, 'controller', 'controller.aborting');
      });
      assert.deepEqual(scene.told().sort(), [
        'agent-not-ready agent-1,agent-2 busy @21.5',
        'agent-stopped agent-1,agent-2 - @41.2-62',
      ]);
      const told = scene.engine.incidents().find(({ kind }) => kind === 'agent-stopped');
      assert.match(told?.explanation ?? '', /by another controller: controller2 gave up the run/);
      assert.equal(told?.severity, 'critical');
    });

  it('a run that its own controller stops was not stopped by the other', () => {
    const scene = rivals(scene => {
      for (const agent of AGENTS)
        scene.event(21, 'controller2', 'agent.rejected', { agent, reason: 'agent is Running' });
      scene.event(40, 'controller', 'run.interrupted', { reason: 'SIGINT' });
      scene.event(40, 'controller', 'controller.aborting');
      scene.event(40, 'controller2', 'controller.gave-up', { reason: 'start failed' });
      for (const agent of AGENTS) scene.event(40.2, agent, 'agent.aborted');
    });
    assert.ok(!scene.told().some(line => line.startsWith('agent-stopped')), scene.told().join('; '));
  });
});

describe('logs that come late, and runs without a controller’s log', () => {
  it('all agents that are stopped in order together were ended by somebody; one alone was not', () => {
    const stopped = (agents: string[]) => {
      const scene = new Scene();
      for (const agent of ['agent-1', 'agent-2', 'agent-3']) {
        scene.event(0, agent, 'process.started');
        scene.event(1, agent, 'agent.joined');
        scene.event(3, agent, 'agent.started', { seconds: '600' });
      }
      for (const [index, agent] of agents.entries()) scene.event(30 + 2 * index, agent, 'process.stopping');
      scene.at(80);
      return scene.told();
    };
    assert.deepEqual(stopped(['agent-1', 'agent-2', 'agent-3']), []);
    assert.deepEqual(stopped(['agent-2']), ['agent-stopped agent-2 - @40']);
  });
});
