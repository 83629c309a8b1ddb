import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columns, timeText } from '../../src/cli/lines.js';
import { sizeWords } from '../../src/wording/size.js';

const now = new Date('2026-11-24T12:00:00Z');
for (const [iso, expected] of [
  ['2026-11-24T03:04:05.678901Z', '03:04:05.678'],
  ['2026-11-23T23:59:59.000000Z', '11-23 23:59:59.000'],
] as const) {
  test(`the time ${iso} is shown as ${expected} on ${now.toISOString().slice(0, 10)}`, () => {
    assert.equal(timeText(iso, { utc: true }, now), expected);
  });
}

for (const [bytes, expected] of [
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [1024 * 1024 * 250, '250 MiB'],
] as const) {
  test(`${bytes} bytes are ${expected}`, () => assert.equal(sizeWords(bytes), expected));
}

test('columns are aligned by what is seen, not by colour codes', () => {
  assert.deepEqual(
    columns([
      ['a', '\x1b[31mred\x1b[39m', 'x'],
      ['long', 'b', 'y'],
    ]),
    ['a     \x1b[31mred\x1b[39m  x', 'long  b    y'],
  );
});
