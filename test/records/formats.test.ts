import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEVELS, RecordFlag, TIME_KINDS } from '../../src/model/vocabulary.js';
import { BatchText } from '../../src/records/batch-text.js';
import { isoMicros } from '../../src/records/ecs.js';
import { SourceParser } from '../../src/records/parser.js';
import { FORMATS } from './format-lines.js';

const OBSERVED = Date.UTC(2026, 10, 24);

function parseOne(line: string, zone?: string, observedAt = OBSERVED) {
  const batch = new SourceParser({ zone }).push(Buffer.from(`${line}\n`), 0, { observedAt });
  assert.equal(batch.count, 1);
  return {
    time: TIME_KINDS[batch.timeKinds[0]!] === 'own' ? isoMicros(batch.times[0]!) : null,
    assumed: (batch.flags[0]! & RecordFlag.timeAssumed) !== 0,
    level: LEVELS[batch.levels[0]!]!,
    message: new BatchText(batch).message(0),
  };
}

for (const [name, line, time, level, assumed, message] of FORMATS)
  test(`reads the head of a line: ${name}`, () => {
    const read = parseOne(line);
    assert.equal(read.time, time);
    assert.equal(read.level, level);
    assert.equal(read.assumed, assumed === '~');
    if (message !== undefined) assert.equal(read.message, message);
  });

/** Lines that look as if they had a time or a level, and have none. */
const LOOKALIKES: [string, string][] = [
  ['a count of errors', '0 errors, 3 warnings'],
  ['a word of the message', 'connection closed with ERROR 5'],
  ['a time within the message', 'lease until 2026-12-23T16:58:42Z granted'],
  ['a date without a time', '2026-11-23 report'],
  ['an address', '10.77.1.1:7761 answered'],
  ['a path', '/var/log/error.log rotated'],
  ['a short clock', '12:30 too short'],
  ['a version', '2026.11.23 released'],
  ['a number of ten digits too small', '0123456789 items'],
  ['a number that goes on', '17954529451 items'],
  ['impossible dates', '2026-13-45T16:58:42Z x'],
  ['impossible times', '2026-11-23T25:61:00Z x'],
  ['a query string', 'GET /?level=error'],
  ['a table', '| ops | errors |'],
  ['an ordinary opening', '✅ All 8 agents ready - starting workload execution'],
];
for (const [name, line] of LOOKALIKES)
  test(`takes ${name} for neither time nor level`, () => {
    const read = parseOne(line);
    assert.equal(read.time, null);
    assert.equal(read.level, 'none');
  });

test('a word of the message gives no level behind a timestamp either', () => {
  for (const body of [
    '0 errors found',
    'closed with ERROR 5',
    'Error budgets exist',
    'Note that WARN counts',
  ])
    assert.equal(parseOne(`2026-11-23 16:58:42 ${body}`).level, 'none', body);
});

test('a level that a logger wrote beats an opening of the message', () => {
  assert.equal(parseOne('2026-11-23T16:58:42Z  INFO ❌ Agent agent-4 FAILED').level, 'info');
  assert.equal(parseOne('2026-11-23T16:58:42Z ❌ Agent agent-4 FAILED').level, 'error');
});

test('a time without a year is the closest one that is not more than a day ahead', () => {
  const at = (line: string, observed: number): string | null => parseOne(line, undefined, observed).time;
  const newYear = Date.UTC(2027, 0, 1, 0, 5);
  assert.equal(at('Dec 31 23:59:59 h x', newYear), '2026-12-31T23:59:59.000000Z');
  assert.equal(at('Jan  1 00:04:00 h x', newYear), '2027-01-01T00:04:00.000000Z');
  assert.equal(at('Jan  1 00:04:00 h x', Date.UTC(2026, 11, 31, 23, 59)), '2027-01-01T00:04:00.000000Z');
  assert.equal(at('Jan  3 00:04:00 h x', Date.UTC(2026, 11, 31, 23, 59)), '2026-01-03T00:04:00.000000Z');
  assert.equal(at('Feb 29 12:00:00 h x', Date.UTC(2026, 5, 1)), '2024-02-29T12:00:00.000000Z');
  assert.equal(at('23:59:59 x', newYear), '2026-12-31T23:59:59.000000Z');
});

test('a date whose day and month may be swapped is the one closest to the time it was read', () => {
  assert.equal(parseOne('23/11/2026 16:58:42 x').time, '2026-11-23T16:58:42.000000Z');
  assert.equal(parseOne('11/23/2026 16:58:42 x').time, '2026-11-23T16:58:42.000000Z');
  assert.equal(parseOne('11/10/2026 16:58:42 x').time, '2026-11-10T16:58:42.000000Z');
  assert.equal(parseOne('05.11.2026 16:58:42 x').time, '2026-11-05T16:58:42.000000Z');
});

test('times without a zone are read in the zone that is set', () => {
  assert.equal(parseOne('2026-11-23 16:58:42 x', '+02:00').time, '2026-11-23T14:58:42.000000Z');
  assert.equal(parseOne('2026-11-23 16:58:42 x', 'Europe/Berlin').time, '2026-11-23T15:58:42.000000Z');
  assert.equal(parseOne('2026-07-23 16:58:42 x', 'Europe/Berlin').time, '2026-07-23T14:58:42.000000Z');
  assert.equal(parseOne('2026-07-23 16:58:42Z x', 'Europe/Berlin').time, '2026-07-23T16:58:42.000000Z');
  assert.throws(() => new SourceParser({ zone: 'Mars/Olympus' }), RangeError);
});

test('bare numbers are no timestamps in a source that has shown real ones', () => {
  const batch = new SourceParser().push(
    Buffer.from('2026-11-23T16:58:42Z a\n00:00:12 remaining\n1700000000 bytes\n'),
    0,
    { observedAt: OBSERVED },
  );
  assert.deepEqual(
    [...batch.timeKinds].map(kind => TIME_KINDS[kind]),
    ['own', 'inherited', 'inherited'],
  );
});
