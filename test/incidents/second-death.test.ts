import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BeatState, Scene, START } from './scene.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3', 'agent-4'];
const ADDRESSES = AGENTS.map(id => ({ id, address: `${id}:7761` }));

/** A run at work in which agent-1 was lost long before; every agent's collector beats each five seconds. */
function oneLost(settings: ConstructorParameters<typeof Scene>[0] = {}): Scene {
  const scene = new Scene(settings);
  scene.run(AGENTS);
  scene.live(0, 61, () => ({ beats: Object.fromEntries(AGENTS.map(agent => [agent, {}])) }));
  scene.event(61.1, 'controller', 'agent.failed', { agent: 'agent-1' });
  scene.live(62, 118, () => ({ beats: others('agent-1', { process: 'gone' }) }));
  return scene;
}

function others(agent: string, state: BeatState): Record<string, BeatState> {
  return { ...Object.fromEntries(AGENTS.map(one => [one, {}])), [agent]: state };
}

/** When the incident first named an agent, seconds after the start. */
function namedAt(scene: Scene, agent: string): number | undefined {
  const found = scene.changes.find(
    ({ change, incident }) => change !== 'resolved' && incident.subjects.includes(agent),
  );
  return found && (found.at - START) / 1000;
}

describe('an agent that is lost after another one of its run', () => {
  it('is told 3 s after the complaint when its process is seen gone and its log has been read', () => {
    const scene = oneLost();
    scene.event(120, 'controller', 'agent.failed', { agent: 'agent-2' });
    scene.beat('agent-2', 121, { process: 'gone' });
    for (let second = 120.5; second < 130; second += 0.5) scene.at(second);
    assert.equal(namedAt(scene, 'agent-2'), 123);
  });

  it('is told as soon as its process is seen gone, where that is later', () => {
    const scene = oneLost();
    scene.event(120, 'controller', 'agent.failed', { agent: 'agent-2' });
    scene.at(123.9);
    scene.beat('agent-2', 124, { process: 'gone' });
    for (let second = 124.1; second < 130; second += 0.5) scene.at(second);
    assert.ok((namedAt(scene, 'agent-2') ?? 0) < 124.7, String(namedAt(scene, 'agent-2')));
  });

  it('waits for its own log while bytes of it have not come, and what they say clears it', () => {
    const scene = oneLost();
    scene.event(120, 'controller', 'agent.failed', { agent: 'agent-2' });
    scene.beat('agent-2', 121, { process: 'gone', unread: true });
    scene.at(124.5);
    scene.event(124.6, 'agent-2', 'agent.aborted');
    scene.live(125, 128, () => ({ beats: {} }));
    assert.equal(namedAt(scene, 'agent-2'), undefined);
  });

  it('waits for its own log where nobody tells of its process', () => {
    const scene = oneLost();
    scene.event(120, 'controller', 'agent.failed', { agent: 'agent-2' });
    for (let second = 120.5; second < 130; second += 0.5) scene.at(second);
    assert.equal(namedAt(scene, 'agent-2'), 125);
  });

  it('is told 3 s after the complaint when its port refuses the try that the complaint calls for', () => {
    const scene = oneLost({ agents: ADDRESSES });
    scene.engine.takeWanted();
    scene.beat('agent-2', 119, { process: 'untold' });
    scene.event(120, 'controller', 'agent.failed', { agent: 'agent-2' });
    scene.at(120.2);
    assert.deepEqual(scene.engine.takeWanted(), [{ agent: 'agent-2', address: 'agent-2:7761' }]);
    scene.engine.attempt({
      agent: 'agent-2',
      address: 'agent-2:7761',
      addresses: ['10.0.0.2'],
      outcome: 'refused',
      at: START + 120_300,
    });
    scene.beat('agent-2', 121, { process: 'untold' });
    for (let second = 121.5; second < 130; second += 0.5) scene.at(second);
    assert.equal(namedAt(scene, 'agent-2'), 123);
  });

  it('is not told sooner for a refused port when the run is being stopped: it may have ended because it was told to', () => {
    const scene = oneLost({ agents: ADDRESSES });
    scene.event(120, 'controller', 'agent.failed', { agent: 'agent-2' });
    scene.event(120.2, 'controller', 'controller.aborting');
    scene.at(120.3);
    scene.engine.attempt({
      agent: 'agent-2',
      address: 'agent-2:7761',
      addresses: ['10.0.0.2'],
      outcome: 'refused',
      at: START + 120_400,
    });
    for (let second = 120.5; second < 124; second += 0.5) scene.at(second);
    assert.equal(namedAt(scene, 'agent-2'), undefined);
  });
});

describe('what is told as standing alone', () => {
  const alone = (scene: Scene) =>
    scene.changes
      .filter(({ change }) => change === 'opened' || change === 'worsened')
      .map(({ incident, alone: is = false }) => `${incident.subjects.join()} ${is}`);

  it('is a loss with nothing else in sight', () => {
    const scene = oneLost();
    assert.equal(alone(scene)[0], 'agent-1 true');
  });

  it('is none while another complaint is looked into', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 61, () => ({ beats: Object.fromEntries(AGENTS.map(agent => [agent, {}])) }));
    scene.event(61.1, 'controller', 'agent.failed', { agent: 'agent-1' });
    scene.event(62, 'controller', 'agent.failed', { agent: 'agent-2' });
    scene.live(62, 70, () => ({ beats: {} }));
    assert.equal(alone(scene)[0], 'agent-1 false');
  });

  it('is none while the heartbeat of another host stays away', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 61, second => ({
      beats: Object.fromEntries(AGENTS.map(one => [one, one === 'agent-4' && second > 50 ? undefined : {}])),
    }));
    scene.event(61.1, 'controller', 'agent.failed', { agent: 'agent-1' });
    scene.live(62, 67, () => ({ beats: {} }));
    assert.equal(alone(scene)[0], 'agent-1 false');
  });

  it('is no second loss within ten seconds: a third may follow', () => {
    const scene = oneLost();
    scene.changes.length = 0;
    scene.event(118.1, 'controller', 'agent.failed', { agent: 'agent-2' });
    scene.beat('agent-2', 119, { process: 'gone' });
    scene.at(122);
    scene.event(122.1, 'controller', 'agent.failed', { agent: 'agent-3' });
    scene.beat('agent-3', 123, { process: 'gone' });
    scene.live(123, 130, () => ({ beats: {} }));
    assert.deepEqual(alone(scene).slice(0, 2), ['agent-1,agent-2 true', 'agent-1,agent-2,agent-3 false']);
  });

  it('is nothing that may pass: a collector that is silent while its agent answers', () => {
    const scene = new Scene({ agents: ADDRESSES });
    const ports = Object.fromEntries(AGENTS.map(agent => [agent, 'open' as const]));
    scene.run(AGENTS);
    scene.live(0, 120, second => ({
      beats: Object.fromEntries(AGENTS.map(one => [one, one === 'agent-4' && second > 50 ? undefined : {}])),
      ports,
    }));
    assert.deepEqual(
      scene.changes.map(
        ({ change, incident, alone: is }) => `${change} ${incident.kind} ${incident.severity} ${is}`,
      ),
      ['opened collector-lost warning undefined'],
    );
  });
});
