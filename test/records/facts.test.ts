import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssumedZone } from '../../src/records/calendar.js';
import { HeadReader } from '../../src/records/head.js';

const NEAR = Date.UTC(2026, 10, 30, 12);

function timeOf(line: string): string | undefined {
  const head = new HeadReader(new AssumedZone('UTC'));
  const bytes = Buffer.from(line);
  head.read(bytes, 0, bytes.length, NEAR, true);
  return head.hasTime ? new Date(head.time).toISOString() : undefined;
}

for (const line of [
  ' Built:             Fri May 30 12:07:16 2025',
  'Built: Fri May 30 12:07:16 2025',
  'Modify: 2026-11-30 10:00:00.123456789 +0100',
  'Last-Modified: Mon, 30 Nov 2026 10:00:00 GMT',
  'Expires: Thu, 19 Nov 1981 08:52:00 GMT',
  'notAfter: 2027-01-31T10:00:00Z',
  '  Created:   2026-11-30T10:00:00Z\n',
  'Renewed: 2026-11-30 10:00:00 CEST',
  'expires Fri May 30 12:07:16 2025',
  'notBefore=Nov 30 10:00:00 2026 GMT',
  'the certificate of n7 expires Fri May 30 12:07:16 2025',
])
  test(`a date that is a fact of something is no time of the line: ${line.trim()}`, () => {
    assert.equal(timeOf(line), undefined);
  });

for (const [line, time] of [
  ['app: 2026-11-30 10:00:00 up', '2026-11-30T10:00:00.000Z'],
  ['app: 2026-11-30 10:00:00 started', '2026-11-30T10:00:00.000Z'],
  ['#Date: 2026-11-28 10:00:00', '2026-11-28T10:00:00.000Z'],
  ['2026-11-30 10:00:00 p-é', '2026-11-30T10:00:00.000Z'],
  ['2026-11-30 10:00:00 pm', '2026-11-30T22:00:00.000Z'],
  ['node7:2026-11-30 10:00:00 ready', '2026-11-30T10:00:00.000Z'],
  ['*** 2026-11-30 10:00:00 begins', '2026-11-30T10:00:00.000Z'],
  ['2026-11-30 10:00:00', '2026-11-30T10:00:00.000Z'],
] as const)
  test(`a date with a message behind it is one: ${line}`, () => {
    assert.equal(timeOf(line), time);
  });

test('signs that share their five last bits with the letters of a month name no date', () => {
  assert.equal(timeOf('n1 - - [31/*!./2024:12:00:00 +0100] GET /'), undefined);
  assert.equal(timeOf('n1 - - [31/Jan/2024:12:00:00 +0100] GET /'), '2024-01-31T11:00:00.000Z');
});
