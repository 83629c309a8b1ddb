import { Buffer } from 'node:buffer';

/** What the process that is killed and the one that checks agree on. */
export const DAY = 86_400_000;
export const START = Date.UTC(2026, 0, 1);
export const AGENTS = 5;
export const BATCH = 200;
export const BATCHES_A_DAY = 12;
/** Retention keeps so many days: the check reads everything, and its time must not grow with each kill. */
export const KEEP_DAYS = 3;

export function numbered(agent: number, n: number): string {
  return `agent-${agent} line ${String(n).padStart(9, '0')} ${'some text that fills the line '.repeat(2)}`;
}

export const LINE_BYTES = Buffer.byteLength(numbered(0, 0)) + 1;
/** Bytes of one agent on one day. */
export const DAY_BYTES = LINE_BYTES * BATCH * BATCHES_A_DAY;
