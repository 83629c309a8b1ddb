import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Generation } from '../../collectors/file/generation.js';
import type { Entry } from '../../collectors/file/registry.js';
import { restIdle, TooManyFiles } from '../../collectors/file/resting.js';
import type { Logger } from '../../src/platform/logger.js';

const generation = (grewAt: number, more: object = {}) => {
  const one = { state: 'live', unread: 0, inFlight: 0, grewAt, handle: {}, rests: false, ...more };
  return Object.assign(one, {
    closeHandle: async () => {
      (one as { handle: unknown }).handle = undefined;
    },
  }) as unknown as Generation;
};

test('beyond the limit those that were quiet for longest rest; never one that has unread bytes, is under way or was renamed', async () => {
  const all = [
    generation(1, { unread: 5 }),
    generation(2, { inFlight: 1 }),
    generation(3, { state: 'rotated' }),
    generation(5),
    generation(4),
    generation(6),
  ];
  await restIdle(all, 4);
  assert.deepEqual(
    all.map(one => one.rests),
    [false, false, false, true, true, false],
  );
  await restIdle(all, 0);
  assert.deepEqual(
    all.map(one => one.handle !== undefined),
    [true, true, true, false, false, false],
  );
});

test('that files wait for others to be closed is said once, and that they no longer do', () => {
  const said: string[] = [];
  const note = (event: string) => void said.push(event);
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const tooMany = new TooManyFiles(logger);
  const entries = (...errors: (string | null)[]) => errors.map(error => ({ error }) as Entry);
  tooMany.look(entries(null));
  tooMany.look(entries('EMFILE', null));
  tooMany.look(entries('EMFILE', 'EMFILE'));
  tooMany.look(entries('EACCES'));
  assert.deepEqual(said, ['files.too-many', 'files.read-in-turn']);
});
