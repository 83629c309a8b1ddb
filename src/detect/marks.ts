import type { Mark } from '../model/finding.js';
import type { RecordBatch } from '../model/record-batch.js';
import { TIME_KINDS } from '../model/vocabulary.js';
import { BatchText } from '../records/batch-text.js';

/** Where a batch comes from. */
export interface MarkOrigin {
  agent: string;
  host: string;
  path: string;
  source: string;
  observedAt: number;
  ingestedAt: number;
  /** The store's commit sequence. */
  seq: number;
}

/** As much of a line as a mark keeps, in characters. */
const LONGEST_TEXT = 2048;

/** The marks of a scanned batch: its lines that mean something, in order. */
export function marksOf(batch: RecordBatch, origin: MarkOrigin): Mark[] {
  const marks: Mark[] = [];
  const text = new BatchText(batch);
  for (const [line, finding] of batch.findings) {
    marks.push({
      ...finding,
      ...origin,
      offset: text.offset(line),
      time: batch.times[line] ?? origin.observedAt,
      timeKind: TIME_KINDS[batch.timeKinds[line] ?? 0] ?? 'own',
      level: batch.levels[line] ?? 0,
      text: text.message(line).slice(0, LONGEST_TEXT),
    });
  }
  return marks.sort((a, b) => a.offset - b.offset);
}
