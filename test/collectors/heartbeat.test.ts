import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { HeartbeatSender } from '../../collectors/delivery/heartbeat.js';
import type { HostFacts } from '../../collectors/delivery/host-facts.js';
import { HttpTransport } from '../../collectors/delivery/http.js';
import { type Transport, TransportError } from '../../collectors/delivery/transport.js';
import { CollectSettings } from '../../collectors/settings.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { silentLogger } from '../../src/platform/logger.js';
import type { Heartbeat } from '../../src/wire/protocol.js';

const FACTS: HostFacts = {
  bootId: async () => 'boot',
  diskFree: async () => 1e9,
  processes: async () => new Map(),
  listening: async () => undefined,
};

/** A server that is away for a while: what is sent to it meanwhile never gets an answer. */
function world(facts: HostFacts = FACTS, processes = false) {
  const clock = new VirtualClock(0);
  const arrived: Heartbeat[] = [];
  const state = { away: false };
  const heartbeat: Transport['heartbeat'] = (beat, timeoutMs) => {
    if (!state.away) {
      arrived.push(beat);
      return Promise.resolve({ version: 1, now: clock.now(), heartbeatSeconds: 2 });
    }
    return new Promise((_, reject) =>
      clock.after(timeoutMs, () => reject(new TransportError('network', 'no answer'))),
    );
  };
  const sender = new HeartbeatSender({ heartbeat } as Transport, facts, () => [], clock, silentLogger, {
    host: 'h',
    collector: 'c',
    ports: [],
    processes,
  });
  const pass = async (seconds: number) => {
    for (let step = 0; step < seconds * 2; step++) {
      clock.advance(500);
      for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
    }
  };
  return { clock, arrived, state, sender, pass };
}

describe('the sign of life', () => {
  it('is there again within two periods when the server is back, though one sent before never got an answer', async () => {
    const { arrived, state, sender, pass } = world();
    sender.start(2);
    await pass(10);
    state.away = true;
    await pass(21);
    const before = arrived.length;
    state.away = false;
    await pass(4);
    sender.stop();
    assert.ok(arrived.length > before, `${arrived.length} heartbeats, ${before} of them before`);
  });

  it('goes on when the disk does not say how much is free: storage that hangs is what it has to tell', async () => {
    const { arrived, sender, pass } = world({ ...FACTS, diskFree: () => new Promise(() => {}) });
    sender.start(2);
    await pass(10);
    sender.stop();
    assert.ok(arrived.length >= 3, String(arrived.length));
    assert.equal(arrived[0]?.diskFree, null);
  });

  it('comes at once when a process has gone that the last one told of', async () => {
    let gone = false;
    const facts: HostFacts = {
      ...FACTS,
      left: () => gone,
      processes: async () => {
        gone = false;
        return new Map();
      },
    };
    const { arrived, sender, pass } = world(facts, true);
    sender.start(20);
    await pass(21);
    const before = arrived.length;
    gone = true;
    await pass(1);
    assert.equal(arrived.length, before + 1);
    assert.equal(gone, false);
    sender.stop();
  });

  it('comes on time mostly, however often processes go: the service learns its period from it', async () => {
    const { arrived, sender, pass } = world({ ...FACTS, left: () => true }, true);
    sender.start(2);
    await pass(60);
    sender.stop();
    const intervals = arrived.slice(1).map(({ sentAt }, i) => sentAt - arrived[i]!.sentAt);
    assert.ok(
      intervals.some(one => one < 2000),
      'some came early',
    );
    for (let end = 3; end <= intervals.length; end++) {
      const last = intervals.slice(Math.max(0, end - 5), end).sort((a, b) => a - b);
      assert.ok(last[last.length >> 1]! >= 2000, String(intervals));
    }
  });

  it('has a deadline of its own over HTTP, whatever other requests are given', async () => {
    const server = http.createServer(() => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const transport = new HttpTransport(CollectSettings.parse({ to, requestTimeout: '10m' }));
    await assert.rejects(transport.heartbeat({} as Heartbeat, 20), /no answer within 20 ms/);
    transport.close();
    server.closeAllConnections();
    server.close();
  });
});
