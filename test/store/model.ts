import { Buffer } from 'node:buffer';
import type { LogRow } from '../../src/model/log-row.js';
import { LEVELS, SIGNAL_CLASSES, TIME_KINDS } from '../../src/model/vocabulary.js';
import type { Query } from '../../src/query/ast.js';
import { RowMatcher } from '../../src/query/matcher.js';
import type { HistogramRequest, SearchRequest, SourceAppend } from '../../src/store/store.js';

/** A store as plain as can be: a list of rows, filtered by the reference matcher. What the real ones must equal. */
export class ModelStore {
  private complete: LogRow[] = [];
  private readonly open = new Map<string, LogRow>();

  append(appends: SourceAppend[], seq: number): void {
    for (const { source, records, observedAt, ingestedAt } of appends) {
      if (!records) continue;
      this.open.delete(source.id);
      for (let i = 0; i < records.count; i++) {
        const from = records.starts[i]!;
        const to = records.starts[i + 1]!;
        const finding = records.findings.get(i);
        const row: LogRow = {
          id: `${source.id}:${records.base + from}`,
          seq,
          time: records.times[i]!,
          timeKind: TIME_KINDS[records.timeKinds[i]!]!,
          observedAt,
          ingestedAt,
          agent: source.agent,
          host: source.host,
          path: source.path,
          source: source.id,
          offset: records.base + from,
          length: to - from,
          level: LEVELS[records.levels[i]!]!,
          class: SIGNAL_CLASSES[records.classes[i]!]!,
          ...(finding ? { rule: finding.rule } : {}),
          ...(finding?.event ? { event: finding.event } : {}),
          flags: records.flags[i]!,
          raw: Buffer.from(records.bytes.subarray(from, to))
            .toString('utf8')
            .replace(/\r*\n?$/, ''),
        };
        if (records.flags[i]! & 4) this.open.set(source.id, row);
        else this.complete.push(row);
      }
    }
  }

  rows(): LogRow[] {
    return [...this.complete, ...this.open.values()];
  }

  search(request: SearchRequest): LogRow[] {
    const { from = -Infinity, to = Infinity, order, limit, afterSeq = -1 } = request;
    const rows = this.matching(request.query).filter(
      row => row.time >= from && row.time < to && row.seq > afterSeq,
    );
    rows.sort(inOrder);
    return (order === 'newest' ? rows.reverse() : rows).slice(0, limit);
  }

  histogram(request: HistogramRequest): Map<string, number[]> {
    const { from, to, interval, by } = request;
    const series = new Map<string, number[]>();
    for (const row of this.matching(request.query)) {
      if (row.time < from || row.time >= to) continue;
      const key = by ? row[by] : '';
      const counts = series.get(key) ?? new Array<number>(Math.ceil((to - from) / interval)).fill(0);
      counts[Math.floor((row.time - from) / interval)]!++;
      series.set(key, counts);
    }
    return series;
  }

  context(source: string, offset: number, before: number, after: number): LogRow[] {
    const rows = this.rows()
      .filter(row => row.source === source)
      .sort((a, b) => a.offset - b.offset);
    const at = rows.findIndex(row => row.offset === offset);
    return rows.slice(Math.max(0, at - before), at + after + 1);
  }

  private matching(query: Query): LogRow[] {
    const matcher = new RowMatcher(query);
    return this.rows().filter(row => matcher.matchesRow(row));
  }
}

function inOrder(a: LogRow, b: LogRow): number {
  if (a.time !== b.time) return a.time - b.time;
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.offset - b.offset;
}
