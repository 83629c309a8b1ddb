import assert from 'node:assert/strict';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { DOCUMENT_KINDS } from '../../../../src/model/document-kinds.js';
import { openHomeStore } from '../../../../src/store/elasticsearch/home/home-store.js';
import { ElasticsearchSettings } from '../../../../src/store/elasticsearch/settings.js';
import { openEmbeddedStore } from '../../../../src/store/embedded/embedded-store.js';
import { FRAME_CONTENT_TYPE, WIRE_VERSION } from '../../../../src/wire/version.js';
import { Harness, until } from '../../../service/harness.js';
import { TestSource } from '../../lines.js';

/** Nothing listens there. */
const NOWHERE = 'http://127.0.0.1:9';

describe('with its book at home, while Elasticsearch is away', () => {
  const harness = new Harness();
  after(() => harness.close());
  let n = 0;

  /** A directory whose book was begun at an earlier start. */
  const begun = async () => {
    const directory = path.join(harness.folder, String(++n));
    const store = await openEmbeddedStore({ directory, readers: 1 });
    await store.documents.put(DOCUMENT_KINDS.book, 'own', { id: 'B1', namespace: 'default', begun: true });
    await store.close();
    return directory;
  };
  const settings = ElasticsearchSettings.parse({ nodes: [NOWHERE], services: 'one' });

  it('the store opens, answers what is at home, and takes no line', async () => {
    const directory = await begun();
    const store = await openHomeStore({ settings, directory });
    try {
      assert.deepEqual(await store.sources(), []);
      assert.deepEqual(await store.gaps(), []);
      assert.deepEqual(await store.marks({ limit: 10 }), []);
      await store.documents.put('run', 'R1', { name: 'kept' });
      assert.deepEqual((await store.documents.get('run', 'R1'))?.doc, { name: 'kept' });
      assert.equal((await store.stats()).lines, 0);
      await assert.rejects(store.append([new TestSource('a').append([{ text: 'one', time: 1000 }])]), {
        code: 'unavailable',
      });
      await assert.rejects(store.search({ query: { kind: 'all' }, order: 'newest', limit: 1 }), {
        code: 'unavailable',
      });
      assert.ok(store.away()!.since <= Date.now());
      assert.match(store.trouble()!.message, /out of reach since .*lines wait at the collectors/);
      assert.deepEqual(await store.sources(), [], 'nothing of it was stored');
    } finally {
      await store.close();
    }
  });

  it('the first time ever there is nothing to begin with: it says what is missing', async () => {
    const directory = path.join(harness.folder, String(++n));
    await assert.rejects(openHomeStore({ settings, directory }), { code: 'unavailable' });
  });

  it('another namespace has no business in the directory', async () => {
    const directory = await begun();
    const other = ElasticsearchSettings.parse({ nodes: [NOWHERE], services: 'one', namespace: 'other' });
    await assert.rejects(openHomeStore({ settings: other, directory }), { code: 'config.invalid' });
  });

  it('the service starts, takes heartbeats, is not ready and says since when; lines wait at the collectors', async () => {
    const data = await begun();
    const service = await harness.start(
      harness.settings({
        data,
        'store.kind': 'elasticsearch',
        'store.elasticsearch.nodes': [NOWHERE],
        'store.elasticsearch.services': 'one',
      }),
    );
    const get = (route: string) => fetch(`${service.url}${route}`);
    assert.equal((await get('/healthz')).status, 200);
    const ready = await get('/readyz');
    assert.equal(ready.status, 503);
    assert.match(((await ready.json()) as { error: { message: string } }).error.message, /since 20\d\d-/);
    const post = (route: string, body: string, type = 'application/json') =>
      fetch(`${service.url}${route}`, { method: 'POST', headers: { 'content-type': type }, body });
    const positions = await post(
      '/v1/positions',
      JSON.stringify({ version: WIRE_VERSION, host: 'h1', collector: 'c1' }),
    );
    assert.equal(positions.status, 200);
    const ranges = await post('/v1/ranges', 'DAR1', FRAME_CONTENT_TYPE);
    assert.equal(ranges.status, 503);
    assert.ok(Number(ranges.headers.get('retry-after')) > 0);
    const status = (await (await get('/v1/status')).json()) as { store: { warnings: string[] } };
    assert.match(status.store.warnings.join(), /out of reach/);
    await until(async () => (await get('/v1/agents')).status === 200, 'the agents');
  });
});
