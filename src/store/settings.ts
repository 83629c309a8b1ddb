import { z } from 'zod';
import { Duration, Size } from '../platform/units.js';
import { ElasticsearchSettings } from './elasticsearch/settings.js';

/** `store`: where lines are kept, and for how long. */
export const StoreSettings = z.strictObject({
  /** `embedded`: files below `data`, nothing to install; `elasticsearch`: what `store.elasticsearch` names. */
  kind: z.enum(['embedded', 'elasticsearch']).default('embedded'),
  elasticsearch: ElasticsearchSettings.prefault({}),
  /** Threads that answer queries (embedded store). */
  readers: z.int().min(1).max(16).default(2),
  retention: z
    .strictObject({
      maxAge: Duration.optional(),
      maxSize: Size.optional(),
      /** Oldest days go when less is free on the disk. */
      minFree: Size.prefault('1GiB'),
    })
    .prefault({}),
});
export type StoreSettings = z.infer<typeof StoreSettings>;
