import assert from 'node:assert/strict';
import { test } from 'node:test';
import { opened, type RecordingChannel, resolved, rig } from './fixtures.js';

const only = (channels: RecordingChannel[]) => channels[0]!;

test('a silence holds what it matches, says why, and what is still open is told when it ends', async () => {
  const { manager, channels, pass } = await rig();
  const silence = await manager.silence({
    match: { agents: ['agent-4'] },
    minutes: 10,
    comment: 'swapping its switch',
    by: 'ann',
  });
  await manager.handle(opened());
  await manager.handle(opened({ id: 'OTHER', subjects: ['agent-5'] }));
  await pass(60);
  assert.deepEqual(
    only(channels).received.map(message => message.items[0]?.incident.id),
    ['OTHER'],
  );
  const [why] = await manager.suppressions({ agent: 'agent-4' });
  assert.equal(why?.reason, 'silence');
  assert.match(why!.detail, /of ann \("swapping its switch"\) holds it until 2026-11-23 17:08:42/);
  assert.equal(why?.until, silence.until);
  await pass(600);
  assert.equal(only(channels).received.length, 2);
});

test('ending a silence tells at once what it held', async () => {
  const { manager, channels, pass } = await rig();
  const silence = await manager.silence({ minutes: 600, by: 'ann' });
  await manager.handle(opened());
  await pass(10);
  assert.equal(only(channels).received.length, 0);
  await manager.endSilence(silence.id);
  await pass(1);
  assert.equal(only(channels).received.length, 1);
  await assert.rejects(manager.endSilence(silence.id), { code: 'not-found' });
});

test('a silence on one agent does not hide an incident of all agents', async () => {
  const { manager, channels, pass } = await rig();
  await manager.silence({ match: { agents: ['agent-4'] }, minutes: 10, by: 'ann' });
  await manager.handle(opened({ subjects: ['agent-3', 'agent-4'], cause: 'partition' }));
  await pass(3);
  assert.equal(only(channels).received.length, 1);
});

test('what came and went in a silence is never told, and the reason is on record', async () => {
  const { manager, channels, pass, clock } = await rig();
  await manager.silence({ minutes: 10, by: 'ann' });
  await manager.handle(opened());
  await pass(30);
  await manager.handle(resolved(clock.now()));
  await pass(1200);
  assert.equal(only(channels).received.length, 0);
  const reasons = await manager.suppressions();
  assert.deepEqual(
    reasons.map(one => [one.change, one.reason]),
    [
      ['resolved', 'silence'],
      ['opened', 'silence'],
    ],
  );
});

test('who was told of the beginning is told of the end also in a silence', async () => {
  const { manager, channels, pass, clock } = await rig();
  await manager.handle(opened());
  await pass(3);
  await manager.silence({ minutes: 100, by: 'ann' });
  await manager.handle(resolved(clock.now()));
  await pass(60);
  assert.equal(only(channels).received[1]?.status, 'resolved');
});

test('in a maintenance window nothing is told; after it what is still open', async () => {
  const { manager, channels, pass } = await rig({
    maintenance: [{ name: 'firmware', schedule: '50 17 * * *', duration: '10m', timeZone: 'Europe/Berlin' }],
  });
  await manager.handle(opened());
  await pass(70); // until 16:59:52 UTC = 17:59:52 in Berlin
  assert.equal(only(channels).received.length, 0);
  assert.equal((await manager.suppressions())[0]?.reason, 'maintenance');
  await pass(20);
  assert.equal(only(channels).received.length, 1);
});

test('the cool-down holds a repeated fault; what lasts is told with the count of repetitions', async () => {
  const { manager, channels, pass, clock } = await rig({
    coolDown: '300s',
    group: { interval: '1s' },
  });
  await manager.handle(opened({ id: 'A' }));
  await pass(5);
  await manager.handle(resolved(clock.now(), { id: 'A' }));
  await pass(5);
  const again = (id: string) => opened({ id, openedAt: clock.now(), updatedAt: clock.now() });
  await manager.handle(again('B'));
  await pass(5);
  await manager.handle(resolved(clock.now(), { id: 'B', openedAt: clock.now() - 5000 }));
  await pass(5);
  await manager.handle(again('C'));
  await pass(100);
  assert.equal(only(channels).received.length, 2, 'A opened and resolved');
  assert.deepEqual(
    new Set((await manager.suppressions()).map(one => `${one.incident} ${one.reason}`)),
    new Set(['B cool-down', 'C cool-down']),
  );
  await pass(300);
  const last = only(channels).received.at(-1)!;
  assert.equal(last.items[0]?.incident.id, 'C');
  assert.equal(last.items[0]?.repeated, 1);
  assert.match(last.text, /Happened 1 more time since the last message/);
});

test('a heavier fault passes the cool-down', async () => {
  const { manager, channels, pass } = await rig({ coolDown: '3000s', group: { interval: '1s' } });
  await manager.handle(opened({ id: 'A', severity: 'warning' }));
  await pass(5);
  await manager.handle(opened({ id: 'B', severity: 'critical' }));
  await pass(5);
  assert.equal(only(channels).received.length, 2);
});
