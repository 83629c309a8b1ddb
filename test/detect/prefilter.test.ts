import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CandidateFinder } from '../../src/detect/candidates.js';
import { judgedText, lowered } from '../../src/detect/line.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import { compileRules, matchRule } from '../../src/detect/rules.js';
import { parsePattern } from '../../src/safe-regex/parse.js';
import fc from '../property.js';
import { cases } from '../thorough.js';
import { allLines, textOf } from './material.js';

const rules = compileRules(loadBuiltInPacks());
const guards = rules.map(rule => rule.guard);
const fresh = new CandidateFinder(
  rules.map(rule => rule.arms),
  guards,
);
const trees = rules.map(rule =>
  rule.pattern === undefined ? undefined : parsePattern(rule.pattern.source).tree,
);

function assertNotDropped(raw: string, finder = fresh): number {
  const text = judgedText(raw);
  const bytes = Buffer.from(text);
  const tried = new Set(finder.of(bytes, 0, bytes.length));
  for (const [index, rule] of rules.entries()) {
    if (!rule.veto || matchRule(rule, text, lowered(text)) === undefined) continue;
    assert.ok(finder.mayHold(index), `${rule.name} vetoes but its guard says no: ${text}`);
  }
  let passed = false;
  finder.scan(bytes, Uint32Array.of(0, bytes.length), 1, () => {
    passed = true;
  });
  let matching = 0;
  for (const [index, rule] of rules.entries()) {
    if (rule.veto || matchRule(rule, text, lowered(text)) === undefined) continue;
    matching++;
    assert.ok(tried.has(index), `${rule.name} matches but is not tried: ${text}`);
    assert.ok(passed, `${rule.name} matches but the sieve drops: ${text}`);
  }
  return matching;
}

test('no rule that matches a sample line is dropped by the prefilter', () => {
  let matching = 0;
  for (const line of allLines()) matching += assertNotDropped(line);
  assert.ok(matching > 500);
});

test('nor of any text its pattern can match, wherever in a line it stands', () => {
  const patterned = rules.flatMap((rule, index) => (rule.veto || trees[index] === undefined ? [] : [index]));
  let matching = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...patterned),
      fc.infiniteStream(fc.nat(1 << 20)),
      fc.constantFrom('', ' ', 'x', '(', 'link to peer: ', 'é', '_', '9'),
      fc.constantFrom('', ' ', 'x', ')', ' of the interface', '…', '_', '7'),
      (index, stream, before, after) => {
        const text = textOf(trees[index]!, options => stream.next().value! % options);
        matching += assertNotDropped(before + text + after);
      },
    ),
    { numRuns: cases(1200) },
  );
  assert.ok(matching > cases(600), `only ${matching} of the texts matched anything`);
});

/** Lines [0, count) of one buffer. */
function linesOf(lines: readonly string[]): { bytes: Buffer; starts: Uint32Array } {
  const bytes = Buffer.from(lines.join(''));
  const starts = new Uint32Array(lines.length + 1);
  for (const [index, line] of lines.entries()) starts[index + 1] = starts[index]! + Buffer.byteLength(line);
  return { bytes, starts };
}

function passing(finder: CandidateFinder, lines: readonly string[]): Set<number> {
  const { bytes, starts } = linesOf(lines);
  const passed: number[] = [];
  finder.scan(bytes, starts, lines.length, line => passed.push(line));
  assert.deepEqual(
    passed,
    [...passed].sort((a, b) => a - b),
    'told in order',
  );
  return new Set(passed);
}

test('many lines at once are looked at as each alone, whatever stands at their ends', () => {
  const words = [
    'timeout',
    'connection reset by peer',
    'ok',
    'link is up',
    'upstream',
    'x',
    'link is',
    'up',
    'é',
    '104',
  ];
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.constantFrom(...words), { maxLength: 4 }), { minLength: 1, maxLength: 300 }),
      fc.boolean(),
      (parts, open) => {
        const lines = parts.map(own => `${own.join(' ')}\n`);
        if (open) lines.push(lines.at(-1)!.slice(0, -1) || 'x');
        const together = passing(fresh, lines);
        for (const [index, line] of lines.entries())
          if (passing(fresh, [line]).has(0))
            assert.ok(together.has(index), `alone it passes: line ${index} of ${JSON.stringify(lines)}`);
      },
    ),
    { numRuns: cases(300) },
  );
});

test('a trigger that stands in most lines is exchanged for a rarer one, and still nothing is dropped', () => {
  const finder = new CandidateFinder(rules.map(rule => rule.arms));
  const busy = Array.from(
    { length: 8_000 },
    (_, i) =>
      `10.0.0.${i % 250} "GET /store/obj-${i}" 200 upstream=10.0.0.7:7761 status=ok reason=size elapsed=${i}us\n`,
  );
  assert.equal(passing(finder, busy).size, busy.length, 'at first every line holds a trigger');
  for (let round = 0; round < 5; round++) passing(finder, busy);
  assert.ok(passing(finder, busy).size < busy.length / 50, 'then hardly any');
  let matching = 0;
  for (const line of allLines()) matching += assertNotDropped(line, finder);
  assert.ok(matching > 500);
});
