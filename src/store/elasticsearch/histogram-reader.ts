import { DeadairError } from '../../platform/errors.js';
import type { Histogram, HistogramRequest } from '../store.js';
import { MAX_ROWS, type ReaderDeps } from './hits.js';
import type { LineRequests } from './line-requests.js';
import { type LineScan, type Look, notLooked } from './line-scan.js';
import { OpenLines } from './open-lines.js';
import { type Dsl, isExact, timeRange, translate, unsure } from './query-dsl.js';

const MAX_BUCKETS = 20_000;
const MAX_SERIES = 10_000;

/** Counts lines over time: those that are sure to match where they lie, the others line by line. */
export class HistogramReader {
  constructor(
    private readonly deps: Pick<ReaderDeps, 'openLines' | 'clock'>,
    private readonly requests: LineRequests,
    private readonly scan: LineScan,
  ) {}

  async read(request: HistogramRequest, abort?: AbortSignal): Promise<Histogram> {
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
    const since = this.deps.clock.monotonic();
    const translated = translate(request.query);
    await this.aggregate(translated.sure, request, add, abort);
    const look: Look = {};
    if (isExact(translated)) {
      const open = new OpenLines(this.deps.openLines?.(), request.query, { from, to });
      for (const { row } of open.rest()) add(by ? row[by] : '', row.time, 1);
    } else {
      const rest = { ...request, order: 'newest', limit: MAX_ROWS } as const;
      const options = { page: MAX_ROWS, wanted: unsure, since, abort };
      for await (const { row } of this.scan.rows(rest, look, options)) add(by ? row[by] : '', row.time, 1);
    }
    const sorted = [...series].map(([key, counts]) => ({ key, counts }));
    sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
    const total = sorted.reduce((sum, { counts }) => sum + counts.reduce((one, n) => one + n, 0), 0);
    return { interval, from, series: sorted, total, ...notLooked(look, from) };
  }

  private async aggregate(
    filter: Dsl,
    { from, to, interval, by }: HistogramRequest,
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
    const reply = await this.requests.ask<{
      aggregations?: { time?: TimeBuckets; series?: { buckets: { key: string; time: TimeBuckets }[] } };
    }>(
      {
        size: 0,
        query: {
          bool: {
            filter: [filter, timeRange(from, to), { exists: { field: 'deadair.offset' } }],
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
}
