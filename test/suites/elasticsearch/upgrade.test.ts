import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import type { Client } from '@elastic/elasticsearch';
import { packageRoot } from '../../../src/platform/package-root.js';
import type { Query } from '../../../src/query/ast.js';
import { RowTally } from '../../../src/skeletons/row-tally.js';
import { connect } from '../../../src/store/elasticsearch/connect.js';
import { openElasticsearchStore } from '../../../src/store/elasticsearch/elasticsearch-store.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import { setUp } from '../../../src/store/elasticsearch/setup.js';
import { lineConstants } from '../../../src/store/elasticsearch/templates.js';
import { TestSource } from '../../store/lines.js';
import { anyServer, settingsFor } from './server.js';

const T = Date.UTC(2026, 10, 23, 12);
const FOLDER = path.join(packageRoot, 'test', 'store', 'fixtures', 'elasticsearch-older');
const read = (name: string) => readFileSync(path.join(FOLDER, name), 'utf8');
const server = await anyServer();
after(() => server?.stop());

/** A stream as an older release left it: its templates, its indices, and lines it wrote (recorded). */
async function leaveOld(client: Client, namespace: string): Promise<void> {
  const names = indexNames(namespace);
  const old = (name: string) => JSON.parse(read(name)) as { template: { mappings: object } };
  const component = `deadair-line-${namespace}`;
  const put = (target: string, body: object) =>
    client.transport.request({ method: 'PUT', path: target, body: body as Record<string, unknown> });
  await put(`/_component_template/${component}`, old('component-line.json'));
  for (const [name, index] of [
    ['lines', names.lines],
    ['aside', names.aside],
    ['sources', names.sources],
  ] as const)
    await put(`/_index_template/deadair-old-${name}-${namespace}`, {
      ...old(`${name}.json`),
      index_patterns: [index],
      priority: 505,
      composed_of: [component],
    });
  const reply = await client.transport.request<{ errors: boolean }>({
    method: 'POST',
    path: `/${names.lines}/_bulk?refresh=true`,
    bulkBody: read('lines.ndjson'),
  });
  assert.equal(reply.errors, false);
}

describe('lines that an older release wrote', { skip: !server }, () => {
  it('stay readable, and are found, counted and told beside those that come, in the same index and the next', async () => {
    const settings = settingsFor(server!.url);
    const names = indexNames(settings.namespace);
    const client = connect(settings);
    await leaveOld(client, settings.namespace);
    await client.transport.request({
      method: 'PUT',
      path: '/_component_template/logs@custom',
      body: {
        template: {
          settings: { index: { refresh_interval: '7s' } },
          mappings: { properties: { site: { type: 'keyword' } } },
        },
      },
    });
    await setUp(settings, { retentionDays: undefined, shards: 1 });
    const store = await openElasticsearchStore({ settings });
    const source = new TestSource('newer-1');
    const texts = [
      '2026-11-23T13:00:00Z INFO took 2534ms oldword',
      '2026-11-23T13:00:01Z ERROR oldword lost',
    ];
    const put = (text: string, i: number) =>
      store.append([source.append([{ text, time: T + 3_600_000 + i }])]);
    await put(texts[0]!, 0);
    await client.indices.rollover({ alias: names.lines });
    await put(texts[1]!, 1);
    await store.refresh();

    const found = async (query: Query) =>
      (await store.search({ query, order: 'oldest', limit: 100 })).rows.map(({ raw }) => raw);
    const old = read('lines.ndjson')
      .trim()
      .split('\n')
      .filter((_, i) => i % 2 === 1)
      .map(one => JSON.parse(one) as { message: string; deadair: { raw?: string } });
    const olds = old.map(({ message, deadair }) => deadair.raw ?? message);
    assert.deepEqual(await found({ kind: 'all' }), [...olds, ...texts]);
    const word: Query = { kind: 'word', word: 'oldword' };
    assert.deepEqual(await found(word), [...olds.filter(text => text.includes('oldword')), ...texts]);
    assert.deepEqual(await found({ kind: 'phrase', text: 'INFO took' }), [olds[6], texts[0]]);
    assert.deepEqual(await found({ kind: 'phrase', text: 'ERROR oldword' }), [texts[1]]);
    const digits: Query = { kind: 'regex', source: '[12]534ms', ignoreCase: false };
    assert.deepEqual(await found(digits), [olds[6], texts[0]]);
    assert.equal((await found({ kind: 'not', part: digits })).length, olds.length);
    assert.deepEqual(await found({ kind: 'substring', text: 'dba' }), [olds[4]]);
    const span = { from: T, to: T + 7_200_000 };
    const tally = new RowTally(span);
    for (const row of (await store.search({ query: word, order: 'oldest', limit: 100 })).rows) tally.add(row);
    const kinds = await store.tally({ query: word, ...span });
    assert.deepEqual(
      kinds.skeletons.map(({ text, count }) => [text, count]),
      tally.result().skeletons.map(({ text, count }) => [text, count]),
    );

    // What is the same in all lines is found by Elastic's own names, in old indices, too.
    for (const [field, value] of Object.entries(lineConstants(settings.namespace))) {
      const reply = await client.count({ index: names.lines, query: { term: { [field]: value } } });
      assert.equal(reply.count, olds.length + 2, field);
    }
    const indices = await client.indices.get({ index: names.lines });
    const newest = indices[Object.keys(indices).sort().at(-1)!]!;
    assert.equal(
      newest.settings?.index?.refresh_interval,
      '7s',
      'what a site adds to all logs counts here, too',
    );
    const { site, message } = (newest.mappings?.properties ?? {}) as Record<
      string,
      { type: string; analyzer?: string }
    >;
    assert.equal(site?.type, 'keyword');
    assert.equal(message?.analyzer, 'deadair_words');
    await client.transport.request({
      method: 'DELETE',
      path: `/_index_template/deadair-lines-${settings.namespace}`,
    });
    await client.transport.request({ method: 'DELETE', path: '/_component_template/logs@custom' });
    await store.close();
    await client.close();
  });
});
