import type { Finding } from '../../model/finding.js';
import { ALTERED, RecordFlag } from '../../model/vocabulary.js';
import { isPlain, loggedText, shownBytes } from '../../records/logged.js';
import { searchedBytes } from '../../records/states.js';
import { displayBytes, displayText } from '../../records/text.js';
import { lineEnd } from './line-end.js';
import type { ShapeSieve } from './text/shape-sieve.js';

/** What is scanned as one piece: a sealed block, or a batch that is still hot. Lines are numbered within the unit. */
export interface Unit {
  /** Tells units apart, for caches. */
  readonly key: string;
  /** Least and greatest event time. */
  readonly t0: number;
  readonly t1: number;
  readonly seq0: number;
  readonly seq1: number;
  readonly lines: number;
  readonly chunks: ChunkInfo[];
  readonly pieces: Pieces;
  columns(): Columns;
  chunk(index: number): Chunk;
  /** What is said of a chunk's lines by their shapes (a Verdict each); undefined where shapes don't tell, or there are none. */
  verdicts(index: number, sieve: ShapeSieve): Uint8Array | undefined;
  /**
   * For a look that will mostly be in vain: the chunk is good until `letGo`, unless `chunk` was asked for it, too.
   * @param verdicts of its lines: those of which it does not say MAYBE may be empty
   */
  peek(index: number, verdicts?: Uint8Array): Chunk;
  letGo(index: number): void;
  findings(): Map<number, Finding>;
}

export interface ChunkInfo {
  line0: number;
  lines: number;
  /** Bytes as stored. */
  rawLength: number;
  t0: number;
  t1: number;
  /** Bit per level and per class that occurs. */
  levels: number;
  classes: number;
}

/** A class column's bit for "has a finding" (in the findings of the unit). */
export const FOUND = 0x80;

export interface Columns {
  times: Float64Array;
  timeKinds: Uint8Array;
  levels: Uint8Array;
  /** With the FOUND bit. */
  classes: Uint8Array;
  flags: Uint16Array;
}

/** Runs of lines of one origin that lie side by side in its file; none crosses a chunk. */
export interface Pieces {
  count: number;
  line0: Uint32Array;
  origin: Uint32Array;
  /** Offset in the source of the first line. */
  base: Float64Array;
  seq: Float64Array;
  observedAt: Float64Array;
  ingestedAt: Float64Array;
}

/** The text of some lines. `text` is what is searched: as displayed, and states that were written over; `raw` is what was stored. */
export interface Chunk {
  readonly raw: Buffer;
  readonly rawStarts: Uint32Array;
  readonly text: Buffer;
  readonly starts: Uint32Array;
}

const NEWLINE = 10;

const MARK_TEXT = 2048;

/** A line as its mark shows it: displayed form, or the state that the finding is about; at most 2 KiB. */
export function markText(
  bytes: Uint8Array,
  start: number,
  end: number,
  flags: number,
  finding: Finding,
): string {
  const { said } = finding.fields ?? {};
  if (said !== undefined) return said;
  return displayText(loggedText(bytes, start, lineEnd(bytes, start, end), flags)).slice(0, MARK_TEXT);
}

/** Whether some of these lines is displayed otherwise than its bytes say. */
export function isRewritten(flags: Uint16Array): boolean {
  for (let i = 0; i < flags.length; i++) if ((flags[i]! & ALTERED) !== 0) return true;
  return false;
}

/** @param flags of the chunk's lines */
export function makeChunk(raw: Buffer, rawStarts: Uint32Array, flags: Uint16Array): Chunk {
  return { raw, rawStarts, ...searched(raw, rawStarts, flags) };
}

/** The lines as they are searched: what is never shown is not found either. The raw ones where nothing is hidden. */
export function searched(
  raw: Buffer,
  rawStarts: Uint32Array,
  flags: Uint16Array,
): { text: Buffer; starts: Uint32Array } {
  if (!isRewritten(flags)) return { text: raw, starts: rawStarts };
  let text = Buffer.allocUnsafeSlow(raw.length + flags.length);
  const starts = new Uint32Array(flags.length + 1);
  let at = 0;
  for (let i = 0; i < flags.length; i++) {
    starts[i] = at;
    const from = rawStarts[i]!;
    const to = lineEnd(raw, from, rawStarts[i + 1]!);
    if ((flags[i]! & ALTERED) === 0) {
      text.set(raw.subarray(from, to), at);
      at += to - from;
    } else if (isPlain(flags[i]!) && (flags[i]! & RecordFlag.carriageReturn) === 0)
      at += displayBytes(raw, from, to, text.subarray(at, at + (to - from)));
    else {
      const hidesStates = (flags[i]! & RecordFlag.carriageReturn) !== 0;
      const shown = (hidesStates ? searchedBytes : shownBytes)(raw, from, to, flags[i]!);
      // What one byte of an old encoding stood for may take three in UTF-8.
      const needed = at + shown.length + raw.length - to + flags.length - i;
      if (needed > text.length) text = Buffer.concat([text.subarray(0, at)], needed * 2);
      text.set(shown, at);
      at += shown.length;
    }
    text[at++] = NEWLINE;
  }
  starts[flags.length] = at;
  return { text: text.subarray(0, at), starts };
}

/** The piece that holds a line. */
export function pieceOf(pieces: Pieces, line: number): number {
  let low = 0;
  let high = pieces.count - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (pieces.line0[middle]! <= line) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The chunk that holds a line. */
export function chunkOf(chunks: ChunkInfo[], line: number): number {
  let low = 0;
  let high = chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (chunks[middle]!.line0 <= line) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Byte offset of a line in its source. */
export function offsetOf(unit: Unit, line: number): number {
  const piece = pieceOf(unit.pieces, line);
  const index = chunkOf(unit.chunks, line);
  const { rawStarts } = unit.chunk(index);
  const line0 = unit.chunks[index]!.line0;
  return unit.pieces.base[piece]! + rawStarts[line - line0]! - rawStarts[unit.pieces.line0[piece]! - line0]!;
}
