import assert from 'node:assert/strict';
import { it } from 'node:test';
import { worthTelling } from '../../src/web/api/status.js';

const MINUTE = 60_000;
const NOW = 100 * MINUTE;
const gap = (reason: 'unseen' | 'rotated-away', ago: number, path = '/a.log') => ({
  agent: 'agent-1',
  path,
  reason,
  at: NOW - ago * MINUTE,
});

it('each truncating restart leaves a doubt for an hour, told once a file; a loss is told for good', () => {
  const restarts = [1, 3, 9, 70, 80].map(ago => gap('unseen', ago));
  const told = worthTelling([...restarts, gap('rotated-away', 90), gap('unseen', 5, '/b.log')], NOW);
  assert.deepEqual(
    told.map(({ reason, path, at }) => `${reason} ${path} ${(NOW - at) / MINUTE}`),
    ['unseen /a.log 1', 'rotated-away /a.log 90', 'unseen /b.log 5'],
  );
  assert.deepEqual(worthTelling(restarts, NOW + 2 * 60 * MINUTE), []);
});
