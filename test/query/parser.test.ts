import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadairError } from '../../src/platform/errors.js';
import type { Query } from '../../src/query/ast.js';
import { caretHelp } from '../../src/query/errors.js';
import { parseQuery, QUERY_LIMITS } from '../../src/query/parser.js';
import { printQuery } from '../../src/query/print.js';

const word = (text: string): Query => ({ kind: 'word', word: text });
const phrase = (text: string): Query => ({ kind: 'phrase', text });
const field = (name: 'agent' | 'host' | 'path' | 'source' | 'rule' | 'event', pattern: string): Query => ({
  kind: 'field',
  field: name,
  pattern,
});
const and = (...parts: Query[]): Query => ({ kind: 'and', parts });
const or = (...parts: Query[]): Query => ({ kind: 'or', parts });
const not = (part: Query): Query => ({ kind: 'not', part });

const READ: [string, Query][] = [
  ['', { kind: 'all' }],
  ['  ', { kind: 'all' }],
  ['*', { kind: 'all' }],
  ['timeout', word('timeout')],
  ['Timeout', word('timeout')],
  ['connection reset', and(word('connection'), word('reset'))],
  ['"connection reset"', phrase('connection reset')],
  ['"timeout"', word('timeout')],
  ['"say \\"hi\\" now"', phrase('say "hi" now')],
  ['connect*', { kind: 'prefix', word: 'connect' }],
  ['*meou*', { kind: 'substring', text: 'meou' }],
  ['10.77.1.1:7761', phrase('10.77.1.1:7761')],
  ['10.77*', { kind: 'phrase', text: '10.77', lastIsPrefix: true }],
  ['read_timeout=5', phrase('read_timeout=5')],
  ['agent=agent-3', phrase('agent=agent-3')],
  ['http://host:80/x', phrase('http://host:80/x')],
  ['tokio::runtime::park', phrase('tokio::runtime::park')],
  ['agent::control', phrase('agent::control')],
  ['main.rs:120', phrase('main.rs:120')],
  ['localhost:7761', phrase('localhost:7761')],
  ['TypeError:x', phrase('TypeError:x')],
  ['16:58:42', { kind: 'substring', text: '16:58:42' }],
  ['/var/log/app.log', phrase('/var/log/app.log')],
  ['main()', word('main')],
  ['status="Unknown error" x', and(phrase('status="Unknown error"'), word('x'))],
  ["don't", phrase("don't")],
  ['->', { kind: 'substring', text: '->' }],
  ['❌', { kind: 'substring', text: '❌' }],
  ['Übertragung', word('übertragung')],
  ['error: not-found', and(word('error'), phrase('not-found'))],
  ['Error: lost', and(word('error'), word('lost'))],
  ['C:\\temp', phrase('C:\\temp')],
  ['a\\*b', phrase('a*b')],
  ['message:timeout', word('timeout')],
  ['message:"read timeout"', phrase('read timeout')],
  ['agent:agent-3', field('agent', 'agent-3')],
  ['agent.id:agent-3', field('agent', 'agent-3')],
  ['Agent:agent-*', field('agent', 'agent-*')],
  ['agent: agent-3', field('agent', 'agent-3')],
  ['agent:"a*"', field('agent', 'a\\*')],
  ['agent:(agent-1 or agent-2)', or(field('agent', 'agent-1'), field('agent', 'agent-2'))],
  ['agent:(agent-* and not agent-2)', and(field('agent', 'agent-*'), not(field('agent', 'agent-2')))],
  ['agent!=agent-2', not(field('agent', 'agent-2'))],
  ['path:/var/log/*.log', field('path', '/var/log/*.log')],
  ['path:agent-1.log', or(field('path', 'agent-1.log'), field('path', '*/agent-1.log'))],
  ['rule:sai3-bench/*', field('rule', 'sai3-bench/*')],
  ['rule:reset', or(field('rule', 'reset'), field('rule', '*/reset'))],
  ['event:run.started', field('event', 'run.started')],
  ['host:h1 source:01J*', and(field('host', 'h1'), field('source', '01J*'))],
  ['level>=warn', { kind: 'level', op: '>=', level: 'warn' }],
  ['level >= WARNING', { kind: 'level', op: '>=', level: 'warn' }],
  ['log.level:err', { kind: 'level', op: '=', level: 'error' }],
  ['level=error', { kind: 'level', op: '=', level: 'error' }],
  ['level!=info', not({ kind: 'level', op: '=', level: 'info' })],
  ['level:>=warn', { kind: 'level', op: '>=', level: 'warn' }],
  ['level:warn+', { kind: 'level', op: '>=', level: 'warn' }],
  [
    'level:(warn or fatal)',
    or({ kind: 'level', op: '=', level: 'warn' }, { kind: 'level', op: '=', level: 'fatal' }),
  ],
  ['class:timeout', { kind: 'class', classes: ['timeout'] }],
  ['class:fault', { kind: 'class', classes: ['timeout', 'disconnect', 'refused', 'dns', 'tls'] }],
  ['class!=none', not({ kind: 'class', classes: ['none'] })],
  ['run:night', { kind: 'run', name: 'night' }],
  ['-timeout', not(word('timeout'))],
  ['a -b', and(word('a'), not(word('b')))],
  ['a -agent:agent-1', and(word('a'), not(field('agent', 'agent-1')))],
  ['-(a or b)', not(or(word('a'), word('b')))],
  ['not a', not(word('a'))],
  ['a AND b OR c', or(and(word('a'), word('b')), word('c'))],
  ['a or b c', or(word('a'), and(word('b'), word('c')))],
  ['(a or b) c', and(or(word('a'), word('b')), word('c'))],
  ['NOT(a b)', not(and(word('a'), word('b')))],
  ['not not a', word('a')],
  ['"and"', word('and')],
  ['android orange nothing', and(word('android'), word('orange'), word('nothing'))],
  ['/conn.*reset/', { kind: 'regex', source: 'conn.*reset', ignoreCase: false }],
  ['/a b/i', { kind: 'regex', source: 'a b', ignoreCase: true }],
  ['/a\\/b/ c', and({ kind: 'regex', source: 'a/b', ignoreCase: false }, word('c'))],
  ['time>=2026-11-23T16:58:00Z', { kind: 'time', from: Date.UTC(2026, 10, 23, 16, 58) }],
  ['@timestamp < "2026-11-23"', { kind: 'time', to: Date.UTC(2026, 10, 23) }],
  ['time:"last 15m"', { kind: 'time', from: Date.UTC(2026, 10, 24) - 900_000 }],
];

const NOW = { now: Date.UTC(2026, 10, 24) };

for (const [text, expected] of READ)
  test(`reads ${text === '' ? 'nothing' : text}`, () => {
    assert.deepEqual(parseQuery(text, { time: NOW }), expected);
    assert.deepEqual(parseQuery(printQuery(expected), { time: NOW }), expected, printQuery(expected));
  });

const WRONG: [string, number, RegExp][] = [
  ['levle:warn', 1, /not a field.*Did you mean level\?.*agent, host/],
  ['a lvl:warn', 3, /"lvl" is not a field/],
  ['level:loud', 7, /not a level; levels are none, trace/],
  ['class:slow', 7, /not a class; classes are none, timeout/],
  ['agent>3', 1, /Only level and time/],
  ['agent:', 7, /value is missing/],
  ['(a or b', 1, /parenthesis is not closed/],
  ['a)', 2, /no opening/],
  ['a "b c', 3, /quote is not closed/],
  ['a or', 5, /"or" needs something after it/],
  ['or a', 1, /"or" needs something before it/],
  ['a and and b', 7, /before it/],
  ['not', 4, /"not" needs something after/],
  ['()', 2, /missing/],
  ['x /(a/ y', 6, /regular expression/],
  ['/a(?=b)/', 4, /regular expression/],
  ['time:whenever', 6, /not a time; write "last 15m"/],
  ['a\0b', 2, /NUL/],
  [`${'('.repeat(QUERY_LIMITS.depth + 1)}a`, QUERY_LIMITS.depth + 1, /nested deeper/],
  ['a '.repeat(QUERY_LIMITS.terms + 1), QUERY_LIMITS.terms * 2 + 1, /more than/],
];

for (const [text, column, message] of WRONG)
  test(`says what is wrong in ${JSON.stringify(text.slice(0, 30))}`, () => {
    assert.throws(
      () => parseQuery(text, { time: NOW }),
      (error: unknown) => {
        assert.ok(error instanceof DeadairError);
        assert.equal(error.code, 'query.invalid');
        assert.match(error.message, message);
        assert.equal(error.column, column);
        return true;
      },
    );
  });

test('the caret stands below the column of the error', () => {
  const error = new DeadairError('query.invalid', 'x', { column: 3 });
  assert.equal(caretHelp('a lvl:warn', error), '  a lvl:warn\n    ^');
});
