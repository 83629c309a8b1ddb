import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areOpposites, isPolar } from '../../src/skeletons/polarity.js';
import { mergeSkeletons } from '../../src/templates/merge.js';
import fc from '../property.js';

const NAMES = 'ann bob cid dan eve fay gus hal ivy jon kim leo mia ned oda pia'.split(' ');

test('a word that takes many values is data', () => {
  const merged = mergeSkeletons(NAMES.map(name => `user ${name} logged in from <ip>`));
  assert.deepEqual(new Set(merged), new Set(['user <*> logged in from <ip>']));
});

test('two words that take many values are data', () => {
  const lines = NAMES.flatMap(name => NAMES.map(city => `user ${name} of ${city} moved house again today`));
  assert.deepEqual(new Set(mergeSkeletons(lines)), new Set(['user <*> of <*> moved house again today']));
});

test('a word that takes few values is not: started and paused are two things', () => {
  const lines = ['VM Halted (event)', 'VM Paused (event)', 'VM Moved (event)'];
  assert.deepEqual(mergeSkeletons(lines), lines);
});

for (const [a, b] of [
  ['connected', 'disconnected'],
  ['up', 'down'],
  ['success', 'failure'],
  ['enabled', 'disabled'],
  ['started', 'stopped'],
  ['open', 'closed'],
  ['mounted', 'unmounted'],
  ['leader', 'follower'],
  ['stable', 'unstable'],
] as const)
  test(`${a} and ${b} never merge, however many other words stand there`, () => {
    const line = (word: string) => `link of port is ${word} now on switch`;
    const merged = mergeSkeletons([...NAMES, a, b].map(line));
    assert.equal(merged.at(-2), line(a));
    assert.equal(merged.at(-1), line(b));
    assert.equal(merged[0], line('<*>'));
  });

test('"not" changes the number of words, so it never merges', () => {
  const lines = NAMES.flatMap(name => [
    `host ${name} is ready for work`,
    `host ${name} is not ready for work`,
  ]);
  assert.deepEqual(
    new Set(mergeSkeletons(lines)),
    new Set(['host <*> is ready for work', 'host <*> is not ready for work']),
  );
});

test('unlike lines of the same length stay apart', () => {
  const lines = NAMES.map((name, i) => [name, NAMES[(i + 3) % 16], NAMES[(i * 5) % 16], 'x'].join(' '));
  assert.equal(new Set(mergeSkeletons(lines)).size, 16);
});

test('the order of the lines, and how often they come, change nothing', () => {
  const word = fc.constantFrom(...NAMES, 'up', 'down', 'connected', 'disconnected', '<n>');
  const line = fc
    .tuple(fc.constantFrom('user', 'host', 'link'), word, fc.constantFrom('is', 'was'), word)
    .map(parts => parts.join(' '));
  fc.assert(
    fc.property(
      fc
        .array(line, { maxLength: 200 })
        .chain(lines =>
          fc.tuple(
            fc.constant(lines),
            fc.shuffledSubarray(lines, { minLength: lines.length, maxLength: lines.length }),
          ),
        ),
      ([lines, shuffled]) => {
        const templates = new Map(lines.map((text, i) => [text, mergeSkeletons(lines)[i]]));
        const again = mergeSkeletons([...shuffled, ...lines]);
        for (const [i, text] of shuffled.entries()) assert.equal(again[i], templates.get(text));
      },
    ),
    { numRuns: 30 },
  );
});

test('words that say how it went, and words that are negated', () => {
  for (const token of ['down', 'Disconnected,', '(failed)', 'state=UP', 'unreachable'])
    assert.ok(isPolar(token), token);
  for (const token of ['agent', 'bucket-<n>', 'x']) assert.ok(!isPolar(token), token);
  assert.ok(areOpposites('stable', 'unstable'));
  assert.ok(!areOpposites('stable', 'table'));
});
