import type { SignalClass, TimeKind } from './vocabulary.js';

/** What the line detector says of one line: a signal's class, a program event, or both. */
export interface Finding {
  class: SignalClass;
  /** `pack/rule`, for `explain` and the back-test. */
  rule: string;
  /** Event of the program's pack (see detect/events.ts), such as `run.started`. */
  event?: string;
  /** `self` where the line speaks of its writer (its own link went down), absent where of a peer. */
  about?: 'self';
  /** Named groups of the rule's pattern: agent, address, host, port, seconds, count, reason …; `said`: the words that were judged where the line shows others (a state of a progress bar that was written over), at most 512 characters. */
  fields?: Record<string, string>;
}

/** A finding with the line it was made on: what incidents, alerts and reports are built from. */
export interface Mark extends Finding {
  /** The store's commit sequence; marks of one commit share it. */
  seq: number;
  agent: string;
  host: string;
  path: string;
  source: string;
  /** Byte offset of the line in its source. */
  offset: number;
  /** Event time and the collector's and server's clock, ms since the epoch. */
  time: number;
  /** Where `time` comes from; absent: taken for the line's own. */
  timeKind?: TimeKind;
  observedAt: number;
  ingestedAt: number;
  level: number;
  /** The message, ANSI stripped, at most 2 KiB. */
  text: string;
  /** So many equal lines of its second are told by this one (tellMarks); absent: it stands for itself alone. */
  count?: number;
}

/** A line so much older than its reading, there before its agent was first heard of, is an earlier test's. */
export const OLD_OUTPUT_MS = 600_000;
