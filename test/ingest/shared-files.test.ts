import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedFiles } from '../../src/ingest/shared-files.js';
import type { KnownSource } from '../../src/wire/protocol.js';
import { source } from './frames.js';

const at = (host: string, position: number, tail: string, more: Partial<KnownSource> = {}): KnownSource => ({
  ...source(`log of ${host}`),
  host,
  path: '/shared/agent-1.log',
  inode: '4711',
  head: { length: 1024, hash: 'aa' },
  position,
  tail: { length: 1024, hash: tail },
  ended: false,
  ...more,
});

test('a file that two hosts read over a shared folder is named, once', () => {
  const told: string[] = [];
  const shared = new SharedFiles(sentence => told.push(sentence));
  shared.look(at('host-a', 2000, '01'));
  shared.look(at('host-b', 1500, '02'));
  assert.deepEqual(told, []);
  shared.look(at('host-a', 3000, '03'));
  shared.look(at('host-b', 3000, '03', { path: '/mnt/logs/agent-1.log' }));
  shared.look(at('host-b', 3500, '04'));
  shared.look(at('host-a', 3500, '04'));
  assert.equal(told.length, 1);
  assert.match(
    told[0]!,
    /^\/shared\/agent-1\.log of host-a and .* of host-b are the same file: its lines are stored twice\./,
  );
  assert.deepEqual(shared.warnings(), told);
});

test('without inodes it takes more that is alike', () => {
  const shared = new SharedFiles(() => {});
  const nameless = { inode: undefined } as unknown as Partial<KnownSource>;
  for (const host of ['a', 'b']) shared.look(at(host, 3000, '01', nameless));
  assert.deepEqual(shared.warnings(), []);
  for (const host of ['a', 'b']) shared.look(at(host, 5000, '02', nameless));
  assert.equal(shared.warnings().length, 1);
});

for (const [what, other] of [
  ['the same program begins with the same words, and goes on with others', at('b', 2000, '99')],
  ['the same words, another file, not long', at('b', 2000, '01', { inode: '1' })],
  ['one that has ended: a copy of a log', at('b', 2000, '01', { ended: true })],
  ['the same host: a renamed log', at('a', 2000, '01', { id: source('another').id })],
  ['a line or two', at('b', 40, '01')],
] as const)
  test(`no file of two hosts: ${what}`, () => {
    const shared = new SharedFiles(() => {});
    shared.look(at('a', what.startsWith('a line') ? 40 : 2000, '01'));
    shared.look(other);
    assert.deepEqual(shared.warnings(), []);
  });
