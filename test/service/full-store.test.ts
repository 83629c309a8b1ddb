import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { Collector } from '../../collectors/collector.js';
import { DeadairError } from '../../src/platform/errors.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import type { AppendReceipt, SourceAppend } from '../../src/store/store.js';
import { Harness, until } from './harness.js';

const harness = new Harness();
after(() => harness.close());

const LINES = 20_000;

test('a store that is full loses and doubles nothing, and goes on when there is room', async () => {
  const settings = harness.settings();
  const store = await openEmbeddedStore({ directory: path.resolve(settings.data), readers: 1 });
  let full = false;
  let refused = 0;
  const append = store.append.bind(store);
  store.append = async (appends: SourceAppend[]): Promise<AppendReceipt> => {
    if (!full) return append(appends);
    refused++;
    throw new DeadairError('store.full', 'No room is left on the disk.', { retryAfterSeconds: 1 });
  };
  const service = await harness.start(settings, async () => store);
  const logs = path.join(harness.folder, 'logs');
  mkdirSync(logs);
  const collector = new Collector({ settings: { ...settings.collect, watch: [logs], to: service.url } });
  collector.start();

  const write = (from: number, to: number) => {
    let text = '';
    for (let i = from; i < to; i++) text += `number=${i} of the numbered lines\n`;
    for (const agent of ['a', 'b']) appendFileSync(path.join(logs, `${agent}.log`), text);
  };
  const lines = async () => (await store.stats()).lines;
  write(0, LINES / 4);
  await until(async () => (await lines()) === LINES / 2, 'the first lines');
  full = true;
  write(LINES / 4, LINES / 2);
  await until(() => refused >= 2, 'the collector to try twice');
  assert.equal(await lines(), LINES / 2, 'nothing was stored meanwhile');
  full = false;
  await until(async () => (await lines()) === LINES, 'the rest');
  await collector.drain();
  await collector.stop();

  const seen = new Map<string, number>();
  for (let cursor: string | undefined; ; ) {
    const page = await store.search({
      query: { kind: 'all' },
      order: 'oldest',
      limit: 5000,
      ...(cursor ? { cursor } : {}),
    });
    for (const { agent, raw } of page.rows) {
      const key = `${agent} ${/number=(\d+)/.exec(raw)?.[1]}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    cursor = page.cursor;
    if (!cursor) break;
  }
  assert.equal(seen.size, LINES);
  assert.ok([...seen.values()].every(count => count === 1));
});
