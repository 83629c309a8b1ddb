import assert from 'node:assert/strict';
import { test } from 'node:test';
import picocolors from 'picocolors';
import { printable, printableJson, printableOutput } from '../../src/platform/printable.js';
import fc from '../property.js';

const pc = picocolors.createColors(true);
/** What a terminal acts on, beside the characters it shows. */
const STEERS = /(?!\t)[\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f\u2028\u2029]/u;

for (const [name, text, shown] of [
  ['a title', '\x1b]0;PWNED\x07', '\\x1b]0;PWNED\\x07'],
  ['C1, which is CSI to some terminals', '\u009b31m', '\\x9b31m'],
  ['a backspace that hides what was before it', 'rm\b\bls', 'rm\\x08\\x08ls'],
  ['a line that was forged', 'ok\r\nERROR', 'ok\\x0d\\x0aERROR'],
  ['writing that is turned round', 'a\u202egnp.exe', 'a\\u{202e}gnp.exe'],
  ['a mark in a plane above', 'a\u{e0041}b', 'a\\u{e0041}b'],
  ['half a character', 'a\ud800b', 'a\\u{d800}b'],
] as const)
  test(`shown as what it is: ${name}`, () => assert.equal(printable(text), shown));

for (const text of ['plain', 'tab\there', 'grüße', '日本語', '👩‍👩‍👧 family', 'a\u0301'])
  test(`left as it is: ${text}`, () => assert.equal(printable(text), text));

test('colours of our own stay in a finished text, and nothing else does', () => {
  const text = `${pc.red('error')} ${pc.dim('x\u009b2J')} \x1b[2J\x1b[38;5;1m\n`;
  assert.equal(printableOutput(text), `${pc.red('error')} ${pc.dim('x\\x9b2J')} \\x1b[2J\\x1b[38;5;1m\n`);
});

test('nothing steers a terminal, whatever comes', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      assert.doesNotMatch(printable(text), STEERS);
      const rest = printableOutput(text).replace(/\x1b\[\d{1,2}m|\n/g, '');
      assert.doesNotMatch(rest, STEERS);
    }),
  ));

test('JSON means the same, and is safe to look at', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const json = printableJson(JSON.stringify({ [text]: text }, null, 2));
      assert.deepEqual(JSON.parse(json), { [text]: text });
      assert.doesNotMatch(json.replaceAll('\n', ''), STEERS);
    }),
  ));
