import { type Client, errors } from '@elastic/elasticsearch';
import type { Mark } from '../../model/finding.js';
import type { LogRow } from '../../model/log-row.js';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import { RowMatcher } from '../../query/matcher.js';
import { splitTime } from '../../query/simplify.js';
import { durationWords } from '../../wording/duration.js';
import type {
  ContextPage,
  ContextRequest,
  Histogram,
  HistogramRequest,
  MarksRequest,
  SearchPage,
  SearchRequest,
} from '../store.js';
import { decodeCursor, encodeCursor, SORT, type SortKey } from './cursor.js';
import { asStoreError, mustBeWhole } from './errors.js';
import { type Hit, MAX_ROWS, type ReaderDeps } from './hits.js';
import { rowOf } from './line-document.js';
import { MarkReader } from './mark-reader.js';
import { type KeyedRow, OpenLines } from './open-lines.js';
import { type Dsl, timeRange, translate } from './query-dsl.js';

/** Lines fetched at once where each must be looked at here. */
const SCAN_PAGE = 2000;
const SCAN_MS = 30_000;
const MAX_BUCKETS = 20_000;
const MAX_SERIES = 10_000;

/** Answers questions about lines: of the data stream, of those set aside, and the open lines of the sources. */
export class LineReader {
  private readonly index: string;
  private readonly marksOf: MarkReader;

  constructor(private readonly deps: ReaderDeps) {
    const { lines, aside, sources } = deps.names;
    this.marksOf = new MarkReader(deps, body => this.request(body));
    this.index = deps.openLines ? `${lines},${aside}` : `${lines},${aside},${sources}`;
  }

  async search(request: SearchRequest, abort?: AbortSignal): Promise<SearchPage> {
    const limit = Math.max(1, Math.min(request.limit, MAX_ROWS));
    const scan = this.scan(request, limit, abort);
    const rows: LogRow[] = [];
    let last: SortKey | undefined;
    for await (const { row, key } of scan) {
      // One more than asked for tells whether there is another page.
      if (rows.length === limit) return { rows, cursor: encodeCursor(last!) };
      rows.push(row);
      last = key;
    }
    return { rows };
  }

  async histogram(request: HistogramRequest, abort?: AbortSignal): Promise<Histogram> {
    const { from, to, interval, by } = request;
    if (!(interval >= 1000) || !Number.isFinite(from) || !Number.isFinite(to))
      throw new DeadairError(
        'request.invalid',
        'A histogram wants from, to and an interval of at least 1,000 ms.',
        { subject: 'interval' },
      );
    const buckets = Math.max(0, Math.ceil((to - from) / interval));
    if (buckets > MAX_BUCKETS)
      throw new DeadairError(
        'request.invalid',
        `The histogram would have ${buckets} buckets; at most ${MAX_BUCKETS}: choose a wider interval.`,
        { subject: 'interval' },
      );
    const series = new Map<string, number[]>();
    const add = (key: string, time: number, count: number) => {
      let counts = series.get(key);
      if (!counts) {
        counts = new Array<number>(buckets).fill(0);
        series.set(key, counts);
      }
      counts[Math.floor((time - from) / interval)]! += count;
    };
    if (translate(request.query).exact) {
      await this.aggregate(request, add, abort);
      const open = new OpenLines(this.deps.openLines?.(), request.query, { from, to });
      for (const { row } of open.rest()) add(by ? row[by] : '', row.time, 1);
    } else
      for await (const { row } of this.scan(
        { ...request, order: 'oldest', limit: MAX_ROWS },
        SCAN_PAGE,
        abort,
      ))
        add(by ? row[by] : '', row.time, 1);
    const sorted = [...series].map(([key, counts]) => ({ key, counts }));
    sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    const total = sorted.reduce((sum, { counts }) => sum + counts.reduce((one, n) => one + n, 0), 0);
    return { interval, from, series: sorted, total };
  }

  async context(request: ContextRequest, abort?: AbortSignal): Promise<ContextPage> {
    const { source, offset, before, after } = request;
    const side = async (range: Dsl, order: 'asc' | 'desc', size: number) =>
      size === 0
        ? []
        : (
            await this.hits(
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

  /** Lines that match, in order. What the filter can't decide is decided here, line by line. */
  private async *scan(
    request: SearchRequest,
    page: number,
    abort: AbortSignal | undefined,
  ): AsyncGenerator<KeyedRow> {
    abort?.throwIfAborted();
    const { clock } = this.deps;
    const end = clock.monotonic() + SCAN_MS;
    const split = splitTime(request.query);
    const { filter, exact } = translate(split.query);
    const matcher = exact ? undefined : new RowMatcher(split.query);
    const query = {
      bool: {
        filter: [
          filter,
          timeRange(request.from, request.to),
          timeRange(split.from, split.to),
          { exists: { field: 'deadair.offset' } },
          ...(request.afterSeq === undefined
            ? []
            : [{ range: { 'event.sequence': { gt: request.afterSeq } } }]),
        ],
      },
    };
    const direction = request.order === 'newest' ? 'desc' : 'asc';
    const size = exact ? Math.min(page + 1, MAX_ROWS) : Math.max(SCAN_PAGE, Math.min(page + 1, MAX_ROWS));
    let after = request.cursor === undefined ? undefined : decodeCursor(request.cursor);
    const open = new OpenLines(this.deps.openLines?.(), request.query, { ...request, after });
    let previous: string | undefined;
    for (;;) {
      const hits = await this.hits(
        { size, query, sort: SORT(direction), ...defined({ search_after: after }) },
        abort,
      );
      for (const hit of hits) {
        const row = rowOf(hit._source);
        yield* open.before(hit.sort as SortKey, row.id);
        // While an open line is completed it can be seen in both places.
        if (row.id === previous) continue;
        previous = row.id;
        if (!matcher || matcher.matchesRow(row)) yield { row, key: hit.sort as SortKey };
      }
      if (hits.length < size) {
        yield* open.rest();
        return;
      }
      after = hits.at(-1)!.sort as SortKey;
      if (clock.monotonic() > end)
        throw new DeadairError(
          'query.timeout',
          `The search took longer than ${durationWords(SCAN_MS)}: texts inside words and regular expressions are looked for line by line; narrow the time or add a word.`,
        );
    }
  }

  private async aggregate(
    { query, from, to, interval, by }: HistogramRequest,
    add: (key: string, time: number, count: number) => void,
    abort: AbortSignal | undefined,
  ): Promise<void> {
    const byTime = {
      date_histogram: {
        field: '@timestamp',
        fixed_interval: `${Math.round(interval)}ms`,
        offset: `${Math.floor(from) % Math.round(interval)}ms`,
        min_doc_count: 1,
      },
    };
    const aggregations =
      by === undefined
        ? { time: byTime }
        : {
            series: {
              terms: {
                field: { agent: 'agent.id', level: 'log.level', class: 'deadair.class' }[by],
                size: MAX_SERIES,
                missing: 'none',
              },
              aggs: { time: byTime },
            },
          };
    interface TimeBuckets {
      buckets: { key: number; doc_count: number }[];
    }
    const reply = await this.request<{
      aggregations?: { time?: TimeBuckets; series?: { buckets: { key: string; time: TimeBuckets }[] } };
    }>(
      {
        size: 0,
        query: {
          bool: {
            filter: [translate(query).filter, timeRange(from, to), { exists: { field: 'deadair.offset' } }],
          },
        },
        aggs: aggregations,
      },
      abort,
    );
    const found = reply.aggregations;
    for (const { key, doc_count } of found?.time?.buckets ?? []) add('', Math.max(key, from), doc_count);
    for (const { key, time } of found?.series?.buckets ?? [])
      for (const bucket of time.buckets) add(key, Math.max(bucket.key, from), bucket.doc_count);
  }

  private async hits(body: Dsl, abort?: AbortSignal): Promise<Hit[]> {
    const reply = await this.request<{ hits: { hits: Hit[] } }>(body, abort);
    return reply.hits.hits;
  }

  private async request<T>({ index = this.index, ...body }: Dsl, abort?: AbortSignal): Promise<T> {
    try {
      const reply = await this.deps.client.search(
        {
          index: index as string,
          ignore_unavailable: true,
          track_total_hits: false,
          ...body,
        } as Parameters<Client['search']>[0],
        abort ? { signal: abort } : {},
      );
      mustBeWhole(reply._shards, index as string);
      return reply as T;
    } catch (thrown) {
      if (thrown instanceof errors.RequestAbortedError && abort?.aborted) throw abort.reason;
      throw asQueryError(thrown);
    }
  }
}

/** Lines of one source in order: what stands in two places at once counts once. */
function unique(rows: LogRow[]): LogRow[] {
  return rows.filter((row, i) => row.offset !== rows[i - 1]?.offset);
}

function asQueryError(thrown: unknown): DeadairError {
  const text = JSON.stringify((thrown as { body?: unknown }).body ?? '');
  if (text.includes('too_many_buckets'))
    return new DeadairError(
      'request.invalid',
      'The histogram has too many buckets for Elasticsearch (search.max_buckets): choose a wider interval.',
      { subject: 'interval', cause: thrown },
    );
  return asStoreError(thrown, 'searching');
}
