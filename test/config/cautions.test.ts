import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { sentInClear } from '../../src/platform/loopback.js';

const LONG = 'planted-token-of-24-char';

function warnings(env: Record<string, string>, flags: Record<string, string> = {}): string[] {
  const told = loadConfig({ env, flags }).warnings;
  assert.doesNotMatch(told.join(), /planted/);
  return told;
}

test('a token over plain HTTP to another host is warned of, with the way out; over TLS or to the loopback it is not', () => {
  const [told, ...more] = warnings({ DEADAIR_TOKEN: LONG }, { 'collect.to': 'http://controller:7707' });
  assert.match(told ?? '', /sent to controller:7707 over plain HTTP.*https:\/\/.*deadair tls init/);
  assert.deepEqual(more, []);
  assert.equal(
    warnings({}, { 'collect.to': 'http://10.0.0.1:7707', 'collect.tokenFile': '/run/token' }).length,
    1,
  );
  for (const to of [
    'https://controller:7707',
    'http://127.0.0.1:7707',
    'http://[::1]:7707',
    'http://localhost',
  ])
    assert.deepEqual(warnings({ DEADAIR_TOKEN: LONG, DEADAIR_TO: to }), [], to);
  assert.deepEqual(warnings({ DEADAIR_TO: 'http://controller:7707' }), []);
});

test('a token under 16 characters is warned of', () => {
  assert.match(
    warnings({ DEADAIR_TOKEN: 'planted-token-1' }).join(),
    /fewer than 16 characters.*openssl rand/,
  );
  assert.deepEqual(warnings({ DEADAIR_TOKEN: 'planted-token-12' }), []);
});

test('what can be read on the way', () => {
  for (const url of [
    'http://127.0.0.1.example',
    'http://localhost.example',
    'http://[fe80::1]',
    'HTTP://Node1',
  ])
    assert.equal(sentInClear(url), true, url);
  for (const url of ['http://127.3.2.1:1', 'https://node1', 'no address', 'http://LOCALHOST/'])
    assert.equal(sentInClear(url), false, url);
});
