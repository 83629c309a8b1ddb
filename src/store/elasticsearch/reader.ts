import type { Mark } from '../../model/finding.js';
import type { LogRow } from '../../model/log-row.js';
import type {
  ContextPage,
  ContextRequest,
  Histogram,
  HistogramRequest,
  MarksRequest,
  SearchPage,
  SearchRequest,
  StoreTally,
  TallyRequest,
} from '../store.js';
import { encodeCursor, type SortKey } from './cursor.js';
import { HistogramReader } from './histogram-reader.js';
import { MAX_ROWS, type ReaderDeps } from './hits.js';
import { rowOf, timeOf } from './line-document.js';
import { LineRequests } from './line-requests.js';
import { LineScan, type Look } from './line-scan.js';
import { MarkReader } from './mark-reader.js';
import type { Dsl } from './query-dsl.js';
import { TallyReader } from './tally-reader.js';

/** Answers questions about lines: of the data stream, of those set aside, and the open lines of the sources. */
export class LineReader {
  private readonly requests: LineRequests;
  private readonly scan: LineScan;
  private readonly counts: HistogramReader;
  private readonly kinds: TallyReader;
  private readonly marksOf: MarkReader;

  constructor(private readonly deps: ReaderDeps) {
    this.requests = new LineRequests(deps);
    this.scan = new LineScan(deps, this.requests);
    this.counts = new HistogramReader(deps, this.requests, this.scan);
    this.kinds = new TallyReader(deps, this.requests, this.scan);
    this.marksOf = new MarkReader(deps, body => this.requests.ask(body));
  }

  async search(request: SearchRequest, abort?: AbortSignal): Promise<SearchPage> {
    const limit = Math.max(1, Math.min(request.limit, MAX_ROWS));
    const look: Look = {};
    const rows: LogRow[] = [];
    let last: SortKey | undefined;
    for await (const { row, key } of this.scan.rows(request, look, { page: limit, abort })) {
      // One more than asked for tells whether there is another page.
      if (rows.length === limit) return { rows, cursor: encodeCursor(last!) };
      rows.push(row);
      last = key;
    }
    if (look.stoppedAt === undefined) return { rows };
    return { rows, cursor: encodeCursor(look.stoppedAt), lookedTo: timeOf(look.stoppedAt[0]) };
  }

  histogram(request: HistogramRequest, abort?: AbortSignal): Promise<Histogram> {
    return this.counts.read(request, abort);
  }

  tally(request: TallyRequest, abort?: AbortSignal): Promise<StoreTally> {
    return this.kinds.read(request, abort);
  }

  async context(request: ContextRequest, abort?: AbortSignal): Promise<ContextPage> {
    const { source, offset, before, after } = request;
    const side = async (range: Dsl, order: 'asc' | 'desc', size: number) =>
      size === 0
        ? []
        : (
            await this.requests.hits(
              {
                size,
                query: {
                  bool: {
                    filter: [{ term: { 'deadair.source': source } }, { range: { 'deadair.offset': range } }],
                  },
                },
                sort: [{ 'deadair.offset': { order, unmapped_type: 'long' } }],
              },
              abort,
            )
          ).map(hit => rowOf(hit._source));
    // The line that holds the byte: the last one that begins at or before it.
    const upTo = unique(await side({ lte: offset }, 'desc', Math.min(before + 1, MAX_ROWS))).reverse();
    const rest = upTo.length === 0 ? after + 1 : after;
    const beyond = unique(await side({ gt: offset }, 'asc', Math.min(rest, MAX_ROWS)));
    const rows = [...upTo, ...beyond];
    const open = this.deps.openLines?.().find(row => row.source === source);
    // The last line of its source, where there is still room for one.
    if (open && beyond.length < rest && !rows.some(row => row.offset === open.offset)) rows.push(open);
    const at = rows.findIndex(row => row.offset === offset);
    return { rows, at };
  }

  /** @param upTo newest commit whose marks are wanted */
  marks(request: MarksRequest, upTo?: number): Promise<Mark[]> {
    return this.marksOf.read(request, upTo);
  }
}

/** Lines of one source in order: what stands in two places at once counts once. */
function unique(rows: LogRow[]): LogRow[] {
  return rows.filter((row, i) => row.offset !== rows[i - 1]?.offset);
}
