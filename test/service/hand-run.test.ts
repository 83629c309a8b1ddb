import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { FRAME_CONTENT_TYPE } from '../../src/wire/version.js';
import { bytes, frame, source } from '../ingest/frames.js';
import { Harness } from './harness.js';

const harness = new Harness();
after(() => harness.close());

// biome-ignore lint/suspicious/noExplicitAny: replies are read as they come
type Json = any;

test('a run marked by hand has the agents that wrote in it, though no heartbeat has named them yet, and no others', async () => {
  const service = await harness.start();
  const ask = async (route: string, init: RequestInit = {}): Promise<Json> => {
    const response = await fetch(service.url + route, { method: 'POST', ...init });
    assert.ok(response.ok, `${route}: ${await response.clone().text()}`);
    return response.json();
  };
  const write = (agent: string, text: string) =>
    ask('/v1/ranges', {
      headers: { 'content-type': FRAME_CONTENT_TYPE },
      body: new Uint8Array(frame(source(agent), bytes(text, 0))),
    });
  await write('before-1', 'written before the run\n');
  const headers = { 'content-type': 'application/json' };
  const run = await ask('/v1/runs', { headers, body: JSON.stringify({ name: 'nightly' }) });
  await write('depot-1', 'written in the run\n');
  const { runs } = await ask('/v1/runs', { method: 'GET' });
  assert.deepEqual(runs[0].agents, ['depot-1'], 'while it goes on');
  const ended = await ask(`/v1/runs/${run.id}/stop`, { headers, body: '{}' });
  assert.deepEqual(ended.agents, ['depot-1']);
});
