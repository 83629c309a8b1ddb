import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { taughtFile } from '../../src/backtest/taught.js';
import type { Service } from '../../src/service/app.js';
import { FRAME_CONTENT_TYPE } from '../../src/wire/version.js';
import { bytes, frame, source } from '../ingest/frames.js';
import { Harness } from './harness.js';

const harness = new Harness();
after(() => harness.close());

const courier = { ...source('depot-1'), path: '/var/log/courier-3.log' };
const LINES = ['carrier 17 did not come home for 31 s\n', 'carrier 4 did not come home for 7 s\n'] as const;

// biome-ignore lint/suspicious/noExplicitAny: replies are read as they come
type Json = any;

async function post(
  service: Service,
  route: string,
  body: Buffer | object,
): Promise<{ status: number; reply: Json }> {
  const raw = Buffer.isBuffer(body);
  const response = await fetch(service.url + route, {
    method: 'POST',
    headers: { 'content-type': raw ? FRAME_CONTENT_TYPE : 'application/json' },
    body: raw ? new Uint8Array(body) : JSON.stringify(body),
  });
  return { status: response.status, reply: await response.json() };
}

async function classes(service: Service): Promise<[string, string][]> {
  const page = (await (await fetch(`${service.url}/v1/search?q=carrier&order=oldest`)).json()) as Json;
  return page.records.map((record: Json) => [record.event.id, record.deadair.class]);
}

test('a line’s meaning is shown as a rule, kept, and judges the next lines of the running service and of the next one', async () => {
  const text = LINES.join('');
  const half = LINES[0].length;
  const service = await harness.start();
  await post(service, '/v1/ranges', frame(courier, bytes(text, 0, half)));
  const [[id, before]] = (await classes(service)) as [[string, string]];
  assert.equal(before, 'none');

  const label = { id, class: 'timeout' };
  const shown = await post(service, '/v1/lines/label', { ...label, from: '2000-01-01' });
  assert.equal(shown.status, 200, JSON.stringify(shown.reply));
  assert.equal(shown.reply.rule, 'taught/carrier-did-not-come');
  assert.equal(shown.reply.program, 'courier');
  assert.equal(shown.reply.effect.marked, 1);
  const file = taughtFile(path.join(harness.folder, 'data'));
  assert.ok(!existsSync(file), 'nothing is kept yet');

  const kept = await post(service, '/v1/lines/label/keep', label);
  assert.equal(kept.status, 200, JSON.stringify(kept.reply));
  assert.equal(kept.reply.file, file);
  await post(service, '/v1/ranges', frame(courier, bytes(text, half)));
  assert.deepEqual(
    (await classes(service)).map(([, label]) => label),
    ['none', 'timeout'],
  );
  const again = await post(service, '/v1/lines/label/keep', label);
  assert.equal(again.reply.error.code, 'request.invalid', 'it is judged so already');
  await service.stop();

  const next = await harness.start();
  const more = `${text}${LINES[1]}`;
  await post(next, '/v1/ranges', frame(courier, bytes(more, text.length)));
  assert.equal((await classes(next)).at(-1)![1], 'timeout');
  assert.match(readFileSync(file, 'utf8'), /^pack: taught$/m);
  await next.stop();
});

test('a file of taught rules that was edited into no pack is named at the start', async () => {
  writeFileSync(taughtFile(path.join(harness.folder, 'data')), 'pack: taught\n');
  await assert.rejects(harness.start(), { code: 'rules.invalid' });
});
