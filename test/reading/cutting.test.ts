import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordBatch } from '../../src/model/record-batch.js';
import { LEVELS, RecordFlag, TIME_KINDS } from '../../src/model/vocabulary.js';
import { BatchText } from '../../src/records/batch-text.js';
import { MAX_LINE_BYTES, SourceParser } from '../../src/records/parser.js';
import fc from '../property.js';

const OBSERVED = Date.UTC(2026, 10, 30);
const OPTIONS = { observedAt: OBSERVED };

interface Read {
  offset: number;
  length: number;
  text: string;
  time: number;
  kind: string;
  level: string;
  flags: number;
}

function read(batch: RecordBatch): Read[] {
  const text = new BatchText(batch);
  return Array.from({ length: batch.count }, (_, i) => ({
    offset: text.offset(i),
    length: batch.starts[i + 1]! - batch.starts[i]!,
    text: text.display(i),
    time: batch.times[i]!,
    kind: TIME_KINDS[batch.timeKinds[i]!]!,
    level: LEVELS[batch.levels[i]!]!,
    flags: batch.flags[i]!,
  }));
}

function readWhole(bytes: Uint8Array): Read[] {
  const parser = new SourceParser();
  return [...read(parser.push(Buffer.from(bytes), 0, OPTIONS)), ...read(parser.finish(OPTIONS))];
}

/** In ranges, with a restart and a record of the open line before some of them. */
function readCut(bytes: Uint8Array, cuts: readonly [number, number][]): Read[] {
  let parser = new SourceParser();
  const out: Read[] = [];
  let from = 0;
  for (const [size, kind] of [...cuts, [bytes.length, 0] as const]) {
    const to = Math.min(bytes.length, from + size);
    const batch = read(
      parser.push(Buffer.from(bytes.subarray(from, to)), from, { ...OPTIONS, partial: kind === 1 }),
    );
    out.push(...batch.filter(line => (line.flags & RecordFlag.partial) === 0));
    from = to;
    if (kind === 2)
      parser = new SourceParser({ resume: { state: parser.state(), openBytes: parser.openBytes() } });
  }
  out.push(...read(parser.finish(OPTIONS)));
  return out;
}

const cuts = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 2 })), {
  maxLength: 60,
});

const time = fc
  .integer({ min: 0, max: 999_999_999 })
  .map(nano => `2026-11-28T10:00:00.${String(nano).padStart(9, '0')}Z`);
const text = fc.constantFrom(
  'ready',
  'ERROR lost peer',
  '  at run (app.js:1:2)',
  '{"level":"error","msg":"x"}',
  'Fehler „Zeit“ \u{1f4a5} 連接',
  '2026-11-28 09:59:59 WARN slow',
  '',
  '\u001b[31mred\u001b[0m',
);
const stream = fc.constantFrom('stdout', 'stderr');
const docker = fc
  .tuple(text, stream, time, fc.constantFrom('\n', '\n', '\r\n', ''))
  .map(([log, name, at, end]) => `${JSON.stringify({ log: log + end, stream: name, time: at })}\n`);
const cri = fc
  .tuple(text, stream, time, fc.constantFrom('F', 'F', 'P'))
  .map(([log, name, at, tag]) => `${at} ${name} ${tag} ${log}\n`);
const compose = fc
  .tuple(text, fc.constantFrom('web-1 ', 'db-1  ', 'cache '))
  .map(([log, name]) => `${name} | ${log}\n`);
const journal = fc
  .tuple(text, fc.integer({ min: 0, max: 7 }))
  .map(
    ([log, priority]) =>
      `${JSON.stringify({ __CURSOR: 's=1', __REALTIME_TIMESTAMP: '1795860000123456', PRIORITY: String(priority), MESSAGE: log })}\n`,
  );
const exported = text.map(log => {
  const body = Buffer.from(log);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(body.length + 3));
  return Buffer.concat([
    Buffer.from('__CURSOR=s=1\n__REALTIME_TIMESTAMP=1795860000123456\nPRIORITY=3\nMESSAGE\n'),
    length,
    body,
    Buffer.from('\n\nx\n\n'),
  ]);
});
const plain = text.map(line => `${line}\n`);

for (const [name, line] of Object.entries({ docker, cri, compose, journal, exported, plain }))
  test(`any cutting of a file of ${name} lines gives the same records, over restarts and partial records`, () => {
    fc.assert(
      fc.property(
        fc.array(line as fc.Arbitrary<string | Buffer>, { maxLength: 12 }),
        cuts,
        (lines, where) => {
          const bytes = Buffer.concat(lines.map(one => Buffer.from(one as string)));
          const whole = readWhole(bytes);
          assert.deepEqual(readCut(bytes, where), whole);
          assert.equal(
            whole.reduce((sum, one) => sum + one.length, 0),
            bytes.length,
          );
          const [first] = whole;
          if (first) assert.equal(first.offset, 0);
          for (const [i, one] of whole.slice(1).entries())
            assert.equal(one.offset, whole[i]!.offset + whole[i]!.length);
        },
      ),
      { numRuns: 150 },
    );
  });

test('any cutting of UTF-16 gives the same lines as the same text in UTF-8', () => {
  fc.assert(
    fc.property(
      fc.array(text, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('le', 'be'),
      fc.boolean(),
      fc.constantFrom('\n', '\r\n'),
      cuts,
      (lines, order, mark, end, where) => {
        const written = `first line of the file${end}${lines.map(one => one + end).join('')}`;
        const bytes = Buffer.from((mark ? '\ufeff' : '') + written, 'utf16le');
        if (order === 'be') bytes.swap16();
        const whole = readWhole(bytes);
        assert.deepEqual(readCut(bytes, where), whole);
        assert.deepEqual(
          whole.map(one => [one.text, one.time, one.level]),
          readWhole(Buffer.from(written)).map(one => [one.text, one.time, one.level]),
        );
      },
    ),
    { numRuns: 200 },
  );
});

test('parts of two streams that a runtime interleaved are joined, each stream for itself', () => {
  const lines = [
    ['stdout', 'P', 'one '],
    ['stderr', 'F', 'ERROR between'],
    ['stdout', 'P', 'two '],
    ['stderr', 'P', 'left '],
    ['stdout', 'F', 'three'],
    ['stderr', 'F', 'right'],
  ].map(([name, tag, body], i) => `2026-11-28T10:00:0${i}.000000000Z ${name} ${tag} ${body}\n`);
  const found = readWhole(Buffer.from(lines.join('')));
  assert.deepEqual(
    found.map(one => one.text),
    ['ERROR between', 'one two three', 'left right'],
  );
});

test('a line in parts that is longer than a record may be is cut, and none of it is lost', () => {
  const part = 'x'.repeat(16_384);
  const entry = (end: string) =>
    `${JSON.stringify({ log: part + end, stream: 'stdout', time: '2026-11-28T10:00:00.1Z' })}\n`;
  const bytes = Buffer.from(entry('').repeat(100) + entry('\n') + entry('\n').slice(0, 0));
  const found = readWhole(bytes);
  assert.equal(found.length, 2);
  assert.ok(found[0]!.length > MAX_LINE_BYTES && (found[0]!.flags & RecordFlag.cut) !== 0);
  assert.equal(found[0]!.text.length + found[1]!.text.length, part.length * 101);
  assert.ok((found[1]!.flags & RecordFlag.continuation) !== 0);
});
