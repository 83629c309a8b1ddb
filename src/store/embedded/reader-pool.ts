import type { LogRow } from '../../model/log-row.js';
import type { DeadairError } from '../../platform/errors.js';
import type { WorkerClient } from '../../platform/worker-calls.js';
import { addTallies, type Tally } from '../../skeletons/tally.js';
import type { Histogram, HistogramRequest, SearchPage, SearchRequest, TallyRequest } from '../store.js';
import { mergeSeries } from './histogram.js';
import type { BlockRef, HistogramStep, ReaderCalls, SearchStep, TallyStep, WorkerSetup } from './messages.js';
import { storeThread } from './threads.js';
import { compareKeys, encodeCursor, MAX_ROWS } from './top-rows.js';

/** A query that is not done by then leaves the rest to as many readers as are idle. */
export const SLICE_MS = 25;

/** The reader threads: a scan has one for itself, small requests go to any. */
export class ReaderPool {
  private readonly readers: WorkerClient<ReaderCalls>[];
  private readonly idle: WorkerClient<ReaderCalls>[];
  private readonly waiting: ((reader: WorkerClient<ReaderCalls>) => void)[] = [];
  private turn = 0;

  constructor(
    setup: WorkerSetup,
    count: number,
    private readonly sliceMs: number,
    died: (error: DeadairError) => void,
  ) {
    this.readers = Array.from({ length: count }, () => storeThread<ReaderCalls>(setup, died));
    this.idle = [...this.readers];
  }

  /** For requests that take a moment. */
  any(): WorkerClient<ReaderCalls> {
    return this.readers[this.turn++ % this.readers.length]!;
  }

  all(): WorkerClient<ReaderCalls>[] {
    return this.readers;
  }

  async search(request: SearchRequest, abort: AbortSignal | undefined): Promise<SearchPage> {
    const limit = Math.max(1, Math.min(request.limit, MAX_ROWS));
    const wanted = { ...request, limit };
    let rows: LogRow[] = [];
    await this.shared<SearchStep>(
      (reader, slice, only) =>
        reader.call('search', [only ? narrowed(wanted, rows) : wanted, slice, only], { abort }),
      parts => {
        rows = parts.flatMap(part => part.rows);
      },
    );
    const sign = request.order === 'newest' ? -1 : 1;
    rows = rows.sort((a, b) => compareKeys(a, b) * sign);
    const last = rows[limit - 1];
    if (rows.length <= limit || !last) return { rows };
    return { rows: rows.slice(0, limit), cursor: encodeCursor(last) };
  }

  async histogram(request: HistogramRequest, abort: AbortSignal | undefined): Promise<Histogram> {
    let counts: HistogramStep['counts'][] = [];
    await this.shared<HistogramStep>(
      (reader, slice, only) => reader.call('histogram', [request, slice, only], { abort }),
      parts => {
        counts = parts.map(part => part.counts);
      },
    );
    const { interval, from, to } = request;
    return { interval, from, ...mergeSeries(counts, Math.max(0, Math.ceil((to - from) / interval))) };
  }

  async tally(request: TallyRequest, abort: AbortSignal | undefined): Promise<Tally> {
    let tallies: Tally[] = [];
    await this.shared<TallyStep>(
      (reader, slice, only) => reader.call('tally', [request, slice, only], { abort }),
      parts => {
        tallies = parts.map(part => part.tally);
      },
    );
    return addTallies(tallies);
  }

  /** Runs `work` on a reader that no scan runs on. */
  async withReader<T>(work: (reader: WorkerClient<ReaderCalls>) => Promise<T>): Promise<T> {
    const reader = await this.take();
    try {
      return await work(reader);
    } finally {
      this.giveBack(reader);
    }
  }

  /** Runs `work` while no reader scans: files may be closed then. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const held: WorkerClient<ReaderCalls>[] = [];
    try {
      for (let i = 0; i < this.readers.length; i++) held.push(await this.take());
      return await work();
    } finally {
      for (const reader of held) this.giveBack(reader);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.readers.map(reader => reader.close()));
  }

  /** One reader begins; what it has not done within a time slice is shared out among those that are idle then. */
  private async shared<S extends { rest: BlockRef[] }>(
    step: (reader: WorkerClient<ReaderCalls>, slice: number, only?: BlockRef[]) => Promise<S>,
    take: (parts: S[]) => void,
  ): Promise<void> {
    const first = await this.take();
    const helpers: WorkerClient<ReaderCalls>[] = [];
    try {
      const begun = await step(first, this.readers.length > 1 ? this.sliceMs : Number.MAX_VALUE);
      const { rest } = begun;
      take([begun]);
      if (rest.length === 0) return;
      while (this.idle.length > 0 && helpers.length + 1 < rest.length) helpers.push(this.idle.pop()!);
      const team = [first, ...helpers];
      const parts = await Promise.all(
        team.map((reader, index) =>
          step(
            reader,
            Number.MAX_VALUE,
            rest.filter((_, i) => i % team.length === index),
          ),
        ),
      );
      take([begun, ...parts]);
    } finally {
      for (const reader of [first, ...helpers]) this.giveBack(reader);
    }
  }

  private take(): Promise<WorkerClient<ReaderCalls>> {
    const reader = this.idle.pop();
    if (reader) return Promise.resolve(reader);
    return new Promise(resolve => this.waiting.push(resolve));
  }

  private giveBack(reader: WorkerClient<ReaderCalls>): void {
    const next = this.waiting.shift();
    if (next) next(reader);
    else this.idle.push(reader);
  }
}

/** What was found already bounds what the rest of a search has to look at. */
function narrowed(request: SearchRequest, found: LogRow[]): SearchRequest {
  const last = found[request.limit];
  if (!last) return request;
  // `to` is exclusive; the smallest step of a stored time is a microsecond.
  return request.order === 'newest'
    ? { ...request, from: Math.max(request.from ?? -Infinity, last.time) }
    : { ...request, to: Math.min(request.to ?? Infinity, last.time + 0.001) };
}
