import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Settings } from '../../src/config/settings.js';
import { shownSettings } from '../../src/config/shown.js';

describe('settings as people are shown them', () => {
  const shown = shownSettings(
    Settings.parse({
      server: { port: 8000, token: 'the-own-token' },
      store: { retention: { maxAge: '30d', minFree: '2GiB' } },
      collect: { watch: ['/a', '/b'] },
      alerts: {
        channels: [
          {
            name: 'ops',
            kind: 'webhook',
            url: 'https://hooks.example/T0/B0/the-key',
            headers: { authorization: 'Basic the-pass' },
            signingKey: 'the-signing-key',
          },
        ],
      },
    }),
  );
  const of = (name: string) => shown.find(one => one.name === name);

  for (const [name, value, usual] of [
    ['server.port', '8000', false],
    ['server.listen', '127.0.0.1', true],
    ['server.token', '(hidden)', false],
    ['store.retention.maxAge', '30 days', false],
    ['store.retention.minFree', '2 GiB', false],
    ['silence.after', '1 min', true],
    ['collect.watch', '/a, /b', false],
    ['detect.packs', 'none', true],
  ] as const)
    it(name, () => {
      const { says, ...rest } = of(name) ?? {};
      assert.deepEqual(rest, { name, value, usual });
      assert.match(says ?? '', /\w/);
    });

  it('nothing secret is shown, nor the address of a hook, which is a key', () => {
    const all = JSON.stringify(shown);
    assert.doesNotMatch(all, /the-(own-token|key|pass|signing-key)/);
    assert.match(of('alerts.channels')!.value, /hooks\.example\/\(hidden\)/);
  });
});
