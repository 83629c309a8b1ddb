import type { Mark } from '../../model/finding.js';
import type { Fingerprint, SourceDescriptor } from '../../wire/protocol.js';
import type { GapDocument } from './gaps.js';
import type { LineDocument } from './line-document.js';

/** Lines are being written beyond the position: whoever finds this after a crash must look what is there already. */
export interface Pending {
  /** Commits whose lines may be there without being acknowledged. */
  seqs: number[];
  /** High-water mark: no line was sent that begins at or after this offset. */
  to: number;
  /** Clock of the ingester that writes. */
  at: number;
  by: string;
}

/**
 * Lines [from, to) that an attempt under commit `seq` had stored were acknowledged by commit `at`: whoever reads marks in
 * commit order and was past `seq` by then must be told of them under `at`.
 */
export interface Recovered {
  seq: number;
  at: number;
  from: number;
  to: number;
}

/** A source's document. The open line's fields stand at the top, as in a line's document, so that it is found like one. */
export interface SourceDocument extends Partial<LineDocument> {
  state: {
    id: string;
    agent: string;
    host: string;
    position: number;
    /** Newest commit. */
    seq: number;
    lines: number;
    lastIngestedAt: number;
    /** The collector's clock at the newest lines. */
    observedAt?: number;
    pending?: Pending;
    /** The latest ones. */
    recovered?: Recovered[];
    rest: {
      descriptor: SourceDescriptor;
      firstSeenAt: number;
      tail?: Fingerprint;
      parserState?: string;
      ended?: { at: number; reason: string };
      /** Bytes of the open line, base64, and where it begins. */
      open?: { from: number; bytes: string };
    };
  };
}

/** A document with the version it was read or written at; none: it is not stored yet. */
export interface SourceEntry {
  document: SourceDocument;
  version: { seqNo: number; primaryTerm: number } | undefined;
}

/** What a commit leaves behind when its lines are stored. */
export interface Settled {
  sources: SourceEntry[];
  gaps: GapDocument[];
  marks: Mark[];
}

/**
 * Where each source stands, for whoever stores lines (committer.ts). In Elasticsearch where several services write
 * (sources.ts), in the book at home for one (home/book.ts).
 */
export interface Positions {
  /**
   * Nobody else can be writing. A claim that stands is then one of the past, and a source that is not known may have lines in
   * Elasticsearch all the same, from a book that was lost.
   */
  readonly alone: boolean;
  /** Every source that has lines in Elasticsearch is known here: none were there when the book was begun, and nothing was forgotten since. */
  readonly complete: boolean;
  get(id: string): SourceEntry | undefined;
  /** Reads what is not known yet. */
  load(ids: Iterable<string>): Promise<void>;
  /** What is known of these may be wrong. */
  forget(ids: Iterable<string>): void;
  /** Durable when resolved: lines up to the claims' marks may be there from now on. @throws DeadairError `conflict` */
  claim(claims: readonly SourceEntry[]): Promise<void>;
  /** Durable when resolved: the lines are acknowledged. @throws DeadairError `conflict` */
  settle(commit: Settled): Promise<void>;
}
