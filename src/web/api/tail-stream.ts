import type { LineQuery } from '../../http/line-query.js';
import type { LogRow } from '../../model/log-row.js';
import type { Clock, Timer } from '../../platform/clock.js';
import { defined } from '../../platform/defined.js';
import { isImported } from '../../platform/ids.js';
import type { Store } from '../../store/store.js';

/** Commits within this time are sent as one event: a screen can't show more often, and each costs a search. */
const GATHER_MS = 40;
const PAGE = 1000;
/** Skipped lines are counted to here; beyond it a client is told "at least". */
const COUNT_LIMIT = 20_000;

/** Where the events go. `write` returns false when the client is slow; `drained` resolves when it has caught up. */
export interface TailSink {
  write(event: string, data: unknown, id?: number): boolean;
  drained(): Promise<void>;
}

export interface TailOptions {
  store: Store;
  clock: Clock;
  lines: LineQuery;
  /** Last commit the client has seen; absent: only what comes from now on. */
  after?: number | undefined;
  /** Newest commit now, where it is known. */
  newest?: number | undefined;
  /** Lines (matching or not) a client may be behind before the older ones are skipped. */
  behind: number;
  /** Time between two events, ms. */
  every?: number | undefined;
  /** Of what came since the last event only so many of the newest. */
  most?: number | undefined;
  sink: TailSink;
  signal: AbortSignal;
}

/**
 * Sends matching lines as they are committed. Nothing is queued for a slow client: while it is busy the store keeps the
 * lines, and when it is too far behind it gets the newest and the number of those it misses. So memory is one page a
 * client whatever happens.
 */
export async function streamTail(options: TailOptions): Promise<void> {
  const { store, clock, sink, signal } = options;
  let after = options.after ?? options.newest;
  let latest = after ?? -1;
  let first: number | undefined;
  let pendingLines = 0;
  let wake: (() => void) | undefined;
  const forget = store.onAppend(receipt => {
    // Where the newest commit was not known, the first receipt tells where "from now on" begins.
    after ??= receipt.seq - 1;
    first ??= receipt.seq;
    latest = Math.max(latest, receipt.seq);
    pendingLines += receipt.lines;
    wake?.();
  });
  const stop = () => wake?.();
  signal.addEventListener('abort', stop);
  try {
    sink.write('open', {}, after);
    // A client that comes back may have missed commits of which no receipt will tell.
    let look = options.after !== undefined;
    while (!signal.aborted) {
      if (!look && latest <= (after ?? -1))
        await new Promise<void>(resolve => {
          wake = resolve;
          if (signal.aborted || latest > (after ?? -1)) resolve();
        });
      look = false;
      wake = undefined;
      if (signal.aborted) return;
      await pause(clock, options.every ?? GATHER_MS);
      const upTo = latest;
      const tooMany = pendingLines > options.behind;
      const came = pendingLines;
      pendingLines = 0;
      const since = after ?? -1;
      const seen =
        options.most !== undefined && came > options.most
          ? await sendSome(options, since, upTo, came)
          : tooMany
            ? await sendNewest(options, since, upTo)
            : await sendAll(options, since, upTo);
      // What a look without a receipt saw of a commit made meanwhile may be a part of it: it is sent again, whole.
      after = Math.max(upTo, since, first !== undefined && upTo <= since ? Math.min(seen, first - 1) : seen);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    forget();
    signal.removeEventListener('abort', stop);
  }
}

/** Every matching line of the commits (since, upTo], oldest first. @returns the newest commit seen */
async function sendAll(
  { store, lines, sink, signal }: TailOptions,
  since: number,
  upTo: number,
): Promise<number> {
  let cursor: string | undefined;
  let seen = since;
  do {
    const page = await store.search(
      {
        ...lines,
        afterSeq: since,
        order: 'oldest',
        limit: PAGE,
        ...defined({ cursor }),
      },
      signal,
    );
    cursor = page.cursor;
    // A commit made while we read shows in part only: it is left to the next turn, which knows of it.
    const rows = page.rows.filter(row => (upTo <= since || row.seq <= upTo) && !isImported(row.source));
    for (const row of rows) seen = Math.max(seen, row.seq);
    if (
      rows.length > 0 &&
      !sink.write('lines', rows, cursor === undefined ? Math.max(seen, upTo) : undefined)
    )
      await sink.drained();
  } while (cursor !== undefined && !signal.aborted);
  return seen;
}

/**
 * The newest few, for who only looks on. How many matching lines are left out is not counted, which would cost more than
 * the lines; `skipped` tells of all lines that came, which is the most it can be.
 */
async function sendSome(
  { store, lines, sink, signal, most = PAGE }: TailOptions,
  since: number,
  upTo: number,
  came: number,
): Promise<number> {
  const page = await store.search({ ...lines, afterSeq: since, order: 'newest', limit: most }, signal);
  const rows = page.rows.filter(row => row.seq <= upTo && !isImported(row.source));
  if (page.cursor !== undefined)
    sink.write('skipped', { lines: Math.max(1, came - rows.length), atMost: true });
  if (rows.length > 0 && !sink.write('lines', rows.reverse(), upTo)) await sink.drained();
  return upTo;
}

/** The newest page of matching lines, and how many older ones were left out. */
async function sendNewest(
  { store, lines, sink, signal }: TailOptions,
  since: number,
  upTo: number,
): Promise<number> {
  let cursor: string | undefined;
  let newest: LogRow[] | undefined;
  let skipped = 0;
  do {
    const page = await store.search(
      {
        ...lines,
        afterSeq: since,
        order: 'newest',
        limit: PAGE,
        ...defined({ cursor }),
      },
      signal,
    );
    cursor = page.cursor;
    const rows = page.rows.filter(row => row.seq <= upTo && !isImported(row.source));
    if (newest) skipped += rows.length;
    newest ??= rows;
  } while (cursor !== undefined && skipped < COUNT_LIMIT && !signal.aborted);
  if (skipped > 0) sink.write('skipped', { lines: skipped, atLeast: cursor !== undefined });
  if (newest && newest.length > 0 && !sink.write('lines', newest.reverse(), upTo)) await sink.drained();
  return upTo;
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => {
    const timer: Timer = clock.after(ms, () => {
      timer.cancel();
      resolve();
    });
  });
}
