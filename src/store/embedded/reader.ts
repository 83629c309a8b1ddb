import type { CallState, Handlers } from '../../platform/worker-calls.js';
import { TallyMaker } from '../../skeletons/tally.js';
import type { HistogramRequest, SearchRequest, TallyRequest } from '../store.js';
import { BlockUnit } from './block-unit.js';
import { ByteCache } from './cache.js';
import { listDocuments, readDocument, readGaps, readSources } from './catalog.js';
import { checkDay } from './check.js';
import { readContext } from './context.js';
import type { Cached } from './day-file.js';
import { Days } from './days.js';
import { BucketCounts, countUnit } from './histogram.js';
import type { HotUnit } from './hot-unit.js';
import { readMarks } from './marks.js';
import type {
  BlockRef,
  DayInfo,
  HistogramStep,
  Origin,
  ReaderCalls,
  ReaderStats,
  SearchStep,
  TallyStep,
  WorkerSetup,
} from './messages.js';
import { Pace } from './pace.js';
import { type Plan, Planner } from './planner.js';
import { Scanner } from './scan.js';
import { MainReader } from './snapshot.js';
import { tallyUnit } from './tally-unit.js';
import { decodeCursor, inOrder, MAX_ROWS, TopRows } from './top-rows.js';
import type { Unit } from './unit.js';
import { WordFilter } from './word-filter.js';

/** One thread that answers queries; a scan yields, so small requests pass it. */
export class Reader {
  private readonly main: MainReader;
  private readonly days: Days;
  private readonly cache: ByteCache<string, Cached>;
  private readonly planner = new Planner();
  private readonly originOf = (id: number): Origin => this.main.originOf(id);

  constructor(setup: WorkerSetup) {
    this.main = new MainReader(setup);
    this.cache = new ByteCache(setup.cacheBytes);
    this.days = new Days(setup.directory, setup.driver, this.cache, setup.beside);
  }

  handlers(): Handlers<ReaderCalls> {
    const main = this.main.connection;
    return {
      search: (state, request, slice, only) =>
        this.days.withoutDamage(() => this.search(state, request, slice, only)),
      histogram: (state, request, slice, only) =>
        this.days.withoutDamage(() => this.histogram(state, request, slice, only)),
      tally: (state, request, slice, only) =>
        this.days.withoutDamage(() => this.tally(state, request, slice, only)),
      context: (_state, request) =>
        this.days.withoutDamage(() => {
          const hot = this.view();
          const origins = this.main.originsOf(request.source);
          return readContext(request, origins, this.days.all(), hot, this.originOf);
        }),
      marks: (_state, request) =>
        this.days.withoutDamage(() => {
          const hot = this.view();
          return readMarks(request, this.days.all(), hot, this.originOf);
        }),
      sources: (_state, host) => readSources(main, host),
      gaps: (_state, filter) => readGaps(main, filter),
      getDocument: (_state, kind, id) => readDocument(main, kind, id),
      documentKinds: () =>
        main
          .prepare('SELECT DISTINCT kind FROM documents ORDER BY kind')
          .all()
          .map(row => String(row.kind)),
      listDocuments: (_state, kind, options) => listDocuments(main, kind, options),
      stats: () => this.days.withoutDamage(() => this.stats()),
      days: () => this.days.withoutDamage(() => this.dayInfos()),
      check: (_state, day) => {
        this.view();
        const file = this.days.get(day);
        return file ? checkDay(file) : [];
      },
      checkMain: () =>
        main
          .prepare('PRAGMA quick_check')
          .all()
          .map(row => String(row.quick_check))
          .filter(said => said !== 'ok'),
      detach: (_state, day) => this.days.detach(day),
    };
  }

  close(): void {
    this.days.close();
    this.main.close();
  }

  /** Hot units and, in `days`, the blocks of one moment: hot first, then the days, then what they hold already is dropped. */
  private view(): HotUnit[] {
    const { units, sealed } = this.main.view();
    this.days.refresh(sealed);
    const known = this.days.sealed();
    return units.filter(unit => unit.id > known);
  }

  /** The units a query has to look at, in the order of its results. */
  private units(
    plan: Plan,
    order: 'newest' | 'oldest',
    afterSeq: number,
    only: BlockRef[] | undefined,
  ): Unit[] {
    const units: Unit[] = [];
    const wanted = (part: { t0: number; t1: number; seq1: number }) =>
      part.t1 >= plan.from && part.t0 < plan.to && part.seq1 > afterSeq;
    if (only) {
      for (const { day, block } of only) {
        let file = this.days.get(day);
        // Another reader met the block; this one may not have looked since it was sealed.
        if (!file?.entry(block)) {
          this.days.refresh(Infinity);
          file = this.days.get(day);
        }
        const entry = file?.entry(block);
        if (file && entry && wanted(entry)) units.push(file.unit(entry));
      }
    } else {
      units.push(...this.view().filter(wanted));
      for (const file of this.days.all()) {
        if (file.t1 < plan.from || file.t0 >= plan.to) continue;
        for (const entry of file.readable()) if (wanted(entry)) units.push(file.unit(entry));
      }
    }
    return inOrder(units, order, this.originOf);
  }

  private async search(
    state: CallState,
    request: SearchRequest,
    slice: number,
    only?: BlockRef[],
  ): Promise<SearchStep> {
    const plan = this.planner.plan(request.query, request.from, request.to);
    const after = request.cursor === undefined ? undefined : decodeCursor(request.cursor);
    const top = new TopRows(Math.min(request.limit, MAX_ROWS) + 1, request.order, after, this.originOf);
    const filter = new WordFilter(plan.words, plan.worth);
    const scanner = new Scanner(plan, this.originOf);
    const afterSeq = request.afterSeq ?? -1;
    const limits = { from: plan.from, to: plan.to, afterSeq };
    const units = this.units(plan, request.order, afterSeq, only);
    const rest = await this.each(units, new Pace(state, slice), unit => {
      if (top.ends(unit.t0, unit.t1)) return false;
      if (top.excludes(unit)) return true;
      const chunks = unit instanceof BlockUnit ? filter.chunksOf(unit) : undefined;
      const add = (line: number) => top.add(unit, line, unit.columns().times[line]!);
      scanner.scan(unit, { ...limits, chunks, guide: top }, add);
      top.settle();
      return true;
    });
    return { rows: top.rows(), rest, looked: scanner.looked };
  }

  private async histogram(
    state: CallState,
    request: HistogramRequest,
    slice: number,
    only?: BlockRef[],
  ): Promise<HistogramStep> {
    const plan = this.planner.plan(request.query, request.from, request.to);
    const tally = new BucketCounts(request, this.originOf);
    const filter = new WordFilter(plan.words, plan.worth);
    const scanner = new Scanner(plan, this.originOf);
    const units = this.units(plan, 'newest', -1, only);
    const rest = await this.each(units, new Pace(state, slice), unit => {
      countUnit(unit, plan, filter, scanner, tally, this.originOf);
      return true;
    });
    return { counts: tally.result(), rest };
  }

  private async tally(
    state: CallState,
    request: TallyRequest,
    slice: number,
    only?: BlockRef[],
  ): Promise<TallyStep> {
    const plan = this.planner.plan(request.query, request.from, request.to);
    const maker = new TallyMaker(request.from, request.to);
    const filter = new WordFilter(plan.words, plan.worth);
    const scanner = new Scanner(plan, this.originOf);
    const units = this.units(plan, 'oldest', -1, only);
    const rest = await this.each(units, new Pace(state, slice), unit => {
      tallyUnit(unit, plan, filter, scanner, maker);
      return true;
    });
    return { tally: maker.result(origin => this.originOf(origin).agent), rest };
  }

  /**
   * Works through units until `work` returns false or the time slice is over.
   * @returns the blocks left to do; what is hot is done here in any case, as it may be gone when another reader looks
   */
  private async each(units: Unit[], pace: Pace, work: (unit: Unit) => boolean): Promise<BlockRef[]> {
    const rest: BlockRef[] = [];
    for (const unit of units) {
      if (pace.over && unit instanceof BlockUnit) {
        rest.push({ day: unit.file.day, block: unit.entry.id });
        continue;
      }
      if (!work(unit)) break;
      await pace.breathe();
    }
    return rest;
  }

  private stats(): ReaderStats {
    const stats: ReaderStats = {
      lines: 0,
      rawBytes: 0,
      oldest: null,
      newest: null,
      damaged: [],
      cacheBytes: this.cache.bytes,
    };
    const add = (lines: number, bytes: number, t0: number, t1: number) => {
      if (lines === 0) return;
      stats.lines += lines;
      stats.rawBytes += bytes;
      stats.oldest = Math.min(stats.oldest ?? Infinity, t0);
      stats.newest = Math.max(stats.newest ?? -Infinity, t1);
    };
    for (const unit of this.view()) add(unit.lines, unit.bytes, unit.t0, unit.t1);
    for (const day of this.days.all()) add(day.lines, day.rawBytes, day.t0, day.t1);
    this.days.look();
    const aside = this.main.connection.prepare('SELECT file, reason FROM damage ORDER BY at').all();
    stats.damaged = [
      ...aside.map(row => ({ file: String(row.file), reason: String(row.reason) })),
      ...this.days.damaged.values(),
      ...this.days.missing.values(),
    ];
    return stats;
  }

  private dayInfos(): DayInfo[] {
    this.view();
    return this.days
      .all()
      .map(({ day, lines, rawBytes, t0, t1 }) => ({ day, lines, rawBytes, t0, t1 }))
      .sort((a, b) => a.day - b.day);
  }
}
