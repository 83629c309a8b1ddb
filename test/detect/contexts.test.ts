import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';

const detector = new LineDetector(loadBuiltInPacks());

const FAULTS: [string, string][] = [
  ['timeout', 'read from 192.0.2.4:9000 timed out'],
  ['timeout', 'no response from server db1 for 30 s'],
  ['timeout', 'request to http://192.0.2.4/x: context deadline exceeded'],
  ['timeout', 'java.net.SocketTimeoutException: Read timed out'],
  ['disconnect', 'connection to 192.0.2.4:6379 lost'],
  ['disconnect', 'read: connection reset by peer'],
  ['disconnect', 'peer n4 disconnected unexpectedly'],
  ['disconnect', 'write to db1: Broken pipe'],
  ['refused', 'dial tcp 192.0.2.4:80: connect: connection refused'],
  ['refused', 'could not connect to server db1'],
  ['refused', 'host db1 is unreachable'],
  ['dns', 'lookup db1.example on 192.0.2.2:53: no such host'],
  ['dns', 'could not resolve host db1.example'],
  ['tls', 'SSL handshake with 192.0.2.4:443 failed'],
  ['tls', 'x509: certificate signed by unknown authority'],
];

/** Loggers, threads, jobs and attributes beside the fault, which look-alikes are known by. */
const BEFORE = [
  '2026-01-02 03:04:05,678 ERROR [flush-worker-3] c.e.a.Store - ',
  '[disk-io-1] ERROR: ',
  'E0102 03:04:05 1 backup.go:77] ',
  'job=nightly-backup: ',
  'Job 4711 failed: ',
  '[auth] ',
  'Authentication service: ',
  '[plugin:cache] ',
  '[shutdown-hook] ',
  'Timer thread: ',
  'lock-manager: ',
  '[script] ',
  'cron[12]: ',
  'checkpoint: ',
  'gc-worker: ',
  'command sync failed: ',
  'printer p1: ',
  'Transaction 4 aborted: ',
  'statement 12: ',
  'id=0 ',
  'try 3/5: ',
  'max retries exceeded: ',
  '{"level":"error","msg":"',
];

/** What is done about it, where in the code it was said, with what settings. */
const BEHIND = [
  ', retrying in 5 s',
  ' (attempt 1 of 3)',
  ', giving up',
  '; exiting',
  ' [client.go:12]',
  ' user=admin',
  ' timeout=30s',
  ' after 0 retries',
  ' while flushing',
  ', job 4 rescheduled',
  ', 0 peers left',
  '. Please check the network.',
];

test('what stands beside a fault does not take it away', () => {
  const wrong: string[] = [];
  for (const [label, fault] of FAULTS)
    for (const line of [...BEFORE.map(text => text + fault), ...BEHIND.map(text => fault + text)]) {
      const judged = detector.classifyLine(line)?.class ?? 'none';
      if (judged !== label) wrong.push(`${judged}, not ${label}: ${line}`);
    }
  assert.deepEqual(wrong, []);
});

/** The same words said of a part of the host, or of what was to be closed anyway. */
const LOCAL = [
  'Lock wait timeout exceeded; try restarting transaction',
  'job 4711 timed out after 3600 s',
  'flush timer timed out, writing 5 messages',
  'usb 1-1.4: USB disconnect, device number 7',
  'watchdog: BUG: soft lockup timed out on CPU 3',
  'Build timed out (after 60 minutes)',
  'shutting down: disconnected from the server',
  'journal connection closed',
  'Attempting MQTT connection...failed, rc=5 try again in 5 seconds',
];

for (const line of LOCAL)
  test(`said of a part of the host, it is no fault of the network: ${line}`, () => {
    assert.equal(detector.classifyLine(line), undefined);
  });

test('a veto that reaches words leaves a cause alone that stands elsewhere in the line', () => {
  const command = 'StoreTimeoutException: Command execution timeout for cache-2.example/192.0.2.7:6379';
  assert.equal(detector.classifyLine(command)?.class, 'timeout');
  assert.equal(detector.explain(command)[0]?.rule.class, 'timeout');
  assert.equal(detector.classifyLine('Command execution timeout'), undefined);
});
