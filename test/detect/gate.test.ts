import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/platform/package-root.js';

/** A process cannot stop its own regular expression, so the patterns run in another one. Its time is no measure: a bound. */
const WATCHDOG_MS = 120_000;

function engines(patterns: readonly string[]): Record<string, string> {
  const child = path.join(packageRoot, 'dist', 'test', 'detect', 'gate-child.js');
  const run = spawnSync(process.execPath, [child, JSON.stringify(patterns)], {
    encoding: 'utf8',
    timeout: WATCHDOG_MS,
  });
  assert.equal(run.error, undefined, 'a pattern hangs');
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as Record<string, string>;
}

const EXPONENTIAL = [
  '(a+)+$',
  '(a*)*b',
  '(a|a)*b',
  '(a|ab|b)*c',
  '(ab|ab)*c',
  '(?:a[bc]|ab)*x',
  '(?:a|a){1,40}b',
  '(?:a+|b)*!x',
  '(\\w+\\s?)+$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(x+x+)+y',
  '(\\d+,?)+;',
  '(.*)*x',
  '(?:(?:a?){20}){20}b',
];
const POLYNOMIAL = [
  'timeout.*timeout.*timeout.*timeout.*x',
  '.*.*.*=.*',
  '\\s+\\s+\\s+\\s+x',
  '\\w*error\\w*\\d*\\w*!x',
  'a{0,500}a{0,500}a{0,500}b',
];
const REFUSED: [string, RegExp][] = [
  ['(?=a)b', /look-around/],
  ['(?<!x)timeout', /look-around/],
  ['(a)\\1', /back-reference/],
  ['(?<n>a)\\k<n>', /back-reference/],
  ['(a', /not closed/],
  ['a)', /closing parenthesis/],
  ['a{1001}', /out of range/],
  ['a**', /quantifier/],
  ['x'.repeat(4001), /longer than/],
  [`${'('.repeat(60)}a${')'.repeat(60)}`, /too deeply/],
];

test('patterns that would hang a backtracking engine are run by the linear one or refused, and end', () => {
  const found = engines([...EXPONENTIAL, ...POLYNOMIAL]);
  for (const pattern of EXPONENTIAL) {
    assert.match(found[pattern]!, /^(?:linear$|refused)/, pattern);
  }
  for (const pattern of POLYNOMIAL)
    assert.match(found[pattern]!, /^(?:linear|backtracking)$|^refused/, pattern);
});

test('ordinary patterns run in the fast engine', () => {
  const ordinary = [
    '\\bconnection (?:reset|lost)\\b',
    'agent-\\d{1,4} .{0,60}timed out',
    '^\\s{0,40}at [\\w.]{3,200}\\(',
  ];
  assert.deepEqual(Object.values(engines(ordinary)), ['backtracking', 'backtracking', 'backtracking']);
});

test('what is not linear-time syntax is refused with a reason', () => {
  const found = engines(REFUSED.map(([pattern]) => pattern));
  for (const [pattern, reason] of REFUSED) assert.match(found[pattern]!, reason, pattern);
});
