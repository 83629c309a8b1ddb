import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowMatcher } from '../../src/query/matcher.js';
import { parseQuery } from '../../src/query/parser.js';
import { printQuery } from '../../src/query/print.js';
import { BatchText } from '../../src/records/batch-text.js';
import { logRow } from '../../src/records/log-row.js';
import { SourceParser } from '../../src/records/parser.js';

/** The line as a store gives it back. */
function makeRow(line: string) {
  const at = Date.UTC(2026, 10, 24);
  const text = new BatchText(new SourceParser().push(Buffer.from(`${line}\n`), 0, { observedAt: at }));
  const source = { id: '01J00000000000000000000000', agent: 'web', host: 'web', path: '/web.log' };
  return logRow(text, 0, { source, seq: 1, observedAt: at, ingestedAt: at });
}

const ACCESS =
  '203.0.113.7 - alice [23/Nov/2026:16:58:42 +0000] "GET /v1/objects HTTP/1.1" 503 197 "-" "curl/8.5.0"';
const JSON_LINE = '{"level":"info","request":{"id":"abc-123"},"status":503,"duration":1.5,"userId":"7"}';
const LOGFMT = 'level=warn msg="slow query" req_id=abc-123 duration=1.204s status=200';

for (const [query, line, matches] of [
  ['status>=500', ACCESS, true],
  ['status>=500', JSON_LINE, true],
  ['status>=500', LOGFMT, false],
  ['status<300', LOGFMT, true],
  ['duration>1s', JSON_LINE, true],
  ['duration>1s', LOGFMT, true],
  ['duration > 2s', LOGFMT, false],
  ['duration>=1204ms', LOGFMT, true],
  ['req_id:abc-123', LOGFMT, true],
  ['req_id:abc-12', LOGFMT, false],
  ['req_id:abc*', LOGFMT, true],
  ['request.id:"abc-123"', JSON_LINE, true],
  ['userId:"7"', JSON_LINE, true],
  ['status:"503"', ACCESS, true],
  ['-status:"503"', ACCESS, false],
  ['method:GET status>=500', ACCESS, true],
  ['method:(PUT or GET)', ACCESS, true],
  ['method:(PUT or POST)', ACCESS, false],
  ['method!=GET', ACCESS, false],
  ['user:alice', ACCESS, true],
  ['STATUS>=500', JSON_LINE, true],
] as const)
  test(`${query} ${matches ? 'finds' : 'leaves out'} ${line.slice(0, 40)}`, () => {
    const parsed = parseQuery(query);
    assert.equal(new RowMatcher(parsed).matchesRow(makeRow(line)), matches);
    assert.deepEqual(parseQuery(printQuery(parsed)), parsed);
  });

/** What looks like a comparison and is a piece of a line stays a text. */
for (const query of [
  'a->b',
  'x>y',
  'localhost:7761',
  'main.rs:12',
  'TypeError:x',
  'error: text',
  '10.0.0.1:80',
  'foo>=bar',
])
  test(`${query} is a text`, () => {
    assert.doesNotMatch(JSON.stringify(parseQuery(query)), /"value"/);
  });

test('a field of our own that is mistyped is told from one of the lines', () => {
  assert.throws(() => parseQuery('agnet:agent-3'), /Did you mean agent\?/);
  assert.deepEqual(parseQuery('tenant:acme'), { kind: 'value', name: 'tenant', op: '=', value: 'acme' });
});
