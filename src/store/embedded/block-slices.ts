import type { UnpackedBatch } from '../../records/packed.js';

export const BLOCK_LINES = 8192;
export const BLOCK_BYTES = 4 * 1024 * 1024;

/** A run of lines of one hot batch. */
export interface Slice {
  origin: number;
  seq: number;
  body: UnpackedBatch;
  from: number;
  to: number;
}

/** Cuts batches, in the order they came, into slices of about BLOCK_LINES lines: one list a block. */
export function cutBlocks(batches: { origin: number; seq: number; body: UnpackedBatch }[]): Slice[][] {
  const total = batches.reduce((sum, batch) => sum + batch.body.count, 0);
  const target = Math.ceil(total / Math.max(1, Math.round(total / BLOCK_LINES)));
  const blocks: Slice[][] = [];
  let current: Slice[] = [];
  let lines = 0;
  let bytes = 0;
  for (const { origin, seq, body } of batches) {
    for (let from = 0; from < body.count; ) {
      let to = from;
      while (to < body.count && lines < target && (bytes < BLOCK_BYTES || lines === 0)) {
        bytes += body.starts[to + 1]! - body.starts[to]!;
        to++;
        lines++;
      }
      if (to > from) current.push({ origin, seq, body, from, to });
      from = to;
      if (lines >= target || bytes >= BLOCK_BYTES) {
        blocks.push(current);
        current = [];
        lines = 0;
        bytes = 0;
      }
    }
  }
  if (current.length > 0) blocks.push(current);
  return blocks;
}

/** Where each file's lines in this block begin and end. */
export function spansOf(ordered: Slice[]): { origin: number; start: number; end: number }[] {
  const spans: { origin: number; start: number; end: number }[] = [];
  for (const { origin, body, from, to } of ordered) {
    const start = body.base + body.starts[from]!;
    const end = body.base + body.starts[to]!;
    const last = spans.at(-1);
    if (last?.origin === origin) last.end = Math.max(last.end, end);
    else spans.push({ origin, start, end });
  }
  return spans;
}
