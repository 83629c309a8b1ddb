import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { DemandPlaces, DigitReader } from '../../src/detect/digits.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import { ORDERLY_PATTERNS } from '../../src/detect/structure/orderly.js';
import { PLACE_PATTERNS } from '../../src/detect/structure/places.js';
import { PROSE_PATTERNS } from '../../src/detect/structure/prose.js';
import { structureDigits } from '../../src/detect/told-digits.js';
import type { Finding } from '../../src/model/finding.js';
import { compilePattern } from '../../src/safe-regex/compile.js';
import { parsePattern } from '../../src/safe-regex/parse.js';
import fc from '../property.js';
import { cases } from '../thorough.js';
import { allLines, textOf } from './material.js';

// A detector that remembers what lines of the same shape meant must judge each line as one that has never seen any.

const packs = loadBuiltInPacks();
const remembering = new LineDetector(packs);
const lines = allLines().map(line => line.replaceAll('\n', ' '));

function scan(detector: LineDetector, texts: readonly string[]): Map<number, Finding> {
  const bytes = Buffer.from(texts.map(text => `${text}\n`).join(''));
  const starts = new Uint32Array(texts.length + 1);
  for (const [index, text] of texts.entries())
    starts[index + 1] = starts[index]! + Buffer.byteLength(text) + 1;
  const findings = new Map<number, Finding>();
  detector.scan({ bytes, starts, count: texts.length, classes: new Uint8Array(texts.length), findings });
  return findings;
}

function assertAsAlone(texts: readonly string[]): void {
  const findings = scan(remembering, texts);
  for (const [index, text] of texts.entries())
    assert.deepEqual(findings.get(index), remembering.classifyLine(text), text);
}

/** Numbers that mean something somewhere: of errno, HTTP, SSL alerts, wifi, verbs, Oracle, Windows. */
const TELLING = [
  '0',
  '00',
  '1',
  '2',
  '3',
  '4',
  '5',
  '10',
  '11',
  '12',
  '32',
  '48',
  '99',
  '100',
  '101',
  '103',
  '104',
].concat(
  [
    '107',
    '108',
    '110',
    '111',
    '112',
    '113',
    '201',
    '400',
    '404',
    '408',
    '499',
    '500',
    '502',
    '503',
    '504',
    '1001',
  ],
  ['1006', '3113', '10054', '10060', '11001', '12541', '80072', '0000', '00012'],
);

/** The same line at another time, of another peer, with another code. */
const redrawn = (line: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(line, fc.infiniteStream(fc.nat(1 << 20))).map(([text, stream]) => {
    const draw = (options: number): number => stream.next().value! % options;
    return text.replace(/\d+/g, run => {
      if (draw(4) === 0) return run;
      const alike = TELLING.filter(one => one.length === run.length);
      if (alike.length > 0 && draw(2) === 0) return alike[draw(alike.length)]!;
      if (draw(6) === 0) return TELLING[draw(TELLING.length)]!;
      return run.replace(/\d/g, () => String(draw(10)));
    });
  });

test('lines that differ in digits are judged each as if no other had been seen', () => {
  assertAsAlone(lines);
  fc.assert(
    fc.property(fc.array(redrawn(fc.constantFrom(...lines)), { minLength: 1, maxLength: 20 }), assertAsAlone),
    { numRuns: cases(400) },
  );
});

test('so are texts made of the patterns that tell digits apart, in any surroundings', () => {
  const trees = remembering.rules
    .flatMap(({ pattern, also, unless }) => [...(pattern ? [pattern] : []), ...also, ...unless])
    .filter(({ digits }) => digits.length > 0)
    .map(({ source }) => parsePattern(source).tree);
  assert.ok(trees.length > 60);
  const text = fc
    .tuple(
      fc.constantFrom(...trees),
      fc.infiniteStream(fc.nat(1 << 20)),
      fc.constantFrom('', ' ', 'x', '(', '0', '7', 'é', '12 connections lost: ', 'error 3 ', '0 '),
      fc.constantFrom(
        '',
        ' ',
        'x',
        ')',
        '1',
        '0',
        '…',
        ' connection reset by peer',
        ': Connection timed out (110)',
      ),
    )
    .map(
      ([tree, stream, before, after]) =>
        before + textOf(tree, options => stream.next().value! % options) + after,
    )
    .map(text => text.replace(/[\n\r]/g, ' '));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), redrawnOf => {
      assertAsAlone(redrawnOf);
    }),
    { numRuns: cases(400) },
  );
  fc.assert(
    fc.property(
      text.chain(one => fc.array(redrawn(fc.constant(one)), { minLength: 2, maxLength: 12 })),
      assertAsAlone,
    ),
    { numRuns: cases(400) },
  );
});

test('which digits make a difference is read off the pattern', () => {
  const demands = (pattern: string) =>
    compilePattern(pattern).digits.flatMap(branch => branch.demands.map(({ digits }) => digits));
  const only = (...digits: number[]) => digits.reduce((mask, digit) => mask | (1 << digit), 0);
  assert.deepEqual(demands('after \\d{1,9} ms|from [0-9a-f:]{3,39}'), []);
  assert.deepEqual(demands('errno \\b110\\b'), [[only(1), only(1), only(0)]]);
  assert.deepEqual(demands('status [45]\\d'), [[only(4, 5), (1 << 10) - 1]]);
});

test('numbers are told from others only where a pattern can tell them', () => {
  const detector = new LineDetector(packs);
  const told = [
    'connect to 192.0.2.4:5432 failed: Operation failed (os error 110)',
    'connect to 192.0.2.9:6432 failed: Operation failed (os error 111)',
    'connect to 192.0.2.9:6432 failed: Operation failed (os error 999)',
  ];
  const classes = told.map(line => scan(detector, [line]).get(0)?.class);
  assert.deepEqual(classes.slice(0, 2), ['timeout', 'refused']);
  const fields = scan(detector, [told[0]!.replace('192.0.2.4:5432', '192.0.2.7:7432')]).get(0)?.fields;
  assert.deepEqual(fields, { address: '192.0.2.7', port: '7432' });
});

test('a source is taken for its program by a line whose like another source wrote before', () => {
  const detector = new LineDetector(packs);
  const line = (id: number) =>
    `2026-03-01 10:00:0${id},123 [myid:${id}] - WARN  [SendWorker:${id}:QuorumCnxManager$SendWorker@679] - Interrupted while waiting`;
  const sources = [1, 2].map(id => ({ id: `s${id}`, path: `/var/log/app-${id}.log` }));
  const taken = sources.map((source, index) => {
    const bytes = Buffer.from(`${line(index + 1)}: connection broken\n`);
    const findings = new Map<number, Finding>();
    const starts = Uint32Array.of(0, bytes.length);
    detector.scan({ bytes, starts, count: 1, classes: new Uint8Array(1), findings }, source);
    return detector.sources.of(source)?.program;
  });
  assert.equal(taken[0], taken[1]);
});

test('what was not seen for long is forgotten and judged anew', () => {
  const detector = new LineDetector(packs);
  const word = (n: number) => n.toString(26).replace(/\d/g, digit => 'qrstuvwxyz'[Number(digit)]!);
  const many = Array.from({ length: 40_000 }, (_, n) => `peer ${word(n)}: connection reset by peer`);
  for (let from = 0; from < many.length; from += 4000) {
    scan(detector, [lines[0]!, ...many.slice(from, from + 4000)]);
  }
  const again = scan(detector, lines);
  for (const [index, line] of lines.entries())
    assert.deepEqual(again.get(index), remembering.classifyLine(line), line);
});

test('all patterns on structure are asked which digits they tell', () => {
  for (const [name, patterns] of [
    ['prose', PROSE_PATTERNS],
    ['orderly', ORDERLY_PATTERNS],
    ['places', PLACE_PATTERNS],
  ] as const) {
    const source = readFileSync(new URL(`../../../src/detect/structure/${name}.ts`, import.meta.url), 'utf8');
    const declared = [...source.matchAll(/^const [A-Z_]+ =\s*(?:\/|new RegExp)/gm)].length;
    assert.equal(patterns.length, declared, name);
  }
});

test('where the same demands of a pattern are met, it matches at the same places', () => {
  const piece = fc.constantFrom(
    ...[
      '0',
      '1',
      '110',
      '[45]',
      '[0-3]',
      '\\d',
      '\\d{2}',
      '\\d{1,3}',
      '0*',
      '0+',
      '[1-9]\\d*',
      '(?:10|[2-9])',
    ],
    ...['\\b', 'a', ' ', '[^0-9]', '\\w', '.', '-?', '[0-4a]', '(?:a|7)?', '12345678', '0{2,9}'],
  );
  const pattern = fc.array(piece, { minLength: 1, maxLength: 5 }).map(pieces => pieces.join(''));
  const digits = fc.array(fc.constantFrom(...'000011234578'), { minLength: 24, maxLength: 24 });
  const shape = fc.array(fc.constantFrom(...'###########a -'), { minLength: 1, maxLength: 24 });
  const drawn = (of: readonly string[], own: readonly string[]) =>
    of.map((char, index) => (char === '#' ? own[index]! : char)).join('');
  let alike = 0;
  fc.assert(
    fc.property(
      pattern,
      shape,
      digits,
      fc.array(digits, { minLength: 8, maxLength: 8 }),
      (source, of, ...own) => {
        const compiled = compilePattern(source, false);
        const lines = [own[0], ...own[1]].map(one => drawn(of, one));
        const places = new DemandPlaces(compiled.digits.flatMap(({ demands }) => demands));
        const bytes = Buffer.from(lines[0]!);
        const reader = new DigitReader([places], bytes, 0, bytes.length);
        const found = new Map<number | string, string>();
        for (const line of lines) {
          const match = compiled.match(line);
          const where = match ? `${match.index} ${match.end}` : '';
          const met = reader.read(Buffer.from(line), 0);
          const before = found.get(met);
          if (before === undefined) found.set(met, where);
          else {
            alike++;
            assert.equal(where, before, `${source} in ${line}, ${lines[0]}`);
          }
        }
      },
    ),
    { numRuns: cases(1500) },
  );
  assert.ok(alike > cases(1500));
});

test('a zero in a date, a time or an id tells no line from another of its shape', () => {
  const places = new DemandPlaces(structureDigits());
  for (const [one, other] of [
    ['2015-07-30 05:09:46,106 - INFO session lost', '2015-10-21 15:00:00,006 - INFO session lost'],
    ['Feb 02 00:14:35 node-01 app[00709]: peer is down', 'Feb 21 13:00:05 node-10 app[10000]: peer is down'],
    ['id = 00000000-0036-8000 not reachable', 'id = 12345678-9876-1234 not reachable'],
  ] as const) {
    const bytes = Buffer.from(one);
    const reader = new DigitReader([places], bytes, 0, bytes.length);
    assert.equal(reader.read(Buffer.from(other), 0), reader.read(bytes, 0), one);
  }
});
