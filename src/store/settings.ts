import { z } from 'zod';
import { Duration, Size } from '../platform/units.js';
import { ElasticsearchSettings } from './elasticsearch/settings.js';

/** `store` in deadair.yaml. */
export const StoreSettings = z.strictObject({
  kind: z
    .enum(['embedded', 'elasticsearch'])
    .default('embedded')
    .describe(
      '`embedded`: files below `data`, nothing to install; `elasticsearch`: what `store.elasticsearch` names.',
    ),
  elasticsearch: ElasticsearchSettings.prefault({}).describe('The cluster, and how to prove who we are.'),
  readers: z.int().min(1).max(16).default(2).describe('Threads that answer queries (embedded store).'),
  backups: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder in which the service makes copies of the store (`deadair export --all NAME`); absent: it makes none.',
    ),
  retention: z
    .strictObject({
      maxAge: Duration.optional().describe(
        'Lines are dropped when they are older; absent: age alone drops nothing. Days of pinned runs stay.',
      ),
      maxSize: Size.optional().describe(
        'Oldest days go when the store is larger; absent: only the disk limits it.',
      ),
      minFree: Size.prefault('1GiB').describe('Oldest days go when less is free on the disk.'),
    })
    .prefault({})
    .describe('When lines are dropped (embedded store; Elasticsearch has its own lifecycle).'),
});
export type StoreSettings = z.infer<typeof StoreSettings>;
