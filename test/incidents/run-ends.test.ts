import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scene, START } from './scene.js';

const AGENTS = ['agent-1', 'agent-2'];
const BESIDE = { 'agent-1': {}, 'agent-2': {} };

/** Seconds after the start at which each run ended, oldest first; null: it goes on. */
const ends = (scene: Scene) =>
  scene.engine
    .runs()
    .map(run => (run.endedAt === undefined ? null : [Math.round((run.endedAt - START) / 1000), run.outcome]));

describe('a run whose controller never says that it ended', () => {
  it('ends with its last word when the controller begins the next one', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    for (const agent of AGENTS) scene.event(200, agent, 'agent.completed');
    scene.live(0, 250, () => ({ beats: { ...BESIDE, controller: {} } }));
    scene.line(250, 'controller', { text: 'results written' });
    scene.live(251, 900, () => ({ beats: { ...BESIDE, controller: {} } }));
    scene.event(900, 'controller', 'run.started');
    scene.live(901, 910, () => ({ beats: { ...BESIDE, controller: {} } }));
    assert.deepEqual(ends(scene), [[250, undefined], null]);
    assert.deepEqual(scene.told(), []);
  });

  it('ends when its controller’s process went after it began to end the run, with its last word', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    for (const agent of AGENTS) scene.event(200, agent, 'agent.completed');
    scene.event(205, 'controller', 'controller.aborting');
    scene.line(210, 'controller', { text: 'results written' });
    scene.live(0, 400, second => ({
      beats: { ...BESIDE, controller: { process: second >= 220 ? 'gone' : 'S' } },
    }));
    assert.deepEqual(ends(scene), [[210, undefined]]);
    assert.deepEqual(scene.told(), []);
    assert.match(scene.engine.explain({ agent: 'agent-1' }).known.join('\n'), /over; it never said how/);
  });

  it('goes on while the process is there, however long nobody says a word', () => {
    const scene = new Scene();
    scene.run(AGENTS, 40_000);
    scene.live(0, 30_000, () => ({ beats: { ...BESIDE, controller: {} } }));
    assert.deepEqual(ends(scene), [null]);
  });

  it('where nobody sees processes it ends after hours without a word of anybody, and goes on when one comes', () => {
    const scene = new Scene();
    scene.run(AGENTS, 40_000);
    scene.at(5 * 3600);
    assert.deepEqual(ends(scene), [null]);
    scene.at(7 * 3600);
    assert.deepEqual(ends(scene), [[3, undefined]]);
    scene.line(7 * 3600 + 10, 'controller', { text: 'still here' });
    scene.at(7 * 3600 + 20);
    assert.deepEqual(ends(scene), [null]);
    scene.event(7 * 3600 + 30, 'controller', 'run.completed');
    scene.at(7 * 3600 + 40);
    assert.deepEqual(ends(scene), [[7 * 3600 + 30, 'completed']]);
  });

  it('its own late word of the end counts, also after the process went', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    for (const agent of AGENTS) scene.event(200, agent, 'agent.completed');
    scene.event(205, 'controller', 'controller.aborting');
    scene.live(0, 400, second => ({
      beats: { ...BESIDE, controller: { process: second >= 220 ? 'gone' : 'S' } },
    }));
    scene.late(410, 215, 'controller', 'run.completed');
    scene.at(500);
    assert.deepEqual(ends(scene), [[215, 'completed']]);
  });
});
