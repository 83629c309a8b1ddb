import type { MessagePort } from 'node:worker_threads';
import type { Mark } from '../../model/finding.js';
import type { LogRow } from '../../model/log-row.js';
import type { Tally } from '../../skeletons/tally.js';
import type {
  AppendReceipt,
  ContextPage,
  ContextRequest,
  Gap,
  HistogramRequest,
  MarksRequest,
  SearchRequest,
  SourceAppend,
  SourceState,
  TallyRequest,
} from '../store.js';
import type { EncodedBody } from './batch-body.js';
import type { DriverKind } from './driver.js';

/** What the main thread and the store's workers say to each other. */
export interface WorkerSetup {
  role: 'writer' | 'sealer' | 'reader';
  directory: string;
  /** Opened for reading only, beside a service. */
  beside: boolean;
  driver: DriverKind;
  /** For readers: bytes of decompressed chunks each may keep. */
  cacheBytes: number;
  /** For the sealer: where rows (HotRow) come as the writer has committed them. */
  rows?: MessagePort;
}

/** A SourceAppend whose records are packed. */
export interface EncodedAppend extends Omit<SourceAppend, 'records'> {
  /** Offset where the batch's bytes begin (an open line's start); absent without records. */
  base?: number;
  complete?: EncodedBody;
  open?: EncodedBody;
}

export interface Backlog {
  lines: number;
  bytes: number;
  /** Day of the oldest row, or null. */
  day: number | null;
}

export interface DocumentRow {
  kind: string;
  id: string;
  /** JSON; null deletes. */
  doc: string | null;
  expected?: number;
}

/** Where a row's source, agent, host and path are written once. */
export interface Origin {
  id: number;
  source: string;
  agent: string;
  host: string;
  path: string;
}

export interface WriterCalls {
  open(): Backlog;
  /** Gives the port on which committed rows (HotRow) go to the sealer, whether it has started or not. */
  attach(sealer: MessagePort): void;
  append(appends: EncodedAppend[]): { receipt: AppendReceipt; backlog: Backlog };
  documents(writes: DocumentRow[]): number[];
  sealed(through: number): Backlog;
  damage(file: string, reason: string, at: number): void;
  forget(before: number): void;
  /** Empties the write-ahead log and gives free pages back. */
  tidy(): void;
  /** @throws DeadairError `store.gone` when main.db is not where it was */
  look(): void;
  backup(target: string): void;
}

export interface SealerCalls {
  /** Seals the next block's worth of batches; with `rest` also what does not fill a block. */
  seal(rest: boolean): { through: number; lines: number; more: boolean };
  /** Empties the write-ahead log of the day that is written. */
  truncate(): void;
  drop(day: number): void;
  setAside(day: number): string;
  backup(day: number, target: string): void;
  /** Days that would gain by being packed anew. */
  repackable(): number[];
  /** Packs the next block of a day anew. @returns false when all are */
  repack(day: number): boolean;
  /** Puts what was packed anew in the day's place, when no reader has it open. @returns false when it has got new lines since */
  swap(day: number): boolean;
  /** Days some of whose blocks are not in a group of the word index. */
  unfinished(): number[];
  /** Puts them into one. */
  finish(day: number): void;
}

/** A unit of work a reader may leave to another: one sealed block. */
export interface BlockRef {
  day: number;
  block: number;
}

export interface SearchStep {
  rows: LogRow[];
  /** Blocks not looked at when the time slice ended; empty when all is done. */
  rest: BlockRef[];
  /** Chunks looked at: what the step cost. */
  looked: number;
}

export interface HistogramStep {
  counts: { key: string; counts: number[] }[];
  rest: BlockRef[];
}

export interface TallyStep {
  tally: Tally;
  rest: BlockRef[];
}

export interface ReaderCalls {
  search(request: SearchRequest, slice: number, only?: BlockRef[]): SearchStep;
  histogram(request: HistogramRequest, slice: number, only?: BlockRef[]): HistogramStep;
  tally(request: TallyRequest, slice: number, only?: BlockRef[]): TallyStep;
  context(request: ContextRequest): ContextPage;
  marks(request: MarksRequest): Mark[];
  sources(host?: string): SourceState[];
  gaps(filter: { source?: string; agent?: string; from?: number; to?: number }): Gap[];
  getDocument(kind: string, id: string): { version: number; doc: string } | null;
  listDocuments(
    kind: string,
    options: { after?: string; limit?: number; newestFirst?: boolean },
  ): { id: string; version: number; doc: string }[];
  documentKinds(): string[];
  stats(): ReaderStats;
  /** Closes a day's file, so that it can be deleted or renamed. */
  detach(day: number): void;
  days(): DayInfo[];
  /** What is wrong with a day's file, with main.db; empty when nothing is. */
  check(day: number): string[];
  checkMain(): string[];
}

export interface ReaderStats {
  lines: number;
  rawBytes: number;
  oldest: number | null;
  newest: number | null;
  damaged: Damage[];
  cacheBytes: number;
}

export interface Damage {
  file: string;
  reason: string;
  /** Set when the whole file is unreadable. */
  day?: number;
}

export interface DayInfo {
  day: number;
  lines: number;
  rawBytes: number;
  /** Event times. */
  t0: number;
  t1: number;
}
