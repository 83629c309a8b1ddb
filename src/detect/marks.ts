import type { Finding, Mark } from '../model/finding.js';
import type { MarkPacker } from '../model/mark-pack.js';
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
/** And as much as a judge reads of it. */
const TOLD_TEXT = 512;

/**
 * Equal complaints of one second that are told one by one; more of them say nothing new. As many as a judge keeps of a trouble
 * (incidents/network.ts), so that incidents are the same as if all had been told.
 */
const EQUAL_TOLD = 21;

/** The marks of a scanned batch: its lines that mean something, in order. */
export function marksOf(batch: RecordBatch, origin: MarkOrigin): Mark[] {
  const text = new BatchText(batch);
  return linesOf(batch).map(line => ({
    ...batch.findings.get(line)!,
    ...origin,
    ...lineOf(text, line, origin, LONGEST_TEXT),
  }));
}

/**
 * Packs them for a judge that is told of storms: a host that lost its peer writes the same complaint thousands of times a second.
 * Of equal ones (rule, peer, level, second) the first are told one by one, and the latest says how many more there were.
 * @param left a line that is left out
 */
export function tellMarks(batch: RecordBatch, origin: MarkOrigin, into: MarkPacker, left = -1): void {
  const text = new BatchText(batch);
  const equal = new Map<string, { told: number; last: number; more: number }>();
  into.from(origin);
  for (const line of linesOf(batch)) {
    if (line === left) continue;
    const finding = batch.findings.get(line)!;
    const key = complaintOf(finding, batch, line);
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
    into.add(finding, lineOf(text, line, origin, TOLD_TEXT));
  }
  for (const { last, more } of equal.values())
    if (more > 0) into.add(batch.findings.get(last)!, lineOf(text, last, origin, TOLD_TEXT), more);
}

/** What makes a complaint equal to another; undefined for what is told in any case. */
function complaintOf(finding: Finding, batch: RecordBatch, line: number): string | undefined {
  const { class: kind, rule, event, about, fields } = finding;
  if (event !== undefined || kind === 'recovered') return undefined;
  const whom = fields
    ? `${fields.agent} ${fields.address} ${fields.host} ${fields.port} ${about}`
    : (about ?? '');
  return `${rule} ${batch.levels[line]} ${Math.floor(batch.times[line]! / 1000)} ${whom}`;
}

function linesOf({ findings }: RecordBatch): number[] {
  return [...findings.keys()].sort((a, b) => a - b);
}

function lineOf(text: BatchText, line: number, origin: MarkOrigin, longest: number) {
  const { batch } = text;
  return {
    offset: text.offset(line),
    time: batch.times[line] ?? origin.observedAt,
    timeKind: TIME_KINDS[batch.timeKinds[line] ?? 0] ?? 'own',
    level: batch.levels[line] ?? 0,
    text: (batch.findings.get(line)?.fields?.said ?? text.message(line)).slice(0, longest),
  };
}
