import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countWords, plural, sizeWords } from '../../src/wording/amount.js';

for (const [bytes, expected] of [
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [1536, '1.5 KiB'],
  [1024 * 1024 - 1, '1 MiB'],
  [1024 * 1024 * 250, '250 MiB'],
  [3 * 1024 ** 5, '3072 TiB'],
] as const)
  test(`${bytes} bytes are ${expected}`, () => assert.equal(sizeWords(bytes), expected));

test('numbers are grouped by thousands, and one is singular', () => {
  assert.equal(countWords(1_234_567), '1,234,567');
  assert.equal(plural(1, 'line'), '1 line');
  assert.equal(plural(1200, 'line'), '1,200 lines');
  assert.equal(plural(0, 'query', 'queries'), '0 queries');
});
