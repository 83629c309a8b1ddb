import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NameGlob } from '../../src/platform/glob.js';
import fc from '../property.js';

for (const [glob, text, expected] of [
  ['agent-*', 'agent-12', true],
  ['agent-?', 'agent-1', true],
  ['agent-?', 'agent-12', false],
  ['agent-?*', 'agent-', false],
  ['?gent*2', 'agent-12', true],
  ['*', '', true],
  ['*-4', 'agent-44', false],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['a*b?d*e', 'a-bcd-bd-e', true],
  ['a.c', 'abc', false],
  ['ab*ba', 'aba', false],
] as const)
  test(`"${glob}" ${expected ? 'matches' : 'does not match'} "${text}"`, () =>
    assert.equal(new NameGlob(glob, { single: true }).matches(text), expected));

test('a backslash takes the meaning from what is behind it, where the syntax has it', () => {
  assert.equal(new NameGlob('a\\*', { escapes: true }).exact, 'a*');
  assert.equal(new NameGlob('a\\*').matches('a\\bc'), true);
});

test('many wildcards do not take for ever', () => {
  assert.equal(new NameGlob('*a'.repeat(50)).matches(`${'a'.repeat(5000)}b`), false);
});

test('matches what the same pattern as a regular expression matches', () => {
  const short = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
  fc.assert(
    fc.property(short, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 10 }), (pattern, text) => {
      const regex = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
      assert.equal(new NameGlob(pattern, { single: true }).matches(text), regex.test(text));
    }),
  );
});
