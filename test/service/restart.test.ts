import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Service } from '../../src/service/app.js';
import type { Heartbeat, PositionsReply } from '../../src/wire/protocol.js';
import { FRAME_CONTENT_TYPE } from '../../src/wire/version.js';
import { bytes, frame, source } from '../ingest/frames.js';
import { Harness } from './harness.js';

const harness = new Harness();
after(() => harness.close());

const a = source('agent-1');
const text = 'one\ntwo\nthree\nfour';

async function post(service: Service, path: string, body: Buffer | object): Promise<unknown> {
  const raw = Buffer.isBuffer(body);
  const response = await fetch(service.url + path, {
    method: 'POST',
    headers: { 'content-type': raw ? FRAME_CONTENT_TYPE : 'application/json' },
    body: raw ? new Uint8Array(body) : JSON.stringify(body),
  });
  assert.equal(response.status, 200, path);
  return response.json();
}

const get = async (service: Service, path: string): Promise<unknown> =>
  (await fetch(service.url + path)).json();

const beat: Heartbeat = {
  version: 1,
  collector: 'c1',
  host: a.host,
  agents: ['agent-1'],
  sentAt: 5000,
  roundTrip: { serverNow: 4000, sentAt: 4990, receivedAt: 5010 },
  program: 'deadair test',
  startedAt: 1,
  files: [
    { path: a.path, agent: 'agent-1', source: a.id, size: 40, position: text.length, mtime: 1, error: null },
  ],
  diskFree: 1e9,
};

test('after a restart the service knows the same hosts, positions and accounts', async () => {
  const gap = {
    kind: 'gap' as const,
    source: 0,
    from: 8,
    to: 12,
    observedAt: 1,
    reason: 'rewritten' as const,
  };
  const first = await harness.start();
  await post(first, '/v1/ranges', frame(a, bytes(text, 0, 8), { entry: gap }, bytes(text, 12)));
  await post(first, '/v1/heartbeat', beat);

  const expected = {
    source: a.id,
    agent: 'agent-1',
    host: 'host-1',
    path: a.path,
    size: 40,
    acknowledged: text.length,
    behind: 40 - text.length,
    skipped: 0,
    stored: text.length - 4,
    missing: 4,
    lines: 3,
    ended: null,
  };
  const account = async (service: Service) => {
    const { sources } = (await get(service, '/v1/sources?agent=agent-1')) as {
      sources: (typeof expected & { gaps: { from: number; to: number; reason: string }[] })[];
    };
    assert.equal(sources.length, 1);
    const { gaps, ...rest } = sources[0]!;
    assert.deepEqual(
      gaps.map(({ from, to, reason }) => [from, to, reason]),
      [[8, 12, 'rewritten']],
    );
    return rest;
  };
  assert.deepEqual(await account(first), expected);
  await first.stop();

  const second = await harness.start();
  assert.deepEqual(await account(second), expected);
  const { hosts, agents } = (await get(second, '/v1/status')) as {
    hosts: { host: string; diskFree: number }[];
    agents: { id: string; clockOffsetMs: number; clockUncertaintyMs: number }[];
  };
  assert.deepEqual(
    hosts.map(({ host, diskFree }) => [host, diskFree]),
    [['host-1', 1e9]],
  );
  assert.equal(agents[0]!.clockOffsetMs, 1000);
  assert.ok(agents[0]!.clockUncertaintyMs >= 10);
  const positions = (await post(second, '/v1/positions', {
    version: 1,
    host: 'host-1',
    collector: 'c2',
  })) as PositionsReply;
  assert.deepEqual(
    positions.sources.map(({ id, position, ended }) => [id, position, ended]),
    [[a.id, text.length, false]],
  );

  // The line that was open when the service stopped is completed by what comes now.
  await post(second, '/v1/ranges', frame(a, bytes(`${text} and more\n`, text.length)));
  const { records } = (await get(second, '/v1/search?q=more')) as { records: { message: string }[] };
  assert.deepEqual(
    records.map(record => record.message),
    ['four and more'],
  );
  await second.stop();
});

test('a second service on the same data, or on the same port, says what to do', async () => {
  const one = await harness.start();
  await assert.rejects(harness.start(), { code: 'store.locked' });
  const port = Number(new URL(one.url).port);
  const elsewhere = harness.settings({ 'server.port': port, data: `${harness.folder}/other` });
  await assert.rejects(harness.start(elsewhere), { code: 'port.taken', message: /--port/ });
  await one.stop();
});
