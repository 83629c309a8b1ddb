import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRow } from '../../src/model/log-row.js';
import { LEVELS, SIGNAL_CLASSES, TIME_KINDS } from '../../src/model/vocabulary.js';
import { ecsLine, isoMicros } from '../../src/records/ecs.js';
import { displayBytes, displayText, messageText } from '../../src/records/text.js';
import fc from '../property.js';
import { rowOfEcs } from './row-of-ecs.js';

const SHOWN: [string, string, string][] = [
  ['colours', '\x1b[2m12:00\x1b[0m \x1b[1;31mred\x1b[0m', '12:00 red'],
  ['cursor movements', 'a\x1b[2K\x1b[1Gb', 'ab'],
  ['a window title', '\x1b]0;title\x07text', 'text'],
  ['a link', '\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\', 'text'],
  ['a character set', '\x1b(Btext', 'text'],
  ['an escape that does not end', 'a\x1b[12', 'a12'],
  ['a lone escape at the end', 'a\x1b', 'a'],
  ['NULs', '\0\0a\0b', 'ab'],
  ['a progress bar', '\r1%\r2%\r3%  ', '3%  '],
  ['a progress bar that is wiped at the end', '\r1%\r2%\r   \r', '2%'],
  ['nothing but returns', '\r\r', ''],
];
for (const [name, raw, shown] of SHOWN)
  test(`shows ${name} as a terminal would`, () => assert.equal(displayText(raw), shown));

test('bytes and text are shown alike', () => {
  const piece = fc.constantFrom(
    '\x1b[2m',
    '\x1b[',
    '\x1b',
    '\x1b]0;t',
    '\x07',
    '\x1b\\',
    '\x1bP',
    '(',
    '\r',
    '\0',
    ' ',
    '\t',
    'a',
    '1;',
    'ü',
    '❌',
    '\u00a0',
    '\v',
  );
  const out = new Uint8Array(4096);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
      const raw = pieces.join('');
      const bytes = Buffer.from(raw);
      const length = displayBytes(bytes, 0, bytes.length, out);
      assert.equal(Buffer.from(out.subarray(0, length)).toString(), displayText(raw));
    }),
    { numRuns: 1000 },
  );
});

test('the message is the line without its time and level', () => {
  assert.equal(
    messageText('\x1b[2m2026-11-23T16:58:42Z\x1b[0m \x1b[32m INFO\x1b[0m ready → go'),
    'ready → go',
  );
  assert.equal(messageText('2026-11-23T16:58:42Z  INFO -v is a flag'), '-v is a flag');
  assert.equal(messageText('  indented'), 'indented');
  assert.equal(messageText('❌ failed'), '❌ failed');
  assert.equal(messageText('{"level":"info","msg":"x"}'), '{"level":"info","msg":"x"}');
  assert.equal(messageText(''), '');
});

const row: fc.Arbitrary<LogRow> = fc
  .record(
    {
      id: fc.constant('01J:17'),
      seq: fc.nat(),
      time: fc.integer({ min: 0, max: 2e15 }).map(micros => micros / 1000),
      timeKind: fc.constantFrom(...TIME_KINDS),
      observedAt: fc.integer({ min: 0, max: 2e12 }),
      ingestedAt: fc.integer({ min: 0, max: 2e12 }),
      agent: fc.constant('agent-1'),
      host: fc.constant('h'),
      path: fc.constant('/p'),
      source: fc.constant('01J'),
      offset: fc.nat(),
      length: fc.nat(),
      level: fc.constantFrom(...LEVELS),
      class: fc.constantFrom(...SIGNAL_CLASSES),
      flags: fc.integer({ min: 0, max: 255 }),
      raw: fc.string(),
    },
    { noNullPrototype: true },
  )
  .chain(row => fc.constantFrom(row, { ...row, rule: 'p/r' }, { ...row, rule: 'p/r', event: 'run.started' }));

test('a line survives the way into ECS names and back', () => {
  fc.assert(
    fc.property(row, row => assert.deepEqual(rowOfEcs(JSON.parse(JSON.stringify(ecsLine(row)))), row)),
  );
});

test('ECS names, microseconds and own fields are as documented', () => {
  const line = ecsLine(
    {
      id: '01J:17',
      seq: 4,
      time: Date.UTC(2026, 10, 23, 16, 58, 42) + 358.384,
      timeKind: 'own',
      observedAt: 0,
      ingestedAt: 1500,
      agent: 'controller',
      host: 'c1',
      path: '/logs/controller.log',
      source: '01J',
      offset: 17,
      length: 60,
      level: 'error',
      class: 'disconnect',
      rule: 'sai3-bench/stream',
      flags: 16,
      raw: '\x1b[2m2026-11-23T16:58:42.358384Z\x1b[0m \x1b[31mERROR\x1b[0m lost',
    },
    ['01R'],
  );
  assert.deepEqual(line, {
    '@timestamp': '2026-11-23T16:58:42.358384Z',
    message: 'lost',
    event: {
      id: '01J:17',
      created: '1970-01-01T00:00:00.000000Z',
      ingested: '1970-01-01T00:00:01.500000Z',
      sequence: 4,
    },
    host: { name: 'c1' },
    agent: { id: 'controller' },
    log: { level: 'error', file: { path: '/logs/controller.log' } },
    deadair: {
      raw: '\x1b[2m2026-11-23T16:58:42.358384Z\x1b[0m \x1b[31mERROR\x1b[0m lost',
      source: '01J',
      offset: 17,
      length: 60,
      class: 'disconnect',
      rule: 'sai3-bench/stream',
      timeKind: 'own',
      flags: ['ansi'],
      run: ['01R'],
    },
  });
});

test('microseconds are rounded, not cut', () => {
  assert.equal(isoMicros(999.9996), '1970-01-01T00:00:01.000000Z');
  assert.equal(isoMicros(0.001), '1970-01-01T00:00:00.000001Z');
});
