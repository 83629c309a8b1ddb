import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileRegex } from '../../../src/query/regex.js';
import { termDemands } from '../../../src/store/elasticsearch/term-patterns.js';
import fc from '../../property.js';
import { cases } from '../../thorough.js';
import { indexedWords } from './dsl.js';

/** Lucene's syntax as far as it is used is JavaScript's, anchored at both ends. */
const holds = (patterns: string[][], line: string) =>
  patterns.some(list =>
    list.every(pattern => indexedWords(line).some(term => new RegExp(`^(?:${pattern})$`, 's').test(term))),
  );

const CASES: [string, boolean, string[][] | undefined, boolean][] = [
  [String.raw`\d{5}`, false, [['.*([0-9]){5,5}.*']], true],
  ['c0ffee', false, [['.*c0ffee.*']], false],
  ['c0ffee', true, [['.*c0ffee.*']], true],
  [String.raw`\d{3}-\d{4}`, false, [['.*([0-9]){3,3}', '([0-9]){4,4}.*']], false],
  [String.raw`took \d+ms`, false, [['.*took', '([0-9]){1,}ms.*']], false],
  ['reset|refused', true, [['.*re[s\u017f]et.*'], ['.*refu[s\u017f]ed.*']], true],
  ['.*', false, undefined, false],
  [String.raw`\d*`, false, undefined, false],
  ['a|.', false, undefined, false],
  [String.raw`\bpeer\b`, false, [['.*peer.*']], false],
];

const atom = fc.constantFrom(
  'a',
  'K',
  's',
  '7',
  '_',
  String.raw`\d`,
  String.raw`\w`,
  '[a-f0-9]',
  '.',
  ' ',
  '-',
  String.raw`\s`,
  String.raw`\b`,
  '^',
  '(?:ab|9)',
  '(?:-|x)',
  '[^a]',
);
const times = fc.constantFrom('', '', '', '+', '*', '?', '{2}', '{1,3}', '{2,}');
const source = fc
  .array(fc.tuple(atom, times), { minLength: 1, maxLength: 7 })
  .map(parts => parts.map(([one, many]) => one + (/^(\\b|\^)$/.test(one) ? '' : many)).join(''));
const line = fc
  .array(
    fc.constantFrom(
      'a',
      'A',
      'b',
      'k',
      'K',
      '\u212a',
      's',
      '\u017f',
      '7',
      '42',
      '_',
      ' ',
      '-',
      'é',
      'İ',
      '\t',
      'ab',
      'x',
    ),
    { maxLength: 14 },
  )
  .map(parts => parts.join(''));

describe('what a regular expression asks of words', () => {
  for (const [pattern, ignoreCase, anyOf, exact] of CASES)
    it(`/${pattern}/${ignoreCase ? 'i' : ''}`, () => {
      assert.deepEqual(termDemands(pattern, ignoreCase), anyOf && { anyOf, exact });
    });

  it('holds of every line that it matches, and where it is exact, of no other', () => {
    let matched = 0;
    let excluded = 0;
    fc.assert(
      fc.property(source, fc.boolean(), line, (pattern, ignoreCase, text) => {
        const demands = termDemands(pattern, ignoreCase);
        // Lines with letters that fold to ASCII ones are looked at in any case (line-text.ts).
        if (!demands || /[\u0130\u017f\u212a]/.test(text)) return;
        const matches = compileRegex(pattern, ignoreCase).test(text);
        const told = holds(demands.anyOf, text);
        if (matches) {
          matched++;
          assert.ok(told, `${pattern} matches ${JSON.stringify(text)}, its words ${demands.anyOf} don't`);
        } else if (!told) excluded++;
        if (demands.exact) assert.equal(told, matches, `${pattern} ${text}`);
      }),
      { numRuns: cases(20_000) },
    );
    assert.ok(
      matched > cases(200) && excluded > cases(200),
      `${matched} lines matched, ${excluded} were left out`,
    );
  });
});
