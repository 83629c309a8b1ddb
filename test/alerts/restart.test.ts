import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChannelError } from '../../src/alerts/channels/channel.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { opened, RecordingChannel, resolved, rig, START } from './fixtures.js';
import { MemoryDocuments } from './memory-documents.js';

test('what is not delivered is tried again after a restart', async () => {
  const first = await rig();
  first.channels[0]!.answer = () => {
    throw new ChannelError('down');
  };
  await first.manager.handle(opened());
  await first.pass(10);
  first.channels[0]!.answer = () => {};
  const second = await first.restart();
  await second.pass(1);
  assert.equal(second.channels[0]!.received.length, 1);
  const third = await second.restart();
  await third.pass(600);
  assert.equal(third.channels[0]!.received.length, 1, 'delivered once, also after one more restart');
});

test('grouping, cool-down and reminders go on over a restart', async () => {
  const first = await rig({ coolDown: '300s', reminders: { first: '15m' } });
  await first.manager.handle(opened({ id: 'A' }));
  await first.pass(3);
  const second = await first.restart();
  await second.manager.handle(opened({ id: 'B' }));
  await second.pass(100);
  assert.equal(second.channels[0]!.received.length, 1);
  assert.equal((await second.manager.suppressions())[0]?.reason, 'cool-down');
  const third = await second.restart();
  await third.pass(15 * 60);
  assert.deepEqual(
    third.channels[0]!.received.map(m =>
      m.items.map(item => `${item.incident.id} ${item.change}`).join(', '),
    ),
    ['A opened', 'B opened', 'A reminder'],
  );
});

test('a change recorded but not yet told is told by the next process', async () => {
  const first = await rig({ group: { wait: '60s' } });
  await first.manager.handle(opened());
  const second = await first.restart();
  await second.pass(61);
  assert.equal(second.channels[0]!.received.length, 1);
});

test('a message for a channel that is gone from the settings is put aside with the reason', async () => {
  const first = await rig({ channels: ['old'] });
  first.channels[0]!.answer = () => {
    throw new ChannelError('down');
  };
  await first.manager.handle(opened());
  await first.pass(5);
  await first.manager.stop();
  const { manager, documents } = await rig(
    { channels: ['new'] },
    { clock: first.clock, documents: first.documents, channels: [new RecordingChannel('new')] },
  );
  assert.equal((await manager.suppressions())[0]?.reason, 'channel-gone');
  assert.equal((await documents.list<{ status: string }>('notification'))[0]?.doc.status, 'dropped');
});

/**
 * A process killed at its n-th write, before or after the write became durable; the next one gets the changes again, as
 * the incident engine hands them over from its checkpoint. Every n up to the last write is tried.
 */
test('a kill at any write neither loses a notification nor makes a second one', async () => {
  let writes = Number.POSITIVE_INFINITY;
  for (let n = 1; n <= Math.min(writes, 50); n++) {
    for (const moment of ['beforeWrite', 'afterWrite'] as const) {
      const documents = new MemoryDocuments();
      const clock = new VirtualClock(START);
      const channel = new RecordingChannel();
      let dead = false;
      documents[moment] = count => {
        if (count !== n || dead) return;
        dead = true;
        return new Promise<void>(() => {}); // the process is gone: its write never returns to it
      };
      // Nothing of a killed process acts any more: its channel hangs.
      const first = new RecordingChannel();
      first.answer = () => (dead ? new Promise<void>(() => {}) : undefined);
      const victim = await startOn(documents, clock, first, () => dead);
      await drive(victim, () => dead);
      if (!dead) {
        writes = documents.writes;
        break;
      }
      documents[moment] = () => {};
      const next = await startOn(documents, clock, channel, () => false);
      await drive(next, () => false);

      const sent = [...first.received, ...channel.received];
      const byId = new Map(sent.map(message => [message.id, message]));
      const told = [...byId.values()].flatMap(m => m.items.map(item => item.change)).sort();
      assert.deepEqual(told, ['opened', 'resolved'], `killed ${moment} ${n}`);
      assert.ok(
        sent.length - byId.size <= 1,
        'at most the one message whose answer was not recorded comes again',
      );
      await next.manager.stop();
    }
  }
  assert.ok(writes < 50 && writes >= 6, `${writes} writes were interrupted`);
});

type Victim = Awaited<ReturnType<typeof startOn>>;

async function startOn(
  documents: MemoryDocuments,
  clock: VirtualClock,
  channel: RecordingChannel,
  dead: () => boolean,
) {
  const { manager } = await rig({}, { documents, clock, channels: [channel] });
  /** `settled`, or as much of it as a dying process still does. */
  const settle = async () => {
    let done = false;
    void manager.settled().then(() => {
      done = true;
    });
    while (!done && !dead()) await new Promise(resolve => setImmediate(resolve));
  };
  return { manager, clock, settle };
}

async function drive({ manager, clock, settle }: Victim, dead: () => boolean): Promise<void> {
  const end = clock.now() + 60_000;
  void manager.handle(opened());
  await settle();
  for (let handedEnd = false; clock.now() < end && !dead(); ) {
    clock.advance(1000);
    await settle();
    if (!handedEnd && clock.now() > end - 50_000) {
      handedEnd = true;
      void manager.handle(resolved(START + 11_000));
      await settle();
    }
  }
}
