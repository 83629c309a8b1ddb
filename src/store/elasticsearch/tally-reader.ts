import { LEVELS, type RecordFlag, SIGNAL_CLASSES, type SignalClass } from '../../model/vocabulary.js';
import { displayText } from '../../records/text.js';
import { exampleText } from '../../skeletons/line-skeletons.js';
import { RowTally } from '../../skeletons/row-tally.js';
import { addTallies, MAX_SKELETONS, type SkeletonCount, SLICES, type Tally } from '../../skeletons/tally.js';
import type { StoreTally, TallyRequest } from '../store.js';
import { type Hit, MAX_ROWS, type ReaderDeps } from './hits.js';
import { rowOf, timeOf } from './line-document.js';
import type { LineRequests } from './line-requests.js';
import { type LineScan, type Look, notLooked } from './line-scan.js';
import { all, any, type Dsl, isExact, none, TOLD, timeRange, translate, unsure } from './query-dsl.js';

/** Buckets of one answer; Elasticsearch gives no more (search.max_buckets). */
const MAX_BUCKETS = 60_000;
const MAX_AGENTS = 10_000;
/** Skeletons of one answer: each has its earliest line fetched. First fewer, since most lines are of them; then as many as fit. */
const FIRST_KINDS = 100;
const AT_ONCE = 500;
/** For so long kinds are asked for more than their count. */
const DETAILS_MS = 5_000;
/** Those that are told by no text of their own. */
const OTHERS = '<…>';

interface Buckets<More = object> {
  buckets: ({ key: string; doc_count: number } & More)[];
}

interface Totals {
  agents: Buckets;
  slices: { buckets: { key: number; doc_count: number }[] };
  first: { value: number | null };
  last: { value: number | null };
}

interface Details extends Totals {
  doc_count: number;
  levels: Buckets;
  classes: Buckets;
  /** Lines that don't belong to the record above them. */
  own: { doc_count: number };
  earliest: { hits: { hits: Hit[] } };
}

/**
 * Counts lines by their skeletons, which lie beside them as a keyword: by aggregations in the server. Lines of releases that
 * did not write them, and those of which only a look tells whether they match, are counted here.
 */
export class TallyReader {
  constructor(
    private readonly deps: Pick<ReaderDeps, 'clock'>,
    private readonly requests: LineRequests,
    private readonly scan: LineScan,
  ) {}

  async read(request: TallyRequest, abort?: AbortSignal): Promise<StoreTally> {
    const { query, from, to } = request;
    const translated = translate(query);
    const { may, sure } = translated;
    const since = this.deps.clock.monotonic();
    const counted = await this.count(all([sure, TOLD]), request, abort);
    const look: Look = {};
    const maker = new RowTally(request);
    const untold = all([may, none(TOLD)]);
    const others = isExact(translated) ? untold : any([unsure(translated), untold]);
    const options = { page: MAX_ROWS, wanted: () => others, since, abort };
    // Open lines that lie at home come with the scan.
    const lines = { query, from, to, order: 'newest', limit: MAX_ROWS } as const;
    for await (const { row } of this.scan.rows(lines, look, options)) maker.add(row);
    return { ...addTallies([counted, maker.result()]), from, to, ...notLooked(look, from) };
  }

  private async count(filter: Dsl, request: TallyRequest, abort: AbortSignal | undefined): Promise<Tally> {
    const { from, to } = request;
    const { clock } = this.deps;
    const end = clock.monotonic() + DETAILS_MS;
    const field = 'deadair.skeleton';
    const wanted = [filter, timeRange(from, to), { exists: { field: 'deadair.offset' } }];
    // A line that says nothing is of no kind.
    wanted.push(none({ term: { [field]: '' } }));
    const reply = await this.requests.ask<{ aggregations?: { kinds: Buckets } & Totals }>(
      {
        size: 0,
        query: { bool: { filter: wanted } },
        aggs: {
          kinds: { terms: { field, size: MAX_SKELETONS, shard_size: 2 * MAX_SKELETONS } },
          ...totals(request, MAX_AGENTS),
        },
      },
      abort,
    );
    const whole = reply.aggregations;
    if (!whole) return { from, to, lines: 0, skeletons: [] };
    const texts = whole.kinds.buckets.map(({ key }) => key);
    const agents = whole.agents.buckets.length + 1;
    const each = SLICES + 2 * (LEVELS.length + SIGNAL_CLASSES.length) + agents;
    const most = Math.max(1, Math.min(AT_ONCE, Math.floor(MAX_BUCKETS / each)));
    const skeletons: SkeletonCount[] = [];
    let size = Math.min(FIRST_KINDS, most);
    for (let i = 0; i < texts.length; ) {
      // The most frequent ones come first; those for which there was no time are told together.
      const asked = clock.monotonic();
      if (i > 0 && asked > end) break;
      const some = texts.slice(i, i + size);
      const found = await this.requests.ask<{ aggregations?: { kinds: Buckets<Details> } }>(
        {
          size: 0,
          query: { bool: { filter: [...wanted, { terms: { [field]: some } }] } },
          aggs: { kinds: { terms: { field, size: some.length }, aggs: details(request, agents) } },
        },
        abort,
      );
      for (const bucket of found.aggregations?.kinds.buckets ?? [])
        skeletons.push(countOf(bucket.key, bucket, request));
      i += some.length;
      const now = clock.monotonic();
      const fit = Math.floor((some.length * (end - now)) / Math.max(1, now - asked));
      size = Math.max(1, Math.min(most, fit));
    }
    const others = leftOf(whole, skeletons, request);
    if (others) skeletons.push(others);
    return { from, to, lines: skeletons.reduce((sum, { count }) => sum + count, 0), skeletons };
  }
}

/** What is asked of all lines, and of those of one kind. */
function totals({ from, to }: TallyRequest, agents: number): Dsl {
  const width = widthOf(from, to);
  return {
    agents: { terms: { field: 'agent.id', size: agents } },
    slices: {
      date_histogram: {
        field: '@timestamp',
        fixed_interval: `${width}ms`,
        offset: `${Math.floor(from) % width}ms`,
        min_doc_count: 1,
      },
    },
    first: { min: { field: '@timestamp' } },
    last: { max: { field: '@timestamp' } },
  };
}

function details(request: TallyRequest, agents: number): Dsl {
  return {
    ...totals(request, agents),
    levels: { terms: { field: 'log.level', size: LEVELS.length } },
    classes: { terms: { field: 'deadair.class', size: SIGNAL_CLASSES.length } },
    own: { filter: none({ term: { 'deadair.flags': 'continuation' satisfies keyof typeof RecordFlag } }) },
    // Of several at that time any: to put all lines in their order took three times as long as all the rest of it.
    earliest: { top_hits: { size: 1, sort: [{ '@timestamp': 'asc' }] } },
  };
}

/** Whole ms, so that SLICES of them hold the time. */
function widthOf(from: number, to: number): number {
  return Math.max(1, Math.ceil((to - from) / SLICES));
}

function slicesOf(found: Totals, { from, to }: TallyRequest): number[] {
  const slices = new Array<number>(SLICES).fill(0);
  const width = widthOf(from, to);
  for (const { key, doc_count } of found.slices.buckets) {
    const at = Math.floor((key - Math.floor(from)) / width);
    slices[Math.max(0, Math.min(SLICES - 1, at))]! += doc_count;
  }
  return slices;
}

/** All lines but those of the kinds that were told: what is left of the totals. */
function leftOf(
  whole: Totals,
  told: readonly SkeletonCount[],
  request: TallyRequest,
): SkeletonCount | undefined {
  const agents = new Map(whole.agents.buckets.map(({ key, doc_count }) => [key, doc_count]));
  const slices = slicesOf(whole, request);
  for (const one of told) {
    for (const [agent, count] of Object.entries(one.agents))
      agents.set(agent, (agents.get(agent) ?? 0) - count);
    one.slices.forEach((count, i) => {
      slices[i]! -= count;
    });
  }
  const count = slices.reduce((sum, one) => sum + one, 0);
  if (count <= 0) return undefined;
  return {
    text: OTHERS,
    count,
    first: whole.first.value ?? request.from,
    last: whole.last.value ?? request.to,
    level: 'none',
    class: 'none',
    example: '',
    agents: Object.fromEntries([...agents].filter(([, lines]) => lines > 0)),
    slices,
    continuation: false,
  };
}

function countOf(text: string, found: Details, request: TallyRequest): SkeletonCount {
  const [hit] = found.earliest.hits.hits;
  const first = hit ? timeOf(hit._source['@timestamp']) : request.from;
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
    slices: slicesOf(found, request),
    continuation: found.own.doc_count === 0,
  };
}
