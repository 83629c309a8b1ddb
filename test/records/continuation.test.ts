import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecordFlag } from '../../src/model/vocabulary.js';
import { SourceParser } from '../../src/records/parser.js';

/** Lines of real-looking logs; those marked `|` belong to the record above. */
const TRACES: Record<string, string> = {
  'Java, with causes': `
  2026-11-23 16:58:42,123 ERROR [main] o.e.App: lost
| java.net.ConnectException: Connection refused
| \tat java.base/sun.nio.ch.Net.connect(Net.java:579)
| \tat org.example.App.main(App.java:12)
| Caused by: java.io.IOException: broken pipe
| \t... 12 more
| \tSuppressed: java.lang.IllegalStateException
  2026-11-23 16:58:43,123 INFO  [main] o.e.App: going on`,
  'Java, not caught': `
  Exception in thread "main" java.lang.IllegalStateException: x
| \tat org.example.App.main(App.java:12)
| Caused by: java.io.IOException
| \t... 1 more
  done`,
  'Python, logged': `
  2026-11-23 16:58:42,123 app ERROR failed
| Traceback (most recent call last):
|   File "/srv/app.py", line 12, in run
|     sock.connect(address)
| ConnectionRefusedError: [Errno 111] Connection refused
| 
| During handling of the above exception, another exception occurred:
| 
| Traceback (most recent call last):
|   File "/srv/app.py", line 14, in run
| app.errors.Timeout
  2026-11-23 16:58:43,123 app INFO next`,
  'Python, not caught': `
  starting
  Traceback (most recent call last):
|   File "/srv/app.py", line 12, in <module>
|     main()
| KeyboardInterrupt
  bye`,
  'Rust panic': `
  thread 'main' panicked at src/main.rs:10:5:
| called Result::unwrap() on an Err value
| note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace
  next`,
  'Rust panic with frames': `
  thread 'main' panicked at src/main.rs:10:5:
| boom
| stack backtrace:
|    0: rust_begin_unwind
|              at /rustc/abc/library/std/src/panicking.rs:645:5
|    1: core::panicking::panic_fmt
  next`,
  anyhow: `
  Error: Agent agent-4 workload execution failed
| 
| Caused by:
|     0: could not connect
|     1: Connection refused (os error 111)
  next`,
  Go: `
  panic: runtime error: index out of range [5] with length 3
| 
| goroutine 1 [running]:
| main.(*Agent).Run(0xc000012345)
| \t/src/agent.go:12 +0x1d
| main.main()
| \t/src/main.go:7 +0x20
| created by net/http.(*Server).Serve in goroutine 17
| \t/usr/local/go/src/net/http/server.go:3086 +0x4db
| exit status 2
  next`,
  Node: `
  Error: connect ECONNREFUSED 10.0.0.3:7761
|     at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16) {
|   errno: -111,
|   code: 'ECONNREFUSED'
| }
  next`,
  'C#': `
  2026-11-23 16:58:42.123 fail: App[0] request failed
| System.Net.Http.HttpRequestException: Connection refused
|  ---> System.Net.Sockets.SocketException (111): Connection refused
|    at System.Net.Sockets.Socket.ConnectAsync()
|    --- End of inner exception stack trace ---
|    at App.Client.SendAsync() in /src/Client.cs:line 12
  2026-11-23 16:58:43.123 info: App[0] next`,
  'a message of several lines': `
  2026-11-23T16:58:42Z  INFO Config:
|   duration: 60s
|   targets:
|     - file:///tmp
| 
  2026-11-23T16:58:43Z  INFO next`,
  'check marks and emoji open lines of their own': `
  ⏳ Waiting for agents to validate configuration...
    ⏳ 0/8 agents ready, 8 remaining (70s timeout remaining)
    ✅ agent-2 ready
    ⚠ CRITICAL: Zero operations completed
|     → Process is running with these credentials
|     └─ detail`,
  'a level of its own makes an indented line a record': `
  2026-11-23T16:58:42Z  INFO a
    ERROR: b
|   c`,
};

for (const [name, text] of Object.entries(TRACES))
  test(`lines that belong to the record above: ${name}`, () => {
    const marked = text.slice(1).split('\n');
    const lines = marked.map(line => line.slice(2));
    const batch = new SourceParser().push(Buffer.from(`${lines.join('\n')}\n`), 0, {
      observedAt: Date.UTC(2026, 10, 24),
    });
    const got = lines.map((line, i) => `${batch.flags[i]! & RecordFlag.continuation ? '|' : ' '} ${line}`);
    assert.deepEqual(got, marked);
  });

test('the first line of a source belongs to nothing', () => {
  const batch = new SourceParser().push(Buffer.from('  indented\n\n'), 0, { observedAt: 0 });
  assert.deepEqual([...batch.flags], [0, RecordFlag.continuation]);
});
