import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';

const detector = new LineDetector(loadBuiltInPacks());

// A statement, and the same words where they assert nothing.
for (const [label, line] of [
  ['timeout', 'request to node 4 timed out'],
  ['none', 'no request timed out'],
  ['none', 'retry if the request timed out'],
  ['none', 'requests_timed_out 4'],
  ['none', 'requests timed out: 0'],
  ['none', 'timed_out=0 retried=2'],
  ['none', 'test_request_timed_out ... ok'],
  ['none', '--- PASS: TestTimeout (0.01s) connection timed out'],
  ['none', 'read timeout = 30'],
  ['none', 'heartbeat.timeout 10'],
  ['none', 'option ping-timeout 42'],
  ['none', 'connect-timeout 5 set'],
  ['none', '0 errors, 0 timeouts, 0 disconnects'],
  ['none', 'Lock wait timeout exceeded; try restarting transaction'],
  ['none', 'watchdog: BUG: soft lockup - CPU#3 stuck for 22s!'],
  [
    'none',
    'INFO: task kworker blocked for more than 120 seconds. "echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
  ],
  ['none', 'usb 1-1: USB disconnect, device number 4'],
  ['none', 'Build timed out (after 60 minutes)'],
  ['disconnect', 'connection to node 4 lost'],
  ['none', 'connection to node 4 was never lost'],
  ['none', 'set on_connection_lost handler'],
  ['none', 'client disconnected by user'],
  ['none', 'closing connection gracefully'],
  ['none', 'Disconnected from 192.0.2.7: authentication failed for user bob'],
  ['refused', 'connect to 10.0.0.4:7761 failed: Connection refused'],
  ['none', 'GET /docs/connection-refused HTTP/1.1" 200 12'],
  ['none', 'Connection to 10.0.0.4 closed.'],
  ['none', 'Failed to configure logging: file not found'],
  ['none', 'WARN Healthcheck failed: disk usage 91 %'],
  ['none', 'Retry policy: retry on timeout'],
  ['none', '    raise ConnectionError("connection refused")'],
  ['recovered', 'reconnected to broker 10.0.0.3:9092'],
  // The level of a line is no `error connecting`; a socket that a program makes for itself is no peer.
  ['none', 'ERROR Connected to pbs_comm db1'],
  ['refused', 'Error connecting to db1:5432'],
  ['none', 'Could not open raw socket'],
  ['refused', 'Could not open socket to host db1'],
  ['none', 'cannot accept connection on fd 5'],
  // What does not resolve is a host, not anything that has a name.
  ['dns', 'failed to resolve listen address'],
  ['none', 'failed to resolve template of job 4'],
  // A response that is read and makes no sense came.
  ['none', 'failed to parse response of node n4'],
  ['timeout', 'did not receive the closing frame of peer n4'],
  // A certificate that is loaded, made or parsed is a file.
  ['none', 'Parsing the client certificate file failed'],
  ['tls', 'could not verify the peer certificate'],
  ['none', 'Disconnecting from server db1 failed'],
  ['none', 'The node [n4] is not DEAD.'],
  ['disconnect', 'The node [n4] is DEAD.'],
  ['disconnect', '{"error":"read of 10.0.0.4: EOF","msg":"failed to sync"}'],
  // Settings, a component's prefix, an end of one's own, a process of one's own.
  ['none', ' connect_timeout0 | 10000 | Timeout in milliseconds before giving up connecting to backend.'],
  ['none', 'timeout is not a number'],
  ['none', 'failed to get connection details'],
  ['none', 'WARN Connection: Failed to remove the flow'],
  ['none', 'Failed to disconnect from server db1'],
  ['none', 'failed marking peer n4 as disconnected'],
  ['none', 'node n4 (PID 9058) terminated prematurely by signal 4'],
  ['disconnect', 'Connection to remote host was lost. - goodbye'],
  ['disconnect', 'error sending request headers'],
  ['timeout', 'Error: GatewayTargetDeviceFailedToRespond'],
  ['timeout', 'stream stalled: no messages for 30s, reconnecting'],
  ['dns', 'could not resolve n4: no servers returned a viable answer'],
] as const) {
  test(`"${line}" is ${label}`, () => {
    assert.equal(detector.classifyLine(line)?.class ?? 'none', label);
  });
}
