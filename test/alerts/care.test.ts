import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlertmanagerChannel } from '../../src/alerts/channels/alertmanager.js';
import type { CareEntry } from '../../src/wording/care.js';
import { incident, opened, RecordingChannel, resolved, rig, START } from './fixtures.js';
import { httpReceiver } from './receivers.js';

class AsAlertmanager extends RecordingChannel {
  override readonly kind = 'alertmanager' as 'recording';
}

test('a note goes to Alertmanager at once, to the others with what they are told next, and never to who knows of nothing', async () => {
  const entries: CareEntry[] = [];
  const channels = [new AsAlertmanager('am'), new RecordingChannel('ops')];
  const { manager, pass } = await rig(
    { channels: ['am', 'ops'], group: { wait: '0s' } },
    { channels, care: () => entries },
  );
  const { id } = incident();
  await manager.cared(id);
  await manager.handle(opened());
  await pass(60);
  assert.deepEqual(
    channels.map(one => one.received.length),
    [1, 1],
  );

  entries.push({ at: START, by: 'ann', did: 'noted', text: 'cable pulled' });
  await manager.cared(id);
  await pass(5);
  assert.deepEqual(
    channels.map(one => one.received.length),
    [2, 1],
  );
  assert.deepEqual(channels[0]!.received[1]!.items[0]!.care, entries);

  entries.push({ at: START + 9000, by: 'ann', did: 'closed' });
  await manager.handle(resolved(START + 70_000));
  await pass(600);
  const last = channels[1]!.received.at(-1)!;
  assert.match(last.text, /ann noted: cable pulled\n.*ann closed it/);
  const told = channels[0]!.received.length;
  await manager.cared(id);
  await pass(5);
  assert.equal(channels[0]!.received.length, told, 'what is over is not told again');
  await manager.stop();
});

test('Alertmanager shows who looks at it and what was noted beside the alert, under the same labels', async () => {
  const receiver = await httpReceiver({ kind: 'alertmanager' }, '/am/');
  try {
    const channels = [
      new AlertmanagerChannel('am', { url: (receiver.settings as { url: string }).url, headers: {} }),
    ];
    const entries: CareEntry[] = [];
    const { manager, pass } = await rig(
      { channels: ['am'], group: { wait: '0s' } },
      { channels: channels as never, care: () => entries },
    );
    await manager.handle(opened());
    await pass(60);
    entries.push({ at: START, by: 'ann', did: 'acknowledged' });
    await manager.cared(incident().id);
    await pass(5);
    const [first, second] = receiver.taken.map(one => JSON.parse(one.text)[0]);
    assert.deepEqual(second.labels, first.labels);
    assert.equal(first.annotations.care, undefined);
    assert.match(second.annotations.care, /ann looks at it/);
    await manager.stop();
  } finally {
    await receiver.close();
  }
});
