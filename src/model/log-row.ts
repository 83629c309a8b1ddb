import type { Finding } from './finding.js';
import type { Level, SignalClass, TimeKind } from './vocabulary.js';

/** One stored line as it is read back. */
export interface LogRow {
  /** `SOURCE:OFFSET`, stable for ever; what `deadair context` takes. */
  id: string;
  seq: number;
  time: number;
  timeKind: TimeKind;
  observedAt: number;
  ingestedAt: number;
  agent: string;
  host: string;
  path: string;
  source: string;
  offset: number;
  /** Raw bytes incl. the newline. */
  length: number;
  level: Level;
  class: SignalClass;
  rule?: string;
  event?: string;
  /** RecordFlag bits. */
  flags: number;
  /** As its program wrote it, decoded, without the newline; ANSI colours and carriage returns still in it. */
  raw: string;
  /** Of a line that came in an envelope (records/envelope.ts), where it tells. */
  stream?: 'stdout' | 'stderr';
  /** Container, service or unit, as the envelope or the path names it. */
  container?: string;
  pod?: string;
  namespace?: string;
  /** Only where the request asks for it (ContextRequest.exact): the line as it was stored. */
  exact?: ExactLine;
}

/** What `raw`, `rule` and `event` leave out, for whoever copies lines to another store. */
export interface ExactLine {
  /** `length` bytes, the newline included. */
  bytes: Uint8Array;
  finding?: Finding;
}
