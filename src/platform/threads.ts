import type { ResourceLimits } from 'node:worker_threads';

/**
 * For every worker thread: a young generation of 12 MiB instead of the 48 MiB V8 lets it grow to. The service has five threads, whose
 * bytes live in buffers and whose objects are few; measured at full speed (bench:ingest), 120 MiB less memory and no more CPU.
 */
export const THREAD_LIMITS: ResourceLimits = { maxYoungGenerationSizeMb: 12 };
