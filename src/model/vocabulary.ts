/** The words of docs/reference/incidents.md (others rely on them), and the numbers that stand for them in columns. */

export const SIGNAL_CLASSES = [
  'none',
  'timeout',
  'disconnect',
  'refused',
  'dns',
  'tls',
  'recovered',
] as const;
export type SignalClass = (typeof SIGNAL_CLASSES)[number];

/** Classes that count as a fault: not `none`, not `recovered`. */
export const FAULT_CLASSES = ['timeout', 'disconnect', 'refused', 'dns', 'tls'] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

const FAULTS: ReadonlySet<string> = new Set(FAULT_CLASSES);

export function isFault(name: string): name is FaultClass {
  return FAULTS.has(name);
}

/** In rising severity, so that `level>=warn` compares numbers. 0 = the line has none. */
export const LEVELS = ['none', 'trace', 'debug', 'info', 'notice', 'warn', 'error', 'fatal'] as const;
export type Level = (typeof LEVELS)[number];

export type LevelComparison = '=' | '>=' | '<=' | '>' | '<';

/** Which levels, as indices into LEVELS, stand in a relation to another: `level>=warn`. A line without a level is below all. */
export function levelsWhere(op: LevelComparison, level: Level): ReadonlySet<number> {
  const bound = LEVELS.indexOf(level);
  const holds = (rank: number) =>
    rank === bound ? op.includes('=') : op.startsWith(rank > bound ? '>' : '<');
  return new Set([...LEVELS.keys()].filter(holds));
}

/** Where a record's event time comes from. */
export const TIME_KINDS = ['own', 'inherited', 'observed'] as const;
/**
 * `own`: read from the line; `inherited`: the previous line's of the same source; `observed`: the collector's
 * clock when it read the bytes, where the source has shown no timestamp yet.
 */
export type TimeKind = (typeof TIME_KINDS)[number];

/** Bits of a record's `flags` column. */
export const RecordFlag = {
  /** Belongs to the record above it (stack trace, wrapped message). */
  continuation: 1,
  /** A piece of a line longer than the limit that does not end here; the next record goes on. */
  cut: 2,
  /** The last line of its file, still without a newline; completed in place later. */
  partial: 4,
  /** Held carriage returns (a progress bar): the last state is the message. */
  carriageReturn: 8,
  ansi: 16,
  nul: 32,
  invalidUtf8: 64,
  /** The timestamp carried no zone or no year; both were assumed. */
  timeAssumed: 128,
  /** Came inside of another program's line (envelope.ts); the text is what was inside. */
  enveloped: 256,
} as const;

/** Of an enveloped line: the stream the program wrote it to, where the envelope tells. */
export const StreamFlag = { stdout: 512, stderr: 1024 } as const;

/** Of other lines the same bits tell the encoding: an index into ENCODINGS, 0 for UTF-8. */
export const ENCODING_SHIFT = 9;

/** Flags of lines whose shown text isn't their bytes. */
export const ALTERED =
  RecordFlag.ansi |
  RecordFlag.nul |
  RecordFlag.carriageReturn |
  RecordFlag.enveloped |
  (0x7f << ENCODING_SHIFT);
