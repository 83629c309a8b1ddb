import type { Finding } from '../../detect/finding.js';
import { DeadairError } from '../../platform/errors.js';
import type { RecordBatch } from '../../records/batch.js';
import { RecordFlag } from '../../records/vocabulary.js';

/**
 * A batch as it lies in `hot` until it is sealed: header, columns, findings as JSON, bytes, in one buffer that the
 * main thread fills and hands over. Uncompressed: deflating it costs twice what writing it does, and sealing gives
 * its pages back within seconds.
 */
const MAGIC = 0x31_42_44_41; // "ADB1"
const HEADER = 56;

export interface BatchBody {
  count: number;
  /** Offset in the source of `bytes[0]`. */
  base: number;
  observedAt: number;
  ingestedAt: number;
  times: Float64Array;
  starts: Uint32Array;
  timeKinds: Uint8Array;
  levels: Uint8Array;
  classes: Uint8Array;
  flags: Uint8Array;
  bytes: Uint8Array;
  findings: Map<number, Finding>;
}

export interface EncodedBody {
  body: Uint8Array;
  lines: number;
  bytes: number;
}

/**
 * Memory for what one call of append encodes, in one buffer: what crosses threads costs by the buffer, and a collector that
 * follows sends a dozen lines a file.
 */
export class BodyMemory {
  private buffer: ArrayBuffer;
  private at = 0;

  constructor(batches: readonly RecordBatch[]) {
    let size = 0;
    // An open line is a body of its own.
    for (const { count, bytes } of batches) size += 2 * (HEADER + 16) + count * 16 + bytes.length;
    this.buffer = new ArrayBuffer(size);
  }

  /** `length` zeroed bytes that begin at a multiple of 8; findings may ask for more than was foreseen. */
  take(length: number): Uint8Array {
    const from = this.at;
    if (from + length > this.buffer.byteLength) return new Uint8Array(length);
    this.at = Math.ceil((from + length) / 8) * 8;
    return new Uint8Array(this.buffer, from, length);
  }
}

/** Event times are kept to the microsecond, the finest a log line carries and a double of ms since 1970 holds. */
export function toMicros(time: number): number {
  return Math.round(time * 1000);
}

/**
 * Splits a batch into what is complete and the open line: the partial last record, or bytes after the last record.
 * @returns undefined for a part that is empty
 */
export function encodeBatch(
  batch: RecordBatch,
  observedAt: number,
  ingestedAt: number,
  memory = new BodyMemory([batch]),
): { complete: EncodedBody | undefined; open: EncodedBody | undefined } {
  checkBatch(batch);
  const { count, starts, bytes } = batch;
  const partial = count > 0 && (batch.flags[count - 1]! & RecordFlag.partial) !== 0;
  const whole = partial ? count - 1 : count;
  const openStart = starts[whole]!;
  return {
    complete: whole > 0 ? encodeSlice(batch, 0, whole, openStart, observedAt, ingestedAt, memory) : undefined,
    open:
      bytes.length > openStart
        ? encodeSlice(batch, whole, count, bytes.length, observedAt, ingestedAt, memory)
        : undefined,
  };
}

function checkBatch(batch: RecordBatch): void {
  const { count, starts, bytes } = batch;
  const wrong =
    starts.length < count + 1 ||
    batch.times.length < count ||
    batch.levels.length < count ||
    batch.classes.length < count ||
    batch.flags.length < count ||
    batch.timeKinds.length < count ||
    starts[count]! > bytes.length;
  if (wrong) throw new DeadairError('internal', 'A record batch has columns shorter than its count.');
}

function encodeSlice(
  batch: RecordBatch,
  first: number,
  end: number,
  bytesEnd: number,
  observedAt: number,
  ingestedAt: number,
  memory: BodyMemory,
): EncodedBody {
  const count = end - first;
  const origin = batch.starts[first]!;
  const length = bytesEnd - origin;
  const findings: [number, Finding][] = [];
  for (const [line, finding] of batch.findings)
    if (line >= first && line < end) findings.push([line - first, finding]);
  const json = findings.length > 0 ? Buffer.from(JSON.stringify(findings)) : new Uint8Array(0);
  const columns = count * 12 + 4 + count * 4;
  const out = memory.take(HEADER + columns + json.length + length);
  const { buffer, byteOffset } = out;
  const view = new DataView(buffer, byteOffset, out.length);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, count, true);
  view.setUint32(8, length, true);
  view.setUint32(12, json.length, true);
  view.setFloat64(16, batch.base + origin, true);
  view.setFloat64(24, observedAt, true);
  view.setFloat64(32, ingestedAt, true);
  const times = new Float64Array(buffer, byteOffset + HEADER, count);
  for (let i = 0; i < count; i++) times[i] = toMicros(batch.times[first + i]!) / 1000;
  const starts = new Uint32Array(buffer, byteOffset + HEADER + count * 8, count + 1);
  for (let i = 0; i <= count; i++) starts[i] = batch.starts[first + i]! - origin;
  let at = HEADER + count * 12 + 4;
  for (const column of [batch.timeKinds, batch.levels, batch.classes, batch.flags]) {
    out.set(column.subarray(first, end), at);
    at += count;
  }
  out.set(json, at);
  out.set(batch.bytes.subarray(origin, bytesEnd), at + json.length);
  return { body: out, lines: count, bytes: length };
}

export function decodeBatch(blob: Uint8Array): BatchBody {
  // Typed arrays want their alignment; a driver's buffer may start anywhere.
  const body = blob.byteOffset % 8 === 0 ? blob : new Uint8Array(blob);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (body.length < HEADER || view.getUint32(0, true) !== MAGIC)
    throw new DeadairError('store.damaged', 'A stored batch has a wrong header.');
  const count = view.getUint32(4, true);
  const length = view.getUint32(8, true);
  const jsonLength = view.getUint32(12, true);
  const columnsAt = HEADER + count * 12 + 4;
  if (body.length !== columnsAt + count * 4 + jsonLength + length)
    throw new DeadairError('store.damaged', 'A stored batch has a wrong length.');
  const column = (index: number) => body.subarray(columnsAt + index * count, columnsAt + (index + 1) * count);
  const jsonAt = columnsAt + count * 4;
  const json = body.subarray(jsonAt, jsonAt + jsonLength);
  return {
    count,
    base: view.getFloat64(16, true),
    observedAt: view.getFloat64(24, true),
    ingestedAt: view.getFloat64(32, true),
    times: new Float64Array(body.buffer, body.byteOffset + HEADER, count),
    starts: new Uint32Array(body.buffer, body.byteOffset + HEADER + count * 8, count + 1),
    timeKinds: column(0),
    levels: column(1),
    classes: column(2),
    flags: column(3),
    bytes: body.subarray(jsonAt + jsonLength),
    findings: new Map(
      jsonLength > 0 ? (JSON.parse(Buffer.from(json).toString('utf8')) as [number, Finding][]) : [],
    ),
  };
}
