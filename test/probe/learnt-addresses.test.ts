import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LearntAddresses } from '../../src/probe/learnt-addresses.js';
import { Heartbeat, type Listen } from '../../src/wire/protocol.js';

const HOST = '10.0.0.4';

interface Told {
  host?: string;
  agent?: string;
  listens?: Listen[] | undefined;
  /** Of a program that runs. */
  writers?: { pid: number; name: string; state: string }[];
  more?: Partial<Heartbeat>;
}

const used = (port: number, address = '0.0.0.0'): Listen => ({ address, port, used: true });

function beat({ host = 'h1', agent = 'agent-1', listens, writers, more }: Told): Heartbeat {
  const at = 1_800_000_000_000;
  return Heartbeat.parse({
    version: 1,
    collector: `c-${host}`,
    host,
    agents: [agent],
    sentAt: at,
    bootId: 'boot-1',
    addresses: ['127.0.0.1', HOST, '::1', 'fd00:0:0:0:0:0:0:4'],
    program: 'deadair',
    startedAt: at,
    diskFree: null,
    files: [
      {
        path: `/logs/${agent}.log`,
        agent,
        size: 1,
        position: 1,
        mtime: at,
        error: null,
        writers: writers ?? (listens ? [{ pid: 1, name: 'app', state: 'S' }] : []),
        ...(listens ? { listens } : {}),
      },
    ],
    ...more,
  });
}

class World {
  readonly asked = new Map<string, string>();
  readonly learnt: LearntAddresses;
  readonly idle = new Set<string>();

  constructor(configured: { id: string; address?: string }[] = [], bootId: string | undefined = 'boot-1') {
    this.learnt = new LearntAddresses({
      asker: {
        follow: (agent, address) => this.asked.set(agent, address),
        leave: agent => this.asked.delete(agent),
      },
      configured,
      needed: agent => !this.idle.has(agent),
      bootId,
      preferredPort: 7761,
    });
  }

  hear(told: Told, from: string | undefined = HOST): [string, string][] {
    this.learnt.heard(beat(told), from);
    return [...this.asked];
  }
}

describe('an address is learnt', () => {
  const cases: { name: string; told: Told; from?: string; address: string | undefined }[] = [
    {
      name: 'from a port that has had a connection',
      told: { listens: [used(9000)] },
      address: `${HOST}:9000`,
    },
    {
      name: 'not from one that has had none: its first connection may be its last',
      told: { listens: [{ address: '0.0.0.0', port: 9000 }] },
      address: undefined,
    },
    { name: 'the usual port first', told: { listens: [used(80), used(7761)] }, address: `${HOST}:7761` },
    { name: 'else the lowest', told: { listens: [used(9001), used(9000)] }, address: `${HOST}:9000` },
    { name: 'by IPv6', told: { listens: [used(9000, '::')] }, from: 'fd00::4', address: '[fd00::4]:9000' },
    {
      name: 'by IPv4 in IPv6',
      told: { listens: [used(9000, '::')] },
      from: `::ffff:${HOST}`,
      address: `${HOST}:9000`,
    },
    {
      name: 'not by IPv6 of who listens by IPv4',
      told: { listens: [used(9000)] },
      from: 'fd00::4',
      address: undefined,
    },
    {
      name: 'where it listens at that address alone',
      told: { listens: [used(9000, HOST)] },
      address: `${HOST}:9000`,
    },
    {
      name: 'not where it listens at another',
      told: { listens: [used(9000, '10.9.9.9')] },
      address: undefined,
    },
    {
      name: 'not where it listens at the loopback',
      told: { listens: [used(9000, '127.0.0.1')] },
      address: undefined,
    },
    {
      name: 'not behind a translation: the request came from no address of that host',
      told: { listens: [used(9000)] },
      from: '203.0.113.9',
      address: undefined,
    },
    {
      name: 'not from a collector that tells no addresses',
      told: { listens: [used(9000)], more: { addresses: undefined } },
      address: undefined,
    },
    {
      name: 'at the loopback of the same machine',
      told: { listens: [used(9000, '127.0.0.1')] },
      from: '127.0.0.1',
      address: '127.0.0.1:9000',
    },
    {
      name: 'not at the loopback where a tunnel from another machine ends',
      told: { listens: [used(9000)], more: { bootId: 'boot-2' } },
      from: '127.0.0.1',
      address: undefined,
    },
    {
      name: 'not from what another service of the same store heard before',
      told: { listens: [used(9000)] },
      from: '',
      address: undefined,
    },
  ];
  for (const { name, told, from, address } of cases)
    it(name, () => {
      assert.equal(new Map(new World().hear(told, from)).get('agent-1'), address);
    });

  it('not outside of a run, and stays when the run is over', () => {
    const world = new World();
    world.idle.add('agent-1');
    assert.deepEqual(world.hear({ listens: [used(9000)] }), []);
    world.idle.clear();
    assert.equal(world.hear({ listens: [used(9000)] }).length, 1);
    world.idle.add('agent-1');
    assert.equal(world.hear({ listens: [used(9000)] }).length, 1);
  });

  it('not of an agent whose address is configured, nor an address that is configured for another', () => {
    const world = new World([
      { id: 'agent-1', address: 'elsewhere:1' },
      { id: 'agent-2', address: `${HOST}:9000` },
      { id: 'agent-3' },
    ]);
    assert.deepEqual(world.hear({ listens: [used(9000)] }), []);
    assert.deepEqual(world.hear({ agent: 'agent-3', host: 'h3', listens: [used(9000)] }), []);
    assert.deepEqual(world.hear({ agent: 'agent-3', host: 'h3', listens: [used(9001), used(9000)] }), []);
    assert.deepEqual(world.hear({ agent: 'agent-3', host: 'h3', listens: [used(9001)] }), [
      ['agent-3', `${HOST}:9001`],
    ]);
  });

  it('not while two agents have the same, and again when one has it alone', () => {
    const world = new World();
    world.hear({ listens: [used(9000)] });
    assert.deepEqual(world.hear({ host: 'h2', agent: 'agent-2', listens: [used(9000)] }), []);
    assert.deepEqual(world.hear({ host: 'h2', agent: 'agent-2', listens: [] }), [
      ['agent-1', `${HOST}:9000`],
    ]);
  });

  it('by a thousand agents at most', () => {
    const world = new World();
    for (let n = 0; n < 1200; n++)
      world.hear({ host: `h${n}`, agent: `agent-${n}`, listens: [used(1000 + n)] });
    assert.equal(world.asked.size, 1000);
    world.hear({ host: 'h0', agent: 'agent-0', listens: [] });
    assert.equal(world.hear({ host: 'h1199', agent: 'agent-1199', listens: [used(2199)] }).length, 1000);
  });
});

describe('an address that was learnt', () => {
  const cases: { name: string; next: Told; from?: string; kept: string | undefined }[] = [
    {
      name: 'stays while nobody is connected',
      next: { listens: [{ address: '0.0.0.0', port: 9000 }] },
      kept: '9000',
    },
    { name: 'stays when the program is gone: that is what it is for', next: {}, kept: '9000' },
    { name: 'goes when the program listens no more', next: { listens: [] }, kept: undefined },
    { name: 'goes with the port', next: { listens: [used(9001)] }, kept: '9001' },
    {
      name: 'goes with a goodbye',
      next: { listens: [used(9000)], more: { goodbye: { reason: 'stopped' } } },
      kept: undefined,
    },
    { name: 'goes when the log is reported no more', next: { agent: 'other', listens: [] }, kept: undefined },
    { name: 'goes when another host has the log', next: { host: 'h2', listens: [] }, kept: undefined },
    {
      name: 'goes when an older collector takes over that tells of no ports',
      next: { writers: [{ pid: 1, name: 'app', state: 'S' }] },
      kept: undefined,
    },
  ];
  for (const { name, next, kept } of cases)
    it(name, () => {
      const world = new World();
      world.hear({ listens: [used(9000)] });
      assert.equal(new Map(world.hear(next)).get('agent-1'), kept && `${HOST}:${kept}`);
    });
});
