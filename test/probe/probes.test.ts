import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import type { ProbeResult } from '../../src/model/probe.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { parsePing } from '../../src/probe/ping.js';
import { Prober } from '../../src/probe/prober.js';
import { outcomeOf, parseAddress, resolveName, type TcpAnswer, tcpProbe } from '../../src/probe/tcp.js';

async function listening<T>(use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer(socket => socket.destroy());
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    return await use(typeof address === 'object' && address ? address.port : 0);
  } finally {
    await new Promise(resolve => server.close(resolve));
  }
}

describe('a TCP probe', () => {
  it('finds an open port open and the same port refused once nobody listens', async () => {
    const port = await listening(async open => {
      assert.equal((await tcpProbe('127.0.0.1', open, 2000)).outcome, 'open');
      return open;
    });
    const answer = await tcpProbe('127.0.0.1', port, 2000);
    assert.deepEqual([answer.outcome, answer.code], ['refused', 'ECONNREFUSED']);
  });

  it('an answer that came while this process stood still is an answer', async () => {
    await listening(async open => {
      const answer = tcpProbe('127.0.0.1', open, 50);
      await new Promise(setImmediate);
      for (const until = performance.now() + 150; performance.now() < until; );
      assert.equal((await answer).outcome, 'open');
    });
  });

  it('tells silence, refusal and no way apart by the errno', () => {
    const outcomes = [
      'ECONNREFUSED',
      'ECONNRESET',
      'ETIMEDOUT',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'ENOTFOUND',
    ].map(outcomeOf);
    assert.deepEqual(outcomes, [
      'refused',
      'refused',
      'timeout',
      'unreachable',
      'unreachable',
      'unreachable',
    ]);
  });

  it('reads addresses with and without port, IPv6 too', () => {
    assert.deepEqual(parseAddress('node1:7167', 7761), { host: 'node1', port: 7167 });
    assert.deepEqual(parseAddress('node1', 7761), { host: 'node1', port: 7761 });
    assert.deepEqual(parseAddress('[fd00::1]:7167', 7761), { host: 'fd00::1', port: 7167 });
    assert.deepEqual(parseAddress('fd00::1', 7761), { host: 'fd00::1', port: 7761 });
  });

  it('says of a name that does not exist that it has no address', async () => {
    const answer = await resolveName('no-such-host.invalid');
    assert.deepEqual(answer.addresses, []);
    assert.ok(answer.code);
  });
});

describe('a ping', () => {
  it('is read from the summaries of iputils, busybox and BSD', () => {
    const iputils =
      '5 packets transmitted, 4 received, 20% packet loss, time 806ms\nrtt min/avg/max/mdev = 0.021/0.035/0.053/0.011 ms\n';
    const busybox =
      '5 packets transmitted, 5 packets received, 0% packet loss\nround-trip min/avg/max = 0.043/0.060/0.075 ms\n';
    assert.deepEqual(parsePing(iputils), { sent: 5, received: 4, min: 0.021, average: 0.035, max: 0.053 });
    assert.deepEqual(parsePing(busybox), { sent: 5, received: 5, min: 0.043, average: 0.06, max: 0.075 });
    assert.deepEqual(parsePing('2 packets transmitted, 0 received, 100% packet loss, time 1001ms\n'), {
      sent: 2,
      received: 0,
    });
    assert.equal(parsePing('ping: socket: Operation not permitted\n'), undefined);
  });
});

describe('the prober', () => {
  const settled = () => new Promise(resolve => setImmediate(resolve));

  it('probes each agent with an address once a period, spread over it, and none without', async () => {
    const clock = new VirtualClock(0);
    const results: ProbeResult[] = [];
    const asked: string[] = [];
    const connect = async (host: string): Promise<TcpAnswer> => {
      asked.push(`${host}@${clock.now()}`);
      return { outcome: 'open', milliseconds: 1 };
    };
    const agents = [
      { id: 'agent-1', address: 'node1:7761' },
      { id: 'agent-2', address: 'node2' },
      { id: 'agent-3' },
    ];
    const prober = new Prober(
      { clock, connect, onResult: result => results.push(result) },
      { agents, periodMs: 4000 },
    );
    prober.start();
    for (let time = 0; time <= 9000; time += 500) {
      clock.advanceTo(time);
      await settled();
    }
    prober.stop();
    clock.advanceTo(60_000);
    await settled();
    assert.deepEqual(asked, ['node1@0', 'node2@2000', 'node1@4000', 'node2@6000', 'node1@8000']);
    assert.equal(results.length, 5);
  });

  it('does not ask again while an answer is awaited, and says whether the host still answers pings', async () => {
    const clock = new VirtualClock(0);
    const results: ProbeResult[] = [];
    const open: ((answer: TcpAnswer) => void)[] = [];
    const prober = new Prober(
      {
        clock,
        connect: () => new Promise(resolve => open.push(resolve)),
        answersPing: async () => true,
        onResult: result => results.push(result),
      },
      { agents: [{ id: 'agent-1', address: 'node1:7761' }], periodMs: 1000 },
    );
    prober.start();
    clock.advanceTo(3500);
    await settled();
    assert.equal(open.length, 1);
    open[0]?.({ outcome: 'timeout', milliseconds: 2000 });
    await settled();
    await settled();
    assert.deepEqual(
      results.map(result => [result.outcome, result.detail]),
      [['timeout', 'the host answers pings']],
    );
    clock.advanceTo(4500);
    assert.equal(open.length, 2);
    prober.stop();
  });

  it('an address that was learnt counts from its first answer on, is asked each minute until then, and no more when it is left', async () => {
    const clock = new VirtualClock(0);
    const results: ProbeResult[] = [];
    const asked: number[] = [];
    let outcome: TcpAnswer['outcome'] = 'refused';
    const connect = async (): Promise<TcpAnswer> => {
      asked.push(clock.now());
      return { outcome, milliseconds: 1 };
    };
    const prober = new Prober(
      { clock, connect, onResult: result => results.push(result) },
      { agents: [{ id: 'set', address: 'node1:1' }], periodMs: 5000 },
    );
    prober.follow('agent-1', '10.0.0.4:7761');
    // one of the settings stays what it is
    prober.follow('set', '10.0.0.9:1');
    prober.leave('set');
    const until = async (end: number) => {
      for (let time = clock.now(); time <= end; time += 500) {
        clock.advanceTo(time);
        await settled();
      }
    };
    prober.start();
    const ofLearnt = () => results.filter(({ agent }) => agent === 'agent-1');
    await until(59_000);
    assert.deepEqual(ofLearnt(), []);
    assert.equal(
      asked.filter(at => at > 0).length,
      11,
      'the configured one each period, the learnt one once',
    );
    outcome = 'open';
    await until(66_000);
    outcome = 'refused';
    await until(71_000);
    assert.deepEqual(
      ofLearnt().map(({ address, at, outcome: found, learnt }) => [address, at, found, learnt]),
      [
        ['10.0.0.4:7761', 60_000, 'open', true],
        ['10.0.0.4:7761', 65_000, 'open', true],
        ['10.0.0.4:7761', 70_000, 'refused', true],
      ],
    );
    prober.leave('agent-1');
    await until(150_000);
    assert.equal(ofLearnt().length, 3);
    assert.ok(results.some(({ agent, learnt }) => agent === 'set' && learnt === undefined));
    prober.stop();
  });

  it('survives a probe that throws', async () => {
    const clock = new VirtualClock(0);
    let calls = 0;
    const prober = new Prober(
      { clock, onResult: () => {}, connect: () => Promise.reject(new Error(`no ${++calls}`)) },
      { agents: [{ id: 'agent-1', address: 'node1:7761' }], periodMs: 1000 },
    );
    prober.start();
    clock.advanceTo(500);
    await settled();
    clock.advanceTo(1500);
    await settled();
    prober.stop();
    assert.equal(calls, 2);
  });
});
