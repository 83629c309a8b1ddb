import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columns } from '../../src/cli/lines.js';

test('columns are aligned by what is seen, not by colour codes', () => {
  assert.deepEqual(
    columns([
      ['a', '\x1b[31mred\x1b[39m', 'x'],
      ['long', 'b', 'y'],
    ]),
    ['a     \x1b[31mred\x1b[39m  x', 'long  b    y'],
  );
});
