import { z } from 'zod';
import { PORT_ANSWERS } from '../../model/probe.js';
import type { DeadairError } from '../../platform/errors.js';
import { Heartbeat } from '../../wire/protocol.js';

/** Of `arrivals.jsonl`: 1 has arrivals only, 2 heartbeats, probes and a head as well. A reader takes all up to its own. */
export const RECORDING_VERSION = 2;

const time = z.number().min(0).max(8.64e15);
const name = z.string().min(1).max(200);

const Probe = z.object({
  agent: name,
  address: z.string().max(300),
  at: time,
  outcome: z.enum(PORT_ANSWERS),
  milliseconds: z.number().optional(),
  detail: z.string().max(300).optional(),
});

/** What was tried of an address that a controller complained of. */
const Attempt = z.object({
  agent: name,
  address: z.string().max(300),
  at: time,
  outcome: z.enum([...PORT_ANSWERS, 'no-address']),
  addresses: z.array(z.string().max(100)).max(16),
  detail: z.string().max(300).optional(),
});

const Line = z.union([
  z.object({ at: time, heartbeat: Heartbeat }),
  z.object({ at: time, probe: Probe }),
  z.object({ at: time, attempt: Attempt }),
  /** Nobody was looking from then on until `at`. */
  z.object({ at: time, away: z.object({ from: time }) }),
]);

/** What speaks of agents beside their logs, with the time at which the service had it. */
export type Witnessed = z.infer<typeof Line>;

const Head = z.object({
  recording: z.int().min(1),
  /** Until when it was recorded: silence before it counts. Absent: up to the last arrival. */
  until: time.optional(),
  /** The agents that were configured. */
  agents: z
    .array(z.object({ id: name, address: z.string().max(300).optional() }))
    .max(10_000)
    .optional(),
  /** Thresholds that were in force where they are not the usual ones, ms. */
  silence: z
    .object({ late: z.number().min(0), after: z.number().min(0), frozen: z.number().min(0) })
    .partial()
    .optional(),
});
export type RecordingHead = z.infer<typeof Head>;

/** By what a run was judged beside its lines. */
export type JudgedBy = Pick<RecordingHead, 'agents' | 'silence'>;

const KINDS = ['heartbeat', 'probe', 'attempt', 'away'] as const;

/** @returns undefined where the line is no witness's */
export function parseWitness(
  data: unknown,
  fail: (what: string) => DeadairError,
): Witnessed | RecordingHead | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const isHead = 'recording' in data;
  if (!isHead && !KINDS.some(kind => kind in data)) return undefined;
  const result = (isHead ? Head : Line).safeParse(data);
  if (!result.success) throw fail(z.prettifyError(result.error).replaceAll('\n', ' '));
  const line = result.data;
  if ('recording' in line && line.recording > RECORDING_VERSION)
    throw fail(
      `it is of version ${line.recording}, this Deadair reads up to ${RECORDING_VERSION}: use a newer one`,
    );
  return line;
}
