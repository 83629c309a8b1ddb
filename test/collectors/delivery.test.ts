import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Backoff } from '../../collectors/delivery/backoff.js';
import { Pipeline } from '../../collectors/delivery/pipeline.js';
import { type PreparedFrame, type Transport, TransportError } from '../../collectors/delivery/transport.js';
import type { Batch } from '../../collectors/file/reader.js';
import { CollectSettings } from '../../collectors/settings.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { silentLogger } from '../../src/platform/logger.js';
import { packageRoot } from '../../src/platform/package-root.js';
import type { RangesReply } from '../../src/wire/protocol.js';
import { setUp } from './bench.js';
import { Receiver, type Trouble } from './receiver.js';

const limits = CollectSettings.parse({}).limits;

test('waiting times double with jitter up to 15 s, and never undercut what Retry-After asks for', () => {
  for (const random of [0, 0.5, 1]) {
    const backoff = new Backoff(new VirtualClock(), () => random);
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      backoff.succeeded();
      for (let failures = 0; failures <= n; failures++) backoff.failed();
      waits.push(backoff.remaining);
    }
    const ceilings = [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000];
    assert.deepEqual(
      waits,
      ceilings.map(most => most * (0.5 + 0.5 * random)),
    );
    backoff.succeeded();
    backoff.failed(3000);
    assert.equal(backoff.remaining, 3000 * (1 + 0.25 * random));
    backoff.succeeded();
    backoff.failed(3_600_000);
    assert.ok(backoff.remaining <= 75_000, 'an hour is not believed');
  }
});

const troubles: [string, Trouble][] = [
  ['429 with Retry-After', { kind: 'status', status: 429, retryAfter: '1' }],
  ['503', { kind: 'status', status: 503 }],
  ['a receiver that takes requests and never answers', { kind: 'hang' }],
  ['connections cut before anything is stored', { kind: 'cut' }],
  ['answers lost after it was stored', { kind: 'lose-answer' }],
];
for (const [what, trouble] of troubles)
  test(`nothing is lost or doubled through ${what}`, async context => {
    const bench = await setUp(context);
    bench.write('app.log', 'before\n');
    const collector = bench.collect({ requestTimeout: 400 });
    await bench.has('app.log', 'before\n');
    bench.receiver.trouble = trouble;
    bench.append('app.log', 'during\n');
    await bench.receiver.until(() => collector.status().delivery.retries > 0, 'a request fails');
    assert.equal(collector.status().delivery.failing, true);
    bench.receiver.trouble = undefined;
    bench.append('app.log', 'after\n');
    await bench.has('app.log', 'before\nduring\nafter\n');
  });

test('a token file is read anew for each request, and one that is missing is said', async context => {
  const bench = await setUp(context);
  bench.write('app.log', 'one\n');
  bench.write('token', 'first-token\n');
  const collector = bench.collect({ tokenFile: bench.file('token') });
  await bench.has('app.log', 'one\n');
  assert.ok(bench.receiver.authorizations.has('Bearer first-token'));
  fs.rmSync(bench.file('token'));
  bench.append('app.log', 'two\n');
  await bench.receiver.until(
    () => collector.status().delivery.lastError !== null,
    'the missing file is said',
  );
  assert.match(collector.status().delivery.lastError ?? '', /token file .* can't be read/);
  bench.write('token', 'second-token');
  await bench.has('app.log', 'one\ntwo\n');
  assert.ok(bench.receiver.authorizations.has('Bearer second-token'));
});

test('over TLS only a server of the own CA is spoken to, with a client certificate where it wants one', async context => {
  const bench = await setUp(context);
  const pem = (name: string) => path.join(packageRoot, 'test/collectors/tls', `${name}.pem`);
  const read = (name: string) => fs.readFileSync(pem(name));
  const receiver = new Receiver(bench.ledger, {
    key: read('server-key'),
    cert: read('server'),
    ca: read('ca'),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const to = await receiver.listen();
  context.after(() => receiver.close());
  bench.write('app.log', 'secret\n');
  const refusals: [string, Partial<CollectSettings>, RegExp][] = [
    ['without the CA', {}, /self.signed|unable to verify|certificate/i],
    [
      'without a client certificate',
      { tls: { ca: pem('ca') } },
      /certificate required|socket hang up|reset|alert|EPIPE/i,
    ],
  ];
  for (const [what, settings, expected] of refusals) {
    const collector = bench.collect({ to, ...settings });
    await bench.receiver.until(() => collector.status().delivery.lastError !== null, what);
    assert.match(collector.status().delivery.lastError ?? '', expected);
    await collector.stop('refused', 0);
  }
  assert.equal(bench.stored('app.log'), '');
  bench.collect({ to, tls: { ca: pem('ca'), cert: pem('client'), key: pem('client-key') } });
  await bench.has('app.log', 'secret\n');
});

test('a backlog does not starve live files: every batch has a share of each', async context => {
  const bench = await setUp(context);
  bench.write('backlog.log', `${'x'.repeat(99)}\n`.repeat(100_000));
  bench.write('live.log', 'alive\n');
  fs.utimesSync(bench.file('backlog.log'), 1, 1);
  bench.receiver.trouble = { kind: 'status', status: 503 };
  bench.collect({ limits: { ...limits, requests: 1 } });
  let liveAt = -1;
  bench.receiver.trouble = undefined;
  await bench.receiver.until(() => {
    if (liveAt < 0 && bench.stored('live.log') === 'alive\n') liveAt = bench.stored('backlog.log').length;
    return bench.stored('backlog.log').length === 10_000_000;
  }, 'the backlog is sent');
  assert.ok(liveAt >= 0 && liveAt < 2_000_000, `the live line came after ${liveAt} bytes of backlog`);
});

/** Takes everything at once and remembers when. */
class InstantTransport implements Transport {
  readonly sentAt: number[] = [];
  constructor(private readonly clock: VirtualClock) {}
  positions = () => Promise.reject(new Error('not used'));
  heartbeat = () => Promise.reject(new Error('not used'));
  agree(): void {}
  abort(): void {}
  close(): void {}
  async prepare(frame: Buffer): Promise<PreparedFrame> {
    return { body: [Buffer.from(frame)], bytes: frame.length, encoding: 'identity' };
  }
  async ranges(): Promise<RangesReply> {
    this.sentAt.push(this.clock.monotonic());
    return { version: 1, outcomes: [], now: 0 };
  }
}

test('the bandwidth limit spaces requests by their compressed size', async () => {
  const clock = new VirtualClock();
  const transport = new InstantTransport(clock);
  const pipeline = new Pipeline(
    transport,
    clock,
    silentLogger,
    { requests: 4, memory: 64 << 20, bandwidth: 10_000 },
    { answered: async () => true, restart: () => {}, room: () => {} },
  );
  for (let n = 0; n < 3; n++) await pipeline.submit(batchOf(5000, `log-${n}`));
  for (let at = 0; at < 3000; at += 100) {
    clock.advance(100);
    await new Promise(resolve => setImmediate(resolve));
  }
  assert.deepEqual(transport.sentAt, [0, 500, 1000]);
});

/** Answers after so long, or never. */
class SlowTransport extends InstantTransport {
  takes = 0;
  constructor(private readonly slow: VirtualClock) {
    super(slow);
  }
  override async ranges(): Promise<RangesReply> {
    this.slow.advance(this.takes);
    if (this.takes > 30_000) throw new TransportError('network', 'no answer');
    return { version: 1, outcomes: [], now: 0 };
  }
}

for (const { name, wanted, grows } of [
  {
    name: 'a service that says nothing gets small batches when it is slow',
    wanted: undefined,
    grows: [256, 128, 64, 64],
  },
  {
    name: 'a service that wants large batches gets them, however slow',
    wanted: 4 << 20,
    grows: [2048, 4096, 4096, 4096],
  },
  { name: 'no larger than it wants, and than may be held', wanted: 1 << 20, grows: [1024, 1024, 1024, 1024] },
])
  test(name, async () => {
    const clock = new VirtualClock();
    const transport = new SlowTransport(clock);
    const limits = { requests: 1, memory: 64 << 20, bandwidth: 0 };
    const on = { answered: async () => true, restart: () => {}, room: () => {} };
    const pipeline = new Pipeline(transport, clock, silentLogger, limits, on);
    pipeline.limitBatch(32 << 20, wanted);
    const sizes: number[] = [];
    for (let n = 0; n < 4; n++) {
      transport.takes = n === 0 && wanted === undefined ? 1000 : 3000;
      await pipeline.submit(batchOf(5000, `log-${n}`));
      await new Promise(resolve => setImmediate(resolve));
      sizes.push(pipeline.batchBytes >> 10);
    }
    assert.deepEqual(sizes, grows);
    if (wanted === undefined) return;
    transport.takes = 31_000;
    await pipeline.submit(batchOf(5000, 'unanswered'));
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(pipeline.batchBytes >> 10, grows.at(-1)! >> 1, 'what is not answered in time was too much');
    pipeline.abandon();
  });

function batchOf(bytes: number, log: string): Batch {
  return {
    frame: Buffer.alloc(bytes),
    bytes,
    generations: new Set(),
    logs: new Set([log]),
    expected: new Map(),
    ended: [],
    release: () => {},
    full: true,
  };
}
