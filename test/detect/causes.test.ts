import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';

const detector = new LineDetector(loadBuiltInPacks());

/** Chains of what was tried and why it failed: the innermost cause gives the class. */
const CHAINS: [string, string][] = [
  [
    'refused',
    'timed out waiting for db: failed to connect: dial tcp 192.0.2.4:5432: connect: connection refused',
  ],
  [
    'timeout',
    'failed to connect to all addresses; last error: connect to 192.0.2.4:9000: Connection timed out',
  ],
  ['disconnect', 'cannot join: handshake with 192.0.2.4 failed: read: connection reset by peer'],
  ['dns', 'connect failed: dial tcp: lookup db.example on 192.0.2.53:53: read udp: i/o timeout'],
  ['timeout', 'peer 192.0.2.4 set to down: no reply before the deadline'],
  [
    'refused',
    'rpc error: code = DeadlineExceeded desc = dial tcp 192.0.2.4:9000: connect: connection refused',
  ],
  ['disconnect', 'publish failed: Connection reset by peer (code 104), giving up after a time-out of 5 s'],
  ['tls', 'cannot reach 192.0.2.4: x509: certificate signed by unknown authority'],
];

for (const [label, line] of CHAINS)
  test(`the innermost cause decides: ${line}`, () => {
    assert.equal(detector.classifyLine(line)?.class, label);
  });

test('what a program of its own says exactly stands before general words, and behind what the system said', () => {
  const source = { id: 'zk', path: '/var/log/zookeeper.log' };
  const session = 'Expiring session 0x1, timeout of 30000ms exceeded, cannot reach client';
  assert.equal(detector.classifyLine(session, source)?.rule, 'zookeeper/session-timeout');
  const lost = 'Exception causing close of session 0x1: Connection refused';
  assert.equal(detector.classifyLine(lost, source)?.class, 'refused');
});
