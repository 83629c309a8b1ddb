import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Attempt } from '../../../src/model/probe.js';
import { Scene, START } from '../scene.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3', 'agent-4'];
const settings = { agents: AGENTS.map((id, index) => ({ id, address: `10.0.0.${index + 1}:7761` })) };
const well = Object.fromEntries(AGENTS.map(agent => [agent, {}]));
const open = Object.fromEntries(AGENTS.map(agent => [agent, 'open' as const]));

/** The controller can't connect to agent-4 at an address of its own configuration. */
function refusedAt(address: string, attempt: Omit<Attempt, 'agent' | 'address' | 'at'> | undefined): Scene {
  const scene = new Scene(settings);
  for (const agent of AGENTS) scene.event(0, agent, 'process.started', { address: '0.0.0.0:7761' });
  scene.live(1, 10, () => ({ beats: well, ports: open }));
  scene.event(10, 'controller', 'run.started');
  scene.event(10, 'controller', 'run.described', { agents: '4' });
  scene.event(10.01, 'controller', 'agent.connect-failed', {
    agent: 'agent-4',
    address,
    reason: 'transport error',
  });
  scene.event(10.02, 'controller', 'run.failed', { reason: 'agent-4' });
  if (attempt) scene.engine.attempt({ agent: 'agent-4', address, at: START + 10_300, ...attempt });
  scene.live(11, 60, () => ({ beats: well, ports: open }));
  return scene;
}

describe('the address a controller has is not the agent’s', () => {
  it('a name that stands for nothing', () => {
    const scene = refusedAt('wrker4:7761', { outcome: 'no-address', addresses: [], detail: 'ENOTFOUND' });
    assert.match(scene.told().join('; '), /^agent-not-ready agent-4 dns @1[01]/);
    assert.match(
      scene.engine.incidents()[0]?.explanation ?? '',
      /the name wrker4.* stands for no address here; agent-4 itself answers at 10\.0\.0\.4:7761/,
    );
  });

  it('another host', () => {
    const scene = refusedAt('10.0.0.9:7761', { outcome: 'refused', addresses: ['10.0.0.9'] });
    assert.match(scene.told().join('; '), /^agent-not-ready agent-4 wrong-address/);
    assert.match(
      scene.engine.incidents()[0]?.explanation ?? '',
      /configuration says 10\.0\.0\.9:7761; agent-4 answers at 10\.0\.0\.4:7761/,
    );
  });

  it('another port', () => {
    const scene = refusedAt('10.0.0.4:7762', { outcome: 'refused', addresses: ['10.0.0.4'] });
    assert.match(scene.told().join('; '), /^agent-not-ready agent-4 wrong-address/);
    assert.match(
      scene.engine.incidents()[0]?.explanation ?? '',
      /agent-4 listens on port 7761, the controller tries 10\.0\.0\.4:7762/,
    );
  });

  it('without a try of its own nothing is said to be closed that answers', () => {
    const scene = refusedAt('10.0.0.4:7761', undefined);
    assert.match(scene.told().join('; '), /^agent-not-ready agent-4 - @/);
  });

  it('nobody was started at all: all are named, though the controller names the first', () => {
    const scene = new Scene(settings);
    const dead = Object.fromEntries(AGENTS.map(agent => [agent, 'refused' as const]));
    scene.live(0, 10, () => ({ ports: dead }));
    scene.event(10, 'controller', 'run.started');
    scene.event(10, 'controller', 'run.described', { agents: '4' });
    scene.event(10, 'controller', 'agent.connect-failed', {
      agent: 'agent-1',
      address: '10.0.0.1:7761',
      reason: 'transport error',
    });
    scene.event(10, 'controller', 'run.failed', { reason: 'agent-1' });
    scene.live(11, 60, () => ({ ports: dead }));
    assert.match(scene.told().join('; '), /^agent-not-ready agent-1,agent-2,agent-3,agent-4 refused/);
  });
});

describe('members of a run of which nothing is read', () => {
  const three = AGENTS.slice(0, 3);
  const threeSettings = { agents: settings.agents.slice(0, 3) };

  it('no log at all: a warning that names it, and the collector that follows no file', () => {
    const scene = new Scene(threeSettings);
    scene.event(0, 'controller', 'run.started');
    scene.event(0, 'controller', 'run.described', { agents: '3' });
    for (const agent of three.slice(0, 2)) {
      scene.event(1, agent, 'agent.joined');
      scene.event(3, agent, 'agent.started', { seconds: '600' });
    }
    scene.live(4, 90, () => ({ beats: { 'agent-1': {}, 'agent-2': {} }, ports: open }));
    assert.match(scene.told().join('; '), /^log-gap agent-3 - @33/);
    assert.match(
      scene.engine.incidents()[0]?.explanation ?? '',
      /takes part in the run \(its port answers\) and no log of it is read/,
    );
    assert.equal(scene.engine.incidents()[0]?.severity, 'warning');
  });

  it('a log that stands still while its siblings grow', () => {
    const scene = new Scene(threeSettings);
    scene.event(0, 'controller', 'run.started');
    scene.event(0, 'controller', 'run.described', { agents: '3' });
    for (const agent of three) {
      scene.event(1, agent, 'agent.joined');
      scene.event(1, agent, 'agent.ready');
    }
    for (const agent of three.slice(0, 2)) scene.event(3, agent, 'agent.started', { seconds: '600' });
    scene.live(4, 90, () => ({ beats: well, ports: open }));
    assert.match(scene.told().join('; '), /^log-gap agent-3 - @33/);
    assert.match(scene.engine.incidents()[0]?.explanation ?? '', /its log stands still since 12:00:01/);
  });

  it('an agent that this run does not use is none', () => {
    const scene = new Scene(threeSettings);
    scene.event(0, 'controller', 'run.started');
    scene.event(0, 'controller', 'run.described', { agents: '2' });
    for (const agent of three.slice(0, 2)) {
      scene.event(1, agent, 'agent.joined');
      scene.event(3, agent, 'agent.started', { seconds: '600' });
    }
    scene.live(4, 90, () => ({ beats: well, ports: open }));
    assert.deepEqual(scene.told(), []);
  });
});

describe('an agent that answers and says no', () => {
  it('is told as refusing, not as out of reach', () => {
    const scene = new Scene();
    scene.event(0, 'controller', 'run.started');
    scene.event(1, 'controller', 'agent.connect-failed', {
      agent: 'agent-1',
      reason: 'Invalid YAML config: io_rate.iops: invalid type: enum, expected a positive integer',
    });
    scene.event(1, 'controller', 'run.failed', { reason: 'agent-1' });
    scene.at(30);
    assert.match(
      scene.engine.incidents()[0]?.explanation ?? '',
      /^agent-1 refused to take part in the run at 12:00:01: “Invalid YAML config/,
    );
  });
});
