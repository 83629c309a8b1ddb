import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRow } from '../../src/model/log-row.js';
import { FAULT_CLASSES, SIGNAL_CLASSES } from '../../src/model/vocabulary.js';
import { DeadairError } from '../../src/platform/errors.js';
import { RowMatcher } from '../../src/query/matcher.js';
import { parseQuery } from '../../src/query/parser.js';
import { tokensOf } from '../../src/query/tokens.js';
import { BatchText } from '../../src/records/batch-text.js';
import { logRow } from '../../src/records/log-row.js';
import { SourceParser } from '../../src/records/parser.js';
import fc from '../property.js';

const SOURCE = {
  id: '01J00000000000000000000000',
  agent: 'agent-3',
  host: 'Node7',
  path: '/logs/agent-3.log',
};
const OBSERVED = Date.UTC(2026, 10, 24);

function lines(text: string): { text: BatchText; rows: LogRow[] } {
  const batch = new SourceParser().push(Buffer.from(text), 0, { observedAt: OBSERVED });
  const lines = new BatchText(batch);
  const commit = { source: SOURCE, seq: 1, observedAt: OBSERVED, ingestedAt: OBSERVED };
  return { text: lines, rows: Array.from({ length: batch.count }, (_, i) => logRow(lines, i, commit)) };
}

const LINE =
  '\x1b[2m2026-11-23T16:58:42.358384Z\x1b[0m \x1b[31mERROR\x1b[0m Agent agent-4 stream error: read_timeout=5 peer 10.77.1.1:7761 Idle → Ready\n';

const FOUND = [
  'error',
  'ERROR',
  '"error agent"',
  '"Error  AGENT agent"',
  'stream error',
  'strea*',
  '*trea*',
  '*ream',
  's*m',
  'str*am',
  '10.77.1.1:7761',
  '10.77*',
  'read_timeout=5',
  'read_time*',
  '"idle ready" or "idle → ready"',
  '16:58:42',
  '2026-11-23',
  'agent:AGENT-3',
  'agent:agent-*',
  'host:node7',
  'path:agent-3.log',
  'path:*agent-3*',
  'source:01J*',
  'level:error',
  'level>=warn',
  'level<fatal',
  '-info',
  'not debug',
  '/ag[a-z]+-\\d/',
  '/STREAM/i',
  '/^2026.*Ready$/',
  'time>=2026-11-23T16:58 time<"2026-11-24"',
  'class:none',
  '*',
];
const NOT_FOUND = [
  'timeout',
  'gent',
  'rea*_',
  '"agent error"',
  '0.77.1.1',
  'reading',
  '7.77*',
  '*ea',
  'r*m',
  'agent:agent',
  'agent:agent-4',
  'path:3.log',
  'level:warn',
  'level>error',
  '-error',
  '/STREAM/',
  '/^ERROR/',
  'time<2026-11-23T16:58',
  'class:fault',
  'rule:*',
  '31m',
];

for (const [wanted, queries] of [
  [true, FOUND],
  [false, NOT_FOUND],
] as const)
  for (const query of queries)
    test(`${query} ${wanted ? 'finds' : 'does not find'} the line`, () => {
      const { text, rows } = lines(LINE);
      const matcher = new RowMatcher(parseQuery(query, { time: { now: OBSERVED } }));
      assert.equal(matcher.matchesRow(rows[0]!), wanted);
      assert.equal(matcher.matchesLine(text, 0, SOURCE), wanted);
    });

test('class, rule and event come from what detection found', () => {
  const { text } = lines(LINE);
  text.batch.classes[0] = SIGNAL_CLASSES.indexOf('timeout');
  text.batch.findings.set(0, { class: 'timeout', rule: 'sai3-bench/stream', event: 'agent.stream-error' });
  for (const query of ['class:fault', 'class:timeout', 'rule:stream', 'rule:sai3-bench/*', 'event:agent.*'])
    assert.ok(new RowMatcher(parseQuery(query)).matchesLine(text, 0, SOURCE), query);
  for (const name of FAULT_CLASSES.filter(name => name !== 'timeout'))
    assert.ok(!new RowMatcher(parseQuery(`class:${name}`)).matchesLine(text, 0, SOURCE), name);
});

test('every state of a progress bar is searched, each by itself', () => {
  const { text } = lines('\rStarting in 2s...\rStarting in 1s...  \n');
  assert.ok(new RowMatcher(parseQuery('1s')).matchesLine(text, 0, SOURCE));
  assert.ok(new RowMatcher(parseQuery('2s')).matchesLine(text, 0, SOURCE));
  assert.ok(!new RowMatcher(parseQuery('"2s starting"')).matchesLine(text, 0, SOURCE));
});

test('a run has to be resolved before lines are matched', () => {
  assert.throws(() => new RowMatcher(parseQuery('run:x')), DeadairError);
});

test('words, phrases and substrings match as a plain search over words does, on any text', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'B', 'ab', 'ä', '_', '1', ' ', '-', '.', ':'),
    maxLength: 24,
  });
  fc.assert(
    fc.property(text, text, (line, typed) => {
      const { rows } = lines(`x ${line}\n`);
      const row = rows[0]!;
      const words = tokensOf(`x ${line}`);
      const wanted = tokensOf(typed);
      const has = (at: number): boolean => wanted.every((word, k) => words[at + k] === word);
      const phraseFound = words.some((_, at) => has(at));
      const phrase = new RowMatcher({ kind: 'phrase', text: typed });
      assert.equal(phrase.matchesRow(row), wanted.length === 0 || phraseFound);
      const substring = new RowMatcher({ kind: 'substring', text: typed });
      assert.equal(substring.matchesRow(row), `x ${line}`.toLowerCase().includes(typed.toLowerCase()));
      const prefix = typed.replace(/[^aB1_ä]/g, '');
      if (prefix !== '')
        assert.equal(
          new RowMatcher({ kind: 'prefix', word: prefix.toLowerCase() }).matchesRow(row),
          words.some(word => word.startsWith(prefix.toLowerCase())),
        );
    }),
  );
});
