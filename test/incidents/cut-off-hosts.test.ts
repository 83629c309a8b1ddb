import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IncidentEngine } from '../../src/incidents/engine.js';
import { programsOf } from '../../src/incidents/settings.js';
import { packs } from './recordings.js';
import { Scene, START } from './scene.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3'];

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
    scene.engine = IncidentEngine.restore(scene.engine.snapshot(), { ...programsOf(packs) });
    step(100, 200);
    assert.deepEqual(
      scene.changes.map(change => change.change).filter(change => change !== 'updated'),
      ['opened', 'resolved'],
      scene.told().join('; '),
    );
  });
});
