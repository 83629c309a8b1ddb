import type { GapReason } from '../wire/protocol.js';

/** Lines of an agent were read: when, by the collector's and the server's clock. */
export interface Activity {
  agent: string;
  host: string;
  observedAt: number;
  ingestedAt: number;
}

/** Bytes that can't be had any more. */
export interface LostBytes {
  agent: string;
  path: string;
  source: string;
  from: number;
  to: number | null;
  reason: GapReason;
  at: number;
}
