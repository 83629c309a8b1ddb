import type { DocumentStore } from '../model/documents.js';
import type { Mark } from '../model/finding.js';
import type { LogRow } from '../model/log-row.js';
import type { RecordBatch } from '../model/record-batch.js';
import type { Run } from '../model/run.js';
import type { SignalClass } from '../model/vocabulary.js';
import type { DeadairError } from '../platform/errors.js';
import type { Query } from '../query/ast.js';
import type { Tally } from '../skeletons/tally.js';
import type { Fingerprint, GapReason, SourceDescriptor } from '../wire/protocol.js';

/**
 * What a store does; the embedded one and Elasticsearch do the same, held to one contract test (test/store/contract.ts).
 * Times are ms since the epoch. Every method may throw DeadairError.
 */
export interface Store {
  readonly kind: 'embedded' | 'elasticsearch';

  /** Bytes of log that suit one commit, where a commit is requests to a server; absent: small ones cost little. */
  readonly batchBytes?: number;
  /**
   * Appends that may be under way at once, each going on where the ones before it will have ended; they are resolved in their order.
   * Absent: one.
   */
  readonly appendsAtOnce?: number;

  /**
   * Stores ranges and their sources' new positions atomically; resolved means durable. An append whose `from` is
   * not the source's position makes the whole call fail with `conflict` and stores nothing: who calls has checked.
   * @throws DeadairError `store.full` when there is no room (nothing stored, try again later)
   */
  append(appends: SourceAppend[]): Promise<AppendReceipt>;

  /** Every source of a host (or all), with committed positions and the parser's state. */
  sources(filter?: { host?: string }): Promise<SourceState[]>;
  /** Named gaps, newest first. */
  gaps(filter?: { source?: string; agent?: string; from?: number; to?: number }): Promise<Gap[]>;

  search(request: SearchRequest, abort?: AbortSignal): Promise<SearchPage>;
  histogram(request: HistogramRequest, abort?: AbortSignal): Promise<Histogram>;
  /**
   * Lines counted by skeleton, where the lines lie; the sum of parts in any order. Optional: `countPatterns` of
   * src/templates reads page by page from a store without it.
   */
  tally?(request: TallyRequest, abort?: AbortSignal): Promise<StoreTally>;
  /** Lines of the same source around a byte offset, in file order. */
  context(request: ContextRequest, abort?: AbortSignal): Promise<ContextPage>;
  /** Marks in commit order, `limit` at a time: pass the last one's seq as `afterSeq` to go on. */
  marks(request: MarksRequest): Promise<Mark[]>;

  /** Called after each commit. For live tails: search again with `afterSeq`. */
  onAppend(listener: (receipt: AppendReceipt) => void): () => void;

  /** Runs, incidents, outbox, silences, agents: small versioned documents in the same safety. */
  readonly documents: DocumentStore;

  /** Where people look into the store past Deadair (Kibana): writes the agents' present state for them. */
  showAgents?(agents: readonly ShownAgent[], now: number): Promise<void>;

  /** Where people look into the store past Deadair: the runs there are, so that lines which come are written with theirs. */
  labelRuns?(runs: readonly Run[]): void;

  /** Set where several ingesters share the store: what one needs to know of the others' commits. */
  readonly shared?: SharedView;

  stats(): Promise<StoreStats>;
  /** Why nothing can be stored just now, as far as the store looks by itself; undefined when all is well. */
  trouble?(): DeadairError | undefined;
  /** Where lines lie on a server that can be away: since when it is, ms since the epoch, and why; undefined: it answers. */
  away?(): { since: number; why: string } | undefined;
  /** Applies retention now; returns what was dropped. */
  retain(policy: RetentionPolicy): Promise<RetentionResult>;
  /**
   * Copies everything, as of one moment, into a new or empty folder while the service goes on; absent where the store has
   * means of its own (Elasticsearch: snapshots).
   */
  backup?(directory: string): Promise<void>;
  close(): Promise<void>;
}

/** What reading in commit order takes where several ingesters write. */
export interface SharedView {
  /** The oldest commit that may be under way; undefined: none is. */
  oldestOpenSeq(now: number): Promise<number | undefined>;
  /** The number a commit made at this time has. */
  seqAt(time: number): number;
  /** Makes everything stored so far visible. */
  refresh(): Promise<void>;
  /** Sources that have grown since. */
  activity(since: number): Promise<SourceActivity[]>;
}

export interface SourceActivity {
  source: string;
  agent: string;
  host: string;
  observedAt: number;
  ingestedAt: number;
}

/** An agent's present state, as others are shown it. */
export interface ShownAgent {
  id: string;
  host: string;
  state: string;
  phase?: string;
  lastLineAt?: number;
  lastHeartbeatAt?: number;
  lagBytes?: number;
  clockOffsetMs?: number;
  gaps: number;
  lines: number;
  files: { path: string }[];
  /** Open incidents it is a subject of. */
  incidents: string[];
}

export interface SourceAppend {
  source: SourceDescriptor;
  from: number;
  /** New committed position; equals `from` for a pure end or an unknown gap. */
  to: number;
  observedAt: number;
  ingestedAt: number;
  /** Complete lines, and at most one partial last line (RecordFlag.partial), which replaces an earlier partial. */
  records?: RecordBatch;
  /** The program that writes the source, where it was recognised by then. */
  program?: string;
  /** What the parser needs to go on after a restart (its open line's offset, its last time …): opaque JSON. */
  parserState?: string;
  tail?: Fingerprint;
  gap?: { from: number; to: number | null; reason: GapReason };
  end?: { at: number; reason: string };
}

export interface AppendReceipt {
  seq: number;
  lines: number;
}

export interface SourceState extends SourceDescriptor {
  position: number;
  tail?: Fingerprint;
  parserState?: string;
  /** Bytes of the open line before `position` that no complete record holds yet. */
  openBytes?: Uint8Array;
  ended?: { at: number; reason: string };
  firstSeenAt: number;
  lastIngestedAt: number;
  lines: number;
}

export interface Gap {
  source: string;
  agent: string;
  host: string;
  path: string;
  from: number;
  to: number | null;
  reason: GapReason;
  at: number;
}

export interface SearchRequest {
  query: Query;
  /** Event time: [from, to). */
  from?: number;
  to?: number;
  order: 'newest' | 'oldest';
  limit: number;
  /** From the page before; opaque. */
  cursor?: string;
  /** Only lines of later commits (live tail). */
  afterSeq?: number;
}

export interface SearchPage {
  rows: LogRow[];
  /** Absent on the last page. */
  cursor?: string;
  /** Set where the time for one page ended before it was full: lines beyond this event time were not looked at; the cursor goes on there. */
  lookedTo?: number;
}

/** Event time [from, to) of which not every line was looked at, since the time for an answer was over; what is told beyond it is exact. */
export interface NotLooked {
  from: number;
  to: number;
}

export interface HistogramRequest {
  query: Query;
  from: number;
  to: number;
  /** Bucket width, ms; at least 1,000. Exact counts are kept a minute, finer ones are counted from lines. */
  interval: number;
  by?: 'agent' | 'level' | 'class';
}

export interface Histogram {
  interval: number;
  from: number;
  /** key: '' without `by`. counts[i] is for [from + i·interval, …). */
  series: { key: string; counts: number[] }[];
  total: number;
  notLooked?: NotLooked;
}

export interface StoreTally extends Tally {
  notLooked?: NotLooked;
}

export interface TallyRequest {
  query: Query;
  /** Event time: [from, to). */
  from: number;
  to: number;
}

export interface ContextRequest {
  source: string;
  offset: number;
  before: number;
  after: number;
  /** Rows carry their bytes and finding, too (LogRow.exact); pages may be shorter than asked for. */
  exact?: boolean;
}

export interface ContextPage {
  rows: LogRow[];
  /** Index of the row at `offset`; -1 when it is not stored. */
  at: number;
}

export interface MarksRequest {
  afterSeq?: number;
  from?: number;
  to?: number;
  agents?: string[];
  classes?: SignalClass[];
  events?: string[];
  limit: number;
}

export interface StoreStats {
  lines: number;
  /** Bytes on disk, and raw bytes they stand for. */
  bytes: number;
  rawBytes: number;
  oldest: number | null;
  newest: number | null;
  diskFree: number | null;
  /** Files set aside as damaged, with what to do. */
  damaged: { file: string; reason: string }[];
}

export interface RetentionPolicy {
  maxAgeMs?: number;
  maxBytes?: number;
  minFreeBytes?: number;
  /** Event-time spans of pinned runs: their days are kept. */
  pinned?: { from: number; to: number }[];
}

export interface RetentionResult {
  dropped: { day: string; lines: number; bytes: number }[];
  /** Set when the limit can't be met without touching pinned days. */
  warning?: string;
}
