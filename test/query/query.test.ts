import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRow } from '../../src/model/log-row.js';
import type { Run } from '../../src/model/run.js';
import { FAULT_CLASSES, LEVELS } from '../../src/model/vocabulary.js';
import { DeadairError } from '../../src/platform/errors.js';
import type { Query } from '../../src/query/ast.js';
import { RowMatcher } from '../../src/query/matcher.js';
import { parseQuery } from '../../src/query/parser.js';
import { printQuery } from '../../src/query/print.js';
import { namesRun, resolveRuns } from '../../src/query/runs.js';
import { NOTHING, simplify, splitTime } from '../../src/query/simplify.js';
import fc from '../property.js';

const word = fc
  .constantFrom('alpha', 'beta', 'and', 'not', 'x1', 'größe')
  .map((word): Query => ({ kind: 'word', word }));
const leaf: fc.Arbitrary<Query> = fc.oneof(
  word,
  fc.constant<Query>({ kind: 'all' }),
  fc.constantFrom('al', 'be').map((word): Query => ({ kind: 'prefix', word })),
  fc.constantFrom('alpha beta', 'beta: "alpha"', 'a\\b c*').map((text): Query => ({ kind: 'phrase', text })),
  fc.constantFrom('10.77', 'alpha be').map((text): Query => ({ kind: 'phrase', text, lastIsPrefix: true })),
  fc
    .constantFrom('lph', ' ', 'a/b', '"', '(x)', '*', '\\\u2028', '\u3000')
    .map((text): Query => ({ kind: 'substring', text })),
  fc
    .constantFrom('al.*ta', 'a/b', '[/]x', '\\/')
    .map((source): Query => ({ kind: 'regex', source, ignoreCase: true })),
  fc
    .constantFrom('agent-1', 'agent-*', 'we ird\\*')
    .map((pattern): Query => ({ kind: 'field', field: 'agent', pattern })),
  fc
    .tuple(fc.constantFrom('=', '>=', '<=', '>', '<'), fc.constantFrom(...LEVELS))
    .map(([op, level]) => ({ kind: 'level', op, level }) as Query),
  fc.constantFrom('timeout', 'none').map((name): Query => ({ kind: 'class', classes: [name as 'timeout'] })),
  fc.constant<Query>({ kind: 'class', classes: [...FAULT_CLASSES] }),
  fc.constantFrom('night', 'n*').map((name): Query => ({ kind: 'run', name })),
  fc.record({ from: fc.integer({ min: 0, max: 2e12 }) }).map(({ from }): Query => ({ kind: 'time', from })),
);
const query: fc.Arbitrary<Query> = fc.letrec<{ query: Query }>(tie => ({
  query: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('query'), { maxLength: 3 }).map((parts): Query => ({ kind: 'and', parts })),
    fc.array(tie('query'), { maxLength: 3 }).map((parts): Query => ({ kind: 'or', parts })),
    tie('query').map((part): Query => ({ kind: 'not', part })),
  ),
})).query;

test('a printed query reads back as the same query', () => {
  fc.assert(
    fc.property(query, query => {
      const simple = simplify(query);
      const text = printQuery(simple);
      // A phrase of one escaped word and the like have several spellings; printing settles on one.
      assert.equal(printQuery(parseQuery(text)), text);
    }),
  );
});

const row = (raw: string, agent: string, level: LogRow['level']): LogRow => ({
  id: 's:0',
  seq: 1,
  time: 1e12,
  timeKind: 'own',
  observedAt: 1e12,
  ingestedAt: 1e12,
  agent,
  host: 'h',
  path: '/p',
  source: 's',
  offset: 0,
  length: raw.length,
  level,
  class: 'none',
  flags: 0,
  raw,
});
const rows = fc.constantFrom(
  row('alpha beta', 'agent-1', 'info'),
  row('beta "alpha" a/b (x)', 'agent-2', 'error'),
  row('10.77.1.1 größe', 'we ird*', 'none'),
  row('', 'agent-1', 'warn'),
);
const withoutRuns = (query: Query): Query => resolveRuns(query, [RUN]);

test('simplifying and printing change nothing about what is found', () => {
  fc.assert(
    fc.property(query, rows, (query, row) => {
      const resolved = withoutRuns(query);
      const found = brute(resolved, row);
      assert.equal(new RowMatcher(resolved).matchesRow(row), found);
      assert.equal(new RowMatcher(parseQuery(printQuery(resolved))).matchesRow(row), found);
    }),
  );
});

/** Boolean structure by hand, leaves one at a time. */
function brute(query: Query, row: LogRow): boolean {
  if (query.kind === 'and') return query.parts.every(part => brute(part, row));
  if (query.kind === 'or') return query.parts.some(part => brute(part, row));
  if (query.kind === 'not') return !brute(query.part, row);
  return new RowMatcher(query).matchesRow(row);
}

test('time bounds that hold for every line are split off', () => {
  const { query, from, to } = splitTime(
    parseQuery('lost time>=1970-01-01T00:00:05Z (time<1970-01-01T00:00:09Z -agent:a)'),
  );
  assert.equal(from, 5000);
  assert.equal(to, 9000);
  assert.equal(printQuery(query), 'lost not agent:"a"');
  assert.equal(splitTime(parseQuery('a or time>=1970-01-01T00:00:05Z')).from, undefined);
});

test('contradictions become a query that finds nothing', () => {
  assert.deepEqual(simplify({ kind: 'time', from: 5, to: 5 }), NOTHING);
  assert.deepEqual(parseQuery('a (b -*)'), NOTHING);
});

const RUN: Run = {
  id: '01RUN',
  name: 'night',
  startedAt: 1000,
  endedAt: 2000,
  startedBy: 'pack',
  controller: 'controller',
  agents: ['agent-1', 'agent-2'],
  pinned: false,
};
const NEWER: Run = { ...RUN, id: '02RUN', startedAt: 5000, agents: ['agent-9'] };
delete (NEWER as { endedAt?: number }).endedAt;
delete (NEWER as { controller?: string }).controller;

test('a run stands for its time and its agents with their controller', () => {
  const resolved = resolveRuns(parseQuery('lost run:01RUN'), [RUN, NEWER]);
  assert.equal(
    printQuery(resolved),
    'lost (agent:"agent-1" or agent:"agent-2" or agent:"controller") time>=1970-01-01T00:00:01.000000Z time<1970-01-01T00:00:02.001000Z',
  );
  assert.equal(namesRun(resolved), false);
  assert.equal(namesRun(parseQuery('a or not run:x')), true);
});

test('run:latest is the one that began last and a shared name means each', () => {
  assert.equal(
    printQuery(resolveRuns(parseQuery('run:latest'), [RUN, NEWER])),
    'agent:"agent-9" time>=1970-01-01T00:00:05.000000Z',
  );
  assert.equal(resolveRuns(parseQuery('run:night'), [RUN, NEWER]).kind, 'or');
});

test('an unknown run is an error that names the newest ones', () => {
  assert.throws(
    () => resolveRuns(parseQuery('run:morning'), [RUN]),
    (error: unknown) => error instanceof DeadairError && /newest runs are night/.test(error.message),
  );
});

for (const typed of [
  'a*b',
  'a**b',
  'a*\\**b',
  '*a',
  'a*b**',
  '*\\*',
  '*\\\u2028*',
  'x*y*z*x*y*z*x*y*z',
  '10.0.*.7',
])
  test(`a text with wildcards is printed as it was typed, wherever it stands: ${JSON.stringify(typed)}`, () => {
    for (const [text, same] of [
      [typed, parseQuery(typed)],
      [`foo or ${typed}`, parseQuery(`foo or ${typed}`)],
      [`not ${typed} bar`, parseQuery(`not ${typed} bar`)],
    ] as const) {
      assert.deepEqual(parseQuery(printQuery(same)), same, printQuery(same));
      assert.ok(printQuery(same).length < text.length + 10, printQuery(same));
    }
    // And it can be looked for.
    new RowMatcher(parseQuery(typed));
  });

test('more wildcards in a text than anybody means are refused, where it stands', () => {
  assert.throws(
    () => parseQuery(`x ${'a*'.repeat(40)}b`),
    (error: DeadairError) => error.code === 'query.invalid' && error.column === 3,
  );
});
