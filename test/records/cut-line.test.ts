import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cutLine } from '../../src/records/cut-line.js';
import { displayText } from '../../src/records/text.js';

describe('a long line is cut', () => {
  for (const [what, raw, expected] of [
    ['not when it fits', 'short', 'short'],
    ['behind its beginning', 'abcdefghijkl', 'abcdefgh'],
    ['not within a character of two halves', 'abcdefg🚀ijkl', 'abcdefg'],
    ['to its last states where it overwrote itself', '10 %\r20 %\r30 %\rdone', 'done'],
    ['as others where it only ends with a return', 'abcdefghijkl\r', 'abcdefgh'],
    ['as others where it was wiped at last', 'abcdefghijkl\r   ', 'abcdefgh'],
  ] as const)
    it(what, () => assert.equal(cutLine(raw, 8), expected));

  it('and shows what a terminal would have left', () => {
    const states = Array.from({ length: 500 }, (_, i) => `remote: Counting objects: ${i / 5} %\r`).join('');
    const raw = `${states}remote: Counting objects: 100 %, done.`;
    assert.equal(displayText(cutLine(raw, 4000)), displayText(raw));
  });
});
