import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProbeResult } from '../../src/model/probe.js';
import { type BeatState, Scene } from './scene.js';

const AGENTS = ['agent-1', 'agent-2', 'agent-3'];
const LISTENS: BeatState = { listens: [7761] };

/** A run of three agents whose addresses were learnt; agent-2 fares as told. */
function run(
  seconds: number,
  fate: (second: number) => { beat?: BeatState | undefined; port?: ProbeResult['outcome'] },
): Scene {
  const scene = new Scene();
  scene.run(AGENTS);
  scene.live(0, seconds, second => {
    const { beat, port } = fate(second);
    return {
      learnt: true,
      beats: { 'agent-1': LISTENS, 'agent-2': beat, 'agent-3': LISTENS },
      ports: { 'agent-1': 'open', ...(port ? { 'agent-2': port } : {}), 'agent-3': 'open' },
    };
  });
  return scene;
}

describe('an address that was learnt is a second witness', () => {
  const well = { beat: LISTENS, port: 'open' as const };
  const cases: { name: string; ill: ReturnType<Parameters<typeof run>[1]>; told: RegExp }[] = [
    {
      name: 'host cut off',
      ill: { port: 'timeout' },
      told: /^agent-lost agent-2 host-unreachable @7\d/,
    },
    {
      name: 'process gone, port refused',
      ill: { beat: { process: 'gone' }, port: 'refused' },
      told: /^agent-lost agent-2 crashed @6/,
    },
    {
      name: 'the way to the port filtered',
      ill: { beat: LISTENS, port: 'timeout' },
      told: /^agent-lost agent-2 timeout @6/,
    },
    {
      name: 'refused on the way, by a firewall',
      ill: { beat: LISTENS, port: 'refused' },
      told: /^agent-lost agent-2 reset @[67]/,
    },
    {
      name: 'collector gone, port open',
      ill: { port: 'open' },
      told: /^collector-lost agent-2 unknown/,
    },
  ];
  for (const { name, ill, told } of cases)
    it(name, () => {
      const scene = run(120, second => (second < 60 ? well : ill));
      assert.equal(scene.told().length, 1, scene.told().join('; '));
      assert.match(scene.told()[0] ?? '', told);
    });
});

describe('nothing is told of a port that was learnt', () => {
  it('of a program that stops listening in the middle of its run, whatever its port answers then', () => {
    for (const after of ['refused', 'timeout', undefined] as const) {
      // the probe finds it closed before the next heartbeat can say so
      const scene = run(200, second => ({
        beat: { listens: second <= 60 ? [7761] : [] },
        ...(second < 60 ? { port: 'open' as const } : second <= 65 && after ? { port: after } : {}),
      }));
      assert.deepEqual(scene.told(), []);
    }
  });

  it('of a program that listens at another port from then on', () => {
    const scene = run(200, second => ({
      beat: { listens: [second < 60 ? 7761 : 7762] },
      ...(second < 60 ? { port: 'open' as const } : second < 65 ? { port: 'refused' as const } : {}),
    }));
    assert.deepEqual(scene.told(), []);
  });

  it('after its collector said goodbye, or is an older one that tells of no ports', () => {
    for (const beat of [{ goodbye: true }, {}])
      assert.deepEqual(
        run(200, second =>
          second < 60
            ? { beat: LISTENS, port: 'open' }
            : {
                beat: second === 60 || !('goodbye' in beat) ? beat : undefined,
                ...(second === 60 ? { port: 'refused' as const } : {}),
              },
        ).told(),
        [],
      );
  });

  it('by a service that was started anew, before it has learnt it again', () => {
    const scene = run(61, second =>
      second < 60 ? { beat: LISTENS, port: 'open' } : { beat: LISTENS, port: 'refused' },
    );
    const { engine } = scene;
    scene.engine = Object.getPrototypeOf(engine).constructor.restore(engine.snapshot());
    scene.live(65, 200, () => ({ beats: Object.fromEntries(AGENTS.map(agent => [agent, LISTENS])) }));
    assert.deepEqual(scene.told(), []);
  });
});
