import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lesson, learn } from '../../src/backtest/learn.js';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import type { SignalClass } from '../../src/model/vocabulary.js';

const packs = loadBuiltInPacks();

function lesson(message: string, label: SignalClass, more: Partial<Lesson> = {}): Lesson {
  return { message, label, path: '/var/log/courier-3.log', agent: 'depot-1', everywhere: false, ...more };
}

/** What the packs and the taught one say of a line of this log. */
function judged(taught: ReturnType<typeof learn>, message: string, path = '/var/log/courier-7.log'): string {
  const detector = new LineDetector([...packs, { ...taught.pack, file: 'site.yaml' }]);
  return detector.classifyLine(message, { id: path, path, names: [] })?.class ?? 'none';
}

test('a line that was missed becomes a rule for all lines of its skeleton, of its own program only', () => {
  const taught = learn(lesson('carrier 17 of 10.0.0.4:900 did not come home for 31 s', 'timeout'), packs);
  assert.equal(taught.program, 'courier');
  assert.equal(judged(taught, 'carrier 4 of 192.0.2.17:1200 did not come home for 7 s'), 'timeout');
  assert.equal(judged(taught, 'carrier 4 of 192.0.2.17:1200 came home after 7 s'), 'none');
  assert.equal(
    judged(taught, 'carrier 4 of 192.0.2.17:1200 did not come home for 7 s', '/srv/other.log'),
    'none',
  );
});

test('a wrong alarm is silenced, and everywhere if asked', () => {
  const line = 'depot 12: connection closed unexpectedly by the drill';
  assert.equal(new LineDetector(packs).classifyLine(line)?.class, 'disconnect');
  const taught = learn(lesson(line, 'none', { everywhere: true }), packs);
  assert.equal(taught.program, undefined);
  assert.equal(
    judged(taught, 'depot 99: connection closed unexpectedly by the drill', '/srv/other.log'),
    'none',
  );
  assert.equal(judged(taught, 'depot 99: connection closed unexpectedly'), 'disconnect');
});

test('rules gather in one pack, with names of their own', () => {
  const first = learn(lesson('carrier 17 did not come home', 'timeout'), packs);
  const second = learn(lesson('carrier 17 did not come to work', 'timeout'), packs, first.pack);
  assert.deepEqual(
    second.pack.rules.map(rule => rule.id),
    ['carrier-did-not-come', 'carrier-did-not-come-2'],
  );
});

test('what is judged so already needs no rule', () => {
  const first = learn(lesson('carrier 17 did not come home', 'timeout'), packs);
  assert.throws(() => learn(lesson('carrier 4 did not come home', 'timeout'), packs, first.pack), {
    code: 'request.invalid',
  });
});

test('what can be told from no other line, and what an event stands above, is refused', () => {
  assert.throws(() => learn(lesson('17 4711', 'timeout'), packs), { code: 'request.invalid' });
  const said = '=== Distributed Workload ===';
  assert.throws(() => learn(lesson(said, 'timeout', { path: '/tmp/sai3-bench.log' }), packs), {
    code: 'request.invalid',
  });
});
