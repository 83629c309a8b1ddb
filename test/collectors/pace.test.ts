import assert from 'node:assert/strict';
import { it } from 'node:test';
import { LookPace } from '../../collectors/file/listing-pace.js';

it('looks at many files are further apart, and one that waited for the processor changes nothing', () => {
  const pace = new LookPace();
  const apart = [0.2, 0.2, 40, 0.2, 1.5, 1.5, 1.5, 8, 8, 8, 0.2].map(took => pace.after(took));
  assert.deepEqual(apart, [30, 30, 30, 30, 30, 45, 45, 45, 60, 60, 30]);
});
