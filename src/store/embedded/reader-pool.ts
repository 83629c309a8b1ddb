import type { LogRow } from '../../model/log-row.js';
import { asDeadairError, type DeadairError } from '../../platform/errors.js';
import type { WorkerClient } from '../../platform/worker-calls.js';
import type { Query } from '../../query/ast.js';
import { isDear } from '../../query/dear.js';
import { addTallies, type Tally } from '../../skeletons/tally.js';
import type { Histogram, HistogramRequest, SearchPage, SearchRequest, TallyRequest } from '../store.js';
import { busy, DearTurns } from './dear-turns.js';
import { mergeSeries } from './histogram.js';
import type { BlockRef, HistogramStep, ReaderCalls, SearchStep, TallyStep, WorkerSetup } from './messages.js';
import { GRACE_MS, LONG_GRACE_MS, type Progress, QUERY_MS, within } from './query-budget.js';
import { storeThread } from './threads.js';
import { compareKeys, encodeCursor, MAX_ROWS } from './top-rows.js';

/** A query that is not done by then leaves the rest to as many readers as are idle. */
export const SLICE_MS = 10;
/** Most blocks that a reader is given at once. */
const MOST_BLOCKS = 16;
/** So long a query goes on while others wait for a reader. */
const TURN_MS = 500;
/** So long a reader helps with a dear query before it looks who waits. */
const HELP_MS = 100;
/** Queries that wait for a reader; more are asked to come again. */
const MOST_WAITING = 200;

type Client = WorkerClient<ReaderCalls>;

/** A thread that can be replaced by another one. */
interface Reader {
  client: Client;
}

interface Waiting {
  give: (reader: Reader) => void;
}

/**
 * The reader threads: a scan has one for itself, small requests go to any. One starts with the store, others when they are first
 * wanted: each is 13 MB and 80 ms of CPU, and many a store is only written to. Expressions that cost much by the line have a thread of
 * their own, one at a time, and one reader's help, so that they keep nobody else waiting. A query has a time; it is broken off when that is over or its
 * asker has left, and a thread that can't be (it is in the middle of a line) is ended and replaced.
 */
export class ReaderPool {
  private readonly readers: Reader[];
  private readonly idle: Reader[];
  /** Threads that open their files and are readers then. */
  private readonly coming = new Map<Client, Promise<void>>();
  /** Files are being closed and replaced: nobody opens them meanwhile. */
  private held = false;
  private readonly waiting: Waiting[] = [];
  private turn = 0;
  /** Made when it is first wanted. */
  private dear: Reader | undefined;
  private readonly dearTurns = new DearTurns();
  /** How often files were changed: what is left of a query names blocks as they lay when it began. */
  private changes = 0;
  private closed = false;

  constructor(
    private readonly setup: WorkerSetup,
    private most: number,
    private readonly sliceMs: number,
    private readonly died: (error: DeadairError) => void,
    private readonly queryMs = QUERY_MS,
  ) {
    this.readers = [{ client: this.start() }];
    this.idle = [...this.readers];
  }

  /** For requests that take a moment. */
  any(): Client {
    return this.readers[this.turn++ % this.readers.length]!.client;
  }

  /** Threads that run. */
  all(): Client[] {
    return [...this.readers, ...(this.dear ? [this.dear] : [])].map(({ client }) => client);
  }

  async search(request: SearchRequest, abort: AbortSignal | undefined): Promise<SearchPage> {
    const limit = Math.max(1, Math.min(request.limit, MAX_ROWS));
    const wanted = { ...request, limit };
    const rows: LogRow[] = [];
    const sign = request.order === 'newest' ? -1 : 1;
    await this.shared<SearchStep>(
      request.query,
      abort,
      (client, slice, only, signal) =>
        client.call('search', [only ? narrowed(wanted, rows) : wanted, slice, only], { abort: signal }),
      () => {
        rows.length = 0;
      },
      parts => {
        rows.push(...parts.flatMap(part => part.rows));
        rows.sort((a, b) => compareKeys(a, b) * sign);
        if (rows.length > limit + 1) rows.length = limit + 1;
      },
    );
    const last = rows[limit - 1];
    if (rows.length <= limit || !last) return { rows };
    return { rows: rows.slice(0, limit), cursor: encodeCursor(last) };
  }

  async histogram(request: HistogramRequest, abort: AbortSignal | undefined): Promise<Histogram> {
    const counts: HistogramStep['counts'][] = [];
    await this.shared<HistogramStep>(
      request.query,
      abort,
      (client, slice, only, signal) => client.call('histogram', [request, slice, only], { abort: signal }),
      () => {
        counts.length = 0;
      },
      parts => void counts.push(...parts.map(part => part.counts)),
    );
    const { interval, from, to } = request;
    return { interval, from, ...mergeSeries(counts, Math.max(0, Math.ceil((to - from) / interval))) };
  }

  async tally(request: TallyRequest, abort: AbortSignal | undefined): Promise<Tally> {
    let tallies: Tally[] = [];
    await this.shared<TallyStep>(
      request.query,
      abort,
      (client, slice, only, signal) => client.call('tally', [request, slice, only], { abort: signal }),
      () => {
        tallies = [];
      },
      parts => {
        tallies = [addTallies([...tallies, ...parts.map(part => part.tally)])];
      },
    );
    return addTallies(tallies);
  }

  /** Runs `work` on a reader that no scan runs on. */
  async withReader<T>(work: (client: Client) => Promise<T>, abort?: AbortSignal): Promise<T> {
    const reader = await this.take(abort);
    try {
      return await work(reader.client);
    } finally {
      this.giveBack(reader);
    }
  }

  /** Runs `work` while no reader scans: files may be closed then. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const held: Reader[] = [];
    const leave = await this.dearTurns.take();
    this.held = true;
    try {
      await Promise.all(this.coming.values());
      for (let i = 0; i < this.readers.length; i++) held.push(await this.take(undefined, true));
      this.changes++;
      return await work();
    } finally {
      this.held = false;
      for (const reader of held) this.giveBack(reader);
      leave();
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.all(), ...this.coming.keys()].map(client => closeSoon(client)));
  }

  private start(): Client {
    return storeThread<ReaderCalls>(this.setup, this.died);
  }

  /** It joins when it has opened its files: nobody waits for it. */
  private startAnother(): void {
    if (this.held || this.closed || this.readers.length + this.coming.size >= this.most) return;
    const client = this.start();
    const opened = client.call('stats', []).then(
      () => {
        const reader = { client };
        this.readers.push(reader);
        this.giveBack(reader);
      },
      thrown => {
        if (this.closed) return;
        // Those that run go on, and none is tried again.
        this.most = this.readers.length;
        const error = asDeadairError(thrown);
        // A thread's own end was told already.
        if (error.code !== 'unavailable') this.died(error);
        void client.terminate();
      },
    );
    this.coming.set(
      client,
      opened.finally(() => this.coming.delete(client)),
    );
  }

  /** @param begin forgets what was taken: the query begins anew @param take of each step what it found */
  private async shared<S extends { rest: BlockRef[] }>(
    query: Query,
    abort: AbortSignal | undefined,
    step: (client: Client, slice: number, only: BlockRef[] | undefined, signal: AbortSignal) => Promise<S>,
    begin: () => void,
    take: (parts: S[]) => void,
  ): Promise<void> {
    const progress: Progress = { done: 0, total: 0 };
    const { signal, done } = within(this.queryMs, abort, progress);
    const run = (reader: Reader, slice: number, only?: BlockRef[]) =>
      this.guarded(reader, signal, step(reader.client, slice, only, signal));
    try {
      if (isDear(query)) await this.alongside(run, take, progress, signal);
      else while (!(await this.inTurns(run, take, progress, signal))) begin();
    } catch (thrown) {
      // A thread that was ended tells of its end; why it was, the signal says.
      throw signal.aborted ? signal.reason : thrown;
    } finally {
      done();
    }
  }

  /**
   * One reader begins; what it has not done within a time slice is shared out among those that are idle: each takes a portion,
   * and the next when it is done, so that none waits for a slower one.
   * @returns false where files were changed while it let others have its readers: the blocks that are left may be gone
   */
  private async inTurns<S extends { rest: BlockRef[] }>(
    run: (reader: Reader, slice: number, only?: BlockRef[]) => Promise<S>,
    take: (parts: S[]) => void,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<boolean> {
    let team = [await this.take(signal)];
    const { changes } = this;
    let rest: BlockRef[] = [];
    try {
      const begun = await run(team[0]!, this.most > 1 ? this.sliceMs : TURN_MS);
      take([begun]);
      rest = begun.rest;
      progress.total = rest.length;
      if (rest.length > 0) this.startAnother();
      while (rest.length > 0) {
        if (this.waiting.length > 0) {
          for (const reader of team.splice(0)) this.giveBack(reader);
          team = [await this.take(signal)];
          if (this.changes !== changes) return false;
        }
        while (this.idle.length > 0 && team.length < rest.length) team.push(this.idle.pop()!);
        const portion = () => Math.min(MOST_BLOCKS, Math.ceil(rest.length / team.length / 2));
        const work = async (reader: Reader) => {
          do {
            const part = await run(reader, TURN_MS, rest.splice(0, portion()));
            take([part]);
            rest.unshift(...part.rest);
            progress.done = progress.total - rest.length;
            // Until a reader is wanted, or another one is free to join.
          } while (rest.length > 0 && this.waiting.length === 0 && this.idle.length === 0);
        };
        await Promise.all(team.map(work));
      }
      return true;
    } finally {
      // Where one failed, the others shall not go on.
      rest.length = 0;
      for (const reader of team) this.giveBack(reader);
    }
  }

  /**
   * On the thread for dear expressions, one query at a time. A reader helps where another one is idle beside it: whoever comes meanwhile
   * finds that one free, however long a line takes here.
   */
  private async alongside<S extends { rest: BlockRef[] }>(
    run: (reader: Reader, slice: number, only?: BlockRef[]) => Promise<S>,
    take: (parts: S[]) => void,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    const leave = await this.dearTurns.take(signal);
    try {
      this.dear ??= { client: this.start() };
      const begun = await run(this.dear, this.most > 1 ? this.sliceMs : TURN_MS);
      take([begun]);
      const { rest } = begun;
      progress.total = rest.length;
      if (rest.length > 0) this.startAnother();
      while (rest.length > 0) {
        const portion = Math.min(MOST_BLOCKS, Math.ceil(rest.length / 4));
        const works = [run(this.dear, TURN_MS, rest.splice(0, portion))];
        const free = rest.length > 0 && this.waiting.length === 0 && this.idle.length > 1;
        const helper = free ? this.idle.pop() : undefined;
        if (helper)
          works.push(run(helper, HELP_MS, rest.splice(0, portion)).finally(() => this.giveBack(helper)));
        const parts = await Promise.all(works);
        take(parts);
        rest.unshift(...parts.flatMap(part => part.rest));
        progress.done = progress.total - rest.length;
      }
    } finally {
      leave();
    }
  }

  /** What a thread answers; one that goes on after the signal is ended, and another one takes its place. */
  private async guarded<T>(reader: Reader, signal: AbortSignal, answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const { client } = reader;
    const stop = () => {
      timer = setTimeout(
        () => {
          if (this.closed || reader.client !== client) return;
          reader.client = this.start();
          void client.terminate();
        },
        reader === this.dear ? GRACE_MS : LONG_GRACE_MS,
      );
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  private take(abort?: AbortSignal, patient = false): Promise<Reader> {
    abort?.throwIfAborted();
    const reader = this.idle.pop();
    if (reader) return Promise.resolve(reader);
    this.startAnother();
    if (!patient && this.waiting.length >= MOST_WAITING) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        give: given => {
          abort?.removeEventListener('abort', leave);
          resolve(given);
        },
      };
      const leave = () => {
        const at = this.waiting.indexOf(waiting);
        if (at < 0) return;
        this.waiting.splice(at, 1);
        reject(abort!.reason);
      };
      abort?.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiting);
    });
  }

  private giveBack(reader: Reader): void {
    const next = this.waiting.shift();
    if (next) next.give(reader);
    else this.idle.push(reader);
  }
}

/** A thread in the middle of a dear line is not waited for: it holds nothing that would be lost. */
async function closeSoon(client: Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>(resolve => {
    timer = setTimeout(() => void client.terminate().then(resolve), 2 * GRACE_MS);
  });
  await Promise.race([client.close(), enough]);
  clearTimeout(timer);
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
