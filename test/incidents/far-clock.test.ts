import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProgramEvent } from '../../src/detect/events.js';
import fc from '../property.js';
import { Scene } from './scene.js';

type Said = [
  second: number,
  agent: string,
  event: ProgramEvent,
  fields?: Record<string, string>,
  untimed?: true,
];

/** A run whose agent-2 is lost, as logs tell it; the controller's banner has no times of its own. */
const STORY: Said[] = [
  [0, 'controller', 'run.started', {}, true],
  [0, 'controller', 'run.described', { agents: '3' }, true],
  ...['agent-1', 'agent-2', 'agent-3'].flatMap((agent): Said[] => [
    [0, agent, 'process.started'],
    [1, agent, 'agent.joined'],
    [1.5, agent, 'agent.ready'],
    [2, 'controller', 'agent.answered', { agent }, true],
    [20, agent, 'agent.started', { seconds: '600' }],
  ]),
  [19, 'controller', 'run.workload-started', {}, true],
  [100, 'controller', 'agent.failed', { agent: 'agent-2', reason: 'h2 protocol error' }],
  [100, 'controller', 'controller.aborting'],
  [102, 'controller', 'controller.gave-up', { agent: 'agent-2' }],
  ...['agent-1', 'agent-3'].map((agent): Said => [100.1, agent, 'agent.aborted']),
];

/** @param behind by how many seconds each log's clock is behind */
function tell(behind: Record<string, number>): Scene {
  const scene = new Scene();
  for (const [second, agent, event, fields, untimed] of STORY.toSorted((a, b) => a[0] - b[0])) {
    scene.at(second);
    const off = untimed ? 0 : (behind[agent] ?? 0);
    scene.late(second, second - off, agent, event, fields);
  }
  scene.at(160);
  return scene;
}

describe('a clock that is far behind, of a host whose heartbeats nobody hears', () => {
  const right = tell({}).told();

  it('is right about the story when no clock is off', () => {
    assert.deepEqual(right, ['agent-lost agent-2 unresponsive @103']);
  });

  it('changes nothing of the story, whoever’s it is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('controller', 'agent-1', 'agent-2', 'agent-3'),
        fc.integer({ min: 900, max: 90_000 }),
        (who, seconds) => {
          const scene = tell({ [who]: seconds });
          assert.deepEqual(
            scene.told().map(line => line.replace(/ @.*/, '')),
            right.map(line => line.replace(/ @.*/, '')),
          );
          const [incident] = scene.engine.incidents();
          assert.match(incident?.explanation ?? '', /at 12:01:4\d/, 'at the right time');
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('what looks like a clock that is behind', () => {
  it('an earlier run that is read for the first time, however slowly, is old output', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1000, max: 100_000 }), (pace, ago) => {
        const scene = new Scene();
        const byLog = STORY.toSorted((a, b) => (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : a[0] - b[0]));
        for (const [i, [second, agent, event, fields]] of byLog.entries()) {
          scene.at(i * pace);
          scene.late(i * pace, second - ago, agent, event, fields);
        }
        scene.at(400);
        assert.deepEqual(scene.told(), []);
      }),
      { numRuns: 20 },
    );
  });

  it('with heartbeats it is their word that counts: what they have not brought to its end may be old', () => {
    for (const [unread, told] of [
      [true, []],
      [false, ['agent-lost agent-2 unresponsive']],
    ] as const) {
      const scene = new Scene();
      const beats = {
        'agent-1': { unread },
        'agent-2': { unread },
        'agent-3': { unread },
        controller: { unread },
      };
      for (const [second, agent, event, fields, untimed] of STORY.toSorted((a, b) => a[0] - b[0])) {
        if (second > 3) scene.live(Math.floor(second) - 3, second, () => ({ beats }));
        scene.at(second);
        scene.late(second, second - (untimed ? 0 : 7200), agent, event, fields);
      }
      scene.live(103, 130, () => ({ beats }));
      const lost = scene.told().filter(line => line.startsWith('agent-lost'));
      assert.deepEqual(
        lost.map(line => line.replace(/ @.*/, '')),
        told,
        scene.told().join('; '),
      );
    }
  });

  it('lines that a collector kept while the way to the service was cut for long', () => {
    const scene = new Scene();
    scene.run(['agent-1', 'agent-2'], 6000);
    scene.at(30);
    scene.late(2000, 40, 'agent-1', 'agent.errors', { total: '9', reason: 'No space left on device' });
    scene.at(2010);
    assert.equal(scene.engine.incidents()[0]?.startedAt, scene.engine.runs()[0]!.startedAt + 40_000);
  });
});
