import { z } from 'zod';
import { Size } from '../platform/units.js';

/** `ingest` in deadair.yaml: what is taken in at once. */
export const IngestSettings = z.strictObject({
  /** One request as it comes over the wire. */
  maxBody: Size.prefault('16MiB'),
  /** One request after decompression. */
  maxRaw: Size.prefault('64MiB'),
  /** Decompressed bytes accepted and not yet stored; beyond it collectors are asked to wait (429). */
  queue: Size.prefault('96MiB'),
  /** Requests being taken in at once; beyond it collectors are asked to wait (429). */
  requests: z.int().min(1).max(10_000).default(256),
  /** How often collectors report. */
  heartbeatSeconds: z.number().min(1).max(300).default(5),
  /** For timestamps that name no zone: `UTC`, `+02:00`, `Europe/Berlin`. */
  zone: z.string().default('UTC'),
});
export type IngestSettings = z.infer<typeof IngestSettings>;
