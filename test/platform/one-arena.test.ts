import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Restartable, withOneArena } from '../../src/platform/one-arena.js';

describe('one malloc arena', () => {
  const begun = (changes: Partial<Restartable>) => {
    const calls: unknown[][] = [];
    withOneArena({
      platform: 'linux',
      execPath: '/bin/node',
      execArgv: ['--inspect'],
      argv: ['/bin/node', '/app/main.js', 'serve', '--port', '1'],
      env: { HOME: '/root' },
      execve: (...call) => calls.push(call),
      ...changes,
    });
    return calls;
  };

  it('is asked for by beginning anew with the same words', () => {
    assert.deepEqual(begun({}), [
      [
        '/bin/node',
        ['/bin/node', '--inspect', '/app/main.js', 'serve', '--port', '1'],
        { HOME: '/root', MALLOC_ARENA_MAX: '1' },
      ],
    ]);
  });

  for (const [where, changes] of [
    ['it was asked for already, so that a process begins anew once', { env: { MALLOC_ARENA_MAX: '1' } }],
    ['somebody chose another number', { env: { MALLOC_ARENA_MAX: '4' } }],
    ['Node can not', { execve: undefined }],
    ['the system is no Linux', { platform: 'darwin' }],
  ] as [string, Partial<Restartable>][])
    it(`is left alone where ${where}`, () => assert.deepEqual(begun(changes), []));
});
