import { LEVELS, SIGNAL_CLASSES } from '../../src/model/vocabulary.js';
import type { Query } from '../../src/query/ast.js';
import { isToken } from '../../src/query/tokens.js';
import fc from '../property.js';
import type { TestLine } from './lines.js';

/** Words few enough that random queries meet random lines, with what makes words hard. */
const WORDS = [
  'connection',
  'reset',
  'by',
  'peer',
  'Timeout',
  'agent',
  'agent_7',
  'a',
  'ab',
  'conn',
  'connect',
  'ERROR',
  'größe',
  'ÜBER',
  '10',
  '10.0.0.1',
  '0x7f',
  'naïve',
  '日本語',
  '😀',
  'x'.repeat(40),
  'K',
  'ſtop',
  'end.',
] as const;
const JOINTS = [
  ' ',
  ' ',
  ' ',
  '-',
  ': ',
  '=',
  '',
  '\t',
  '—',
  '/',
  '\x1b[31m',
  '\x1b[0m',
  '\0',
  '\r',
  '"',
] as const;

const text: fc.Arbitrary<string> = fc
  .array(fc.tuple(fc.constantFrom(...WORDS), fc.constantFrom(...JOINTS)), { maxLength: 7 })
  .map(parts =>
    parts
      .map(([word, joint]) => word + joint)
      .join('')
      .replace(/\r+$/, ''),
  );

export const T0 = Date.UTC(2026, 10, 23, 23, 57);

/** Times cross minutes and midnight, repeat, and go back. */
const time: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map(i => T0 + i * 30_000),
  fc.integer({ min: 0, max: 600_000 }).map(i => T0 + i),
  fc.integer({ min: 0, max: 600_000_000 }).map(i => T0 + i / 1000),
);

export const line: fc.Arbitrary<TestLine> = fc
  .record({
    text,
    time,
    level: fc.constantFrom(...LEVELS),
    class: fc.oneof(
      { weight: 4, arbitrary: fc.constant('none' as const) },
      { weight: 1, arbitrary: fc.constantFrom(...SIGNAL_CLASSES) },
    ),
    event: fc.constantFrom('', '', '', 'agent.failed'),
  })
  .map(({ class: signal, event, ...rest }) => ({
    ...rest,
    ...(signal === 'none' && event === ''
      ? {}
      : { class: signal, rule: `pack/${signal}`, ...(event ? { event } : {}) }),
  }));

const literal = fc.oneof(
  fc.constantFrom(...WORDS),
  text.map(whole => whole.replace(/[\x00-\x1f]/g, ' ').trim()).filter(whole => whole !== ''),
);
// As the parser makes them: a sign is no word, and is looked for as a text.
const singleWord = fc.constantFrom(...WORDS.filter(word => isToken(word)));

const leaf: fc.Arbitrary<Query> = fc.oneof(
  { weight: 4, arbitrary: singleWord.map((word): Query => ({ kind: 'word', word })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(singleWord, fc.integer({ min: 1, max: 6 }))
      .map(([word, length]): Query => ({ kind: 'prefix', word: [...word].slice(0, length).join('') })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(literal, fc.boolean())
      .map(([whole, lastIsPrefix]): Query => ({ kind: 'phrase', text: whole, lastIsPrefix })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(literal, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 9 })).map(
      ([whole, from, length]): Query => ({
        kind: 'substring',
        text: [...whole].slice(from, from + length).join('') || 'a',
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('conn.*reset', '^ERROR', 'peer$', '\\d+\\.\\d+', 'a|b', 'größe')
      .map((source): Query => ({ kind: 'regex', source, ignoreCase: false })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(singleWord, fc.constantFrom('=', '>=', '<'), fc.constantFrom('9', '1s'))
      .map(([name, op, value]): Query => ({ kind: 'value', name, op, value })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('agent-1', 'agent-*', '*-12', 'nobody')
      .map((pattern): Query => ({ kind: 'field', field: 'agent', pattern })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('*two.log', '/logs/*')
      .map((pattern): Query => ({ kind: 'field', field: 'path', pattern })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('pack/timeout', 'pack/*')
      .map((pattern): Query => ({ kind: 'field', field: 'rule', pattern })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('agent.failed')
      .map((pattern): Query => ({ kind: 'field', field: 'event', pattern })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('=', '>=', '<=', '>', '<'), fc.constantFrom(...LEVELS))
      .map(([op, level]): Query => ({ kind: 'level', op: op as '=', level })),
  },
  {
    weight: 1,
    arbitrary: fc
      .subarray([...SIGNAL_CLASSES], { minLength: 1 })
      .map((classes): Query => ({ kind: 'class', classes })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(time, time)
      .map(([a, b]): Query => ({ kind: 'time', from: Math.min(a, b), to: Math.max(a, b) })),
  },
  { weight: 1, arbitrary: fc.constant<Query>({ kind: 'all' }) },
);

export const query: fc.Arbitrary<Query> = fc.letrec<{ query: Query }>(tie => ({
  query: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    leaf,
    fc.array(tie('query'), { minLength: 1, maxLength: 3 }).map((parts): Query => ({ kind: 'and', parts })),
    fc.array(tie('query'), { minLength: 1, maxLength: 3 }).map((parts): Query => ({ kind: 'or', parts })),
    tie('query').map((part): Query => ({ kind: 'not', part })),
  ),
})).query;

/** The same lines behind heads as programs write them. */
export function headed(lines: fc.Arbitrary<TestLine>): fc.Arbitrary<TestLine> {
  const heads = [
    '',
    '2026-11-23T12:00:00.123456Z ERROR ',
    '[2026-11-23 12:00:00] WARN: ',
    'Nov 23 12:00:00 ',
  ] as const;
  return fc.tuple(fc.constantFrom(...heads), lines).map(([head, one]) => ({ ...one, text: head + one.text }));
}

/** Queries that ask for texts within and across words, of heads too, and for none of them. */
export const queryOfTexts: fc.Arbitrary<Query> = fc
  .oneof(
    query,
    fc
      .constantFrom(
        '\\d{3}',
        'agent_\\d',
        '[a-f0-9]{2,}x',
        'x{30}',
        '\\w+_7',
        'k',
        'to.',
        '(?:re|con)s?e',
        '\\d+ ERROR',
        '\\d-\\w',
      )
      .chain(source => fc.boolean().map((ignoreCase): Query => ({ kind: 'regex', source, ignoreCase }))),
    fc
      .constantFrom('23T12', '00 agent', 'ERROR c', 'k', 's', 'onnec', '123456Z')
      .map((text): Query => ({ kind: 'substring', text })),
    fc
      .constantFrom('ERROR connection', '00 reset', 'WARN agent 7')
      .map((text): Query => ({ kind: 'phrase', text })),
  )
  .chain(one => fc.constantFrom<Query>(one, { kind: 'not', part: one }));
