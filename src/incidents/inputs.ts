import type { Mark } from '../model/finding.js';
import type { Attempt, ProbeResult } from '../model/probe.js';
import type { GapReason, Heartbeat } from '../wire/protocol.js';

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

/** What the engine is told, with the time at which it reached the service. */
export type Input =
  | { seen: number; mark: Mark }
  | { seen: number; activity: Activity }
  | { seen: number; heartbeat: Heartbeat }
  | { seen: number; probe: ProbeResult }
  | { seen: number; attempt: Attempt }
  | { seen: number; gap: LostBytes };
