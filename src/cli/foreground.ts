import type { Settings } from '../config/settings.js';
import { createLogger, type Logger } from '../platform/logger.js';

/** What the commands share that run until they are stopped. */
export function loggerOf({ log: { level, format } }: Settings): Logger {
  const text = format === 'text' || (format === 'auto' && process.stderr.isTTY === true);
  return createLogger({ level, format: text ? 'text' : 'json' });
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function untilStopped(): Promise<string> {
  // What runs is timers that let a process end.
  const alive = setInterval(() => {}, 60_000);
  return new Promise(resolve => {
    const stop = (signal: string): void => {
      clearInterval(alive);
      process.once(signal, () => process.exit(1));
      resolve(signal);
    };
    process.once('SIGINT', () => stop('SIGINT'));
    process.once('SIGTERM', () => stop('SIGTERM'));
  });
}
