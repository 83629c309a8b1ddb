import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayHoldStamp } from '../../src/records/clock-look.js';
import { readStamp } from '../../src/records/dates.js';
import { Stamp } from '../../src/records/stamp.js';
import fc from '../property.js';
import { LINE_FORMATS } from '../reading/table/index.js';
import { cases } from '../thorough.js';
import { FORMATS } from './format-lines.js';

const LINES = [
  ...FORMATS.map(([, line]) => line),
  ...Object.values(LINE_FORMATS).flatMap(formats => formats.map(({ line }) => line)),
];
const SHORT = [
  '10:00',
  '1:05 PM',
  '2026',
  'Nov',
  '30',
  '-',
  'T',
  '[',
  '2026年',
  '11月',
  '日',
  '10时',
  '05分',
  '@4',
  '\t',
  ' ',
];

/** A line in which some form reads a timestamp is never passed over. */
function holds(bytes: Buffer): void {
  const stamp = new Stamp();
  if (mayHoldStamp(bytes, 0, bytes.length)) return;
  for (let at = 0; at < Math.min(bytes.length, 320); at++)
    // Nothing begins to read within a number.
    if (at === 0 || !/[0-9]/.test(String.fromCharCode(bytes[at - 1]!)))
      assert.ok(!readStamp(bytes, at, bytes.length, stamp), `${at}: ${bytes.toString()}`);
}

test('wherever a timestamp can be read in a head, the quick look lets the line pass', () => {
  for (const line of LINES) holds(Buffer.from(line));
});

test('also in lines that are cut, joined and changed by chance', () => {
  const piece = fc.oneof(
    fc.constantFrom(...SHORT),
    fc
      .tuple(fc.constantFrom(...LINES), fc.nat(60), fc.nat(40))
      .map(([line, from, length]) => line.slice(from, from + length)),
    fc.integer({ min: 0, max: 2e9 }).map(String),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), pieces =>
      holds(Buffer.from(pieces.join(''))),
    ),
    { numRuns: cases(3000) },
  );
});
