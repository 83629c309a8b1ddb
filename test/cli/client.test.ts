import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClientOptions, createClient } from '../../src/cli/client.js';

/** What making a client says on standard error. */
function said(options: ClientOptions, env: NodeJS.ProcessEnv = {}): string {
  let text = '';
  const write = process.stderr.write;
  process.stderr.write = (part: unknown) => {
    text += String(part);
    return true;
  };
  try {
    createClient(options, env);
  } finally {
    process.stderr.write = write;
  }
  assert.doesNotMatch(text, /planted/);
  return text;
}

test('a command that would show its token to the network says so; over TLS, to the loopback or without a token it does not', () => {
  const env = { DEADAIR_TOKEN: 'planted-token' };
  assert.match(
    said({ url: 'http://controller:7707' }, env),
    /goes to controller:7707 over plain HTTP.*https:\/\//,
  );
  assert.match(
    said({ token: 'planted' }, { DEADAIR_URL: 'http://10.0.0.1' }),
    /goes to 10\.0\.0\.1 over plain HTTP/,
  );
  assert.equal(said({ url: 'https://controller:7707' }, env), '');
  assert.equal(said({}, env), '');
  assert.equal(said({ url: 'http://controller:7707' }), '');
});

test('with --json nothing but JSON is on standard error', () => {
  assert.equal(said({ url: 'http://controller:7707', token: 'planted', json: true }), '');
});
