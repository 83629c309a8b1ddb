import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { fingerprintOf, judgeHostKey } from '../../../collectors/sftp/known-hosts.js';

function key(type: string, secret: string): Buffer {
  const field = (text: string): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return Buffer.concat([length, Buffer.from(text)]);
  };
  return Buffer.concat([field(type), field(secret)]);
}

const ours = key('ssh-ed25519', 'ours');
const other = key('ssh-ed25519', 'other');
const rsa = key('ssh-rsa', 'an RSA key');
const line = (names: string, of: Buffer, type = 'ssh-ed25519'): string =>
  `${names} ${type} ${of.toString('base64')} comment`;
const salt = Buffer.from('0123456789abcdefghij');
const hashed = (name: string): string =>
  `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;

for (const [what, text, host, port, expected] of [
  ['a plain name', line('node1', ours), 'node1', 22, 'known'],
  ['one of several names', line('node1,10.0.0.1', ours), '10.0.0.1', 22, 'known'],
  ['a port of its own in brackets', line('[node1]:2222', ours), 'node1', 2222, 'known'],
  ['the same name on another port', line('node1', ours), 'node1', 2222, 'unknown'],
  ['a hashed name', line(hashed('node1'), ours), 'node1', 22, 'known'],
  ['a hashed name with port', line(hashed('[node1]:2222'), ours), 'node1', 2222, 'known'],
  ['another host’s hashed name', line(hashed('node2'), ours), 'node1', 22, 'unknown'],
  ['a pattern', line('*.cluster.local', ours), 'node1.cluster.local', 22, 'known'],
  [
    'a negated pattern',
    line('!node1.cluster.local,*.cluster.local', ours),
    'node1.cluster.local',
    22,
    'unknown',
  ],
  ['another key of the same type', line('node1', other), 'node1', 22, 'changed'],
  ['only a key of another type', line('node1', rsa, 'ssh-rsa'), 'node1', 22, 'unknown'],
  [
    'the right key after a wrong one',
    `${line('node1', other)}\n${line('node1', ours)}`,
    'node1',
    22,
    'known',
  ],
  ['a revoked key', `${line('node1', ours)}\n@revoked ${line('*', ours)}`, 'node1', 22, 'revoked'],
  ['a certificate authority', `@cert-authority ${line('*', ours)}`, 'node1', 22, 'unknown'],
  ['comments, blank and broken lines', '# hello\n\nnode1\nnode1 ssh-ed25519\n', 'node1', 22, 'unknown'],
] as const) {
  test(`${what}: ${expected}`, () => {
    assert.equal(judgeHostKey(text, host, port, ours), expected);
  });
}

test('a fingerprint is written as ssh-keygen -lf writes it', () => {
  assert.match(fingerprintOf(ours), /^SHA256:[A-Za-z0-9+/]{43}$/);
});
