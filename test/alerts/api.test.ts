import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { ChannelError } from '../../src/alerts/channels/channel.js';
import { AlertManager } from '../../src/alerts/manager.js';
import { alertRoutes } from '../../src/alerts/routes.js';
import { AlertSettings } from '../../src/alerts/settings.js';
import { createWebApp, listen, type RunningServer } from '../../src/http/server.js';
import { SystemClock } from '../../src/platform/clock.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { opened, RecordingChannel } from './fixtures.js';
import { MemoryDocuments } from './memory-documents.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const channel = new RecordingChannel();
let alerts: AlertManager;
let server: RunningServer;

before(async () => {
  alerts = new AlertManager({
    documents: new MemoryDocuments(),
    channels: [channel],
    settings: AlertSettings.parse({ channels: [{ name: 'ops', kind: 'log' }] }),
    clock: new SystemClock(),
  });
  await alerts.start();
  const settings = { bind: '127.0.0.1', port: 0 };
  const routes = alertRoutes(alerts);
  server = await listen(createWebApp({ settings, routes, checkReplies: true }), settings);
});
after(async () => {
  await server.stop();
  await alerts.stop();
});

/** The command as people run it: a process of its own against the running service. */
async function deadair(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, DEADAIR_URL: server.url, NO_COLOR: '1' };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env });
    return { code: 0, out: stdout, err: stderr };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

test('alerts test says that the channel took it, or what it said', async () => {
  const good = await deadair('alerts', 'test', 'ops');
  assert.match(good.out, /✓ ops \(recording\) took the test message after \d+ ms\./);
  channel.answer = () => {
    throw new ChannelError('chat.example answered 404: no_service');
  };
  const bad = await deadair('alerts', 'test', 'ops');
  channel.answer = () => {};
  assert.equal(bad.code, 1);
  assert.match(bad.err, /did not go through channel "ops": chat\.example answered 404: no_service/);
  const none = await deadair('alerts', 'test', 'pager', '--json');
  assert.equal(none.code, 2);
  assert.equal((JSON.parse(none.err) as { error: { code: string } }).error.code, 'not-found');
});

test('a silence is set, listed, shown as the reason, and ended', async () => {
  const set = await deadair(
    'alerts',
    'silence',
    '--agent',
    'agent-4',
    '--for',
    '2h',
    '--comment',
    'new switch',
  );
  assert.match(set.out, /^Silent until .*: agents agent-4\. End it with: deadair alerts unsilence \w+/);
  const id = /unsilence (\w+)/.exec(set.out)![1]!;
  assert.match(
    (await deadair('alerts', 'silences')).out,
    new RegExp(`^${id} {2}until .* agents agent-4 .*: new switch`),
  );

  const now = Date.now();
  await alerts.handle(opened({ startedAt: now, openedAt: now, updatedAt: now }));
  const reply = async () =>
    (await (await fetch(`${server.url}/v1/alerts/suppressions?agent=agent-4`)).json()) as {
      suppressions: { reason: string; detail: string }[];
    };
  const deadline = Date.now() + 20_000;
  while ((await reply()).suppressions.length === 0)
    assert.ok(Date.now() < deadline, 'the reason is recorded');
  assert.match((await reply()).suppressions[0]!.detail, /"new switch"/);

  assert.match((await deadair('alerts', 'unsilence', id)).out, /Ended the silence for agents agent-4/);
  assert.equal((await deadair('alerts', 'unsilence', id)).code, 2);
  while (channel.received.every(message => message.status === 'test')) {
    assert.ok(Date.now() < deadline, 'what it held is told');
    await new Promise(resolve => setImmediate(resolve));
  }
  const list = await deadair('alerts', 'list');
  assert.match(list.out, /ops +\[NEW\] critical: agent-4 lost/);
  assert.match(list.out, /^ {2}ops +recording/m);
});

test('wrong use says what to write instead', async () => {
  const both = await deadair('alerts', 'silence', '--agent', 'a');
  assert.equal(both.code, 2);
  assert.match(both.err, /--for 2h, or until when with --until TIME/);
  assert.match(
    (await deadair('alerts', 'silence', '--for', 'soon')).err,
    /"soon" is no time span; write for example 30s/,
  );
  assert.match(
    (await deadair('alerts', 'silence', '--for', '1h', '--kind', 'nonsense')).err,
    /Allowed choices/,
  );
  const past = await deadair('alerts', 'silence', '--until', '2020-01-01T00:00:00Z');
  assert.equal(past.code, 2);
  assert.match(past.err, /must end after it begins and in the future/);
});
