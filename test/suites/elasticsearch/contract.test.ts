import { after } from 'node:test';
import { openElasticsearchStore } from '../../../src/store/elasticsearch/elasticsearch-store.js';
import { storeContract } from '../../store/contract.js';
import { anyServer, settingsFor } from './server.js';

const server = await anyServer();
after(() => server?.stop());

if (server)
  for (const services of ['several', 'one'] as const)
    storeContract(
      `the Elasticsearch store, ${services === 'one' ? 'one service' : 'several services'}`,
      async () => {
        const settings = settingsFor(server.url, { services });
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
      },
    );
