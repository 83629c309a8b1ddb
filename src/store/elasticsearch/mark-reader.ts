import type { Mark } from '../../model/finding.js';
import { defined } from '../../platform/defined.js';
import type { MarksRequest } from '../store.js';
import { asStoreError } from './errors.js';
import { type Hit, MAX_ROWS, type ReaderDeps } from './hits.js';
import { markOf } from './line-document.js';
import type { Recovered } from './positions.js';
import { type Dsl, timeRange } from './query-dsl.js';

interface Page {
  marks: Mark[];
  /** The newest commit that was looked at; undefined: there is none beyond. */
  edge: number | undefined;
}

/**
 * Reads marks in order of commit, in whole commits, each once. A line that an attempt stored which broke off keeps that attempt's
 * number; its mark stands under the commit that acknowledged it, and nowhere else, whoever reads from where.
 */
export class MarkReader {
  private readonly index: string;

  /** @param search asks Elasticsearch, of `index` */
  constructor(
    private readonly deps: ReaderDeps,
    private readonly search: <T>(body: Dsl) => Promise<T>,
  ) {
    // A partial line is judged when it is whole, so the sources' open lines have no say here.
    this.index = `${deps.names.lines},${deps.names.aside}`;
  }

  /** @param upTo newest commit whose marks are wanted @returns fewer than asked for only where there are no more */
  async read(request: MarksRequest, upTo?: number): Promise<Mark[]> {
    const limit = Math.max(1, Math.min(request.limit, MAX_ROWS));
    const found: Mark[] = [];
    for (let afterSeq: number | undefined = request.afterSeq ?? -1; afterSeq !== undefined; ) {
      const page: Page = await this.page({ ...request, afterSeq, limit }, upTo);
      found.push(...page.marks);
      if (found.length >= limit) break;
      afterSeq = page.edge;
    }
    return found;
  }

  private async page(request: MarksRequest & { afterSeq: number }, upTo: number | undefined): Promise<Page> {
    const { afterSeq, from, to, agents, classes, events, limit } = request;
    const filter: Dsl[] = [{ exists: { field: 'deadair.rule' } }, timeRange(from, to)];
    if (agents) filter.push({ terms: { 'agent.id': agents } });
    if (classes) filter.push({ terms: { 'deadair.class': classes } });
    if (events) filter.push({ terms: { 'deadair.event': events } });
    const hits = await this.between(filter, { gt: afterSeq, ...defined({ lte: upTo }) }, limit);
    // The last commit may go on beyond the limit.
    for (let more = hits.length === limit; more; ) {
      const { _source, sort } = hits.at(-1)!;
      const { sequence } = _source.event;
      const next = await this.between(filter, { gte: sequence, lte: sequence }, MAX_ROWS, sort);
      hits.push(...next);
      more = next.length === MAX_ROWS;
    }
    const edge = hits.length < limit ? undefined : hits.at(-1)!._source.event.sequence;
    const end = Math.min(edge ?? Number.POSITIVE_INFINITY, upTo ?? Number.POSITIVE_INFINITY);
    const found = hits.map(hit => markOf(hit._source));
    // Before what was recovered: what is acknowledged between the two looks is left to the next one, and told once.
    const positions = await this.deps.positions(new Set(found.map(mark => mark.source)));
    const recovered = await this.recovered(afterSeq);
    const marks = found.flatMap(mark => {
      if (mark.offset >= (positions.get(mark.source) ?? 0)) return [];
      const under = recovered.get(mark.source)?.find(one => isOf(one, mark));
      if (!under) return [mark];
      return under.at <= end ? [{ ...mark, seq: under.at }] : [];
    });
    for (const [source, spans] of recovered)
      for (const { seq, at, from, to } of spans) {
        if (seq > afterSeq || at > end) continue;
        const own: Dsl[] = [
          ...filter,
          { term: { 'deadair.source': source } },
          { range: { 'deadair.offset': { gte: from, lt: to } } },
        ];
        const late = await this.between(own, { gte: seq, lte: seq }, MAX_ROWS);
        marks.push(...late.map(hit => ({ ...markOf(hit._source), seq: at })));
      }
    return { marks: marks.sort((a, b) => a.seq - b.seq), edge };
  }

  private async between(filter: Dsl[], sequence: Dsl, size: number, after?: unknown[]): Promise<Hit[]> {
    const reply = await this.search<{ hits: { hits: Hit[] } }>({
      index: this.index,
      size,
      query: { bool: { filter: [...filter, { range: { 'event.sequence': sequence } }] } },
      sort: [
        { 'event.sequence': { order: 'asc', unmapped_type: 'long' } },
        { 'deadair.source': { order: 'asc', unmapped_type: 'keyword' } },
        { 'deadair.offset': { order: 'asc', unmapped_type: 'long' } },
      ],
      ...defined({ search_after: after }),
    });
    return reply.hits.hits;
  }

  /** By source, what commits after `afterSeq` acknowledged of attempts that broke off. The book at home holds its own marks. */
  private async recovered(afterSeq: number): Promise<Map<string, Recovered[]>> {
    const { client, names, openLines } = this.deps;
    if (openLines) return new Map();
    try {
      await client.indices.refresh({ index: names.sources });
    } catch (thrown) {
      throw asStoreError(thrown, 'reading positions');
    }
    const reply = await this.search<{
      hits: { hits: { _source: { state: { id: string; recovered: Recovered[] } } }[] };
    }>({
      index: names.sources,
      size: MAX_ROWS,
      _source: ['state.id', 'state.recovered'],
      query: { range: { 'state.recovered.at': { gt: afterSeq } } },
    });
    return new Map(
      reply.hits.hits.map(({ _source: { state } }) => [
        state.id,
        state.recovered.filter(({ at }) => at > afterSeq),
      ]),
    );
  }
}

function isOf({ seq, from, to }: Recovered, mark: Mark): boolean {
  return mark.seq === seq && mark.offset >= from && mark.offset < to;
}
