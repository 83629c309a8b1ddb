import { DeadairError } from '../../platform/errors.js';
import type { ChunkInfo, Columns, Pieces } from './unit.js';
import { ByteReader, ByteWriter } from './varint.js';

/** What a block's `head` blob says; times in microseconds inside, milliseconds outside. */
export interface BlockHead {
  /** The dictionary of shapes, and how many of them the block may name; absent in format 1, whose chunks are plain text. */
  shapes?: { dictionary: number; known: number };
  chunks: SealedChunk[];
  pieces: Pieces;
  cells: Cells;
}

export interface SealedChunk extends ChunkInfo {
  /** Format 1: some line has no newline at its end, or one inside: lengths are in the columns. */
  irregular: boolean;
  /** Some line is displayed otherwise than its bytes say (colours, progress bars). */
  rewritten: boolean;
}

/** Lines by whole minute, origin, level and class: exact histograms without looking at lines. */
export interface Cells {
  count: number;
  minute: Uint32Array;
  origin: Uint32Array;
  level: Uint8Array;
  class: Uint8Array;
  lines: Uint32Array;
}

/** 1: each chunk is a row of plain text, lengths of irregular lines stand in the columns; 2: lines by their shapes (text/). */
const HEAD_VERSION = 2;

export function encodeHead(head: BlockHead): Uint8Array {
  const writer = new ByteWriter(4096);
  writer.byte(head.shapes ? HEAD_VERSION : 1);
  if (head.shapes) {
    writer.varint(head.shapes.dictionary);
    writer.varint(head.shapes.known);
  }
  writer.varint(head.chunks.length);
  let time = 0;
  for (const chunk of head.chunks) {
    writer.varint(chunk.lines);
    writer.varint(chunk.rawLength);
    writer.byte((chunk.irregular ? 1 : 0) | (chunk.rewritten ? 2 : 0));
    const t0 = Math.round(chunk.t0 * 1000);
    writer.signed(t0 - time);
    writer.varint(Math.round(chunk.t1 * 1000) - t0);
    time = t0;
    writer.byte(chunk.levels);
    writer.byte(chunk.classes);
  }
  const { pieces, cells } = head;
  writer.varint(pieces.count);
  let seq = 0;
  let observed = 0;
  let ingested = 0;
  let base = 0;
  let origin = 0;
  for (let i = 0; i < pieces.count; i++) {
    writer.varint(pieces.line0[i]! - (i === 0 ? 0 : pieces.line0[i - 1]!));
    writer.signed(pieces.origin[i]! - origin);
    origin = pieces.origin[i]!;
    writer.signed(pieces.base[i]! - base);
    base = pieces.base[i]!;
    writer.signed(pieces.seq[i]! - seq);
    seq = pieces.seq[i]!;
    const observedMicros = Math.round(pieces.observedAt[i]! * 1000);
    writer.signed(observedMicros - observed);
    observed = observedMicros;
    const ingestedMicros = Math.round(pieces.ingestedAt[i]! * 1000);
    writer.signed(ingestedMicros - ingested);
    ingested = ingestedMicros;
  }
  writer.varint(cells.count);
  let minute = 0;
  for (let i = 0; i < cells.count; i++) {
    writer.signed(cells.minute[i]! - minute);
    minute = cells.minute[i]!;
    writer.varint(cells.origin[i]!);
    writer.byte((cells.level[i]! << 3) | cells.class[i]!);
    writer.varint(cells.lines[i]!);
  }
  return writer.done();
}

export function decodeHead(body: Uint8Array): BlockHead {
  const reader = new ByteReader(body);
  const version = reader.byte();
  if (version < 1 || version > HEAD_VERSION)
    throw new DeadairError(
      'store.version',
      `A block has format ${version}; this Deadair reads up to ${HEAD_VERSION}: use the newer Deadair that wrote it.`,
    );
  const shapes = version === 1 ? undefined : { dictionary: reader.varint(), known: reader.varint() };
  const chunks: SealedChunk[] = [];
  let line0 = 0;
  let time = 0;
  for (let left = reader.varint(); left > 0; left--) {
    const lines = reader.varint();
    const rawLength = reader.varint();
    const bits = reader.byte();
    time += reader.signed();
    const t1 = (time + reader.varint()) / 1000;
    const levels = reader.byte();
    const classes = reader.byte();
    chunks.push({
      line0,
      lines,
      rawLength,
      irregular: (bits & 1) !== 0,
      rewritten: (bits & 2) !== 0,
      t0: time / 1000,
      t1,
      levels,
      classes,
    });
    line0 += lines;
  }
  const count = reader.varint();
  const pieces = emptyPieces(count);
  let [line, origin, base, seq, observed, ingested] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    pieces.line0[i] = line += reader.varint();
    pieces.origin[i] = origin += reader.signed();
    pieces.base[i] = base += reader.signed();
    pieces.seq[i] = seq += reader.signed();
    observed += reader.signed();
    pieces.observedAt[i] = observed / 1000;
    ingested += reader.signed();
    pieces.ingestedAt[i] = ingested / 1000;
  }
  const cellCount = reader.varint();
  const cells = emptyCells(cellCount);
  let minute = 0;
  for (let i = 0; i < cellCount; i++) {
    cells.minute[i] = minute += reader.signed();
    cells.origin[i] = reader.varint();
    const pair = reader.byte();
    cells.level[i] = pair >> 3;
    cells.class[i] = pair & 7;
    cells.lines[i] = reader.varint();
  }
  return { ...(shapes ? { shapes } : {}), chunks, pieces, cells };
}

export function emptyPieces(count: number): Pieces {
  return {
    count,
    line0: new Uint32Array(count),
    origin: new Uint32Array(count),
    base: new Float64Array(count),
    seq: new Float64Array(count),
    observedAt: new Float64Array(count),
    ingestedAt: new Float64Array(count),
  };
}

export function emptyCells(count: number): Cells {
  return {
    count,
    minute: new Uint32Array(count),
    origin: new Uint32Array(count),
    level: new Uint8Array(count),
    class: new Uint8Array(count),
    lines: new Uint32Array(count),
  };
}

/** Units a piece's times may be written in, in microseconds: most files stamp whole milliseconds or seconds. */
const TIME_UNITS = [1_000_000, 1000, 1];

/** Times and small columns. */
export function encodeColumns(head: BlockHead, columns: Columns): Uint8Array {
  const lines = columns.times.length;
  const writer = new ByteWriter(lines * 4 + 64);
  const { pieces } = head;
  let previous = 0;
  for (let piece = 0; piece < pieces.count; piece++) {
    const to = piece + 1 < pieces.count ? pieces.line0[piece + 1]! : lines;
    previous = encodeTimes(writer, columns.times, pieces.line0[piece]!, to, previous);
  }
  const [low, high] = bytesOf(columns.flags);
  // The high ones last, so that blocks of versions that had eight flags are read as before.
  for (const column of [columns.timeKinds, columns.levels, columns.classes, low, high])
    encodeByteColumn(writer, column);
  return writer.done();
}

/** Of one piece. @param previous the last time of the piece before, microseconds @returns that of this one */
function encodeTimes(
  writer: ByteWriter,
  times: Float64Array,
  from: number,
  to: number,
  previous: number,
): number {
  let unit = 0;
  let scale = TIME_UNITS[unit]!;
  const micros = new Float64Array(to - from);
  for (let i = from; i < to; i++) {
    const value = Math.round(times[i]! * 1000);
    micros[i - from] = value;
    // `%` of numbers this large is a call.
    while (scale > 1 && Math.floor(value / scale) * scale !== value) scale = TIME_UNITS[++unit]!;
  }
  writer.byte(unit);
  // Rounded down to the piece's unit, so that the first difference is a whole number of it.
  let last = Math.floor(previous / scale);
  for (let i = 0; i < micros.length; i++) {
    const value = micros[i]! / scale;
    writer.signed(value - last);
    last = value;
  }
  return last * scale;
}

export interface DecodedColumns extends Columns {
  /** Lengths of irregular chunks' lines, by chunk; format 1. */
  lengths: Map<number, Uint32Array>;
}

export function decodeColumns(head: BlockHead, body: Uint8Array): DecodedColumns {
  const reader = new ByteReader(body);
  const { pieces, chunks } = head;
  const last = chunks.at(-1)!;
  const lines = last.line0 + last.lines;
  const times = new Float64Array(lines);
  let previous = 0;
  for (let piece = 0; piece < pieces.count; piece++) {
    const to = piece + 1 < pieces.count ? pieces.line0[piece + 1]! : lines;
    const scale = TIME_UNITS[reader.byte()]!;
    let value = Math.floor(previous / scale);
    // Nearly every difference takes up to three bytes: read here, not by ByteReader, whose arithmetic is for any length.
    let { at } = reader;
    for (let i = pieces.line0[piece]!; i < to; i++) {
      let difference = body[at++]!;
      if (difference > 127) {
        const second = body[at++]!;
        difference = (difference & 127) | ((second & 127) << 7);
        if (second > 127) {
          const third = body[at++]!;
          difference |= (third & 127) << 14;
          if (third > 127) {
            reader.at = at - 3;
            value += reader.signed();
            at = reader.at;
            times[i] = (value * scale) / 1000;
            continue;
          }
        }
      }
      value += (difference >>> 1) ^ -(difference & 1);
      times[i] = (value * scale) / 1000;
    }
    reader.at = at;
    previous = value * scale;
  }
  const column = () => decodeByteColumn(reader, lines);
  const [timeKinds, levels, classes] = [column(), column(), column()];
  const flags = new Uint16Array(column());
  const lengths = new Map<number, Uint32Array>();
  chunks.forEach((chunk, index) => {
    if (chunk.irregular)
      lengths.set(
        index,
        Uint32Array.from({ length: chunk.lines }, () => reader.varint()),
      );
  });
  if (reader.left > 0) {
    const high = column();
    for (let i = 0; i < lines; i++) flags[i]! |= high[i]! << 8;
  }
  return { times, timeKinds, levels, classes, flags, lengths };
}

/** The low bytes and the high ones. `Uint8Array.from` with a function takes ten times as long. */
function bytesOf(flags: Uint16Array): [low: Uint8Array, high: Uint8Array] {
  const low = new Uint8Array(flags.length);
  const high = new Uint8Array(flags.length);
  for (let i = 0; i < flags.length; i++) {
    low[i] = flags[i]!;
    high[i] = flags[i]! >> 8;
  }
  return [low, high];
}

/** One value for all lines is the usual case. */
function encodeByteColumn(writer: ByteWriter, column: Uint8Array): void {
  const first = column[0] ?? 0;
  const constant = holdsOnly(column, first);
  writer.byte(constant ? 1 : 0);
  if (constant) writer.byte(first);
  else writer.raw(column);
}

function holdsOnly(column: Uint8Array, value: number): boolean {
  for (let i = 0; i < column.length; i++) if (column[i] !== value) return false;
  return true;
}

function decodeByteColumn(reader: ByteReader, lines: number): Uint8Array {
  if (reader.byte() === 1) return new Uint8Array(lines).fill(reader.byte());
  return reader.take(lines);
}
