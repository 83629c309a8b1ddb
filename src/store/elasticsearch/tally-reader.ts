import { LEVELS, type RecordFlag, SIGNAL_CLASSES, type SignalClass } from '../../model/vocabulary.js';
import { displayText } from '../../records/text.js';
import { exampleText } from '../../skeletons/line-skeletons.js';
import { RowTally } from '../../skeletons/row-tally.js';
import { addTallies, MAX_SKELETONS, type SkeletonCount, SLICES, type Tally } from '../../skeletons/tally.js';
import type { StoreTally, TallyRequest } from '../store.js';
import { SORT } from './cursor.js';
import { type Hit, MAX_ROWS } from './hits.js';
import { rowOf, timeOf } from './line-document.js';
import type { LineRequests } from './line-requests.js';
import { type LineScan, type Look, notLooked } from './line-scan.js';
import { all, any, type Dsl, isExact, none, TOLD, timeRange, translate } from './query-dsl.js';

/** Buckets of one answer; Elasticsearch gives no more (search.max_buckets). */
const MAX_BUCKETS = 60_000;
const MAX_AGENTS = 10_000;
/** Skeletons of one answer: each has its earliest line fetched. */
const AT_ONCE = 500;
/** Those that are told by no text of their own. */
const OTHERS = '<…>';

interface Buckets<More = object> {
  buckets: ({ key: string; doc_count: number } & More)[];
}

interface Details {
  doc_count: number;
  agents: Buckets;
  levels: Buckets;
  classes: Buckets;
  slices: { buckets: { key: number; doc_count: number }[] };
  /** Lines that don't belong to the record above them. */
  own: { doc_count: number };
  last: { value: number | null };
  earliest: { hits: { hits: Hit[] } };
}

/**
 * Counts lines by their skeletons, which lie beside them as a keyword: by aggregations in the server. Lines of releases that
 * did not write them, and those of which only a look tells whether they match, are counted here.
 */
export class TallyReader {
  constructor(
    private readonly requests: LineRequests,
    private readonly scan: LineScan,
  ) {}

  async read(request: TallyRequest, abort?: AbortSignal): Promise<StoreTally> {
    const { query, from, to } = request;
    const translated = translate(query);
    const { may, sure } = translated;
    const counted = await this.count(all([sure, TOLD]), request, abort);
    const look: Look = {};
    const maker = new RowTally(request);
    const rest = isExact(translated) ? all([may, none(TOLD)]) : all([may, any([none(sure), none(TOLD)])]);
    const options = { page: MAX_ROWS, wanted: () => rest, abort };
    // Open lines that lie at home come with the scan.
    const lines = { query, from, to, order: 'newest', limit: MAX_ROWS } as const;
    for await (const { row } of this.scan.rows(lines, look, options)) maker.add(row);
    return { ...addTallies([counted, maker.result()]), from, to, ...notLooked(look, from) };
  }

  private async count(filter: Dsl, request: TallyRequest, abort: AbortSignal | undefined): Promise<Tally> {
    const { from, to } = request;
    const wanted = [filter, timeRange(from, to), { exists: { field: 'deadair.offset' } }];
    const field = 'deadair.skeleton';
    const reply = await this.requests.ask<{
      aggregations?: { kinds: Buckets; agents: { value: number } };
    }>(
      {
        size: 0,
        query: { bool: { filter: [...wanted, { bool: { must_not: [{ term: { [field]: '' } }] } }] } },
        aggs: {
          kinds: { terms: { field, size: MAX_SKELETONS + 1, shard_size: 2 * MAX_SKELETONS } },
          agents: { cardinality: { field: 'agent.id', precision_threshold: 1000 } },
        },
      },
      abort,
    );
    const texts = (reply.aggregations?.kinds.buckets ?? []).map(({ key }) => key);
    const named = texts.slice(0, MAX_SKELETONS);
    const agents = Math.min(MAX_AGENTS, Math.ceil(1.2 * (reply.aggregations?.agents.value ?? 0)) + 8);
    const each = SLICES + 2 * (LEVELS.length + SIGNAL_CLASSES.length) + agents;
    const atOnce = Math.max(1, Math.min(AT_ONCE, Math.floor(MAX_BUCKETS / each)));
    const skeletons: SkeletonCount[] = [];
    const details = this.details(request, agents);
    for (let i = 0; i < named.length; i += atOnce) {
      const some = named.slice(i, i + atOnce);
      const found = await this.requests.ask<{ aggregations?: { kinds: Buckets<Details> } }>(
        {
          size: 0,
          query: { bool: { filter: [...wanted, { terms: { [field]: some } }] } },
          aggs: { kinds: { terms: { field, size: some.length }, aggs: details } },
        },
        abort,
      );
      for (const bucket of found.aggregations?.kinds.buckets ?? [])
        skeletons.push(countOf(bucket.key, bucket, request));
    }
    if (texts.length > named.length)
      skeletons.push(
        ...(await this.others(
          [...wanted, none({ terms: { [field]: [...named, ''] } })],
          request,
          details,
          abort,
        )),
      );
    return { from, to, lines: skeletons.reduce((sum, { count }) => sum + count, 0), skeletons };
  }

  /** All beyond the most frequent ones, as one. */
  private async others(
    filter: Dsl[],
    request: TallyRequest,
    details: Dsl,
    abort: AbortSignal | undefined,
  ): Promise<SkeletonCount[]> {
    const reply = await this.requests.ask<{ aggregations?: { rest: Details } }>(
      { size: 0, query: { bool: { filter } }, aggs: { rest: { filter: { match_all: {} }, aggs: details } } },
      abort,
    );
    const rest = reply.aggregations?.rest;
    return rest && rest.doc_count > 0 ? [countOf(OTHERS, rest, request)] : [];
  }

  private details({ from, to }: TallyRequest, agents: number): Dsl {
    const width = widthOf(from, to);
    return {
      agents: { terms: { field: 'agent.id', size: agents } },
      levels: { terms: { field: 'log.level', size: LEVELS.length } },
      classes: { terms: { field: 'deadair.class', size: SIGNAL_CLASSES.length } },
      slices: {
        date_histogram: {
          field: '@timestamp',
          fixed_interval: `${width}ms`,
          offset: `${Math.floor(from) % width}ms`,
          min_doc_count: 1,
        },
      },
      own: { filter: none({ term: { 'deadair.flags': 'continuation' satisfies keyof typeof RecordFlag } }) },
      last: { max: { field: '@timestamp' } },
      earliest: { top_hits: { size: 1, sort: SORT('asc') } },
    };
  }
}

/** Whole ms, so that SLICES of them hold the time. */
function widthOf(from: number, to: number): number {
  return Math.max(1, Math.ceil((to - from) / SLICES));
}

function countOf(text: string, found: Details, { from, to }: TallyRequest): SkeletonCount {
  const slices = new Array<number>(SLICES).fill(0);
  const width = widthOf(from, to);
  for (const { key, doc_count } of found.slices.buckets) {
    const at = Math.floor((key - Math.floor(from)) / width);
    slices[Math.max(0, Math.min(SLICES - 1, at))]! += doc_count;
  }
  const [hit] = found.earliest.hits.hits;
  const first = hit ? timeOf(hit._source['@timestamp']) : from;
  const ranks = found.levels.buckets.map(({ key }) => LEVELS.indexOf(key as (typeof LEVELS)[number]));
  return {
    text,
    count: found.doc_count,
    first,
    // Elasticsearch gives whole milliseconds.
    last: Math.max(first, found.last.value ?? first),
    level: LEVELS[Math.max(0, ...ranks)]!,
    class: (found.classes.buckets.find(({ key }) => key !== 'none')?.key ?? 'none') as SignalClass,
    example: hit ? exampleText(displayText(rowOf(hit._source).raw)) : '',
    agents: Object.fromEntries(found.agents.buckets.map(({ key, doc_count }) => [key, doc_count])),
    slices,
    continuation: found.own.doc_count === 0,
  };
}
