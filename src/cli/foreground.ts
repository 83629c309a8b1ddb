import { readFileSync } from 'node:fs';
import type { Settings } from '../config/settings.js';
import { messageOf } from '../platform/errors.js';
import { createLogger, type Logger } from '../platform/logger.js';

/** What the commands share that run until they are stopped. */
export function loggerOf({ log: { level, format } }: Settings): Logger {
  const text = format === 'text' || (format === 'auto' && process.stderr.isTTY === true);
  return createLogger({ level, format: text ? 'text' : 'json' });
}

/** What runs for its own sake goes on when nobody reads what it says, or there is no room for it. */
export function goOnUnheard(): void {
  process.stdout.removeAllListeners('error');
  process.stdout.on('error', () => {});
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
  goOnUnheard();
  const signals = new Signals(['SIGINT', 'SIGTERM', 'SIGHUP'], () => {
    logger.error('service.stop-late', { afterMs: STOP_MS });
    process.exit(1);
  });
  try {
    await untilEnded(open, check, logger, signals);
  } finally {
    // Also where it could not be started: a process that waits for signals would never end, nor be started anew.
    signals.close();
  }
}

async function untilEnded(
  open: () => Promise<Living>,
  check: () => void,
  logger: Logger,
  signals: Signals,
): Promise<void> {
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
  await living.stop();
}

/** Resolves at the first signal to stop; a second one ends the process at once. */
export async function untilStopped(): Promise<string> {
  goOnUnheard();
  const hangup = hangupIsIgnored() ? [] : (['SIGHUP'] as const);
  const signals = new Signals(['SIGINT', 'SIGTERM', ...hangup]);
  const signal = await signals.next();
  signals.close();
  return signal;
}

class Signals {
  private readonly came: string[] = [];
  private wake: (() => void) | undefined;
  private ending = false;
  private late: NodeJS.Timeout | undefined;
  // What runs is timers that let a process end.
  private readonly alive = setInterval(() => {}, 60_000);

  /** @param onLate called where it has not ended STOP_MS after the first signal to, however far it had come */
  constructor(names: readonly NodeJS.Signals[], onLate?: () => void) {
    for (const name of names)
      process.on(name, () => {
        const stops = name !== 'SIGHUP' || onLate === undefined;
        if (this.ending && name !== 'SIGHUP') process.exit(1);
        this.ending ||= stops;
        if (stops && onLate) this.late = setTimeout(onLate, STOP_MS);
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

  /** Nothing is waited for any more; a further signal to stop ends the process at once. */
  close(): void {
    this.ending = true;
    clearInterval(this.alive);
    clearTimeout(this.late);
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
