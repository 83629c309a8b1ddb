import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Client } from '@elastic/elasticsearch';
import { connect } from '../../../src/store/elasticsearch/connect.js';
import { openElasticsearchStore } from '../../../src/store/elasticsearch/elasticsearch-store.js';
import type { LineDocument } from '../../../src/store/elasticsearch/line-document.js';
import { indexNames } from '../../../src/store/elasticsearch/names.js';
import type { Store } from '../../../src/store/store.js';
import { storeRecordedRuns } from '../../report/recorded-run.js';
import { anyServer, settingsFor } from './server.js';

const server = await anyServer();
if (server)
  describe('a line on a real server', () => {
    let client: Client;
    let store: Store;
    let lines = '';

    before(async () => {
      const settings = settingsFor(server.url);
      lines = indexNames(settings.namespace).lines;
      client = connect(settings);
      store = await openElasticsearchStore({ settings });
      await storeRecordedRuns(['07-linkdown-permanent'], store);
      await client.indices.refresh({ index: lines });
    });
    after(async () => {
      await store?.close();
      await client?.close();
      server.stop();
    });

    it('names the program of each line from where on it is recognised', async () => {
      const reply = await client.search({
        index: lines,
        size: 2000,
        _source: ['service.name', 'deadair.source', 'deadair.offset'],
        sort: [{ 'deadair.source': 'asc' }, { 'deadair.offset': 'asc' }],
      });
      const named = new Set<string>();
      for (const { _source } of reply.hits.hits) {
        const { service, deadair } = _source as unknown as LineDocument;
        if (service) named.add(deadair.source);
        assert.equal(service?.name, named.has(deadair.source) ? 'sai3-bench' : undefined);
      }
      const sources = await store.sources();
      assert.equal(named.size, sources.length, 'each log is recognised');
    });

    it('its aliases have values where Discover reads them, and could not be written as fields', async () => {
      const reply = await client.search({
        index: lines,
        size: 1,
        fields: [{ field: '*', include_unmapped: true }],
      });
      const [{ _source, fields } = {}] = reply.hits.hits;
      const { deadair, agent } = _source as unknown as LineDocument;
      assert.deepEqual(fields?.['log.offset'], [deadair.offset]);
      assert.deepEqual(fields?.['service.node.name'], [agent.id]);
      const caps = await client.fieldCaps({ index: lines, fields: ['log.offset', 'service.node.name'] });
      assert.deepEqual(Object.keys(caps.fields['log.offset']!), ['long']);
      assert.deepEqual(Object.keys(caps.fields['service.node.name']!), ['keyword']);
      await assert.rejects(
        client.create({
          index: lines,
          id: 'alias',
          document: { '@timestamp': '2026-11-23T12:00:00Z', log: { offset: 1 } },
        }),
        /alias/,
      );
    });
  });
