import type { LogRow } from '../../model/log-row.js';
import type { Query } from '../../query/ast.js';
import { RowMatcher } from '../../query/matcher.js';
import type { SearchRequest } from '../store.js';
import { compareKeys, type SortKey } from './cursor.js';
import { microTime } from './line-document.js';

export interface KeyedRow {
  row: LogRow;
  key: SortKey;
}

/** A search's answer out of rows that lie here, in its order. */
export interface RowsWanted extends Partial<Pick<SearchRequest, 'from' | 'to' | 'order' | 'afterSeq'>> {
  /** Only what comes after this key. */
  after?: SortKey | undefined;
}

/** Those of `rows` that a search wants, in its order. */
export function rowsWanted(rows: readonly LogRow[], query: Query, wanted: RowsWanted): KeyedRow[] {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, order, afterSeq, after } = wanted;
  const turn = order === 'newest' ? -1 : 1;
  const matcher = new RowMatcher(query);
  return rows
    .filter(row => row.time >= from && row.time < to && (afterSeq === undefined || row.seq > afterSeq))
    .filter(row => matcher.matchesRow(row))
    .map((row): KeyedRow => ({ row, key: [microTime(row.time), row.source, row.offset] }))
    .filter(({ key }) => after === undefined || turn * compareKeys(key, after) > 0)
    .sort((a, b) => turn * compareKeys(a.key, b.key));
}

/** Open lines that lie here, to be put among the lines that a server gives in the same order. */
export class OpenLines {
  private readonly waiting: KeyedRow[];
  private readonly turn: 1 | -1;

  constructor(rows: readonly LogRow[] | undefined, query: Query, wanted: RowsWanted) {
    this.waiting = rows && rows.length > 0 ? rowsWanted(rows, query, wanted) : [];
    this.turn = wanted.order === 'newest' ? -1 : 1;
  }

  /** Those that come before a line of the server; one that has become this line is left out. */
  *before(key: SortKey, id: string): Generator<KeyedRow> {
    while (this.waiting.length > 0 && this.turn * compareKeys(this.waiting[0]!.key, key) <= 0) {
      const next = this.waiting.shift()!;
      if (next.row.id !== id) yield next;
    }
  }

  rest(): KeyedRow[] {
    return this.waiting.splice(0);
  }
}
