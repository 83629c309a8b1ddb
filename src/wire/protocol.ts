import { z } from 'zod';
import { FilePath, Name, safeText } from './names.js';
import { AnyTime } from './times.js';

/**
 * The position protocol, version 1 (wire/version.ts); docs/reference/protocol.md tells it to those who write a collector. The server knows
 * each source's position; a collector asks for them when it starts, sends ranges of raw bytes and moves on only when
 * they are acknowledged.
 *
 * POST /v1/ranges       body: a frame (wire/frame.ts), Content-Encoding gzip | br | zstd | identity → RangesReply
 * POST /v1/positions    PositionsRequest → PositionsReply
 * POST /v1/heartbeat    Heartbeat → HeartbeatReply
 */
const name = Name;
const offset = z.int().min(0);

/** SHA-256 (hex, first 32 digits) of the first or last `length` bytes. */
export const Fingerprint = z.object({
  length: z.int().min(0).max(1024),
  hash: z
    .string()
    .max(64)
    .regex(/^[\da-f]*$/),
});
export type Fingerprint = z.infer<typeof Fingerprint>;

/** One file generation. The id is made by the collector (ULID) and stays with the generation. */
export const SourceDescriptor = z.object({
  id: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/),
  agent: name,
  host: name,
  path: FilePath,
  /** Grows until 1,024 bytes. */
  head: Fingerprint,
  /** Hints, never the key. */
  inode: safeText(32).optional(),
  device: safeText(32).optional(),
  /** Offsets count decompressed bytes when the generation is read from a compressed file. */
  compression: z.enum(['gzip', 'zstd']).optional(),
  /** Where following began (`--from end`); the bytes before it are a named, wanted skip. */
  start: offset.optional(),
  /** Of a file that isn't UTF-8, where it was set: a label of the WHATWG Encoding Standard. */
  encoding: z.string().max(40).optional(),
});
export type SourceDescriptor = z.infer<typeof SourceDescriptor>;

/**
 * Why bytes are missing. `unseen` is no finding but a doubt: the file was truncated, replaced or removed while nobody
 * looked, and whether it held more than `from` can't be known; its `to` is always null, and it opens no incident.
 */
export const GAP_REASONS = [
  'truncated-before-read',
  'deleted-before-read',
  'rotated-away',
  'unreadable',
  'collector-limit',
  'rewritten',
  'unseen',
] as const;
export type GapReason = (typeof GAP_REASONS)[number];

/** Raw bytes [from, to) of a source; the payload follows in the frame in the order of the ranges. */
export const ByteRange = z.object({
  kind: z.literal('bytes'),
  /** Index into the frame's sources. */
  source: z.int().min(0),
  from: offset,
  to: offset,
  /** The collector's clock when it read the bytes, ms since the epoch. */
  observedAt: AnyTime,
  /** Fingerprint of the last bytes before `to`: proves on resume that the file still is what was read. */
  tail: Fingerprint.optional(),
  /** Ends inside a line that has been quiet for a while; the rest of the line may come later. */
  partial: z.boolean().optional(),
});
export type ByteRange = z.infer<typeof ByteRange>;

/** Bytes that can't be had any more: named, never passed over. `to` null: it is not known how many. */
export const GapRange = z.object({
  kind: z.literal('gap'),
  source: z.int().min(0),
  from: offset,
  to: offset.nullable(),
  observedAt: AnyTime,
  reason: z.enum(GAP_REASONS),
});
export type GapRange = z.infer<typeof GapRange>;

/** The generation is complete: nothing more will come. */
export const SourceEnd = z.object({
  kind: z.literal('end'),
  source: z.int().min(0),
  /** Size of the generation; equals the position when nothing is missing. */
  at: offset,
  observedAt: AnyTime,
  reason: z.enum(['rotated', 'truncated', 'rewritten', 'deleted', 'renamed']),
});
export type SourceEnd = z.infer<typeof SourceEnd>;

export const RangeEntry = z.discriminatedUnion('kind', [ByteRange, GapRange, SourceEnd]);
export type RangeEntry = z.infer<typeof RangeEntry>;

/** The JSON head of a frame. */
export const FrameHead = z.object({
  version: z.int(),
  /** Instance of the collector: a new ULID at each start. */
  collector: safeText(64),
  sentAt: AnyTime,
  sources: z.array(SourceDescriptor).max(10_000),
  entries: z.array(RangeEntry).max(20_000),
});
export type FrameHead = z.infer<typeof FrameHead>;

/** Per entry, in order: where the source's committed position is now. */
export const EntryOutcome = z.object({
  source: z.string(),
  position: offset,
  /** `gap`: the entry began past the position and was refused; send from `position`. */
  status: z.enum(['stored', 'duplicate', 'gap']),
});
export type EntryOutcome = z.infer<typeof EntryOutcome>;

export const RangesReply = z.object({ version: z.int(), outcomes: z.array(EntryOutcome), now: z.number() });
export type RangesReply = z.infer<typeof RangesReply>;

export const PositionsRequest = z.object({ version: z.int(), host: name, collector: safeText(64) });
export type PositionsRequest = z.infer<typeof PositionsRequest>;

export const KnownSource = z.object({
  ...SourceDescriptor.shape,
  /** Committed: every byte before it is stored or a named gap. */
  position: offset,
  tail: Fingerprint.optional(),
  ended: z.boolean(),
  /** How long it had not grown, ms, when its host was last heard of. Absent: not known. */
  quietMs: z.number().min(0).optional(),
});
export type KnownSource = z.infer<typeof KnownSource>;

export const PositionsReply = z.object({
  version: z.int(),
  now: z.number(),
  sources: z.array(KnownSource),
  /** Content codings the server takes, best first, and its limits in bytes. */
  encodings: z.array(z.enum(['zstd', 'br', 'gzip', 'identity'])),
  maxBodyBytes: z.int(),
  maxRawBytes: z.int(),
  /** Bytes of log in a request that suit a store whose cost is the request; absent: small requests cost it little. */
  batchBytes: z.int().min(1).optional(),
  heartbeatSeconds: z.number(),
});
export type PositionsReply = z.infer<typeof PositionsReply>;

/** Linux process states of /proc/PID/stat, as far as they matter. */
export const LogWriter = z.object({
  pid: z.int().min(0),
  name: safeText(256),
  state: safeText(2),
  startedAt: AnyTime.optional(),
  /** Threads that have not run once for so long because the kernel holds them (state D): storage that hangs. */
  blocked: z.object({ threads: z.int().min(1), ms: z.number().min(0) }).optional(),
});
export type LogWriter = z.infer<typeof LogWriter>;

/** A socket that takes connections, as its host sees it. */
export const Listen = z.object({
  /** `0.0.0.0` and `::` stand for all of its addresses. */
  address: safeText(64),
  port: z.int().min(1).max(65_535),
  /** Somebody has been connected to it, and it still listens: more than one connection does it no harm. */
  used: z.literal(true).optional(),
});
export type Listen = z.infer<typeof Listen>;

export const FileStatus = z.object({
  path: safeText(4096),
  agent: name,
  source: safeText(64).optional(),
  size: offset,
  position: offset,
  mtime: AnyTime,
  /** null when readable; else the errno name, such as EACCES. */
  error: safeText(64).nullable(),
  /** Processes that hold the log open for writing; absent where /proc can't tell. */
  writers: z.array(LogWriter).max(16).optional(),
  /**
   * Where the writers only pass on what they read (`prog | tee log`): the programs at the other end of the pipe, none once they
   * are gone. Absent: no pipe, or nobody was found at it.
   */
  programs: z.array(LogWriter).max(64).optional(),
  /**
   * Where those processes take connections, in the collector's own network. Empty: they take none; absent: there is no process, or it
   * can't be told (older collectors never tell).
   */
  listens: z.array(Listen).max(8).optional(),
});
export type FileStatus = z.infer<typeof FileStatus>;

export const Heartbeat = z.object({
  version: z.int(),
  collector: safeText(64),
  host: name,
  agents: z.array(name).max(1000),
  sentAt: AnyTime,
  /** The server's `now` of the last reply and how long its round trip took: for the clock offset. */
  roundTrip: z.object({ serverNow: AnyTime, sentAt: AnyTime, receivedAt: AnyTime }).optional(),
  bootId: safeText(64).optional(),
  /** The host's own addresses: a request that comes from another one has been translated on its way, so that nothing is behind it. */
  addresses: z.array(safeText(64)).max(64).optional(),
  program: safeText(64),
  startedAt: AnyTime,
  files: z.array(FileStatus).max(10_000),
  diskFree: z.number().min(0).nullable(),
  /** false: nothing can be written where the logs are (a file system that turned read-only). */
  writable: z.boolean().optional(),
  /** Ports that were asked to be watched on this host. */
  ports: z
    .array(
      z.object({ port: z.int().min(0).max(65_535), listening: z.boolean(), process: LogWriter.optional() }),
    )
    .max(64)
    .optional(),
  /** The host is read from afar and can't be reached just now: a sign of life of the pull, not of the host. */
  trouble: z.object({ kind: safeText(64), message: safeText(1000) }).optional(),
  /** What the collector's settings name and nobody reads: folders that can't be listed, patterns that fit nothing. */
  unread: z
    .array(z.object({ path: safeText(1024), why: safeText(200) }))
    .max(100)
    .optional(),
  /** Lines can't be delivered since then, while this got through: too large for the way, refused, or no answer in time. */
  undelivered: z.object({ since: AnyTime, error: safeText(300) }).optional(),
  /** Present on a clean stop. */
  goodbye: z.object({ reason: safeText(200) }).optional(),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

export const HeartbeatReply = z.object({ version: z.int(), now: z.number(), heartbeatSeconds: z.number() });
export type HeartbeatReply = z.infer<typeof HeartbeatReply>;
