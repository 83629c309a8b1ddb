import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLinks } from '../../src/alerts/links.js';
import { maintenanceUntil } from '../../src/alerts/maintenance.js';
import { AlertSettings, MaintenanceWindow } from '../../src/alerts/settings.js';
import { durationWords, subjectWords } from '../../src/wording/incident.js';
import { incident } from '../alerts/fixtures.js';

for (const [subjects, words] of [
  [['agent-4'], 'agent-4'],
  [['agent-2', 'agent-1'], 'agent-1 and agent-2'],
  [['agent-1', 'agent-2', 'agent-3', 'agent-5', 'agent-6'], 'agent-1 to agent-3, agent-5 and agent-6'],
  [['agent-9', 'agent-10', 'agent-11'], 'agent-9 to agent-11'],
  [['a', 'c', 'e', 'g', 'i', 'k'], 'a, c, e, g … (6 in all)'],
  [[], 'the run'],
] as const)
  test(`names ${JSON.stringify(subjects)} as "${words}"`, () => assert.equal(subjectWords(subjects), words));

for (const [ms, words] of [
  [412, '0.4 s'],
  [59_949, '59.9 s'],
  [59_960, '1 min 0 s'],
  [3_599_600, '1 h 0 min'],
  [90 * 60_000, '1 h 30 min'],
  [3 * 86_400_000 + 7_200_000, '3 days 2 h'],
] as const)
  test(`${ms} ms is "${words}"`, () => assert.equal(durationWords(ms), words));

const window = (schedule: string, minutes: number, timeZone = 'UTC') =>
  MaintenanceWindow.parse({ name: 'w', schedule, duration: `${minutes}m`, timeZone });
const until = (w: MaintenanceWindow, at: string) => {
  const end = maintenanceUntil(w, Date.parse(at));
  return end === undefined ? undefined : new Date(end).toISOString().slice(0, 16);
};

test('a scheduled window holds from its beginning to its end, in its zone, over midnight', () => {
  const saturday = window('30 22 * * sat', 180, 'Europe/Berlin');
  assert.equal(until(saturday, '2026-11-21T21:29:59Z'), undefined);
  assert.equal(until(saturday, '2026-11-21T21:30:00Z'), '2026-11-22T00:30');
  assert.equal(until(saturday, '2026-11-22T00:29:59Z'), '2026-11-22T00:30');
  assert.equal(until(saturday, '2026-11-22T00:30:00Z'), undefined);
});

test('a window keeps its wall clock in summer, and one that the leap skips begins at the leap', () => {
  assert.equal(until(window('0 22 * * *', 60, 'Europe/Berlin'), '2026-07-01T20:10:00Z'), '2026-07-01T21:00');
  const skipped = window('30 2 * * *', 60, 'Europe/Berlin'); // 2026-03-29 02:30 does not exist
  assert.equal(until(skipped, '2026-03-29T00:59:59Z'), undefined);
  assert.equal(until(skipped, '2026-03-29T01:10:00Z'), '2026-03-29T02:00');
});

test('day and weekday together mean either, as in cron', () => {
  const either = window('0 0 1 * sun', 60);
  assert.ok(until(either, '2026-11-01T00:10:00Z')); // both
  assert.ok(until(either, '2026-11-08T00:10:00Z')); // a Sunday
  assert.ok(until(either, '2026-12-01T00:10:00Z')); // a first
  assert.equal(until(either, '2026-12-02T00:10:00Z'), undefined);
});

test('an absolute window holds within its times', () => {
  const w = MaintenanceWindow.parse({
    name: 'w',
    from: '2026-11-01T10:00:00+01:00',
    to: '2026-11-01T11:00:00Z',
  });
  assert.equal(until(w, '2026-11-01T08:59:00Z'), undefined);
  assert.equal(until(w, '2026-11-01T09:00:00Z'), '2026-11-01T11:00');
});

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

test('links lead to the page and to Kibana at that moment', () => {
  const links = createLinks({
    pageUrl: 'http://ctl.example:7707/',
    kibana: { url: 'http://kibana.example', dataView: "it's" },
  })(incident());
  const page = new URL(links.page!);
  assert.equal(page.origin, 'http://ctl.example:7707');
  assert.equal(page.searchParams.get('from'), '2026-11-23T16:56:42.423Z');
  const kibana = decodeURIComponent(links.kibana!);
  assert.match(kibana, /app\/discover#\/\?_g=\(filters:!\(\),.*time:\(from:'2026-11-23T16:56:42\.423Z'/);
  assert.match(kibana, /dataViewId:'it!'s'/);
  assert.match(kibana, /query:'agent\.id : \("agent-4"\)'/);
  const around = new URL(links.surrounding!);
  assert.equal(around.origin, 'http://kibana.example');
  assert.match(decodeURIComponent(around.hash), /^#\/context\/it's\/01KARECSOURCE0000000000000:\d+\?/);
  assert.deepEqual(createLinks({})(incident()), {});
});
