import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FoldedNeedle } from '../../src/query/tokens.js';

test('an empty text is found everywhere in its range, and not past it, so that looking for the next one ends', () => {
  const needle = new FoldedNeedle('');
  const bytes = Buffer.from('abc');
  const found: number[] = [];
  for (let at = needle.find(bytes, 0, 3); at >= 0; at = needle.find(bytes, at + 1, 3)) found.push(at);
  assert.deepEqual(found, [0, 1, 2, 3]);
});
