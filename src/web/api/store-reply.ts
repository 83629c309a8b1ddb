import { z } from 'zod';
import { isoMicros } from '../../records/ecs.js';
import type { Store, StoreStats } from '../../store/store.js';

/** How much is stored, since when, and how it is with the disk. */
export const StoreReply = z.object({
  kind: z.enum(['embedded', 'elasticsearch']),
  lines: z.number(),
  bytes: z.number(),
  rawBytes: z.number(),
  oldest: z.string().nullable(),
  newest: z.string().nullable(),
  diskFree: z.number().nullable(),
  damaged: z.array(z.object({ file: z.string(), reason: z.string() })),
  warnings: z.array(z.string()).describe('About its room: limits that are or will soon be met'),
});

export function storeReply(
  { kind }: Pick<Store, 'kind'>,
  { lines, bytes, rawBytes, oldest, newest, diskFree, damaged }: StoreStats,
  warnings: string[],
): z.infer<typeof StoreReply> {
  const time = (at: number | null) => (at === null ? null : isoMicros(at));
  return {
    kind,
    lines,
    bytes,
    rawBytes,
    oldest: time(oldest),
    newest: time(newest),
    diskFree,
    damaged,
    warnings,
  };
}
