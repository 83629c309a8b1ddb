import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cells } from '../../src/cli/cells.js';
import { contextText } from '../../src/cli/commands/context.js';
import { columns, lineText } from '../../src/cli/lines.js';
import type { EcsLine } from '../../src/records/ecs.js';

test('columns are aligned by what is seen, not by colour codes', () => {
  assert.deepEqual(
    columns([
      ['a', '\x1b[31mred\x1b[39m', 'x'],
      ['long', 'b', 'y'],
    ]),
    ['a     \x1b[31mred\x1b[39m  x', 'long  b    y'],
  );
});

describe('lines on a terminal of 80 columns', () => {
  const line = (agent: string, raw: string): EcsLine => ({
    '@timestamp': '2026-11-23T16:58:42.358000Z',
    message: raw,
    event: { id: 'x:1', created: '', ingested: '', sequence: 1 },
    host: { name: 'h' },
    agent: { id: agent },
    log: { file: { path: '/l' } },
    deadair: { raw, source: 'x', offset: 1, length: raw.length, class: 'none', timeKind: 'own' },
  });
  const long = `validation failed ${'word '.repeat(40)}end`;
  const all = [
    'agent-1',
    'a-host-of-the-far-hall-with-a-long-name-0042',
    '計算機のとても長い名前零一二三',
  ].map(name => line(name, long));

  test('are cut to it, whatever the name, and no sooner', () => {
    for (const each of all) assert.equal(cells(lineText(each, { width: 80, agentWidth: 0, utc: true })), 80);
  });
  test('in a context, too, whose margin takes two of them', () => {
    for (const row of contextText(all, 1, { width: 80, agentWidth: 0, utc: true }).split('\n'))
      assert.equal(cells(row), 80);
  });
  test('names of one width stand below each other, wide characters or not', () => {
    const style = { width: 80, agentWidth: 0, utc: true };
    lineText(all[2]!, style);
    const starts = all.map(each => cells(lineText(each, style).split('validation')[0]!));
    assert.equal(new Set(starts).size, 1);
  });
  test('say the time once, with a level or without, and keep the indent of a line that has none', () => {
    const style = { width: 80, agentWidth: 0, utc: true };
    const go = line('a', '2026/11/30 09:46:51 dial tcp 127.0.0.1:1: connection refused');
    assert.match(lineText(go, style), /16:58:42.358 a +dial tcp 127/);
    const trace = line('a', '    at Foo.bar');
    assert.match(
      lineText({ ...trace, deadair: { ...trace.deadair, timeKind: 'inherited' } }, style),
      / {5,}at Foo/,
    );
  });
  test('and stay whole in a pipe', () => {
    assert.match(lineText(all[1]!, { agentWidth: 0, utc: true }), /far-hall-with-a-long-name-0042 .*end$/);
  });
});
