import path from 'node:path';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import type { StoreSettings } from './settings.js';
import type { Store } from './store.js';

/** Opens the store that the settings name; only its own code is loaded. @throws DeadairError */
export async function openStore(
  { data, store }: { data: string; store: StoreSettings },
  { clock, logger }: { clock: Clock; logger: Logger },
): Promise<Store> {
  const directory = path.resolve(data);
  if (store.kind === 'embedded') {
    const { openEmbeddedStore } = await import('./embedded/embedded-store.js');
    return openEmbeddedStore({ directory, clock, logger, readers: store.readers });
  }
  const settings = store.elasticsearch;
  if (settings.services === 'one') {
    const { openHomeStore } = await import('./elasticsearch/home/home-store.js');
    return openHomeStore({ settings, directory, clock, logger });
  }
  const { openElasticsearchStore } = await import('./elasticsearch/elasticsearch-store.js');
  return openElasticsearchStore({ settings, clock, logger });
}
