import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordBatch } from '../../src/model/record-batch.js';
import { LEVELS, RecordFlag, TIME_KINDS } from '../../src/model/vocabulary.js';
import { DeadairError } from '../../src/platform/errors.js';
import { BatchText } from '../../src/records/batch-text.js';
import { MAX_LINE_BYTES, SourceParser } from '../../src/records/parser.js';
import fc from '../property.js';

const OBSERVED = Date.UTC(2026, 10, 24);
const OPTIONS = { observedAt: OBSERVED };

interface Line {
  offset: number;
  raw: string;
  time: number;
  timeKind: string;
  level: string;
  flags: number;
}

function linesOf(batch: RecordBatch): Line[] {
  const text = new BatchText(batch);
  return Array.from({ length: batch.count }, (_, i) => ({
    offset: text.offset(i),
    raw: Buffer.from(batch.bytes.subarray(batch.starts[i], batch.starts[i + 1])).toString('latin1'),
    time: batch.times[i]!,
    timeKind: TIME_KINDS[batch.timeKinds[i]!]!,
    level: LEVELS[batch.levels[i]!]!,
    flags: batch.flags[i]!,
  }));
}

function parseAll(bytes: Uint8Array): Line[] {
  const parser = new SourceParser();
  return [...linesOf(parser.push(bytes, 0, OPTIONS)), ...linesOf(parser.finish(OPTIONS))];
}

const flagsOf = (text: string): number[] => parseAll(Buffer.from(text, 'latin1')).map(line => line.flags);

test('any division of the same bytes into ranges gives the same records, over restarts and partial records', () => {
  const piece = fc.constantFrom(
    '\n',
    '\n',
    '\r\n',
    '\r',
    '\0\0',
    ' ',
    '\t',
    '2026-11-23T16:58:42.358384Z  INFO ready',
    '\x1b[2m2026-11-23T16:58:43Z\x1b[0m \x1b[31mERROR\x1b[0m lost',
    'Nov 23 16:58:44 host app[1]: warning: slow',
    '1795452945 epoch',
    '12:00:00 clock',
    'Traceback (most recent call last):',
    '  File "x.py", line 1, in run',
    'ValueError: bad',
    'Caused by:',
    "thread 'main' panicked at src/x.rs:1:2:",
    'goroutine 1 [running]:',
    'main.main()',
    '}',
    'größe ❌',
    '\xff\xfe',
    'plain text',
  );
  const content = fc
    .array(piece, { maxLength: 40 })
    .map(pieces =>
      Buffer.concat(pieces.map(text => Buffer.from(text, text === '\xff\xfe' ? 'latin1' : 'utf8'))),
    );
  const cuts = fc.array(fc.tuple(fc.nat(60), fc.boolean(), fc.boolean()), { maxLength: 30 });
  fc.assert(
    fc.property(content, cuts, (bytes, cuts) => {
      const whole = parseAll(bytes);
      let parser = new SourceParser();
      const got = new Map<number, Line>();
      let at = 0;
      const take = (batch: RecordBatch): void => {
        for (const line of linesOf(batch)) got.set(line.offset, line);
      };
      for (const [length, partial, restart] of [...cuts, [bytes.length, false, false] as const]) {
        const range = bytes.subarray(at, at + length);
        take(parser.push(range, at, { ...OPTIONS, partial }));
        at += range.length;
        if (restart)
          parser = new SourceParser({ resume: { state: parser.state(), openBytes: parser.openBytes() } });
      }
      take(parser.finish(OPTIONS));
      assert.deepEqual(
        [...got.values()].sort((a, b) => a.offset - b.offset),
        whole,
      );
    }),
    { numRuns: 500 },
  );
});

test('records hold every byte once and in order', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const raw = parseAll(bytes).map(line => line.raw);
      assert.equal(raw.join(''), Buffer.from(bytes).toString('latin1'));
    }),
  );
});

test('the open line is given with the batch and by openBytes', () => {
  const parser = new SourceParser();
  const first = parser.push(Buffer.from('a\nhalf'), 100, OPTIONS);
  assert.equal(first.count, 1);
  assert.equal(Buffer.from(first.bytes.subarray(first.starts[1])).toString(), 'half');
  assert.equal(Buffer.from(parser.openBytes()).toString(), 'half');
  const second = parser.push(Buffer.from(' more\n'), 106, OPTIONS);
  assert.deepEqual(
    linesOf(second).map(({ offset, raw }) => [offset, raw]),
    [[102, 'half more\n']],
  );
});

test('the open line outlives a batch whose memory went to another thread', () => {
  const parser = new SourceParser();
  for (const [text, from] of [
    ['a\nhal', 0],
    ['f', 5],
  ] as const) {
    const batch = parser.push(new Uint8Array(Buffer.from(text)), from, OPTIONS);
    structuredClone(batch, { transfer: [batch.bytes.buffer as ArrayBuffer] });
  }
  assert.equal(linesOf(parser.push(Buffer.from(' more\n'), 6, OPTIONS))[0]!.raw, 'half more\n');
});

test('a quiet last line is given as partial, then replaced by the whole line', () => {
  const parser = new SourceParser();
  const quiet = linesOf(
    parser.push(Buffer.from('2026-11-23T16:58:42Z ERR'), 0, { ...OPTIONS, partial: true }),
  );
  assert.equal(quiet.length, 1);
  assert.equal(quiet[0]!.flags, RecordFlag.partial);
  const whole = linesOf(parser.push(Buffer.from('OR lost\n'), 24, OPTIONS));
  assert.deepEqual(
    whole.map(({ offset, raw, level, flags }) => [offset, raw, level, flags]),
    [[0, '2026-11-23T16:58:42Z ERROR lost\n', 'error', 0]],
  );
});

test('a range that does not follow is refused; after finish a later one is taken', () => {
  const parser = new SourceParser();
  parser.push(Buffer.from('abc'), 0, OPTIONS);
  assert.throws(() => parser.push(Buffer.from('x'), 10, OPTIONS), DeadairError);
  assert.throws(() => parser.push(Buffer.from('x'), 1, OPTIONS), DeadairError);
  assert.deepEqual(
    linesOf(parser.finish(OPTIONS)).map(({ offset, raw }) => [offset, raw]),
    [[0, 'abc']],
  );
  assert.equal(linesOf(parser.push(Buffer.from('x\n'), 10, OPTIONS))[0]!.offset, 10);
});

test('lines without a time take that of the line before, and say so', () => {
  const lines = parseAll(Buffer.from('banner\n2026-11-23T16:58:42Z  INFO a\nplain\n  indented\n'));
  const time = Date.UTC(2026, 10, 23, 16, 58, 42);
  assert.deepEqual(
    lines.map(({ time, timeKind }) => [time, timeKind]),
    [
      [OBSERVED, 'observed'],
      [time, 'own'],
      [time, 'inherited'],
      [time, 'inherited'],
    ],
  );
});

test('a time whose zone was assumed marks also the lines that inherit it', () => {
  const flags = flagsOf('2026-11-23 16:58:42 a\nplain\n2026-11-23 16:58:42Z b\nplain\n');
  assert.deepEqual(flags, [RecordFlag.timeAssumed, RecordFlag.timeAssumed, 0, 0]);
});

test('flags tell what a line holds', () => {
  assert.deepEqual(flagsOf('plain\r\n'), [0]);
  assert.deepEqual(flagsOf('plain\r\r\n'), [0]);
  assert.deepEqual(flagsOf('1%\r2%\n'), [RecordFlag.carriageReturn]);
  assert.deepEqual(flagsOf('\r2%\r\n'), [RecordFlag.carriageReturn]);
  assert.deepEqual(flagsOf('\x1b[1mbold\x1b[0m\n'), [RecordFlag.ansi]);
  assert.deepEqual(flagsOf('\0\0\0text\n'), [RecordFlag.nul]);
  assert.deepEqual(flagsOf('gr\xfc\xdfe\n'), [RecordFlag.invalidUtf8]);
  assert.deepEqual(flagsOf(Buffer.from('größe\n').toString('latin1')), [0]);
});

test('a hole of NULs, however long, hides neither time nor level', () => {
  const hole = Buffer.alloc(300_000);
  const lines = parseAll(Buffer.concat([hole, Buffer.from('2026-11-23T16:58:42Z ERROR lost\n')]));
  assert.equal(lines[0]!.time, Date.UTC(2026, 10, 23, 16, 58, 42));
  assert.equal(lines[0]!.level, 'error');
});

test('the time of a progress bar is that of its last state', () => {
  const bar = Array.from({ length: 2000 }, (_, i) => `\r2026-11-23 16:00:00Z ${i} of 2000`).join('');
  const lines = parseAll(Buffer.from(`${bar}\r2026-11-23 16:58:42Z done\n`));
  assert.equal(lines[0]!.time, Date.UTC(2026, 10, 23, 16, 58, 42));
});

test('a line longer than the limit is cut between characters, in whatever ranges it comes', () => {
  const head = '2026-11-23T16:58:42Z ERROR ';
  const line = Buffer.from(`${head}${'é'.repeat(1_200_000)}\nnext\n`);
  const whole = parseAll(line);
  assert.equal(whole.length, 4);
  const { cut, continuation } = RecordFlag;
  assert.deepEqual(
    whole.map(({ flags }) => flags),
    [cut, cut | continuation, continuation, 0],
  );
  assert.deepEqual(
    whole.map(({ level, timeKind }) => [level, timeKind]),
    [
      ['error', 'own'],
      ['none', 'inherited'],
      ['none', 'inherited'],
      ['none', 'inherited'],
    ],
  );
  for (const { raw } of whole) assert.ok(Buffer.byteLength(raw, 'latin1') <= MAX_LINE_BYTES);
  const parser = new SourceParser();
  const pieces: Line[] = [];
  for (let at = 0; at < line.length; at += 99_991)
    pieces.push(...linesOf(parser.push(line.subarray(at, at + 99_991), at, OPTIONS)));
  assert.deepEqual(pieces, whole);
});

test('a line of exactly the limit is one record', () => {
  const lines = parseAll(Buffer.from(`${'x'.repeat(MAX_LINE_BYTES)}\n`));
  assert.deepEqual(
    lines.map(({ flags }) => flags),
    [0],
  );
});

test('a state of a newer version is refused with a sentence', () => {
  assert.throws(
    () => new SourceParser({ resume: { state: '{"v":2}', openBytes: new Uint8Array(0) } }),
    (error: unknown) => error instanceof DeadairError && error.code === 'store.version',
  );
});

test('a batch finds the line of a byte and reads it lazily', () => {
  const text = new BatchText(new SourceParser().push(Buffer.from('one\ntwo ü\r\nthree\nopen'), 50, OPTIONS));
  assert.equal(text.count, 3);
  assert.deepEqual(
    [0, 3, 4, 9, 12, 17].map(at => text.lineAt(at)),
    [0, 0, 1, 1, 2, 2],
  );
  assert.equal(text.raw(1), 'two ü');
  assert.equal(text.offset(2), 62);
  assert.equal(text.latin1.length, 18);
  assert.equal(text.latin1.indexOf('three'), text.start(2));
});
