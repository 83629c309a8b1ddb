import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact, redactDeep, redactLines } from '../../src/wording/redaction.js';
import fc from '../property.js';

/** The secret, the line before, the line after. Secrets are the examples of the makers' documents or made up. */
const SECRETS: [string, string][] = [
  ['using AKIAIOSFODNN7EXAMPLE in eu-west-1', 'using [redacted: AWS key id] in eu-west-1'],
  [
    'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY AWS_REGION=eu-west-1',
    'AWS_SECRET_ACCESS_KEY=[redacted: secret] AWS_REGION=eu-west-1',
  ],
  ['{"SecretAccessKey": "wJalrXUtnFEMI/K7MDENG","x":1}', '{"SecretAccessKey": [redacted: secret],"x":1}'],
  ["session_token='FwoGZXIvYXdzEBYa' next", 'session_token=[redacted: secret] next'],
  ['db password: hunter22, retrying', 'db password: [redacted: secret], retrying'],
  ['mysql --password s3cret --host db', 'mysql --password [redacted: secret] --host db'],
  ['curl --api-key abcdef123 https://x', 'curl --api-key [redacted: secret] https://x'],
  ['postgres://app:pa55word@db.example:5432/x', 'postgres://[redacted: credentials]db.example:5432/x'],
  [
    'clone https://ghp_0123456789abcdefghijABCDEFGHIJ012345@github.example/x',
    'clone https://[redacted: token]@github.example/x',
  ],
  ['curl -s -u admin:pass123word http://x', 'curl -s -u [redacted: credentials] http://x'],
  ['export DB_PASS="p@ss w0rd" and on', 'export DB_PASS=[redacted: secret] and on'],
  ['X-Amz-Signature=fe5f80a1b2c3 was refused', 'X-Amz-Signature=[redacted: signature] was refused'],
  ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: [redacted: authorization]'],
  ['"authorization": "Bearer abc.def-ghi"', '"authorization": "[redacted: authorization]"'],
  ['sent Bearer abcdefgh12345678 to peer', 'sent Bearer [redacted: token] to peer'],
  [
    'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U ok',
    'jwt [redacted: JWT] ok',
  ],
  [
    'GET /b/k?X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260101&X-Amz-Signature=fe5f80a1b2 HTTP/1.1',
    'GET /b/k?X-Amz-Credential=[redacted: signature]&X-Amz-Signature=[redacted: signature] HTTP/1.1',
  ],
  ['blob?sv=2024&sig=abcd%2Fefgh%3D done', 'blob?sv=2024&sig=[redacted: signature] done'],
  [
    'DefaultEndpoints;AccountKey=Zm9vYmFyCg==;Suffix=x',
    'DefaultEndpoints;AccountKey=[redacted: secret];Suffix=x',
  ],
  [
    'post https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXX',
    'post https://hooks.slack.com/services/[redacted: hook]',
  ],
  ['token xoxb-123456789012-abcdefABCDEF', 'token [redacted: token]'],
  ['key=AIzaSyA-1234567890abcdefghijklmnopqrstu', 'key=[redacted: token]'],
  [
    'x -----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY----- y',
    'x [redacted: private key] y',
  ],
  ['-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk', '[redacted: private key]'],
];

for (const [line, expected] of SECRETS)
  test(`hides the secret in: ${line.slice(0, 60).replaceAll('\n', '⏎')}`, () =>
    assert.equal(redact(line), expected));

/** Lines that only look like it must stay as they are: evidence is worth nothing when it is blacked out. */
const HARMLESS = [
  'ERROR ❌ Agent agent-4 FAILED: Agent workload failed: status: Unknown, message: "h2 protocol error: error reading a body from connection", details: []',
  '🔑 Forwarding 3 credential variable(s) from env to all agents: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY',
  'max_tokens=4096 tokens: 12',
  'Failed password for root from 10.0.0.3 port 22 ssh2',
  'authentication failed: no credentials provided',
  'connecting to http://10.77.6.4:7761/status',
  'user@host: permission denied',
  'commit 0123456789abcdef0123456789abcdef01234567',
  'sshd: Accepted publickey for ubuntu from 10.0.0.1 port 50122 ssh2: ED25519 SHA256:abcdefghijklmnop',
  'tonic::transport::Error { secret::Zeroize }',
  'invalid keyword: passwordless',
  'mailto:ops@example.org',
];

for (const line of HARMLESS)
  test(`leaves as it is: ${line.slice(0, 60)}`, () => assert.equal(redact(line), line));

test('a private key over several lines is removed as a whole, and nothing after it', () => {
  const lines = [
    'start',
    '-----BEGIN EC PRIVATE KEY-----',
    'MHcCAQEE',
    '-----END EC PRIVATE KEY-----',
    'go on',
  ];
  const hidden = '[redacted: private key]';
  assert.deepEqual(redactLines(lines), ['start', hidden, hidden, hidden, 'go on']);
});

test('redaction goes into every string of a value and keeps its shape', () => {
  const value = { a: ['password=abcdef', 1, null], b: { c: true, d: 'fine' } };
  assert.deepEqual(redactDeep(value), {
    a: ['password=[redacted: secret]', 1, null],
    b: { c: true, d: 'fine' },
  });
});

test('redacting twice changes nothing more, and no text makes it slow or throw', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.string(),
          fc.constantFrom(...SECRETS.map(([line]) => line), 'password', '=', ':', '@', '-'),
        ),
        {
          maxLength: 12,
        },
      ),
      parts => {
        const once = redact(parts.join(''));
        return redact(once) === once;
      },
    ),
    { numRuns: 300 },
  );
});
