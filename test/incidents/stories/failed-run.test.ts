import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scene, START } from '../scene.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3'];
const well = Object.fromEntries(AGENTS.map(agent => [agent, {}]));
const open = Object.fromEntries(AGENTS.map(agent => [agent, 'open' as const]));
const H2 = 'status: Unknown, message: "h2 protocol error: error reading a body from connection"';

/** The controller gives the run up because of an agent and stops the others, as sai3-bench does. */
function gaveUp(scene: Scene, second: number, lost: string, others: string[]): void {
  scene.event(second, 'controller', 'agent.stream-error', { agent: lost, reason: H2 });
  scene.event(second, 'controller', 'agent.failed', { agent: lost, reason: H2 });
  scene.event(second, 'controller', 'run.failed', { reason: 'One or more agents did not complete' });
  scene.event(second, 'controller', 'controller.aborting');
  for (const agent of others) scene.event(second, agent, 'agent.aborted');
}

const lines = (scene: Scene) =>
  scene.changes.map(
    ({ change, incident, at }) => `${(at - START) / 1000} ${change} ${incident.kind} ${incident.subjects}`,
  );

describe('the end of a run is not the recovery of its fault', () => {
  it('a port that stays dead: one incident, open, and a message when the run fails of it', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 49, second => ({
      beats: well,
      ports: { ...open, 'agent-2': second >= 10 ? 'timeout' : 'open' },
    }));
    assert.deepEqual(scene.told(), ['agent-lost agent-2 timeout @15']);
    gaveUp(scene, 49, 'agent-2', ['agent-1', 'agent-3']);
    scene.live(50, 200, () => ({ beats: well, ports: { ...open, 'agent-2': 'timeout' } }));
    assert.deepEqual(scene.told(), ['agent-lost agent-2 timeout @15'], 'nothing was well again');
    const [incident] = scene.engine.incidents();
    assert.equal(incident?.endedRun, START + 49_000);
    assert.match(incident?.explanation ?? '', /the run failed because of it: at 12:00:49/);
    assert.match(incident?.explanation ?? '', /stopped the other 2 agents/);
    const news = scene.changes.filter(({ change, at }) => change === 'worsened' && at >= START + 49_000);
    assert.equal(news.length, 1, lines(scene).join('; '));
    assert.ok((news[0]?.at ?? 0) <= START + 53_000);
  });

  it('a cable that is plugged in again after the run has failed: over then, and still the reason', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    const cut = (second: number) => second >= 10 && second < 75;
    scene.live(0, 49, second => ({
      beats: { ...well, 'agent-2': cut(second) ? undefined : {} },
      ports: { ...open, 'agent-2': cut(second) ? 'timeout' : 'open' },
    }));
    gaveUp(scene, 49, 'agent-2', ['agent-1', 'agent-3']);
    scene.live(50, 160, second => ({
      beats: { ...well, 'agent-2': cut(second) ? undefined : {} },
      ports: { ...open, 'agent-2': cut(second) ? 'timeout' : 'open' },
    }));
    assert.equal(scene.told().length, 1, scene.told().join('; '));
    assert.match(scene.told()[0] ?? '', /^agent-lost agent-2 host-unreachable @2\d(\.\d)?-75$/);
    const [incident] = scene.engine.incidents();
    assert.equal(incident?.endedRun, START + 49_000);
    assert.match(
      incident?.explanation ?? '',
      /host of agent-2 was down or cut off.*it is back.*run failed because of it/,
    );
    assert.ok(
      !lines(scene).some(line => /resolved/.test(line) && Number.parseFloat(line) < 75),
      lines(scene).join('; '),
    );
  });

  it('a host that starts anew before its controller notices: one loss, with its end, and no weaker word later', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    const away = (second: number) => second >= 10 && second < 40;
    scene.live(0, 41, second => ({
      beats: { ...well, 'agent-2': away(second) ? undefined : {} },
      ports: { ...open, 'agent-2': away(second) ? 'timeout' : 'open' },
    }));
    scene.event(41, 'agent-2', 'process.started');
    gaveUp(scene, 41, 'agent-2', ['agent-1', 'agent-3']);
    scene.live(42, 160, () => ({ beats: well, ports: open }));
    assert.equal(scene.told().length, 1, scene.told().join('; '));
    assert.match(scene.told()[0] ?? '', /^agent-lost agent-2 host-unreachable @2\d(\.\d)?-4\d/);
    assert.match(
      scene.engine.incidents()[0]?.explanation ?? '',
      /started anew and is back; the run failed because of it/,
    );
  });

  it('a host that is back before its collector: still the host that was lost, not "only the collector"', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 160, second => ({
      beats: { ...well, 'agent-2': second >= 10 && second < 60 ? undefined : {} },
      ports: { ...open, 'agent-2': second >= 10 && second < 40 ? 'timeout' : 'open' },
    }));
    assert.equal(scene.told().length, 1, scene.told().join('; '));
    assert.match(scene.told()[0] ?? '', /^agent-lost agent-2 host-unreachable @2\d(\.\d)?-60$/);
  });

  it('nobody complains of the agent that witnesses lost: it stays lost when the run has completed', () => {
    const scene = new Scene();
    scene.run(AGENTS);
    scene.live(0, 60, second => ({
      beats: { ...well, 'agent-2': second >= 10 ? undefined : {} },
      ports: { ...open, 'agent-2': second >= 10 ? 'timeout' : 'open' },
    }));
    scene.event(60, 'controller', 'run.completed');
    scene.live(61, 160, () => ({
      beats: { ...well, 'agent-2': undefined },
      ports: { ...open, 'agent-2': 'timeout' },
    }));
    assert.match(scene.told().join('; '), /^agent-lost agent-2 host-unreachable @2\d(\.\d)?$/);
  });
});

describe('who failed first', () => {
  const cutAt = (agent: string, second: number) => ({ agent, second });
  /** Two agents cut off: of one there are witnesses, the other's loss is only told by the controller's keepalive. */
  function two(witnessed: { agent: string; second: number }, told: { agent: string; second: number }): Scene {
    const scene = new Scene();
    scene.run([...AGENTS, 'agent-4']);
    const beats = (second: number) => ({
      'agent-1': {},
      'agent-3': {},
      [witnessed.agent]: second >= witnessed.second ? undefined : {},
    });
    const ports = (second: number) => ({
      'agent-1': 'open' as const,
      'agent-3': 'open' as const,
      [witnessed.agent]: second >= witnessed.second ? ('timeout' as const) : ('open' as const),
    });
    const notice = told.second + 40;
    scene.live(0, notice, second => ({ beats: beats(second), ports: ports(second) }));
    gaveUp(scene, notice, told.agent, ['agent-1', 'agent-3']);
    scene.live(notice + 1, notice + 30, second => ({ beats: beats(second), ports: ports(second) }));
    return scene;
  }

  it('the beginnings do not overlap: it is said who was first, and for whom the run was given up', () => {
    const scene = two(cutAt('agent-2', 30), cutAt('agent-4', 20));
    const lost = scene.engine.incidents().filter(({ kind }) => kind === 'agent-lost');
    assert.deepEqual(
      lost.map(({ subjects, endedRun }) => [subjects.join(), endedRun !== undefined]),
      [
        ['agent-2', false],
        ['agent-4', true],
      ],
    );
    const [second, first] = lost;
    assert.ok(
      (first?.began?.to ?? 0) < (second?.began?.from ?? 0),
      JSON.stringify(lost.map(one => one.began)),
    );
    assert.match(first?.explanation ?? '', /the run failed because of it/);
    assert.doesNotMatch(second?.explanation ?? '', /the run failed because of it/);
  });

  it('exchanged: the witnessed one began first', () => {
    const scene = two(cutAt('agent-2', 20), cutAt('agent-4', 35));
    const began = new Map(scene.engine.incidents().map(one => [one.subjects.join(), one.began]));
    assert.ok(
      (began.get('agent-2')?.to ?? 0) < (began.get('agent-4')?.from ?? 0),
      JSON.stringify([...began]),
    );
  });

  it('two losses the controller tells of together: each with its time, and none among the others', () => {
    const scene = new Scene();
    scene.run([...AGENTS, 'agent-4']);
    scene.live(0, 60, () => ({}));
    for (const [second, agent] of [
      [60, 'agent-2'],
      [68, 'agent-4'],
    ] as const) {
      scene.event(second, 'controller', 'agent.stream-error', { agent, reason: H2 });
      scene.event(second, 'controller', 'agent.failed', { agent, reason: H2 });
    }
    scene.event(69, 'controller', 'controller.aborting');
    for (const agent of ['agent-1', 'agent-3']) scene.event(69, agent, 'agent.aborted');
    scene.at(100);
    const [incident, ...more] = scene.engine.incidents();
    assert.equal(more.length, 0, scene.told().join('; '));
    assert.deepEqual(incident?.subjects, ['agent-2', 'agent-4']);
    assert.match(incident?.explanation ?? '', /agent-2 was first \(about 12:00:20\), agent-4 followed/);
    assert.match(incident?.explanation ?? '', /the other 2 agents/);
  });

  it('two cables, one after the other, seen by witnesses first: told once, the second joins the first', () => {
    for (const apart of [3, 8, 20, 35]) {
      const scene = new Scene();
      scene.run([...AGENTS, 'agent-4']);
      const cut = (second: number) => [
        ...(second >= 30 ? ['agent-2'] : []),
        ...(second >= 30 + apart ? ['agent-4'] : []),
      ];
      const world = (second: number) => {
        const all = [...AGENTS, 'agent-4'];
        return {
          beats: Object.fromEntries(all.map(one => [one, cut(second).includes(one) ? undefined : {}])),
          ports: Object.fromEntries(
            all.map(one => [one, cut(second).includes(one) ? ('timeout' as const) : ('open' as const)]),
          ),
        };
      };
      scene.live(0, 70, world);
      scene.event(70, 'controller', 'agent.failed', { agent: 'agent-2', reason: H2 });
      scene.live(70, 70 + apart, world);
      scene.event(70 + apart, 'controller', 'agent.failed', { agent: 'agent-4', reason: H2 });
      scene.live(70 + apart, 150, world);
      const [incident, ...more] = scene.engine.incidents();
      assert.equal(more.length, 0, `${apart} s apart: ${scene.told().join('; ')}`);
      assert.deepEqual(incident?.subjects, ['agent-2', 'agent-4']);
      assert.match(incident?.explanation ?? '', /agent-2 was first/);
      assert.deepEqual(
        scene.changes
          .map(({ change }) => change)
          .filter(change => change === 'opened' || change === 'resolved'),
        ['opened'],
      );
    }
  });

  it('a second between two estimates: the order is not certain', () => {
    const scene = new Scene();
    scene.run([...AGENTS, 'agent-4']);
    scene.live(0, 60, () => ({}));
    for (const [second, agent] of [
      [60, 'agent-4'],
      [61, 'agent-2'],
    ] as const) {
      scene.event(second, 'controller', 'agent.failed', { agent, reason: H2 });
    }
    scene.event(62, 'controller', 'controller.aborting');
    for (const agent of ['agent-1', 'agent-3']) scene.event(62, agent, 'agent.aborted');
    scene.at(100);
    assert.match(scene.engine.incidents()[0]?.explanation ?? '', /order is not certain/);
  });
});
