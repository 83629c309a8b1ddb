import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { marksOf, tellMarks } from '../../src/detect/marks.js';
import { IncidentEngine } from '../../src/incidents/engine.js';
import { programsOf } from '../../src/incidents/settings.js';
import type { Incident } from '../../src/model/incident.js';
import { MarkPacker, packMarks, unpackMarks } from '../../src/model/mark-pack.js';
import { SourceParser } from '../../src/records/parser.js';
import fc from '../property.js';
import { cases } from '../thorough.js';
import { packs } from './recordings.js';

const START = Date.UTC(2026, 10, 23, 12);
const detector = new LineDetector(packs);

/** What a host writes in a second: complaints, each so often. */
type Second = { says: number; times: number }[];

const SAYS = [
  'ERROR connect to 10.0.0.9:5432 failed: Connection refused',
  'ERROR connect to 10.0.0.8:5432 failed: Connection refused',
  'WARN read from db.example:443 timed out',
  'INFO reconnected to 10.0.0.9:5432',
  'INFO wrote 42 objects',
];

const toldMarksOf: typeof marksOf = (batch, origin) => {
  const packer = new MarkPacker();
  tellMarks(batch, origin, packer);
  const bytes = packer.bytes();
  return bytes ? unpackMarks({ bytes, seq: origin.seq }) : [];
};

/** A collector sends a second's lines at once. */
function scanned(agent: string, seconds: Second[]) {
  const parser = new SourceParser();
  let offset = 0;
  return seconds.map((second, index) => {
    const lines = second.flatMap(({ says, times }) =>
      Array.from({ length: times }, (_, nth) => {
        const at = new Date(START + index * 1000 + Math.floor((nth * 900) / times)).toISOString();
        return `${at} ${SAYS[says]}\n`;
      }),
    );
    // logs are written in order
    lines.sort();
    const bytes = Buffer.from(lines.join(''));
    const at = START + (index + 1) * 1000;
    const batch = parser.push(bytes, offset, { observedAt: at });
    offset += bytes.length;
    detector.scan(batch, { id: agent, path: '/a.log', program: 'sai3-bench' });
    const origin = {
      agent,
      host: agent,
      path: '/a.log',
      source: agent,
      observedAt: at,
      ingestedAt: at,
      seq: index,
    };
    return { batch, origin };
  });
}

function judged(hosts: Second[][], marks: typeof marksOf): { incidents: Incident[]; told: number } {
  const engine = new IncidentEngine({ ...programsOf(packs) });
  let told = 0;
  const all = hosts.map((seconds, index) => scanned(`host-${index}`, seconds));
  for (let second = 0; second < Math.max(...hosts.map(({ length }) => length)); second++) {
    for (const host of all) {
      const one = host[second];
      const packed = one && packMarks(marks(one.batch, one.origin));
      if (!packed) continue;
      for (const mark of unpackMarks({ bytes: packed, seq: second })) {
        told++;
        engine.mark(mark);
      }
    }
    engine.advance(START + (second + 1) * 1000 + 1);
  }
  engine.advance(START + 400_000);
  return { incidents: engine.incidents(), told };
}

/** Everything but the lines it shows: of hundreds of equal ones others may be kept. */
function shown(incidents: Incident[]) {
  return incidents.map(({ evidence, consequences, updatedAt, ...rest }) => rest);
}

test('incidents are the same whether equal complaints of a second are told one by one or counted', () => {
  const says = fc.record({
    says: fc.nat(SAYS.length - 1),
    times: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }) },
      { weight: 1, arbitrary: fc.integer({ min: 20, max: 90 }) },
    ),
  });
  const host = fc.array(fc.array(says, { maxLength: 4 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(host, { minLength: 1, maxLength: 3 }), hosts => {
      const every = judged(hosts, marksOf);
      const counted = judged(hosts, toldMarksOf);
      assert.deepEqual(shown(counted.incidents), shown(every.incidents));
      assert.ok(counted.told <= every.told);
    }),
    { numRuns: cases(60) },
  );
});

test('a thousand equal complaints of a second are two dozen marks, and none is lost in the count', () => {
  const { batch, origin } = scanned('host', [[{ says: 0, times: 1000 }]])[0]!;
  const marks = toldMarksOf(batch, origin);
  assert.ok(marks.length <= 24, `${marks.length} marks`);
  assert.equal(
    marks.reduce((sum, { count = 1 }) => sum + count, 0),
    1000,
  );
  assert.equal(marksOf(batch, origin).length, 1000);
});
