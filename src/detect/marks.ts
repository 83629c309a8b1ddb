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

/**
 * Equal complaints of one second that are told one by one; more of them say nothing new. As many as a judge keeps of a trouble
 * (incidents/network.ts), so that incidents are the same as if all had been told.
 */
const EQUAL_TOLD = 21;

/** The marks of a scanned batch: its lines that mean something, in order. */
export function marksOf(batch: RecordBatch, origin: MarkOrigin): Mark[] {
  const text = new BatchText(batch);
  return linesOf(batch).map(line => markOf(text, line, origin));
}

/**
 * The same for a judge that is told of storms: a host that lost its peer writes the same complaint thousands of times a second. Of
 * equal ones (rule, peer, level, second) the first are told one by one, and the latest says how many more there were.
 * @param left a line that is left out
 */
export function toldMarksOf(batch: RecordBatch, origin: MarkOrigin, left = -1): Mark[] {
  const text = new BatchText(batch);
  const equal = new Map<string, { told: number; last: number; more: number }>();
  const marks: Mark[] = [];
  for (const line of linesOf(batch)) {
    if (line === left) continue;
    const key = complaintOf(batch, line);
    if (key !== undefined) {
      const group = equal.get(key);
      if (!group) equal.set(key, { told: 1, last: -1, more: 0 });
      else if (group.told < EQUAL_TOLD) group.told++;
      else {
        if (group.more === 0 || batch.times[line]! >= batch.times[group.last]!) group.last = line;
        group.more++;
        continue;
      }
    }
    marks.push(markOf(text, line, origin));
  }
  let counted = false;
  for (const { last, more } of equal.values()) {
    if (more === 0) continue;
    counted = true;
    marks.push({ ...markOf(text, last, origin), count: more });
  }
  return counted ? marks.sort((a, b) => a.offset - b.offset) : marks;
}

/** What makes a complaint equal to another; undefined for what is told in any case. */
function complaintOf({ findings, times, levels }: RecordBatch, line: number): string | undefined {
  const { class: kind, rule, event, about, fields } = findings.get(line)!;
  if (event !== undefined || kind === 'recovered') return undefined;
  const { agent, address, host, port } = fields ?? {};
  return `${rule} ${kind} ${levels[line]} ${Math.floor(times[line]! / 1000)} ${about} ${agent} ${address} ${host} ${port}`;
}

function linesOf({ findings }: RecordBatch): number[] {
  return [...findings.keys()].sort((a, b) => a - b);
}

function markOf(text: BatchText, line: number, origin: MarkOrigin): Mark {
  const { batch } = text;
  return {
    ...batch.findings.get(line)!,
    ...origin,
    offset: text.offset(line),
    time: batch.times[line] ?? origin.observedAt,
    timeKind: TIME_KINDS[batch.timeKinds[line] ?? 0] ?? 'own',
    level: batch.levels[line] ?? 0,
    text: text.message(line).slice(0, LONGEST_TEXT),
  };
}
