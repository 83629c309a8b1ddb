import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Incident } from '../../src/model/incident.js';
import { Scene } from './scene.js';

const told = ({ kind, cause, subjects }: Incident) => `${kind} ${cause} of ${subjects.length}`;

function agents(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `agent-${index + 1}`);
}

describe('many hosts fail at once', () => {
  test('300 hosts that fall silent together are one incident, and their return ends it', () => {
    const scene = new Scene();
    const all = agents(300);
    const beats = Object.fromEntries(all.map(agent => [agent, {}]));
    scene.live(0, 30, () => ({ beats }));
    scene.live(30, 150, () => ({}));
    scene.live(150, 200, () => ({ beats }));
    assert.deepEqual(scene.engine.incidents().map(told), ['collector-lost partition of 300']);
    assert.deepEqual(
      scene.changes.map(({ change }) => change),
      ['opened', 'resolved'],
    );
    assert.match(scene.engine.incidents()[0]!.explanation, /All 300 agents fell silent together/);
  });

  test('280 of 300 behind one switch are one incident that names them', () => {
    const scene = new Scene();
    const all = agents(300);
    const beats = Object.fromEntries(all.map(agent => [agent, {}]));
    const rest = Object.fromEntries(all.slice(280).map(agent => [agent, {}]));
    scene.live(0, 30, () => ({ beats }));
    scene.live(30, 150, () => ({ beats: rest }));
    scene.live(150, 200, () => ({ beats }));
    assert.deepEqual(scene.engine.incidents().map(told), ['collector-lost undefined of 280']);
    assert.notEqual(scene.engine.incidents()[0]!.resolvedAt, undefined);
  });

  test('200 hosts that complain of one peer are one incident, whatever each of them says how often', () => {
    const scene = new Scene();
    for (let second = 0; second < 20; second++) {
      scene.at(second);
      for (const agent of agents(200))
        for (let times = 0; times < 5; times++)
          scene.line(second, agent, {
            rule: 'generic/refused',
            class: 'refused',
            level: 'error',
            fields: { host: 'db.example', port: '5432' },
          });
    }
    scene.at(30);
    assert.deepEqual(scene.engine.incidents().map(told), ['network-fault refused of 200']);
  });

  test('an agent in trouble with thousands of peers stays one incident of bounded size', () => {
    const scene = new Scene();
    for (let second = 0; second < 50; second++) {
      scene.at(second);
      for (let peer = 0; peer < 100; peer++)
        for (let times = 0; times < 3; times++)
          scene.line(second, 'agent-1', {
            rule: 'generic/timeout',
            class: 'timeout',
            level: 'error',
            fields: { host: `10.0.${second}.${peer}`, port: '443' },
          });
    }
    scene.at(60);
    const [incident, ...others] = scene.engine.incidents();
    assert.equal(others.length, 0);
    assert.ok(incident!.explanation.length < 2000, incident!.explanation);
    assert.ok(scene.engine.snapshot().length < 4_000_000);
  });
});
