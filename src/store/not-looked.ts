import { z } from 'zod';
import { isoMicros } from '../records/ecs.js';
import type { NotLooked } from './store.js';

/** For replies that count lines: where not all of them could be looked at. */
export const NotLookedReply = z
  .object({ from: z.string(), to: z.string() })
  .describe('The time for an answer was over: not every line of this time was looked at; the rest is exact');

export function notLookedReply(answer: { notLooked?: NotLooked }): {
  notLooked?: z.infer<typeof NotLookedReply>;
} {
  const { notLooked } = answer;
  return notLooked ? { notLooked: { from: isoMicros(notLooked.from), to: isoMicros(notLooked.to) } } : {};
}
