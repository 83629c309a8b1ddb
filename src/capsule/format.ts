import { z } from 'zod';
import { CAUSES, INCIDENT_KINDS, SEVERITIES } from '../model/incident.js';
import { SIGNAL_CLASSES } from '../model/vocabulary.js';
import { safeText } from '../wire/names.js';
import { GAP_REASONS, SourceDescriptor } from '../wire/protocol.js';
import { EARLIEST } from '../wire/times.js';

/**
 * A capsule: a run (or a time span) as one file, a gzip-compressed tar that any `tar` unpacks. In this order:
 *
 *   capsule.json            what it is (CapsuleHead)
 *   incidents.jsonl         the run's incidents
 *   alerts.jsonl            who was told of them, and what was held back
 *   gaps.jsonl              byte ranges that could not be had
 *   lines/N-M.jsonl         of the N-th stretch: what was read of each line (LineRow), in its order
 *   logs/AGENT.log          its raw bytes, one line after the other
 *   arrivals.jsonl          what of which log arrived when: with logs/ it is a recorded run for `deadair replay`
 *   checksums.txt           SHA-256 of everything before it: `sha256sum -c checksums.txt` in the unpacked folder
 *
 * Version 1. A reader refuses a newer one; fields a version adds must not change what the old ones mean.
 */
export const CAPSULE_FORMAT = 'deadair-capsule';
export const CAPSULE_VERSION = 1;
export const CAPSULE_ENDING = '.capsule.tar.gz';

/** What an archive from elsewhere may cost whoever reads it. */
export const CAPSULE_LIMITS = {
  /** After decompression; gzip packs at most a thousandfold. */
  bytes: 64 * 1024 ** 3,
  entries: 200_000,
  stretches: 20_000,
  /** Of everything but a log: held in memory one at a time. */
  textEntry: 64 * 1024 ** 2,
  /** Of a log's line: ingest cuts at 1 MiB. */
  line: 1024 ** 2 + 4096,
  linesInRow: 4096,
  arrivals: 5_000_000,
  incidents: 10_000,
  alerts: 100_000,
} as const;

/** Names an archive may hold; nothing is ever written to disk under them. */
export const ENTRY_NAME =
  /^(?:capsule\.json|(?:incidents|alerts|gaps|arrivals)\.jsonl|checksums\.txt|lines\/\d{1,6}-\d{1,6}\.jsonl|logs\/[A-Za-z0-9_][A-Za-z0-9._-]{0,90})$/;

/** Of the capsule's own making; a capsule is read long after it was made, so only its earliest time is bounded here. */
const time = z.number().min(EARLIEST).max(8.64e15);
const id = safeText(64).min(1);
const offset = z.int().min(0);

const CapsuleRun = z.object({
  id,
  name: safeText(1000).min(1),
  startedAt: time,
  endedAt: time.optional(),
  outcome: z.enum(['completed', 'failed', 'interrupted', 'lost']).optional(),
  startedBy: z.enum(['pack', 'run-command', 'hand']),
  controller: safeText(200).optional(),
  agents: z.array(safeText(200)).max(10_000),
  announced: z.int().min(1).optional(),
  pinned: z.boolean(),
});

/** A stretch of one source that lies in the capsule: every stored line with an offset in [from, to). */
export const Stretch = z.object({
  ...SourceDescriptor.shape,
  from: offset,
  to: offset,
  /** Entry that holds its bytes. */
  log: z.string().regex(/^logs\//),
});
export type Stretch = z.infer<typeof Stretch>;

export const CapsuleHead = z.object({
  format: z.literal(CAPSULE_FORMAT),
  version: z.int().min(1),
  id,
  name: safeText(1000).min(1),
  madeAt: time,
  madeBy: safeText(200),
  /** Event times it was asked for. */
  span: z.object({ from: z.number().min(0).max(8.64e15), to: time }),
  /** Absent: a time span, no run. */
  run: CapsuleRun.optional(),
  stretches: z.array(Stretch).max(CAPSULE_LIMITS.stretches),
});
export type CapsuleHead = z.infer<typeof CapsuleHead>;

const StoredFinding = z.object({
  class: z.enum(SIGNAL_CLASSES),
  rule: safeText(200),
  event: safeText(200).optional(),
  about: z.literal('self').optional(),
  fields: z.record(z.string().max(100), z.string().max(8192)).optional(),
});

/**
 * Consecutive lines of a stretch that arrived together, first offset first. A line is [length in bytes with its newline,
 * event time, index into TIME_KINDS, index into LEVELS, index into SIGNAL_CLASSES, flags].
 */
export const LineRow = z.object({
  from: offset,
  observedAt: time,
  ingestedAt: time,
  lines: z
    .array(
      z.tuple([
        z.int().min(1).max(CAPSULE_LIMITS.line),
        z.number(),
        z.int().min(0).max(2),
        z.int().min(0).max(7),
        z
          .int()
          .min(0)
          .max(SIGNAL_CLASSES.length - 1),
        z.int().min(0).max(0xffff),
      ]),
    )
    .min(1)
    .max(CAPSULE_LIMITS.linesInRow),
  /** By index of the line. */
  findings: z.array(z.tuple([z.int().min(0), StoredFinding])).optional(),
});
export type LineRow = z.infer<typeof LineRow>;

export const CapsuleGap = z.object({
  source: id,
  agent: safeText(200),
  from: offset,
  to: offset.nullable(),
  reason: z.enum(GAP_REASONS),
  at: time,
});
export type CapsuleGap = z.infer<typeof CapsuleGap>;

const Evidence = z.object({
  at: time,
  by: safeText(200),
  role: z.enum(['cause', 'symptom', 'consequence', 'recovery']),
  text: z.string().max(65_536),
  record: safeText(100).optional(),
  path: safeText(4096).optional(),
  rule: safeText(200).optional(),
});

export const CapsuleIncident = z.object({
  id,
  kind: z.enum(INCIDENT_KINDS),
  subjects: z.array(safeText(200)).max(10_000),
  cause: z.enum(CAUSES).optional(),
  severity: z.enum(SEVERITIES),
  run: id.optional(),
  startedAt: time,
  openedAt: time,
  resolvedAt: time.optional(),
  began: z.object({ from: time, to: time }).optional(),
  endedRun: time.optional(),
  places: z
    .array(
      z.object({
        agent: z.string().max(200),
        host: z.string().max(300).optional(),
        address: z.string().max(300).optional(),
      }),
    )
    .max(100)
    .optional(),
  explanation: z.string().max(65_536),
  evidence: z.array(Evidence).max(10_000),
  consequences: z.array(Evidence).max(100_000),
  updatedAt: time,
});

/** A notification or a suppression as the alerts recorded it; shown, never sent. */
export const CapsuleAlert = z.object({
  type: z.enum(['notification', 'suppression']),
  id: safeText(200).min(1),
  record: z.looseObject({ at: time.optional(), createdAt: time.optional(), until: time.optional() }),
});
export type CapsuleAlert = z.infer<typeof CapsuleAlert>;

/** What a capsule holds, as `deadair export` and `deadair import` tell it. */
export interface CapsuleSummary {
  id: string;
  name: string;
  run: string | null;
  from: string;
  to: string;
  agents: string[];
  lines: number;
  /** Raw bytes of logs. */
  bytes: number;
  /** Bytes within the stretches that were not stored any more (retention, a damaged block) and are no named gap. */
  missing: number;
  incidents: number;
}
