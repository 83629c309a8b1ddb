import { writeFileSync } from 'node:fs';
import os from 'node:os';
import type { ResourceLimits } from 'node:worker_threads';

/**
 * For every worker thread: a young generation of 3 MiB instead of the 48 MiB V8 lets it grow to. The service has five threads, whose
 * bytes live in buffers and whose objects are few: with a large young generation it takes long until dead buffers are found.
 */
export const THREAD_LIMITS: ResourceLimits = { maxYoungGenerationSizeMb: 3 };

/**
 * Lets the calling thread give way to the others where processors are short (nice, 0 to 19). A query that scans everything keeps
 * all readers busy; on two processors the threads that take lines in would wait for them. On Linux the priority is each thread's
 * own; elsewhere it is the process's, and nothing happens.
 */
export function giveWay(niceness: number): void {
  if (process.platform !== 'linux') return;
  try {
    os.setPriority(0, niceness);
  } catch {
    // A sandbox may forbid it: slower, not wrong.
  }
}

/**
 * Gives the calling thread its name in the system's lists (`top -H`, `ps -L`, bench:ingest), where all would be `node` otherwise.
 * The Worker option `name` is only for inspectors. On systems other than Linux nothing happens.
 * @param name of which the kernel keeps 15 bytes
 */
export function nameThread(name: string): void {
  try {
    // A synchronous write is done by the thread that asks.
    writeFileSync('/proc/thread-self/comm', name);
  } catch {
    // No such file, or it may not be written: a name is a convenience.
  }
}
