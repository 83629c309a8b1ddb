import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { marksOf } from '../../src/detect/marks.js';
import { IncidentEngine } from '../../src/incidents/engine.js';
import type { Arrival, Recording } from '../../src/incidents/replay/recording.js';
import { programsOf } from '../../src/incidents/settings.js';
import type { Incident } from '../../src/model/incident.js';
import { SourceParser } from '../../src/records/parser.js';
import fc from '../property.js';
import { cases } from '../thorough.js';
import { faults, linesOf, packs, recordingOf, run, sample, truthOf } from './recordings.js';

const NAMES = [
  '07-linkdown-permanent',
  '26-two-agents-kill9',
  '45-sigstop-20s-ctl-vv',
  'v97-12-agent-restart-ctlv',
];

/** Cuts arrivals into pieces that arrive at the same moment. */
function cut(recording: Recording, seeds: number[]): Recording {
  let next = 0;
  const arrivals = recording.arrivals.flatMap(arrival => {
    const pieces: Arrival[] = [];
    let from = arrival.offset;
    const end = arrival.offset + arrival.bytes;
    while (from < end) {
      const size = Math.min(end - from, 1 + ((seeds[next++ % seeds.length] ?? 1) % 400));
      pieces.push({ ...arrival, offset: from, bytes: size });
      from += size;
    }
    return pieces;
  });
  return { ...recording, arrivals };
}

const told = (incidents: Incident[]) => JSON.parse(JSON.stringify(incidents));

describe('incidents do not depend on how the bytes came', () => {
  for (const name of NAMES) {
    it(`${name}: the same incidents to the letter in any cutting`, async () => {
      const recording = sample(name);
      const whole = told((await run(recording)).incidents());
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(), { minLength: 1, maxLength: 50 }), async seeds => {
          const pieces = told((await run(cut(recording, seeds))).incidents());
          assert.deepEqual(pieces, whole);
        }),
        { numRuns: cases(4) },
      );
    });

    it(`${name}: right although each log arrives late by a time of its own, and in bursts`, async () => {
      const lines = linesOf(sample(name));
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(1500), { minLength: 9, maxLength: 9 }),
          fc.constantFrom(1, 200, 1000),
          async (lags, burst) => {
            const files = [...new Set(lines.map(line => line.file))].sort();
            const late = lines.map(line => ({
              ...line,
              at: Math.ceil((line.at + (lags[files.indexOf(line.file)] ?? 0)) / burst) * burst,
            }));
            assert.deepEqual(faults((await run(recordingOf(late))).incidents(), truthOf(name)), []);
          },
        ),
        { numRuns: cases(4) },
      );
    });
  }

  it('goes on after a restart from its snapshot as if nothing had happened', async () => {
    const recording = sample('26-two-agents-kill9');
    const settings = { ...programsOf(packs) };
    const detector = new LineDetector(packs);
    const inputs = recording.arrivals;
    const outcome = (restartEvery: number) => {
      let engine = new IncidentEngine(settings);
      const parsers = new Map<string, SourceParser>();
      const changes: string[] = [];
      for (const [index, { at, file, offset, bytes }] of inputs.entries()) {
        for (const change of engine.advance(at))
          changes.push(`${change.change} ${change.incident.kind} ${change.at}`);
        if (restartEvery > 0 && index % restartEvery === 0)
          engine = IncidentEngine.restore(engine.snapshot(), settings);
        const parser = parsers.get(file) ?? new SourceParser();
        parsers.set(file, parser);
        const content = recording.contents.get(file)?.subarray(offset, offset + bytes) ?? new Uint8Array();
        const batch = parser.push(Uint8Array.from(content), offset, { observedAt: at });
        detector.scan(batch, { id: file, path: file });
        const agent = file.replace('.log', '');
        engine.activity({ agent, host: agent, observedAt: at, ingestedAt: at });
        for (const mark of marksOf(batch, {
          agent,
          host: agent,
          path: file,
          source: file,
          observedAt: at,
          ingestedAt: at,
          seq: index,
        }))
          engine.mark(mark);
      }
      const end = (inputs.at(-1)?.at ?? 0) + 30_000;
      for (const change of engine.advance(end))
        changes.push(`${change.change} ${change.incident.kind} ${change.at}`);
      return { changes, incidents: told(engine.incidents()), runs: engine.runs() };
    };
    assert.deepEqual(outcome(7), outcome(0));
    assert.deepEqual(outcome(1), outcome(0));
  });
});
