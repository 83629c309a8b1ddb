import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Masker } from '../../src/skeletons/mask.js';
import fc from '../property.js';

const masker = new Masker();
function mask(line: string): string {
  const bytes = Buffer.from(line, 'utf8');
  masker.mask(bytes, 0, bytes.length);
  return masker.text();
}

const cases: [what: string, line: string, skeleton: string][] = [
  ['numbers', 'retry 3 of 10, 99.5% done, -4 left', 'retry <n> of <n>, <n> done, <n> left'],
  [
    'durations of any unit',
    'took 980ms, then 1.2s, then 2m30s and 15µs',
    'took <duration>, then <duration>, then <duration> and <duration>',
  ],
  ['amounts and rates', 'sent 12KiB at 3.5MB/s', 'sent <size> at <size>'],
  ['a share', '7/8 agents ready', '<n>/<n> agents ready'],
  ['addresses with port', 'peer 10.77.2.3:7761 gone', 'peer <ip>:<n> gone'],
  [
    'IPv6 and hardware addresses',
    'from fe80::1ff:fe23:4567 dev 00:1b:44:11:3a:b7',
    'from <address> dev <address>',
  ],
  ['dates and times', '2026-11-24T18:46:14.123Z at 18:46:14.5 on 2026-11-24', '<time> at <time> on <n>'],
  ['hexadecimal ids', 'req 3ea4052c-895d-4b64-9e2d-04d64c4d94ab at 0x7ffe12', 'req <hex> at <hex>'],
  ['ids with a name before', 'req-3ea4052c-895d-4b64 failed', 'req-<id> failed'],
  ['keys', 'token AKx93jdk2Lsd92Kd83 used', 'token <id> used'],
  [
    'paths',
    'open /etc/ssl/cert.pem and ./data/x and C:\\Users\\bob\\x.log',
    'open <path> and <path> and C:<path>',
  ],
  [
    'addresses of pages and stores',
    'GET https://example.org/a?b=1 from s3://bucket/key-1',
    'GET <url> from <url>',
  ],
  ['numbered hosts', 'agent-4 node12.rack3 worker7', 'agent-<n> node<n>.rack<n> worker<n>'],
  ['quoted names', 'queue "main" of \'bob\'', 'queue "<*>" of \'<*>\''],
  ['but not quoted sentences', 'message: "Connection refused"', 'message: "Connection refused"'],
  ['nor quoted words that say how it went', 'state is now "down"', 'state is now "down"'],
  [
    'nor keys of JSON',
    '{"level":"info","msg":"ready","user":"bob"}',
    '{"level":"info","msg":"ready","user":"<*>"}',
  ],
  ['nor an apostrophe', "can't reach node3's port", "can't reach node<n>'s port"],
  [
    'names that hold a digit',
    'h2 protocol error over ipv4 in sai3bench',
    'h2 protocol error over ipv4 in sai3bench',
  ],
  ['a word with a slash', 'read/write timeout and/or reset', 'read/write timeout and/or reset'],
  [
    'error codes stay: they mean different things',
    'os error 111; exit code 137; took 137 tries',
    'os error 111; exit code 137; took <n> tries',
  ],
  ['blanks are one', '  a   b\tc  ', 'a b c'],
];
for (const [what, line, skeleton] of cases) test(`masks ${what}`, () => assert.equal(mask(line), skeleton));

test('opposites keep apart', () => {
  for (const [a, b] of [
    ['link up', 'link down'],
    ['agent-1 connected', 'agent-1 disconnected'],
    ['"success"', '"failure"'],
    ['did start', 'did not start'],
  ] as const)
    assert.notEqual(mask(a), mask(b));
});

test('whatever the bytes: no error, bounded output, the same again, and the hash tells texts apart', () => {
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), bytes => {
      masker.mask(bytes, 0, bytes.length);
      const { length, hash1, hash2 } = masker;
      const text = masker.text();
      assert.ok(length <= 5 * 1024);
      masker.mask(bytes, 0, bytes.length);
      assert.deepEqual([masker.length, masker.hash1, masker.hash2], [length, hash1, hash2]);
      const key = `${hash1} ${hash2}`;
      assert.equal(seen.get(key) ?? text, text);
      seen.set(key, text);
    }),
    { numRuns: 300 },
  );
});

test('the densest line of placeholders stays within bounds', () => {
  for (const word of ['0s ', '1 ', '/a ', '0x0 ', '::1 ', '"a"', '1:1:1 ', "'b' "]) {
    assert.ok(mask(word.repeat(2000)).length <= 5 * 1024, word);
  }
});
