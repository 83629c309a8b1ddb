import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import type { LoadedPack } from '../../src/detect/pack.js';

const packs = loadBuiltInPacks();

/** A program whose vague phrase would speak for everybody. */
const COURIER: LoadedPack = {
  pack: 'courier',
  title: 'a courier',
  file: 'courier.yaml',
  of: 'courier',
  programs: { courier: { names: ['courierd'], marks: ['\\bdepot: '] } },
  rules: [
    {
      id: 'last-error',
      pattern: 'last error: .{0,200}',
      priority: 30,
      note: 'says nothing',
      samples: { match: ['last error: x'], not: [] },
    },
  ],
};
const LINE = 'giving up, last error: dial tcp 192.0.2.4:443: connect: connection refused';

function detector(): LineDetector {
  return new LineDetector([...packs, COURIER]);
}

test('a pack speaks only for its own program', () => {
  assert.equal(detector().classifyLine(LINE)?.class, 'refused');
  assert.equal(detector().classifyLine(`depot: ${LINE}`), undefined, 'by the mark in the line');
  assert.equal(
    detector().classifyLine(LINE, { id: '1', path: '/var/log/courierd.log' }),
    undefined,
    'by its name',
  );
  assert.equal(
    detector().classifyLine(LINE, { id: '1', path: '/x.log', names: ['courierd-7'] }),
    undefined,
    'by its agent',
  );
  assert.equal(
    detector().classifyLine(LINE, { id: '1', path: '/x.log', program: 'courier' }),
    undefined,
    'by the settings',
  );
});

test('a line with a mark tells of the lines after it, until another program speaks in the same log', () => {
  const one = detector();
  const source = { id: 'syslog', path: '/var/log/messages' };
  assert.equal(one.classifyLine(LINE, source)?.class, 'refused');
  one.classifyLine(`depot: ${LINE}`, source);
  assert.equal(one.classifyLine(LINE, source), undefined);
  assert.match(one.sources.of(source)!.why, /only courier writes lines such as: depot: giving up/);
  one.classifyLine('zookeeper: Expiring session 0x1, timeout of 30000ms exceeded', source);
  assert.equal(one.sources.of(source), undefined);
  assert.equal(one.classifyLine(LINE, source)?.class, 'refused');
});

test('what a line told is known again after a restart', () => {
  const before = detector();
  const source = { id: 's', path: '/x.log' };
  before.classifyLine(`depot: ${LINE}`, source);
  const after = detector();
  after.sources.resume('s', before.sources.learnt('s')!);
  assert.equal(after.classifyLine(LINE, source), undefined);
  after.sources.resume('t', 'unknown-program');
  assert.equal(after.sources.of({ id: 't', path: '/y.log' }), undefined);
});

test('a log is taken for the same program after it was rotated, until a line says otherwise', () => {
  const one = detector();
  const log = 'node-1 x /x.log';
  one.classifyLine(`depot: ${LINE}`, { id: 'first', log, path: '/x.log' });
  const next = { id: 'next', log, path: '/x.log' };
  assert.equal(one.classifyLine(LINE, next), undefined, 'as depot means it, from the first line on');
  assert.equal(
    one.classifyLine(LINE, { id: 'other', log: 'node-2 x /x.log', path: '/x.log' })?.class,
    'refused',
  );
  assert.equal(one.sources.learnt('next'), undefined, 'and nothing of its own was learnt');
});

test('a pack that speaks of a program nobody describes is refused', () => {
  assert.throws(() => new LineDetector([{ ...COURIER, programs: {} }]), /speaks of a program "courier"/);
});
