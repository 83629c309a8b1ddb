import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChannelError } from '../../src/alerts/channels/channel.js';
import { incident, opened, type RecordingChannel, resolved, rig, START } from './fixtures.js';

const only = (channels: RecordingChannel[]) => channels[0]!;

test('an opened and a resolved incident are told once each, with sentence, evidence and run', async () => {
  const { manager, channels, pass, clock } = await rig();
  await manager.handle(opened(), { runName: '07-linkdown' });
  assert.equal(only(channels).received.length, 0, 'not before the grouping wait');
  await pass(3);
  const [first] = only(channels).received;
  assert.equal(first?.title, '[NEW] critical: agent-4 lost: the host stopped answering in run 07-linkdown');
  assert.equal(first?.items[0]?.evidence[0]?.role, 'cause', 'the cause comes first');
  assert.match(first!.text, /gave it up after 40 s[\s\S]*16:58:42\.363 controller: ❌ Agent agent-4 FAILED/);
  assert.match(first!.text, /one line of others is only a consequence/);
  await manager.handle(resolved(clock.now()));
  await pass(60);
  assert.deepEqual(only(channels).titles.slice(1), [
    '[RESOLVED] agent-4 was lost: the host stopped answering in run 07-linkdown',
  ]);
  assert.match(only(channels).received[1]!.text, /it lasted 1 min 3 s/);
});

test('the same change handed over again is told once', async () => {
  const { manager, channels, pass, clock } = await rig();
  for (let i = 0; i < 3; i++) await manager.handle(opened());
  await pass(3);
  await manager.handle(opened());
  const end = resolved(clock.now());
  await manager.handle(end);
  await manager.handle(end);
  await pass(100);
  await manager.handle(opened());
  await pass(100);
  assert.equal(only(channels).received.length, 2);
});

test('faults within the wait share a message, the heaviest first; later ones wait for the interval', async () => {
  const { manager, channels, pass } = await rig({ group: { wait: '2s', interval: '30s' } });
  await manager.handle(opened({ id: 'A', subjects: ['agent-1'], severity: 'warning' }));
  await pass(1);
  await manager.handle(opened({ id: 'B', subjects: ['agent-2'], severity: 'critical' }));
  await pass(1.5);
  assert.deepEqual(
    only(channels).received.map(message => message.items.map(item => item.incident.id)),
    [['B', 'A']],
  );
  await manager.handle(opened({ id: 'C', subjects: ['agent-1'] }));
  await pass(20);
  assert.equal(only(channels).received.length, 1);
  await pass(12);
  assert.deepEqual(
    only(channels).received[1]?.items.map(item => item.incident.id),
    ['C'],
  );
});

test('what stands alone is told at once; what has company shares a message with it', async () => {
  const { manager, channels, pass } = await rig({ group: { wait: '2s', interval: '30s' } });
  const told = () => only(channels).received.map(message => message.items.map(item => item.incident.id));
  await manager.handle({ ...opened({ id: 'A', subjects: ['agent-1'] }), alone: true });
  await pass(0.1);
  assert.deepEqual(told(), [['A']]);
  await pass(40);
  await manager.handle(opened({ id: 'B', subjects: ['agent-2'] }));
  await pass(0.5);
  await manager.handle({ ...opened({ id: 'C', subjects: ['agent-3'] }), alone: true });
  await pass(0.5);
  assert.deepEqual(told(), [['A']], 'the first of them waits for the others');
  await pass(1.5);
  assert.deepEqual(told()[1]?.sort(), ['B', 'C']);
});

test('what grows while it waits goes on waiting, though nothing else is in sight any more', async () => {
  const { manager, channels, pass } = await rig({ group: { wait: '2s', interval: '30s' } });
  await manager.handle(opened({ id: 'A', subjects: ['agent-1'] }));
  await pass(0.5);
  const grown = incident({ id: 'A', subjects: ['agent-1', 'agent-2'], updatedAt: START + 500 });
  await manager.handle({ change: 'worsened', incident: grown, at: START + 500, alone: true });
  await pass(0.5);
  assert.equal(only(channels).received.length, 0);
  await pass(1.5);
  assert.equal(only(channels).received.length, 1);
});

test('another agent and a heavier fault do not wait for the interval of what was told before', async () => {
  const { manager, channels, pass } = await rig({ group: { wait: '2s', interval: '30s' } });
  await manager.handle(opened({ id: 'A', subjects: ['agent-1'], severity: 'warning' }));
  await pass(3);
  await manager.handle(opened({ id: 'B', subjects: ['agent-1'], severity: 'critical', kind: 'agent-lost' }));
  await pass(3);
  await manager.handle(opened({ id: 'C', subjects: ['agent-2'], severity: 'warning' }));
  await pass(3);
  assert.deepEqual(
    only(channels).received.map(message => message.items.map(item => item.incident.id)),
    [['A'], ['B'], ['C']],
  );
});

test('that the run was given up because of it is told at once, also of what was told as over', async () => {
  const { manager, channels, pass } = await rig({ group: { wait: '2s', interval: '300s' } });
  const told = opened({ id: 'A' });
  await manager.handle(told);
  await pass(3);
  await manager.handle({
    change: 'resolved',
    at: told.at + 3000,
    incident: { ...told.incident, resolvedAt: told.at + 3000, updatedAt: told.incident.updatedAt + 3000 },
  });
  await pass(301);
  assert.equal(only(channels).received.length, 2);
  await manager.handle({
    change: 'worsened',
    at: told.at + 5000,
    incident: {
      ...told.incident,
      resolvedAt: told.at + 3000,
      endedRun: told.at + 4000,
      explanation: 'The run failed because of it.',
      updatedAt: told.incident.updatedAt + 5000,
    },
  });
  await pass(1);
  const last = only(channels).received.at(-1);
  assert.equal(only(channels).received.length, 3);
  assert.match(last?.title ?? '', /^\[UPDATE\].*was lost.*; the run failed because of it/);
});

test('runs do not share a group', async () => {
  const { manager, channels, pass } = await rig();
  await manager.handle(opened({ id: 'A', run: 'one' }));
  await manager.handle(opened({ id: 'B', run: 'two', subjects: ['agent-9'] }));
  await pass(3);
  assert.equal(only(channels).received.length, 2);
});

test('reminders come in growing distances, up to their limit, and end with the incident', async () => {
  const { manager, channels, pass, clock } = await rig({
    reminders: { first: '15m', factor: 2, max: '45m', limit: 3 },
  });
  await manager.handle(opened());
  await pass(5 * 3600);
  const minutes = only(channels).received.map(message => Math.round((message.createdAt - START) / 60_000));
  assert.deepEqual(minutes, [0, 15, 45, 90]);
  assert.match(only(channels).titles[1]!, /^\[STILL OPEN\]/);
  await manager.handle(resolved(clock.now()));
  await pass(5 * 3600);
  assert.equal(only(channels).received.length, 5);
});

test('a worsened incident is told, and unchanged worsening is not', async () => {
  const { manager, channels, pass } = await rig();
  await manager.handle(opened({ severity: 'warning' }));
  await pass(40);
  const worse = incident({ severity: 'critical', updatedAt: START + 5000 });
  await manager.handle({ change: 'worsened', incident: worse, at: START + 5000 });
  await manager.handle({ change: 'worsened', incident: worse, at: START + 6000 });
  await pass(40);
  assert.deepEqual(
    only(channels).received.map(message => [message.items[0]?.change, message.items[0]?.previousSeverity]),
    [
      ['opened', undefined],
      ['worsened', 'warning'],
    ],
  );
});

test('routes choose channels by severity, kind, agent and run; no route is recorded', async () => {
  const { manager, channels, pass } = await rig({
    channels: ['pager', 'chat', 'storage'],
    routes: [
      { agents: ['store-*'], channels: ['storage'] },
      { severity: 'critical', channels: ['pager'], continue: true },
      { severity: 'warning', runs: ['nightly-*', 'run-07'], channels: ['chat'] },
    ],
  });
  await manager.handle(opened({ id: 'A' }));
  await manager.handle(opened({ id: 'B', subjects: ['store-2'] }));
  await manager.handle(opened({ id: 'C', severity: 'warning', run: 'x1' }), { runName: 'nightly-4' });
  await manager.handle(opened({ id: 'D', severity: 'info' }));
  await pass(3);
  const got = (i: number) => channels[i]!.received.flatMap(m => m.items.map(item => item.incident.id)).sort();
  assert.deepEqual([got(0), got(1), got(2)], [['A'], ['A', 'C'], ['B']]);
  assert.deepEqual(
    (await manager.suppressions()).map(one => [one.incident, one.reason]),
    [['D', 'no-route']],
  );
});

test('delivery is tried again with growing pauses until it works, and in order', async () => {
  const { manager, channels, pass, clock } = await rig({ group: { wait: '0s', interval: '0s' } });
  const attempts: number[] = [];
  only(channels).answer = attempt => {
    attempts.push((clock.now() - START) / 1000);
    if (attempt <= 4) throw new ChannelError('503');
  };
  await manager.handle(opened());
  await pass(1);
  await manager.handle(resolved(clock.now()));
  await pass(120);
  assert.deepEqual(
    only(channels).received.map(message => message.status),
    ['open', 'resolved'],
  );
  const gaps = attempts.slice(1, 5).map((at, i) => at - attempts[i]!);
  assert.ok(
    gaps.every((gap, i) => i === 0 || gap > gaps[i - 1]!),
    `gaps grow: ${gaps}`,
  );
});

test('a receiver that says when to come again is heeded', async () => {
  const { manager, channels, pass } = await rig();
  only(channels).answer = attempt => {
    if (attempt === 1) throw new ChannelError('429', { retryAfterMs: 90_000 });
  };
  await manager.handle(opened());
  await pass(80);
  assert.equal(only(channels).attempts, 1);
  await pass(20);
  assert.equal(only(channels).received.length, 1);
});

test('a message that is itself refused does not block those behind it, and that is on record', async () => {
  const { manager, channels, pass } = await rig({ group: { by: ['incident'] } });
  only(channels).answer = attempt => {
    if (attempt <= 3) throw new ChannelError('400: too many evidence lines', { permanent: true });
  };
  await manager.handle(opened({ id: 'A' }));
  await manager.handle(opened({ id: 'B', subjects: ['agent-5'] }));
  await pass(60);
  assert.deepEqual(
    only(channels).received.map(message => message.items[0]?.incident.id),
    ['B'],
  );
  const [why] = await manager.suppressions({ incident: 'A' });
  assert.equal(why?.reason, 'gave-up');
  assert.match(why!.detail, /after 3 attempts: 400: too many evidence lines/);
});

test('a receiver that hangs is cut off at the time limit and tried again', async () => {
  const { manager, channels, clock } = await rig({ group: { wait: '0s' } });
  let hung: (() => void) | undefined;
  const hanging = new Promise<void>(resolve => {
    hung = resolve;
  });
  only(channels).answer = (attempt, signal) => {
    if (attempt > 1) return;
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new ChannelError('did not answer in time')));
      hung!();
    });
  };
  await manager.handle(opened());
  clock.advance(0);
  await hanging;
  clock.advance(15_000);
  await manager.settled();
  assert.equal(only(channels).received.length, 0);
  clock.advance(10_000);
  await manager.settled();
  assert.equal(only(channels).received.length, 1);
});

test('a failing channel does not hold up another', async () => {
  const { manager, channels, pass } = await rig({ channels: ['a', 'b'] });
  channels[0]!.answer = () => {
    throw new ChannelError('down');
  };
  await manager.handle(opened());
  await pass(10);
  assert.equal(channels[1]!.received.length, 1);
  assert.match((await manager.list()).channels[0]!.lastError!, /down/);
});

test('secrets in evidence leave neither in the message nor in the records', async () => {
  const { manager, channels, documents, pass } = await rig();
  const text = 'PUT failed: aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY s3://bucket';
  await manager.handle(opened({ evidence: [{ at: START, by: 'agent-4', role: 'cause', text }] }));
  await pass(3);
  const everything = JSON.stringify([
    only(channels).received,
    await documents.list('alert-state'),
    await documents.list('notification'),
  ]);
  assert.ok(!everything.includes('wJalr'));
  assert.match(everything, /aws_secret_access_key=\[redacted: secret\] s3:\/\/bucket/);
});

test('when the store can not be written people are told all the same, and it is recorded later', async () => {
  const { manager, channels, documents, pass } = await rig();
  let full = true;
  documents.beforeWrite = () => {
    if (full) throw new Error('no space left on device');
  };
  await manager.handle(opened());
  await pass(3);
  assert.equal(only(channels).received.length, 1);
  full = false;
  await pass(20);
  const [row] = await documents.list<{ status: string }>('notification');
  assert.equal(row?.doc.status, 'delivered');
});

test('old records are dropped after thirty days, what is open stays', async () => {
  const { manager, documents, pass, clock } = await rig({ reminders: { limit: 0 } });
  await manager.handle(opened({ id: 'A' }));
  await manager.handle(opened({ id: 'B', subjects: ['agent-5'] }));
  await pass(5);
  await manager.handle(resolved(clock.now(), { id: 'A' }));
  await pass(60);
  for (let day = 0; day < 32; day++) {
    clock.advance(24 * 3_600_000);
    await manager.settled();
  }
  assert.deepEqual(
    (await documents.list('alert-state')).map(row => row.id),
    ['B'],
  );
  assert.equal((await documents.list('notification')).length, 0);
});

test('a test message goes through at once and what the receiver says comes back', async () => {
  const { manager, channels } = await rig();
  const done = await manager.test('ops');
  assert.equal(done.channel, 'ops');
  assert.equal(only(channels).received[0]?.status, 'test');
  only(channels).answer = () => {
    throw new ChannelError('chat.example answered 404: no_service');
  };
  await assert.rejects(manager.test('ops'), /did not go through channel "ops": chat\.example answered 404/);
  await assert.rejects(manager.test('nobody'), { code: 'not-found' });
});
