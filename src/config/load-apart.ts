import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DeadairError } from '../platform/errors.js';
import type { ConfigSources, LoadedConfig } from './load.js';
import type { LoadAnswer } from './load-answer.js';

/** load-child.ts and all it needs in one file (scripts/build-collect.mjs). By way of its folder: this one is itself part of a bundle in another. */
const CHILD = fileURLToPath(new URL('../config/load-child.bundle.js', import.meta.url));
/** The settings as JSON. */
const MAX_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/**
 * Reads the settings in a process of its own, which ends then: what checks them takes 20 MB (and in a thread of this process Node 24
 * does not give them back), and `deadair collect` runs beside a program under test. Where no process can be made they are read here.
 * @throws DeadairError `config.invalid` with the first problem, `config.unreadable`
 */
export async function loadConfigApart(sources: Omit<ConfigSources, 'env'>): Promise<LoadedConfig> {
  const { status, stdout, error } = spawnSync(process.execPath, [CHILD], {
    input: JSON.stringify(sources),
    maxBuffer: MAX_BYTES,
    timeout: TIMEOUT_MS,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answer =
    error || status !== 0
      ? (await import('./load-answer.js')).loadAnswer(sources)
      : (JSON.parse(stdout.toString('utf8')) as LoadAnswer);
  if ('loaded' in answer) return answer.loaded;
  const { code, message, subject } = answer.failure;
  throw new DeadairError(code, message, subject === undefined ? {} : { subject });
}
