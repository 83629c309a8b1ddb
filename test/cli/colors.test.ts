import assert from 'node:assert/strict';
import { test } from 'node:test';
import { colorsFor } from '../../src/cli/colors.js';

test('colours go to a terminal only, whatever CI and FORCE_COLOR say, and NO_COLOR ends them', context => {
  const before = { ...process.env };
  context.after(() => {
    process.env = before;
  });
  process.env = { ...before, CI: 'true', FORCE_COLOR: '1' };
  delete process.env.NO_COLOR;
  assert.equal(colorsFor({ isTTY: false }).red('lost'), 'lost');
  assert.equal(colorsFor({}).red('lost'), 'lost');
  assert.equal(colorsFor({ isTTY: true }).red('lost'), '\u001b[31mlost\u001b[39m');
  process.env.NO_COLOR = '1';
  assert.equal(colorsFor({ isTTY: true }).red('lost'), 'lost');
});
