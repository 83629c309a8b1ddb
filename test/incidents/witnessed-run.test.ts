import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Arrival, parseRecording, type Recording } from '../../src/incidents/replay/recording.js';
import { DeadairError } from '../../src/platform/errors.js';
import fc from '../property.js';
import { cases } from '../thorough.js';
import { run } from './recordings.js';
import { CUT, witnessed } from './witnessed.js';

/** As it would lie on the disk. */
function written({ arrivals, witnesses = [], head }: Recording): string {
  const lines = [...arrivals, ...witnesses].sort((a, b) => a.at - b.at);
  return [head, ...lines].map(line => JSON.stringify(line)).join('\n');
}

describe('a recorded run with heartbeats and probes', () => {
  const cable = () => witnessed('07-linkdown-permanent', (agent, at) => agent === 'agent-4' && at > CUT);

  it('is judged as it was live: by witnesses long before the controller speaks, and as one incident', async () => {
    const [incident, ...more] = (await run(cable())).incidents();
    assert.equal(more.length, 0);
    assert.ok(incident);
    assert.deepEqual(
      [incident.kind, incident.subjects, incident.cause],
      ['agent-lost', ['agent-4'], 'host-unreachable'],
    );
    assert.ok(incident.openedAt - CUT <= 20_000, `${incident.openedAt - CUT} ms`);
    assert.ok(
      (incident.began?.from ?? 0) <= CUT && (incident.began?.to ?? 0) >= CUT,
      JSON.stringify(incident.began),
    );
    assert.ok(incident.endedRun !== undefined && incident.resolvedAt === undefined);
    assert.match(incident.explanation, /host of agent-4 was down or cut off.*the run failed because of it/);
  });

  it('is written and read back to the same', async () => {
    const recording = cable();
    const read = parseRecording(written(recording), 'arrivals.jsonl', new Map(recording.contents));
    assert.deepEqual(read, {
      arrivals: recording.arrivals,
      witnesses: recording.witnesses,
      head: recording.head,
    });
  });

  it('gives the same incidents in any cutting, and right ones although witnesses come late', async () => {
    const recording = cable();
    const whole = JSON.stringify((await run(recording)).incidents());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(400), { minLength: 1, maxLength: 30 }),
        fc.nat(1500),
        async (sizes, lag) => {
          let next = 0;
          const arrivals = recording.arrivals.flatMap(arrival => {
            const pieces: Arrival[] = [];
            for (let offset = arrival.offset; offset < arrival.offset + arrival.bytes; ) {
              const bytes = Math.min(
                arrival.offset + arrival.bytes - offset,
                1 + (sizes[next++ % sizes.length] ?? 1),
              );
              pieces.push({ ...arrival, offset, bytes });
              offset += bytes;
            }
            return pieces;
          });
          assert.equal(JSON.stringify((await run({ ...recording, arrivals })).incidents()), whole);
          const late = (recording.witnesses ?? []).map(one => ({ ...one, at: one.at + lag }));
          const [incident, ...more] = (await run({ ...recording, witnesses: late })).incidents();
          assert.deepEqual(
            [more.length, incident?.kind, incident?.cause],
            [0, 'agent-lost', 'host-unreachable'],
          );
        },
      ),
      { numRuns: cases(3) },
    );
  });

  it('a healthy run with all its witnesses stays quiet', async () => {
    assert.deepEqual((await run(witnessed('01-baseline-mixed-8', () => false))).incidents(), []);
  });

  it('a newer version, a line that is none, and disorder are told with their line', () => {
    const fails = (text: string, what: RegExp) =>
      assert.throws(
        () => parseRecording(text, 'arrivals.jsonl', new Map()),
        (thrown: unknown) => thrown instanceof DeadairError && what.test(thrown.message),
      );
    fails('{"recording":3}', /Line 1 .*version 3/);
    fails('{"at":1,"heartbeat":{"version":1}}', /Line 1 /);
    fails('{"at":5,"away":{"from":1}}\n{"at":4,"away":{"from":1}}', /Line 2 .*order of time/);
  });
});
