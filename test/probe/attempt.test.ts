import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attempt } from '../../src/model/probe.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { AddressTrier } from '../../src/probe/attempt.js';

function rig(addresses: string[]) {
  const told: Attempt[] = [];
  const connected: string[] = [];
  const trier = new AddressTrier(
    {
      clock: new VirtualClock(5),
      onResult: attempt => told.push(attempt),
      resolve: async () => ({
        addresses,
        milliseconds: 1,
        ...(addresses.length > 0 ? {} : { code: 'ENOTFOUND' }),
      }),
      connect: async (host, port) => {
        connected.push(`${host}:${port}`);
        return { outcome: 'refused', milliseconds: 1, code: 'ECONNREFUSED' };
      },
    },
    new Set(['agent-4']),
    7761,
  );
  return { told, connected, trier };
}

test('a name without an address, and one whose port refuses', async () => {
  const nowhere = rig([]);
  await nowhere.trier.try('agent-4', 'wrker4:7761');
  assert.deepEqual(nowhere.told, [
    {
      agent: 'agent-4',
      address: 'wrker4:7761',
      outcome: 'no-address',
      addresses: [],
      detail: 'ENOTFOUND',
      at: 5,
    },
  ]);
  const there = rig(['10.0.0.9']);
  await there.trier.try('agent-4', 'http://node9');
  assert.deepEqual(there.connected, ['node9:7761']);
  assert.equal(there.told[0]?.outcome, 'refused');
});

test('what a log says does not make the service a scanner', async () => {
  const { connected, told, trier } = rig(['10.0.0.9']);
  await trier.try('somebody-else', '10.0.0.9:22');
  for (const address of ['a b:1', 'x;reboot:1', 'node9:0', 'node9:99999', `${'a'.repeat(300)}:1`, '../etc:1'])
    await trier.try('agent-4', address);
  assert.deepEqual([connected, told], [[], []]);
});
