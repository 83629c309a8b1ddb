import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { openElasticsearchStore } from '../../../src/store/elasticsearch/elasticsearch-store.js';
import { openHomeStore } from '../../../src/store/elasticsearch/home/home-store.js';
import { storeContract } from '../../store/contract.js';
import { anyServer, settingsFor } from './server.js';

const server = await anyServer();
after(() => server?.stop());

if (server) {
  storeContract('the Elasticsearch store, several services', async () => {
    const settings = settingsFor(server.url);
    let store = await openElasticsearchStore({ settings });
    return {
      store,
      settle: () => store.refresh(),
      reopen: async () => {
        await store.close();
        store = await openElasticsearchStore({ settings });
        return store;
      },
      remove: () => store.close(),
    };
  });

  storeContract('the Elasticsearch store with its book at home', async () => {
    const settings = settingsFor(server.url, { services: 'one' });
    const directory = mkdtempSync(path.join(tmpdir(), 'deadair-home-'));
    let store = await openHomeStore({ settings, directory });
    return {
      store,
      settle: () => store.refresh(),
      reopen: async () => {
        await store.close();
        store = await openHomeStore({ settings, directory });
        return store;
      },
      remove: async () => {
        await store.close();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  });
}
