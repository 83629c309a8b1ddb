import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { recordingOf } from '../../src/capsule/recording.js';
import { LineDetector } from '../../src/detect/detector.js';
import { loadPacks } from '../../src/detect/load.js';
import type { Recording } from '../../src/incidents/replay/recording.js';
import { replay } from '../../src/incidents/replay/replay.js';
import type { Incident } from '../../src/model/incident.js';
import { packageRoot } from '../../src/platform/package-root.js';
import fc from '../property.js';
import { KINDS } from '../suites/faults/kinds.js';
import { twinName } from '../suites/faults/run.js';
import type { Scenario } from '../suites/faults/scenarios.js';
import { STORIES } from '../suites/faults/stories.js';
import { cases } from '../thorough.js';
import { faults } from './recordings.js';

/**
 * What was recorded of the live scenarios of test:faults, with heartbeats and probes (`npm run test:faults -- --twins
 * test/incidents/twins`), judged again: as it was, in any cutting, and with each log and witness late.
 */
const FOLDER = path.join(packageRoot, 'test/incidents/twins');
const packs = loadPacks([path.join(packageRoot, 'test/suites/faults/pack.yaml')]);
const detector = new LineDetector(packs);

const run = async (recording: Recording) => (await replay(recording, { packs, detector })).incidents();
const told = (incidents: Incident[]) => JSON.stringify(incidents);

function wrongIn(incidents: Incident[], { expect, says = [] }: Scenario): string[] {
  const must = expect.map(({ kind, subjects, cause }) => ({
    kind,
    subjects,
    ...(cause === null ? {} : { cause: [cause] }),
  }));
  const unsaid = says.filter(words => !incidents.some(one => words.test(one.explanation)));
  return [
    ...faults(incidents, { run: '', expect: { must, may: [] } }),
    ...(incidents.length > expect.length ? [`${incidents.length} incidents`] : []),
    ...unsaid.map(words => `nobody says ${words}`),
  ];
}

function inPieces(recording: Recording, sizes: number[]): Recording {
  let next = 0;
  const arrivals = recording.arrivals.flatMap(arrival => {
    const pieces: typeof recording.arrivals = [];
    const end = arrival.offset + arrival.bytes;
    for (let offset = arrival.offset; offset < end; ) {
      const bytes = Math.min(end - offset, 1 + (sizes[next++ % sizes.length] ?? 1));
      pieces.push({ ...arrival, offset, bytes });
      offset += bytes;
    }
    return pieces;
  });
  return { ...recording, arrivals };
}

/** Each log comes late by a time of its own, and so do the witnesses. @param lags ms; the first is the witnesses' */
function late(recording: Recording, [witnesses = 0, ...logs]: number[]): Recording {
  const files = [...new Set(recording.arrivals.map(({ file }) => file))].sort();
  const lag = (file: string) => logs[files.indexOf(file) % logs.length] ?? 0;
  return {
    ...recording,
    arrivals: recording.arrivals
      .map(one => ({ ...one, at: one.at + lag(one.file) }))
      .sort((a, b) => a.at - b.at),
    witnesses: (recording.witnesses ?? []).map(one => ({ ...one, at: one.at + witnesses })),
  };
}

describe('recorded twins of live faults', () => {
  const scenarios = [...KINDS, ...STORIES].filter(({ kind }) => kind !== undefined);
  for (const scenario of scenarios) {
    const file = path.join(FOLDER, twinName(scenario));
    if (!existsSync(file)) continue;
    it(`${scenario.kind} ${scenario.name}: judged as it was live, in any cutting, and right although everything comes late`, async () => {
      const recording = await recordingOf(file);
      assert.ok((recording.witnesses?.length ?? 0) > 20, 'heartbeats and probes are in it');
      assert.ok(recording.head?.agents?.length === 3 && recording.head.silence?.late === 5000);
      const whole = await run(recording);
      assert.deepEqual(wrongIn(whole, scenario), [], told(whole));
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(200), { minLength: 1, maxLength: 20 }),
          fc.array(fc.nat(1500), { minLength: 5, maxLength: 5 }),
          async (sizes, lags) => {
            assert.equal(told(await run(inPieces(recording, sizes))), told(whole));
            const delayed = await run(late(recording, lags));
            assert.deepEqual(wrongIn(delayed, scenario), [], told(delayed));
          },
        ),
        { numRuns: cases(3) },
      );
    });
  }

  it('there are two of each kind', () => {
    const kinds = scenarios
      .filter(scenario => existsSync(path.join(FOLDER, twinName(scenario))))
      .map(({ kind }) => kind!);
    const count = countOf(kinds);
    for (let number = 1; number <= 11; number++) assert.ok((count.get(`K${number}`) ?? 0) >= 2, `K${number}`);
  });
});

function countOf(names: readonly string[]): Map<string, number> {
  const count = new Map<string, number>();
  for (const name of names) count.set(name, (count.get(name) ?? 0) + 1);
  return count;
}
