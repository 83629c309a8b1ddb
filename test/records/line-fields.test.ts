import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparable, lineFields, quantityOf } from '../../src/records/line-fields.js';

/** Lines as programs write them, and some of what they name. */
for (const [what, line, expected] of [
  [
    'nginx, combined',
    '203.0.113.7 - alice [23/Nov/2026:16:58:42 +0000] "GET /v1/objects?prefix=a HTTP/1.1" 503 197 "-" "curl/8.5.0"',
    {
      client: '203.0.113.7',
      user: 'alice',
      method: 'GET',
      status: '503',
      bytes: '197',
      user_agent: 'curl/8.5.0',
    },
  ],
  [
    'Apache, common',
    '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /apache_pb.gif HTTP/1.0" 200 2326',
    { method: 'GET', url: '/apache_pb.gif', protocol: 'HTTP/1.0', status: '200', bytes: '2326' },
  ],
  [
    'Python http.server',
    '127.0.0.1 - - [29/Nov/2026 22:18:03] "GET /nothing HTTP/1.1" 404 -',
    { method: 'GET', status: '404' },
  ],
  [
    'pino',
    '{"level":30,"time":1795990744250,"pid":12,"req":{"id":"abc-123","method":"GET"},"res":{"statusCode":503},"responseTime":1240,"msg":"request completed"}',
    { 'req.id': 'abc-123', 'res.statusCode': '503', responseTime: '1240', msg: 'request completed' },
  ],
  [
    'Caddy',
    '{"level":"info","ts":1646861401.52,"logger":"http.log.access","msg":"handled request","request":{"method":"GET","uri":"/"},"duration":0.000929675,"status":200}',
    { 'request.method': 'GET', duration: '0.000929675', status: '200' },
  ],
  [
    'logrus, logfmt',
    'time="2026-11-23T16:58:42Z" level=warning msg="slow query" duration=1.204s rows=17',
    { level: 'warning', msg: 'slow query', duration: '1.204s', rows: '17' },
  ],
  [
    'Heroku router',
    'at=error code=H12 desc="Request timeout" method=GET path="/" host=example.org request_id=8601b555 connect=0ms service=30001ms status=503 bytes=0',
    { code: 'H12', desc: 'Request timeout', connect: '0ms', service: '30001ms', status: '503' },
  ],
  [
    'JSON behind a prefix',
    '2026-11-23T16:58:42Z INFO worker {"job":"index","took_ms":125}',
    { job: 'index', took_ms: '125' },
  ],
  ['plain text', 'Agent agent-4 stream error: status: Unknown', {}],
  ['an object that is none', '{not json} level=info', { level: 'info' }],
  ['names from outside', '{"__proto__":"x","constructor":"y"}', { constructor: 'y' }],
] as const)
  test(`fields of a line: ${what}`, () => {
    const fields = lineFields(line);
    for (const [name, value] of Object.entries(expected)) assert.equal(fields.get(name), value, name);
    if (Object.keys(expected).length === 0) assert.equal(fields.size, 0);
  });

test('a hostile line costs no more than a long one', () => {
  assert.ok(lineFields(`{"a":${'['.repeat(50_000)}`).size <= 100);
  assert.ok(lineFields(`{${'"k":{'.repeat(3000)}`).size <= 100);
  assert.ok(lineFields('a=b '.repeat(100_000)).size <= 100);
  assert.ok(lineFields(`{${Array.from({ length: 1000 }, (_, i) => `"k${i}":1`).join(',')}}`).size <= 100);
});

for (const [text, value, of] of [
  ['500', 500, 'number'],
  ['-1.5e3', -1500, 'number'],
  ['200ms', 200, 'time'],
  ['1.5s', 1500, 'time'],
  ['1m30s', 90_000, 'time'],
  ['2 h', 7_200_000, 'time'],
  ['340µs', 0.34, 'time'],
  ['4MiB', 4_194_304, 'size'],
  ['12kB', 12_000, 'size'],
] as const)
  test(`${text} is ${value} (${of})`, () => {
    const found = quantityOf(text);
    assert.equal(found?.of, of);
    assert.ok(Math.abs(found.value - value) < 1e-9);
  });

for (const text of ['', 'abc', '10.0.0.1', '1-2', '5 apples', '2026-11-23'])
  test(`"${text}" is no quantity`, () => assert.equal(quantityOf(text), undefined));

for (const [name, value, bound, ms] of [
  ['duration_ms', '1500', '1s', 1500],
  ['duration', '1.5', '1s', 1500],
  ['elapsed_seconds', '2', '1s', 2000],
  ['took', '340ms', '1s', 340],
  ['status', '503', '500', 503],
  ['status', 'OK', '500', undefined],
  ['size', '4MiB', '1s', undefined],
] as const)
  test(`${name}=${value} compares with ${bound} as ${ms}`, () => {
    assert.equal(comparable(name, value, quantityOf(bound)!), ms);
  });
