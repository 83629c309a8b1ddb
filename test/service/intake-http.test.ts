import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Service } from '../../src/service/app.js';
import { FRAME_CONTENT_TYPE } from '../../src/wire/version.js';
import { bytes, frame, source } from '../ingest/frames.js';
import { Harness } from './harness.js';

const TOKEN = 'of-the-service';
const harness = new Harness();
let service: Service;

before(async () => {
  service = await harness.start(
    harness.settings({ 'server.token': TOKEN, 'ingest.maxBody': 200_000, 'ingest.maxRaw': 1_000_000 }),
  );
});
after(() => harness.close());

const a = source('agent-1');
const text = 'one\ntwo\nthree\n';

function send(body: Buffer, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${service.url}/v1/ranges`, {
    method: 'POST',
    headers: { 'content-type': FRAME_CONTENT_TYPE, authorization: `Bearer ${TOKEN}`, ...headers },
    body: new Uint8Array(body),
  });
}

async function errorOf(response: Response): Promise<[number, string]> {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  assert.ok(error.message.length > 10, 'a sentence');
  return [response.status, error.code];
}

const good = frame(a, bytes(text, 0));
const gzip = { 'content-encoding': 'gzip' };
const otherVersion = Buffer.from(good.toString('latin1').replace('"version":1', '"version":9'), 'latin1');

describe('a request that is not right is refused by name and stores nothing', () => {
  for (const [what, body, headers, expected] of [
    ['no token', good, { authorization: '' }, [401, 'auth.missing']],
    ['another token', good, { authorization: 'Bearer guessed-it' }, [403, 'auth.wrong']],
    ['another content type', good, { 'content-type': 'text/plain' }, [415, 'request.encoding']],
    ['an unknown compression', good, { 'content-encoding': 'lzma' }, [415, 'request.encoding']],
    ['a newer protocol', otherVersion, {}, [400, 'request.version']],
    ['no frame at all', Buffer.from('hello'), {}, [400, 'request.invalid']],
    ['a broken compressed stream', gzipSync(good).subarray(0, -9), gzip, [400, 'request.invalid']],
    ['too large a body', Buffer.alloc(200_001), {}, [413, 'request.too-large']],
    ['a zip bomb', gzipSync(Buffer.alloc(20_000_000)), gzip, [413, 'request.too-large']],
  ] as [string, Buffer, Record<string, string>, [number, string]][])
    test(what, async () => {
      assert.deepEqual(await errorOf(await send(body, headers)), expected);
    });

  test('a body whose length was not announced is cut off at the limit, too', async () => {
    const endless = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(50_000));
      },
    });
    const response = await fetch(`${service.url}/v1/ranges`, {
      method: 'POST',
      headers: { 'content-type': FRAME_CONTENT_TYPE, authorization: `Bearer ${TOKEN}` },
      body: endless,
      duplex: 'half',
    } as RequestInit);
    assert.deepEqual(await errorOf(response), [413, 'request.too-large']);
  });

  after(async () => {
    const { store } = (await get('/v1/status')) as { store: { lines: number } };
    assert.equal(store.lines, 0);
  });
});

test('every offered compression is taken, and what was sent is found', async () => {
  let at = 0;
  const all = 'alpha\nbeta\ngamma\ndelta\n';
  const of = source('agent-2');
  const steps: [string, (body: Buffer) => Buffer][] = [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['identity', body => body],
  ];
  for (const [encoding, compress] of steps) {
    const end = all.indexOf('\n', at) + 1;
    const response = await send(compress(frame(of, bytes(all, at, end))), { 'content-encoding': encoding });
    const { outcomes } = (await response.json()) as { outcomes: { position: number; status: string }[] };
    assert.deepEqual(outcomes, [{ source: of.id, position: end, status: 'stored' }], encoding);
    at = end;
  }
  const { records } = (await get('/v1/search?q=agent:agent-2&order=oldest')) as {
    records: { message: string }[];
  };
  assert.deepEqual(
    records.map(record => record.message),
    ['alpha', 'beta', 'gamma', 'delta'],
  );
});

test('what was refused is counted by its code', async () => {
  const response = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const metrics = await response.text();
  assert.match(metrics, /deadair_requests_refused_total\{code="request.too-large"\} 3/);
  assert.match(metrics, /deadair_lines_stored_total 4/);
});

test('every described route is served', async () => {
  const { paths } = (await get('/openapi.json')) as { paths: Record<string, Record<string, unknown>> };
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(method => [method.toUpperCase(), path] as const),
  );
  assert.ok(described.length > 20);
  for (const [method, path] of described) {
    const response = await fetch(service.url + path.replace(/\{\w+\}/g, 'none'), {
      method,
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    // A stream of events is endless by design; it has a body of its own, so it is served.
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      await response.body?.cancel();
      continue;
    }
    const body = await response.text();
    assert.doesNotMatch(body, /openapi\.json lists what there is/, `${method} ${path}`);
  }
});

async function get(path: string): Promise<unknown> {
  const response = await fetch(service.url + path, { headers: { authorization: `Bearer ${TOKEN}` } });
  assert.equal(response.status, 200, path);
  return response.json();
}
