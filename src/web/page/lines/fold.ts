import type { LineRecord } from '../api/types.js';

/** One row of the list: a line, and what is folded under it. */
export interface Row {
  key: string;
  record: LineRecord;
  /** Lines of the same file that belong to it (a stack trace), in the file's order. */
  trace: LineRecord[];
  /** Lines of the same shape right beside it, in the list's order; the record is the first of them. */
  repeats: LineRecord[];
  /** Lines were left out before it (live, faster than can be shown). */
  gap: boolean;
}

/** So many alike in a row are told as one. */
const LEAST_REPEATS = 3;

/**
 * The list's rows of its lines.
 * @param records in the list's order
 * @param gaps ids of lines before which some were left out
 */
export function rowsOf(
  records: readonly LineRecord[],
  order: 'newest' | 'oldest',
  fold: boolean,
  gaps: ReadonlySet<string>,
): Row[] {
  const plain = (record: LineRecord): Row => ({
    key: record.event.id,
    record,
    trace: [],
    repeats: [],
    gap: gaps.has(record.event.id),
  });
  if (!fold) return records.map(plain);
  return withRepeats(withTraces(records, order, plain));
}

/** Continuation lines go under the line above them in their file, wherever other hosts' lines stand between. */
function withTraces(
  records: readonly LineRecord[],
  order: 'newest' | 'oldest',
  plain: (record: LineRecord) => Row,
): Row[] {
  const rows: Row[] = [];
  /** Oldest first: the row each file's next continuation belongs to. */
  const heads = new Map<string, Row>();
  /** Newest first: continuations whose head is still to come. */
  const waiting = new Map<string, { at: number; lines: LineRecord[] }>();
  for (const record of records) {
    const { source } = record.deadair;
    const continues = record.deadair.flags?.includes('continuation') ?? false;
    if (order === 'oldest') {
      const head = heads.get(source);
      if (continues && head) head.trace.push(record);
      else {
        const row = plain(record);
        heads.set(source, row);
        rows.push(row);
      }
      continue;
    }
    const open = waiting.get(source);
    if (continues) {
      if (open) open.lines.push(record);
      else waiting.set(source, { at: rows.length, lines: [record] });
      continue;
    }
    const row = plain(record);
    if (open) {
      row.trace = open.lines.reverse();
      waiting.delete(source);
    }
    rows.push(row);
  }
  // A trace whose head is not loaded yet shows as lines where it stands.
  const late = [...waiting.values()].sort((a, b) => b.at - a.at);
  for (const { at, lines } of late) rows.splice(at, 0, ...lines.map(plain));
  return rows;
}

function withRepeats(rows: Row[]): Row[] {
  const out: Row[] = [];
  for (let i = 0; i < rows.length; ) {
    const row = rows[i]!;
    let end = i + 1;
    if (row.trace.length === 0) {
      const shape = shapeOf(row.record);
      while (end < rows.length && rows[end]!.trace.length === 0 && shapeOf(rows[end]!.record) === shape)
        end++;
    }
    if (end - i >= LEAST_REPEATS)
      out.push({ ...row, repeats: rows.slice(i + 1, end).map(one => one.record) });
    else out.push(...rows.slice(i, end));
    i = end;
  }
  return out;
}

const shapes = new WeakMap<LineRecord, string>();

/** Lines that differ in numbers only have the same shape, if they are of one host and level. */
function shapeOf(record: LineRecord): string {
  let shape = shapes.get(record);
  if (shape === undefined) {
    const text = record.message.slice(0, 300).replace(/0x[0-9a-f]+|[0-9a-f]{8,}|\d+(\.\d+)?/gi, '#');
    shape = `${record.agent.id} ${record.log.level ?? ''} ${record.deadair.class} ${text}`;
    shapes.set(record, shape);
  }
  return shape;
}
