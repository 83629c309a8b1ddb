import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RE2JS } from 're2js';
import { compileRegex } from '../../src/query/regex.js';
import fc from '../property.js';

const CATASTROPHES = [
  '(a+)+$',
  '(a|a)*$',
  '(a|aa)+$',
  '(.*a){20}$',
  '(a*)*b',
  '([a-z]+)*=',
  'a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaaaaaab',
  '.*.*.*.*=.*',
  '^(\\w+\\s?)*$',
];

for (const source of CATASTROPHES)
  test(`${source} ends on lines made to hurt it`, () => {
    const regex = compileRegex(source, false);
    for (const text of ['a'.repeat(40), `${'a'.repeat(5000)}!`, `${'ab '.repeat(3000)}!`]) {
      const expected = RE2JS.compile(source).matcher(text).find();
      assert.equal(regex.test(text), expected);
    }
  });

test('a line of a mebibyte is searched in linear time', () => {
  const regex = compileRegex('a.*b.*c', false);
  assert.equal(regex.test('a'.repeat(1024 * 1024)), false);
  assert.equal(regex.test(`${'a'.repeat(1024 * 1024)}bc`), true);
});

test('the proven and the linear engine agree', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '\\d',
    '\\w',
    '\\b',
    'x?',
    'a+',
    'b*',
    '(a|bc)',
    '\\.',
    ' ',
  );
  const source = fc.array(piece, { minLength: 1, maxLength: 6 }).map(pieces => pieces.join(''));
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', 'c', 'x', '1', '.', ' ', 'A', 'é', '😀'),
    maxLength: 20,
  });
  fc.assert(
    fc.property(source, text, fc.boolean(), (source, text, ignoreCase) => {
      const expected = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0)
        .matcher(text)
        .find();
      assert.equal(compileRegex(source, ignoreCase).test(text), expected);
    }),
  );
});

test('every match holds one of the literals', () => {
  const regex = compileRegex('(?:connection|stream) (?:reset|closed) by', true);
  assert.ok(regex.literals);
  for (const line of ['Connection reset by peer', 'STREAM CLOSED BY x']) {
    assert.ok(regex.test(line));
    assert.ok(regex.literals.some(literal => line.toLowerCase().includes(literal)));
  }
});
