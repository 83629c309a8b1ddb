import type { Mark } from '../../model/finding.js';
import { RecordFlag } from '../../model/vocabulary.js';
import { DeadairError } from '../../platform/errors.js';
import type { SourceAppend } from '../store.js';
import type { BulkLine, BulkLines } from './bulk-lines.js';
import { type GapDocument, gapDocument } from './gaps.js';
import { type LineDocument, LineWriter, markOf, type RunOf } from './line-document.js';
import type { SourceDocument, SourceEntry } from './positions.js';

/** What one source's appends come to: lines to create, and the document that acknowledges them. */
export interface SourcePlan {
  /** As it stands now; undefined for a source that is not known yet. */
  before: SourceEntry | undefined;
  /** The document a claim is written on. */
  initial: SourceDocument;
  /** As it will stand. */
  after: SourceDocument;
  lines: BulkLine[];
  gaps: GapDocument[];
  /** Of the lines: those that mean something. */
  marks: Mark[];
  /** No line of this plan, or of an attempt before it that broke off, begins earlier. */
  start: number;
}

/**
 * Checks that an append goes on where the source stands.
 * @param position undefined for a source that is not known yet
 * @throws DeadairError `conflict`
 */
export function checkPosition(append: SourceAppend, position: number | undefined): void {
  const expected = position ?? append.source.start ?? append.from;
  if (append.from === expected && append.to >= append.from) return;
  throw new DeadairError(
    'conflict',
    `Source ${append.source.id} (${append.source.path}) stands at byte ${expected}; a range from ${append.from} to ${append.to} can't be stored: send from there.`,
    { subject: append.source.path },
  );
}

/** A plan that changes nothing yet. */
export function emptyPlan(append: SourceAppend, before: SourceEntry | undefined): SourcePlan {
  const { source, from, ingestedAt } = append;
  const known = before?.document;
  const after: SourceDocument = known
    ? { ...known, state: { ...known.state, rest: { ...known.state.rest } } }
    : {
        state: {
          id: source.id,
          agent: source.agent,
          host: source.host,
          position: from,
          seq: 0,
          lines: 0,
          lastIngestedAt: ingestedAt,
          rest: { descriptor: source, firstSeenAt: ingestedAt },
        },
      };
  const start = known ? (known.state.rest.open?.from ?? known.state.position) : from;
  const initial = known ?? { state: { ...after.state } };
  return { before, initial, after, lines: [], gaps: [], marks: [], start };
}

/**
 * Adds an append to its source's plan.
 * @param into where its lines are written
 * @param runOf the run a line belongs to
 * @returns lines that are complete by it
 */
export function extend(
  plan: SourcePlan,
  append: SourceAppend,
  seq: number,
  into: BulkLines,
  runOf?: RunOf,
): number {
  const before = plan.lines.length;
  const { source, to, observedAt, ingestedAt, records, program, gap, end } = append;
  const { state } = plan.after;
  settleOpenLine(plan, append, into);
  if (records) {
    const writer = new LineWriter(records, { source, seq, observedAt, ingestedAt }, runOf, program);
    const { count, flags, starts, bytes } = records;
    const partial = count > 0 && (flags[count - 1]! & RecordFlag.partial) !== 0;
    const whole = partial ? count - 1 : count;
    for (let i = 0; i < whole; i++) {
      const json = writer.json(i);
      plan.lines.push(into.add(writer.id(i), json));
      if (records.findings.has(i)) plan.marks.push(markOf(JSON.parse(json) as LineDocument));
    }
    const openStart = starts[whole]!;
    if (bytes.length > openStart) {
      state.rest.open = {
        from: records.base + openStart,
        bytes: Buffer.from(bytes.subarray(openStart)).toString('base64'),
      };
      if (partial) Object.assign(plan.after, JSON.parse(writer.json(whole)) as LineDocument);
      // The generation ends here: its last line will never be completed.
      if (end) settleOpenLine(plan, { ...append, records: undefined as never }, into);
    }
  }
  if (gap)
    plan.gaps.push(
      gapDocument({
        source: source.id,
        agent: source.agent,
        host: source.host,
        path: source.path,
        ...gap,
        at: ingestedAt,
      }),
    );
  const added = plan.lines.length - before;
  state.agent = source.agent;
  state.host = source.host;
  state.position = to;
  state.seq = seq;
  state.lines += added;
  state.lastIngestedAt = ingestedAt;
  if (records) state.observedAt = observedAt;
  state.rest.descriptor = source;
  if (append.tail) state.rest.tail = append.tail;
  if (append.parserState !== undefined) state.rest.parserState = append.parserState;
  if (end) state.rest.ended = end;
  return added;
}

/**
 * An earlier open line is replaced when the batch begins with it, and becomes a line of its own when nothing can
 * complete it any more: after a gap, at the end, or when the batch begins past it.
 */
function settleOpenLine(plan: SourcePlan, { records, gap, end }: SourceAppend, into: BulkLines): void {
  const { open } = plan.after.state.rest;
  if (!open) return;
  const replaced = records !== undefined && records.base <= open.from;
  if (!replaced && !records && !gap && !end) return;
  const { state, ...line } = plan.after;
  // Bytes the parser had not made a line of have nothing to show.
  if (!replaced && line.deadair) {
    plan.lines.push(into.add(`${line.deadair.source}:${line.deadair.offset}`, JSON.stringify(line)));
    if (line.deadair.rule !== undefined) plan.marks.push(markOf(line as LineDocument));
  }
  delete state.rest.open;
  plan.after = { state };
}
