import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlertSettings } from '../../src/alerts/settings.js';

const wrong: [string, unknown, string, RegExp][] = [
  [
    'two channels of one name',
    {
      channels: [
        { name: 'a', kind: 'log' },
        { name: 'a', kind: 'log' },
      ],
    },
    'channels.1.name',
    /two channels named "a"/,
  ],
  [
    'a route to a channel that is not there',
    { routes: [{ channels: ['pager'] }] },
    'routes.0.channels.0',
    /no channel "pager"; the channels are console/,
  ],
  [
    'a schedule of six fields',
    { maintenance: [{ name: 'm', schedule: '0 0 0 * * *', duration: '1m' }] },
    'maintenance.0.schedule',
    /five fields/,
  ],
  [
    'an unknown time zone',
    { maintenance: [{ name: 'm', schedule: '0 0 * * *', duration: '1m', timeZone: 'Mars/Base' }] },
    'maintenance.0.timeZone',
    /no time zone/,
  ],
  [
    'a window that ends before it begins',
    { maintenance: [{ name: 'm', from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }] },
    'maintenance.0.to',
    /must end after/,
  ],
  ['an unknown setting', { chanels: [] }, '', /chanels/],
  [
    'a URL of another kind',
    { channels: [{ name: 'a', kind: 'webhook', url: 'ftp://x' }] },
    'channels.0.url',
    /begins with http/,
  ],
];
for (const [what, settings, path, message] of wrong)
  test(`${what} is an error at its place`, () => {
    const issue = AlertSettings.safeParse(settings).error?.issues[0];
    assert.equal(issue?.path.join('.'), path);
    assert.match(issue!.message, message);
  });

test('without settings there is the console, and everything has a default', () => {
  const settings = AlertSettings.parse({});
  assert.deepEqual(
    settings.channels.map(one => one.kind),
    ['log'],
  );
  assert.equal(settings.retry.giveUp, 72 * 3_600_000);
});
