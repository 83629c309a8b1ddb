import { z } from 'zod';
import { Size } from '../platform/units.js';

/** `ingest` in deadair.yaml: what is taken in at once. */
export const IngestSettings = z.strictObject({
  maxBody: Size.prefault('16MiB').describe('One request as it comes over the wire.'),
  maxRaw: Size.prefault('64MiB').describe('One request after decompression.'),
  queue: Size.prefault('96MiB').describe(
    'Decompressed bytes accepted and not yet stored; beyond it collectors are asked to wait (429).',
  ),
  requests: z
    .int()
    .min(1)
    .max(10_000)
    .default(256)
    .describe('Requests being taken in at once; beyond it collectors are asked to wait (429).'),
  heartbeatSeconds: z.number().min(1).max(300).default(5).describe('How often collectors report.'),
  zone: z
    .string()
    .default('UTC')
    .describe('For timestamps that name no zone: `UTC`, `+02:00`, `Europe/Berlin`.'),
});
export type IngestSettings = z.infer<typeof IngestSettings>;
