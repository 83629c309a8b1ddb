import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import { messageOf } from '../platform/errors.js';
import { createLogger, type Logger } from '../platform/logger.js';

/** What the commands share that run until they are stopped. */
export function loggerOf({ log: { level, format } }: Settings): Logger {
  const text = format === 'text' || (format === 'auto' && process.stderr.isTTY === true);
  return createLogger({ level, format: text ? 'text' : 'json' });
}

/** What was started, and is stopped again. */
export interface Living {
  stop(): Promise<void>;
}

/** Whoever sends SIGTERM sends SIGKILL soon after (Docker: 10 s): what is not stored by then was not acknowledged. */
const STOP_MS = 9_500;

/**
 * Runs until SIGINT or SIGTERM, and then no longer than ten seconds; a second signal ends at once. SIGHUP reads the settings anew:
 * what they are wrong in is told and the old ones go on, else everything is stopped and started with the new ones, which takes
 * collectors no more than a retry. So a terminal that closes does not end a service either.
 * @param open starts with the settings as they are now @param check throws where they are wrong
 */
export async function live(open: () => Promise<Living>, check: () => void, logger: Logger): Promise<void> {
  const signals = new Signals(['SIGINT', 'SIGTERM', 'SIGHUP']);
  let living = await open();
  for (let signal = await signals.next(); signal === 'SIGHUP'; signal = await signals.next()) {
    try {
      check();
    } catch (thrown) {
      logger.error('service.not-reloaded', { error: messageOf(thrown) });
      continue;
    }
    logger.info('service.reloading');
    await living.stop();
    living = await open();
  }
  signals.endAtNext();
  const late = setTimeout(() => {
    logger.error('service.stop-late', { afterMs: STOP_MS });
    process.exit(1);
  }, STOP_MS);
  await living.stop();
  clearTimeout(late);
}

/** Resolves at the first signal to stop; a second one ends the process at once. */
export async function untilStopped(): Promise<string> {
  const hangup = hangupIsIgnored() ? [] : (['SIGHUP'] as const);
  const signals = new Signals(['SIGINT', 'SIGTERM', ...hangup]);
  const signal = await signals.next();
  signals.endAtNext();
  return signal;
}

class Signals {
  private readonly came: string[] = [];
  private wake: (() => void) | undefined;
  private ending = false;
  // What runs is timers that let a process end.
  private readonly alive = setInterval(() => {}, 60_000);

  constructor(names: readonly NodeJS.Signals[]) {
    for (const name of names)
      process.on(name, () => {
        if (this.ending && name !== 'SIGHUP') process.exit(1);
        this.came.push(name);
        this.wake?.();
      });
  }

  async next(): Promise<string> {
    while (this.came.length === 0)
      await new Promise<void>(resolve => {
        this.wake = resolve;
      });
    return this.came.shift()!;
  }

  endAtNext(): void {
    this.ending = true;
    clearInterval(this.alive);
  }
}

/** `nohup` has it ignored, and Node would undo that by listening to it. */
function hangupIsIgnored(): boolean {
  try {
    const ignored = /^SigIgn:\s*([\da-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return ignored !== undefined && (BigInt(`0x${ignored}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
