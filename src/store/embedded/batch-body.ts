import type { RecordBatch } from '../../model/record-batch.js';
import { RecordFlag } from '../../model/vocabulary.js';
import { DeadairError } from '../../platform/errors.js';
import { PackedMemory, packSlice } from '../../records/packed.js';

/** A packed batch (records/packed.ts) with what the writer counts of it. */
export interface EncodedBody {
  body: Uint8Array;
  lines: number;
  bytes: number;
}

/**
 * Splits a batch into what is complete and the open line: the partial last record, or bytes after the last record.
 * @returns undefined for a part that is empty
 */
export function encodeBatch(
  batch: RecordBatch,
  observedAt: number,
  ingestedAt: number,
  memory = new PackedMemory([batch]),
): { complete: EncodedBody | undefined; open: EncodedBody | undefined } {
  checkBatch(batch);
  const { count, starts, bytes, packed } = batch;
  if (packed) return { complete: { body: packed, lines: count, bytes: bytes.length }, open: undefined };
  const partial = count > 0 && (batch.flags[count - 1]! & RecordFlag.partial) !== 0;
  const whole = partial ? count - 1 : count;
  const openStart = starts[whole]!;
  const part = (first: number, end: number, to: number): EncodedBody => ({
    body: packSlice(batch, first, end, to, observedAt, ingestedAt, memory),
    lines: end - first,
    bytes: to - starts[first]!,
  });
  return {
    complete: whole > 0 ? part(0, whole, openStart) : undefined,
    open: bytes.length > openStart ? part(whole, count, bytes.length) : undefined,
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
