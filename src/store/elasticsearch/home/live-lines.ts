import type { LogRow } from '../../../model/log-row.js';
import type { SearchPage, SearchRequest } from '../../store.js';
import type { BulkLine } from '../bulk-lines.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { type LineDocument, rowOf } from '../line-document.js';
import { rowsWanted } from '../open-lines.js';

interface Commit {
  /** Of commits (from, to]. */
  from: number;
  to: number;
  lines: readonly BulkLine[];
  rows?: LogRow[];
}

/** So much is kept for those who follow; who is further behind is answered by Elasticsearch. */
const KEPT_LINES = 50_000;
const KEPT_BYTES = 32 * 1024 * 1024;

/**
 * The lines of the last commits while somebody follows, as they were sent to Elasticsearch: a live tail need not wait until they
 * can be searched there.
 */
export class LiveLines {
  private commits: Commit[] = [];
  private lines = 0;
  private bytes = 0;
  private followers = 0;
  /** All lines of later commits are here. */
  private floor = Number.POSITIVE_INFINITY;

  /** @param openLines lines that are still being written. @param newest the newest commit now */
  constructor(
    private readonly openLines: () => readonly LogRow[],
    private readonly newest: () => number,
  ) {}

  follow(): void {
    if (this.followers++ === 0) this.floor = this.newest();
  }

  leave(): void {
    if (--this.followers > 0) return;
    this.commits = [];
    this.lines = 0;
    this.bytes = 0;
    this.floor = Number.POSITIVE_INFINITY;
  }

  /** Lines of commits (from, to] that are stored. */
  stored(lines: readonly BulkLine[], from: number, to: number): void {
    if (this.followers === 0) return;
    this.commits.push({ from, to, lines });
    this.count(lines, 1);
    while (this.commits.length > 1 && (this.lines > KEPT_LINES || this.bytes > KEPT_BYTES)) {
      const gone = this.commits.shift()!;
      this.count(gone.lines, -1);
      this.floor = gone.to;
    }
  }

  /** @returns undefined where the request goes back too far */
  search({ query, cursor, limit, ...wanted }: SearchRequest): SearchPage | undefined {
    const { afterSeq } = wanted;
    if (afterSeq === undefined || afterSeq < this.floor) return undefined;
    const rows = [...this.openLines()];
    for (const commit of this.commits) {
      if (commit.to <= afterSeq) continue;
      commit.rows ??= commit.lines.map(({ json }) => rowOf(JSON.parse(json) as LineDocument));
      for (const row of commit.rows) rows.push(row);
    }
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const found = rowsWanted(rows, query, { ...wanted, after });
    const page = found.slice(0, Math.max(1, limit));
    return {
      rows: page.map(({ row }) => row),
      ...(found.length > page.length ? { cursor: encodeCursor(page.at(-1)!.key) } : {}),
    };
  }

  private count(lines: readonly BulkLine[], sign: 1 | -1): void {
    this.lines += sign * lines.length;
    for (const { bytes } of lines) this.bytes += sign * bytes;
  }
}
