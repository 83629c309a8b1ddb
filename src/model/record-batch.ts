import type { Finding } from './finding.js';

/**
 * The lines of one range of one source, as columns: they cross threads without copying (transfer the buffers) and
 * cost no object a line. Index i is the i-th line in file order.
 */
export interface RecordBatch {
  /** The raw bytes the columns point into: the open line's bytes held back earlier, then the range's. */
  bytes: Uint8Array;
  /** Offset in the source of `bytes[0]`. */
  base: number;
  count: number;
  /** Start of each line in `bytes`; `starts[count]` is one past the last line's end. Ends include the newline. */
  starts: Uint32Array;
  /** Event time, ms since the epoch with fraction. */
  times: Float64Array;
  /** Index into TIME_KINDS. */
  timeKinds: Uint8Array;
  /** Index into LEVELS. */
  levels: Uint8Array;
  /** Index into SIGNAL_CLASSES. */
  classes: Uint8Array;
  /** Bits of RecordFlag. */
  flags: Uint16Array;
  /** What detection found, sparse: line index → finding. Lines with neither signal nor event are absent. */
  findings: Map<number, Finding>;
  /** The whole batch in one stretch of memory (packed.ts), of which the columns are views; absent where it was not packed. */
  packed?: Uint8Array;
}
