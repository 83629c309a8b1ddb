import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEVELS, type Level, RecordFlag, TIME_KINDS } from '../../src/model/vocabulary.js';
import { BatchText } from '../../src/records/batch-text.js';
import { isoMicros } from '../../src/records/ecs.js';
import { SourceParser } from '../../src/records/parser.js';

const OBSERVED = Date.UTC(2026, 10, 24);

function parseOne(line: string, zone?: string, observedAt = OBSERVED) {
  const batch = new SourceParser({ zone }).push(Buffer.from(`${line}\n`), 0, { observedAt });
  assert.equal(batch.count, 1);
  return {
    time: TIME_KINDS[batch.timeKinds[0]!] === 'own' ? isoMicros(batch.times[0]!) : null,
    assumed: (batch.flags[0]! & RecordFlag.timeAssumed) !== 0,
    level: LEVELS[batch.levels[0]!]!,
    message: new BatchText(batch).message(0),
  };
}

/** Format, line, time (null: none of its own), level, `~` where year or zone had to be assumed, message. */
const FORMATS: [string, string, string | null, Level, '~' | '', string?][] = [
  [
    'tracing in colours',
    '\x1b[2m2026-11-23T16:40:01.123456Z\x1b[0m \x1b[32m INFO\x1b[0m Agent ready',
    '2026-11-23T16:40:01.123456Z',
    'info',
    '',
    'Agent ready',
  ],
  [
    'tracing plain',
    '2026-11-23T16:58:42.358384Z  WARN slow answer',
    '2026-11-23T16:58:42.358384Z',
    'warn',
    '',
    'slow answer',
  ],
  [
    'RFC 3339 with offset',
    '2026-11-23T16:58:42+01:00 ERROR lost',
    '2026-11-23T15:58:42.000000Z',
    'error',
    '',
    'lost',
  ],
  [
    'RFC 3339, nanoseconds',
    '2026-11-23T16:58:42.123456789Z x',
    '2026-11-23T16:58:42.123457Z',
    'none',
    '',
    'x',
  ],
  [
    'ISO, one digit of fraction, basic offset',
    '2026-11-23T16:58:42.5-0330 x',
    '2026-11-23T20:28:42.500000Z',
    'none',
    '',
  ],
  ['ISO basic', '20261123T165842Z x', '2026-11-23T16:58:42.000000Z', 'none', '', 'x'],
  [
    'Python logging',
    '2026-11-23 16:58:42,123 - app.net - WARNING - slow',
    '2026-11-23T16:58:42.123000Z',
    'warn',
    '~',
  ],
  [
    'Python logging, root',
    '2026-11-23 16:58:42,123 root ERROR boom',
    '2026-11-23T16:58:42.123000Z',
    'error',
    '~',
  ],
  ['Python default, no time', 'WARNING:root:watch out', null, 'warn', '', 'WARNING:root:watch out'],
  [
    'log4j',
    '2026-11-23 16:58:42,123 INFO [main] org.example.App: up',
    '2026-11-23T16:58:42.123000Z',
    'info',
    '~',
    '[main] org.example.App: up',
  ],
  [
    'ZooKeeper',
    '2026-11-23 16:58:42,123 [myid:1] - WARN  [NIOWorker:Cnxn@1] - gone',
    '2026-11-23T16:58:42.123000Z',
    'warn',
    '~',
  ],
  [
    'logback with thread',
    '2026-11-23 12:00:00.123 [main] ERROR c.e.App - boom',
    '2026-11-23T12:00:00.123000Z',
    'error',
    '~',
  ],
  [
    'logback, time of day',
    '12:00:00.123 [main] INFO c.e.App - up',
    '2026-11-23T12:00:00.123000Z',
    'info',
    '~',
  ],
  [
    'Spring Boot',
    '2026-11-23T16:58:42.123Z  INFO 1234 --- [main] c.e.App : Started',
    '2026-11-23T16:58:42.123000Z',
    'info',
    '',
  ],
  [
    'Cassandra, level first',
    'INFO  [MigrationStage:1] 2026-11-23 22:57:31,009 Schema.java:543 - Loading',
    '2026-11-23T22:57:31.009000Z',
    'info',
    '~',
    'Schema.java:543 - Loading',
  ],
  [
    'Java util logging',
    'Nov 23, 2026 1:55:36 PM org.foo.Bar run',
    '2026-11-23T13:55:36.000000Z',
    'none',
    '~',
  ],
  [
    'Java util logging with a narrow space',
    'Nov 23, 2026 12:05:36\u202fAM org.foo.Bar run',
    '2026-11-23T00:05:36.000000Z',
    'none',
    '~',
  ],
  ['Java util logging, second line', 'SEVERE: cannot bind', null, 'error', ''],
  [
    'Tomcat',
    '23-Nov-2026 16:58:42.007 SEVERE [main] org.apache.catalina.Foo boom',
    '2026-11-23T16:58:42.007000Z',
    'error',
    '~',
  ],
  [
    'JVM unified logging',
    '[2026-11-23T16:58:42.000+0100][warning][gc] pause',
    '2026-11-23T15:58:42.000000Z',
    'warn',
    '',
    '[gc] pause',
  ],
  [
    'Elasticsearch',
    '[2026-11-23T16:58:42,123][WARN ][o.e.c.s] [node-1] slow',
    '2026-11-23T16:58:42.123000Z',
    'warn',
    '~',
  ],
  [
    'Kafka',
    '[2026-11-23 16:58:42,123] ERROR [Broker id=1] gone (kafka.server)',
    '2026-11-23T16:58:42.123000Z',
    'error',
    '~',
    '[Broker id=1] gone (kafka.server)',
  ],
  [
    'Spark',
    '26/11/23 20:10:40 INFO executor.Backend: Registered',
    '2026-11-23T20:10:40.000000Z',
    'info',
    '~',
  ],
  ['HDFS', '261123 203615 148 WARN dfs.DataNode: slow', '2026-11-23T20:36:15.000000Z', 'warn', '~'],
  [
    'BGL',
    '- 1795452945 2026.11.23 R02-M1-N0-C:J12-U11 2026-11-23-16.55.45.675872 R02-M1-N0-C:J12-U11 RAS KERNEL FATAL parity error',
    '2026-11-23T16:55:45.000000Z',
    'fatal',
    '',
  ],
  [
    'Go log',
    '2026/11/23 16:58:42 dial tcp 10.0.0.1:7761: connection refused',
    '2026-11-23T16:58:42.000000Z',
    'none',
    '~',
    'dial tcp 10.0.0.1:7761: connection refused',
  ],
  [
    'Go log with microseconds',
    '2026/11/23 16:58:42.123456 up',
    '2026-11-23T16:58:42.123456Z',
    'none',
    '~',
    'up',
  ],
  [
    'zap console',
    '2026-11-23T16:58:42.123+0100\tinfo\tnet/server.go:12\tup',
    '2026-11-23T15:58:42.123000Z',
    'info',
    '',
    'net/server.go:12\tup',
  ],
  ['klog', 'E1123 16:58:42.123456   12345 server.go:42] failed', '2026-11-23T16:58:42.123456Z', 'error', '~'],
  ['glog with year', 'W20261123 16:58:42.123456 1 x.cc:1] odd', '2026-11-23T16:58:42.123456Z', 'warn', '~'],
  [
    'env_logger',
    '[2026-11-23T16:58:42Z INFO  app::net] up',
    '2026-11-23T16:58:42.000000Z',
    'info',
    '',
    'app::net] up',
  ],
  [
    'syslog, old',
    'Nov 23 16:58:42 host1 sshd[24200]: error: no route',
    '2026-11-23T16:58:42.000000Z',
    'error',
    '~',
    'host1 sshd[24200]: error: no route',
  ],
  ['syslog, one digit day', 'Nov  3 06:05:04 host1 cron[1]: job', '2026-11-03T06:05:04.000000Z', 'none', '~'],
  [
    'syslog with priority',
    '<34>Nov 23 16:58:42 host su: failed for root',
    '2026-11-23T16:58:42.000000Z',
    'fatal',
    '~',
  ],
  [
    'syslog, new',
    '<165>1 2026-11-23T16:58:42.003Z host app 123 ID47 - event',
    '2026-11-23T16:58:42.003000Z',
    'notice',
    '',
  ],
  [
    'a switch',
    'Nov 23 16:58:42 sw1 %LINK-3-UPDOWN: Interface Gi0/1 down',
    '2026-11-23T16:58:42.000000Z',
    'error',
    '~',
  ],
  [
    'nginx error',
    '2026/11/23 16:58:42 [error] 12#12: *1 upstream timed out',
    '2026-11-23T16:58:42.000000Z',
    'error',
    '~',
  ],
  [
    'access log',
    '127.0.0.1 - frank [23/Nov/2026:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326',
    '2026-11-23T20:55:36.000000Z',
    'none',
    '',
    '127.0.0.1 - frank [23/Nov/2026:13:55:36 -0700] "GET /a HTTP/1.0" 200 2326',
  ],
  [
    'access log whose request holds a level word',
    '10.0.3.17 - - [23/Nov/2026:13:55:36 +0000] "GET /a HTTP/1.1" 500 12 "-" "curl" [ERROR] level=error',
    '2026-11-23T13:55:36.000000Z',
    'none',
    '',
  ],
  [
    'a level before the date of an access log',
    'WARN: 10.0.3.17 - - [23/Nov/2026:13:55:36 +0000] "GET /a HTTP/1.1" 500 12',
    '2026-11-23T13:55:36.000000Z',
    'warn',
    '',
  ],
  [
    'Apache error, 2.2',
    '[Mon Nov 23 04:47:44 2026] [notice] ready',
    '2026-11-23T04:47:44.000000Z',
    'notice',
    '~',
    'ready',
  ],
  [
    'Apache error, 2.4',
    '[Mon Nov 23 04:47:44.123456 2026] [core:error] [pid 1] AH1',
    '2026-11-23T04:47:44.123456Z',
    'error',
    '~',
  ],
  ['date of a shell', 'Mon Nov 23 15:04:05 EST 2026 begin', '2026-11-23T20:04:05.000000Z', 'none', ''],
  ['RFC 2822', 'Mon, 23 Nov 2026 15:04:05 GMT begin', '2026-11-23T15:04:05.000000Z', 'none', ''],
  ['Redis', '123:M 23 Nov 2026 16:58:42.007 # lost', '2026-11-23T16:58:42.007000Z', 'warn', '~', 'lost'],
  ['PostgreSQL', '2026-11-23 16:58:42.123 UTC [99] LOG:  ready', '2026-11-23T16:58:42.123000Z', 'info', ''],
  [
    'PostgreSQL in CET',
    '2026-11-23 16:58:42.123 CET [99] u@db FATAL:  going',
    '2026-11-23T15:58:42.123000Z',
    'fatal',
    '',
  ],
  [
    'MySQL',
    '2026-11-23T16:58:42.540647Z 0 [Note] [MY-000000] [Server] up',
    '2026-11-23T16:58:42.540647Z',
    'info',
    '',
  ],
  ['MySQL, old', '261123 16:58:42 [ERROR] boom', '2026-11-23T16:58:42.000000Z', 'error', '~', 'boom'],
  [
    'MongoDB',
    '{"t":{"$date":"2026-11-23T16:58:42.358+01:00"},"s":"W","c":"NETWORK","msg":"x"}',
    '2026-11-23T15:58:42.358000Z',
    'warn',
    '',
  ],
  [
    'MongoDB, old',
    '2026-11-23T16:58:42.358+0100 E NETWORK  [conn1] gone',
    '2026-11-23T15:58:42.358000Z',
    'error',
    '',
  ],
  [
    'Open vSwitch',
    '2026-11-23T09:38:32.509Z|00004|reconnect|WARN|tcp: gone',
    '2026-11-23T09:38:32.509000Z',
    'warn',
    '',
  ],
  [
    'RabbitMQ',
    '2026-11-23 16:58:42.000 [error] <0.1.0> closing',
    '2026-11-23T16:58:42.000000Z',
    'error',
    '~',
    '<0.1.0> closing',
  ],
  [
    'Android',
    '11-23 16:13:38.811  1702  2395 E WindowManager: boom',
    '2026-11-23T16:13:38.811000Z',
    'error',
    '~',
  ],
  ['Jupyter', '[W 2026-11-23 12:00:00.123 ServerApp] odd', '2026-11-23T12:00:00.123000Z', 'warn', '~'],
  ['Tornado', '[I 261123 12:00:00 web:1] 200', '2026-11-23T12:00:00.000000Z', 'info', '~'],
  [
    'docker compose',
    'agent-1  | 2026-11-23T16:58:42.358384Z ERROR gone',
    '2026-11-23T16:58:42.358384Z',
    'error',
    '',
    'gone',
  ],
  [
    'CRI',
    '2026-11-23T16:58:42.358384000Z stderr F {"level":"error","msg":"x"}',
    '2026-11-23T16:58:42.358384Z',
    'error',
    '',
  ],
  ['epoch seconds', '1795452945 up', '2026-11-23T16:55:45.000000Z', 'none', '', 'up'],
  ['epoch seconds with fraction', '1795452945.123456 up', '2026-11-23T16:55:45.123456Z', 'none', ''],
  [
    'epoch in brackets',
    '[1795452945] 8 of 8 Agents',
    '2026-11-23T16:55:45.000000Z',
    'none',
    '',
    '8 of 8 Agents',
  ],
  ['epoch milliseconds', '1795452945123 up', '2026-11-23T16:55:45.123000Z', 'none', ''],
  ['epoch microseconds', '1795452945123456 up', '2026-11-23T16:55:45.123456Z', 'none', ''],
  ['epoch nanoseconds', '1795452945123456789 up', '2026-11-23T16:55:45.123456Z', 'none', ''],
  ['pino', '{"level":40,"time":1795452945123,"msg":"x"}', '2026-11-23T16:55:45.123000Z', 'warn', ''],
  [
    'zap JSON',
    '{"level":"error","ts":1795452945.123456,"msg":"x"}',
    '2026-11-23T16:55:45.123456Z',
    'error',
    '',
  ],
  [
    'zap JSON, exponent',
    '{"ts":1.795452945123456e+09,"level":"warn"}',
    '2026-11-23T16:55:45.123456Z',
    'warn',
    '',
  ],
  [
    'slog JSON',
    '{"time":"2026-11-23T16:58:42.5+02:00","level":"INFO","msg":"x"}',
    '2026-11-23T14:58:42.500000Z',
    'info',
    '',
  ],
  [
    'ECS JSON',
    '{"@timestamp":"2026-11-23T16:58:42.358Z","log.level":"ERROR","message":"x"}',
    '2026-11-23T16:58:42.358000Z',
    'error',
    '',
  ],
  [
    'JSON with the keys last',
    '{"msg":"said \\"level\\":\\"error\\"","severity":"NOTICE","timestamp":"2026-11-23T16:58:42Z"}',
    '2026-11-23T16:58:42.000000Z',
    'notice',
    '',
  ],
  [
    'GELF severity',
    '{"timestamp":1795452945.5,"level":3,"short_message":"x"}',
    '2026-11-23T16:55:45.500000Z',
    'error',
    '',
  ],
  [
    'logfmt',
    'time="2026-11-23T16:58:42Z" level=warning msg="a level=error b"',
    '2026-11-23T16:58:42.000000Z',
    'warn',
    '',
  ],
  [
    'logfmt, level first',
    'level=info ts=2026-11-23T16:58:42.123Z caller=main.go:1 msg=x',
    '2026-11-23T16:58:42.123000Z',
    'info',
    '',
  ],
  ['.NET console', 'fail: Microsoft.Hosting.Lifetime[0]', null, 'error', ''],
  ['Maven', '[ERROR] Failed to execute goal', null, 'error', '', '[ERROR] Failed to execute goal'],
  ['a compiler', "src/x.c:10:5: error: expected ';'", null, 'error', ''],
  ['kernel ring', '[    0.010495] nfs: server not responding', null, 'none', ''],
  [
    'sai3-bench, failed',
    '❌ Test FAILED: One or more agents did not complete successfully',
    null,
    'error',
    '',
  ],
  ['sai3-bench, warned', '⚠️  Sending abort signal to all agents...', null, 'warn', ''],
  [
    'anyhow',
    'Error: Agent agent-4 workload execution failed',
    null,
    'error',
    '',
    'Error: Agent agent-4 workload execution failed',
  ],
  ['Rust panic', "thread 'tokio-runtime-worker' panicked at src/agent.rs:10:5:", null, 'error', ''],
  ['Go panic', 'panic: runtime error: index out of range', null, 'fatal', ''],
  ['Python traceback', 'Traceback (most recent call last):', null, 'error', ''],
];

for (const [name, line, time, level, assumed, message] of FORMATS)
  test(`reads the head of a line: ${name}`, () => {
    const read = parseOne(line);
    assert.equal(read.time, time);
    assert.equal(read.level, level);
    assert.equal(read.assumed, assumed === '~');
    if (message !== undefined) assert.equal(read.message, message);
  });

/** Lines that look as if they had a time or a level, and have none. */
const LOOKALIKES: [string, string][] = [
  ['a count of errors', '0 errors, 3 warnings'],
  ['a word of the message', 'connection closed with ERROR 5'],
  ['a time within the message', 'lease until 2026-12-23T16:58:42Z granted'],
  ['a date without a time', '2026-11-23 report'],
  ['an address', '10.77.1.1:7761 answered'],
  ['a path', '/var/log/error.log rotated'],
  ['a short clock', '12:30 too short'],
  ['a version', '2026.11.23 released'],
  ['a number of ten digits too small', '0123456789 items'],
  ['a number that goes on', '17954529451 items'],
  ['impossible dates', '2026-13-45T16:58:42Z x'],
  ['impossible times', '2026-11-23T25:61:00Z x'],
  ['a query string', 'GET /?level=error'],
  ['a table', '| ops | errors |'],
  ['an ordinary opening', '✅ All 8 agents ready - starting workload execution'],
];
for (const [name, line] of LOOKALIKES)
  test(`takes ${name} for neither time nor level`, () => {
    const read = parseOne(line);
    assert.equal(read.time, null);
    assert.equal(read.level, 'none');
  });

test('a word of the message gives no level behind a timestamp either', () => {
  for (const body of [
    '0 errors found',
    'closed with ERROR 5',
    'Error budgets exist',
    'Note that WARN counts',
  ])
    assert.equal(parseOne(`2026-11-23 16:58:42 ${body}`).level, 'none', body);
});

test('a level that a logger wrote beats an opening of the message', () => {
  assert.equal(parseOne('2026-11-23T16:58:42Z  INFO ❌ Agent agent-4 FAILED').level, 'info');
  assert.equal(parseOne('2026-11-23T16:58:42Z ❌ Agent agent-4 FAILED').level, 'error');
});

test('a time without a year is the closest one that is not more than a day ahead', () => {
  const at = (line: string, observed: number): string | null => parseOne(line, undefined, observed).time;
  const newYear = Date.UTC(2027, 0, 1, 0, 5);
  assert.equal(at('Dec 31 23:59:59 h x', newYear), '2026-12-31T23:59:59.000000Z');
  assert.equal(at('Jan  1 00:04:00 h x', newYear), '2027-01-01T00:04:00.000000Z');
  assert.equal(at('Jan  1 00:04:00 h x', Date.UTC(2026, 11, 31, 23, 59)), '2027-01-01T00:04:00.000000Z');
  assert.equal(at('Jan  3 00:04:00 h x', Date.UTC(2026, 11, 31, 23, 59)), '2026-01-03T00:04:00.000000Z');
  assert.equal(at('Feb 29 12:00:00 h x', Date.UTC(2026, 5, 1)), '2024-02-29T12:00:00.000000Z');
  assert.equal(at('23:59:59 x', newYear), '2026-12-31T23:59:59.000000Z');
});

test('a date whose day and month may be swapped is the one closest to the time it was read', () => {
  assert.equal(parseOne('23/11/2026 16:58:42 x').time, '2026-11-23T16:58:42.000000Z');
  assert.equal(parseOne('11/23/2026 16:58:42 x').time, '2026-11-23T16:58:42.000000Z');
  assert.equal(parseOne('11/10/2026 16:58:42 x').time, '2026-11-10T16:58:42.000000Z');
  assert.equal(parseOne('05.11.2026 16:58:42 x').time, '2026-11-05T16:58:42.000000Z');
});

test('times without a zone are read in the zone that is set', () => {
  assert.equal(parseOne('2026-11-23 16:58:42 x', '+02:00').time, '2026-11-23T14:58:42.000000Z');
  assert.equal(parseOne('2026-11-23 16:58:42 x', 'Europe/Berlin').time, '2026-11-23T15:58:42.000000Z');
  assert.equal(parseOne('2026-07-23 16:58:42 x', 'Europe/Berlin').time, '2026-07-23T14:58:42.000000Z');
  assert.equal(parseOne('2026-07-23 16:58:42Z x', 'Europe/Berlin').time, '2026-07-23T16:58:42.000000Z');
  assert.throws(() => new SourceParser({ zone: 'Mars/Olympus' }), RangeError);
});

test('bare numbers are no timestamps in a source that has shown real ones', () => {
  const batch = new SourceParser().push(
    Buffer.from('2026-11-23T16:58:42Z a\n00:00:12 remaining\n1700000000 bytes\n'),
    0,
    { observedAt: OBSERVED },
  );
  assert.deepEqual(
    [...batch.timeKinds].map(kind => TIME_KINDS[kind]),
    ['own', 'inherited', 'inherited'],
  );
});
