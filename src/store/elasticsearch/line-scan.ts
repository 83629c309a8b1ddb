import { defined } from '../../platform/defined.js';
import { RowMatcher } from '../../query/matcher.js';
import { splitTime } from '../../query/simplify.js';
import type { NotLooked, SearchRequest } from '../store.js';
import { decodeCursor, SORT, type SortKey } from './cursor.js';
import { MAX_ROWS, type ReaderDeps } from './hits.js';
import { rowOf, timeOf } from './line-document.js';
import type { LineRequests } from './line-requests.js';
import { type KeyedRow, OpenLines } from './open-lines.js';
import { type Dsl, isExact, type Translated, timeRange, translate } from './query-dsl.js';

/** Lines fetched first where each must be looked at here, and at least in any further page. */
const FIRST_PAGE = 1000;
const LEAST_PAGE = 500;
/** An answer is given after so long, with what was found and how far was looked. */
const LOOK_MS = 6_000;
/** Of that, lines are looked at here for so long at least. */
const LEAST_LOOK_MS = 1_000;
/** A page may take this share of the time that is left: on a busy machine the next one takes longer than the last. */
const PAGE_SHARE = 0.6;

/** How far a scan came. */
export interface Look {
  /** The last line looked at, where the time was over before the lines were. */
  stoppedAt?: SortKey;
}

export interface ScanOptions {
  /** Lines asked for at once where all of them match. */
  page: number;
  /** Which of the lines that match are wanted; absent: all. */
  wanted?: (translated: Translated) => Dsl;
  /** When the answer was begun, where something else was asked before; monotonic ms. */
  since?: number;
  abort?: AbortSignal | undefined;
}

/** Gives lines that match, in order. What the server can't decide is decided here, line by line, for a limited time. */
export class LineScan {
  constructor(
    private readonly deps: Pick<ReaderDeps, 'clock' | 'openLines'>,
    private readonly requests: LineRequests,
  ) {}

  async *rows(request: SearchRequest, look: Look, options: ScanOptions): AsyncGenerator<KeyedRow> {
    const { page, wanted = ({ may }) => may, abort } = options;
    abort?.throwIfAborted();
    const { clock } = this.deps;
    const start = clock.monotonic();
    const end = Math.max(start + LEAST_LOOK_MS, (options.since ?? start) + LOOK_MS);
    const split = splitTime(request.query);
    const translated = translate(split.query);
    const exact = isExact(translated);
    const matcher = exact ? undefined : new RowMatcher(split.query);
    const query = {
      bool: {
        filter: [
          wanted(translated),
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
    let size = Math.min(exact ? page + 1 : Math.max(FIRST_PAGE, page + 1), MAX_ROWS);
    let after = request.cursor === undefined ? undefined : decodeCursor(request.cursor);
    const open = new OpenLines(this.deps.openLines?.(), request.query, { ...request, after });
    let previous: string | undefined;
    for (let first = true; ; first = false) {
      const asked = clock.monotonic();
      const body = { size, query, sort: SORT(direction), ...defined({ search_after: after }) };
      // A page costs what its filter costs, however few lines it asks for. The first one must come, or there would be no next.
      const hits =
        exact || first
          ? await this.requests.hits(body, abort)
          : await this.requests.hitsWithin(body, end - asked, abort);
      if (!hits) {
        look.stoppedAt = after!;
        return;
      }
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
      const now = clock.monotonic();
      if (now > end) {
        look.stoppedAt = after;
        return;
      }
      // As many as fit into the time that is left, as long as the last ones took.
      const fit = Math.floor((hits.length * PAGE_SHARE * (end - now)) / Math.max(1, now - asked));
      if (!exact) size = Math.max(LEAST_PAGE, Math.min(fit, MAX_ROWS));
    }
  }
}

/** What a scan from the newest line on left out: others may have the time of the last line it looked at. */
export function notLooked({ stoppedAt }: Look, from: number): { notLooked?: NotLooked } {
  return stoppedAt === undefined ? {} : { notLooked: { from, to: timeOf(stoppedAt[0]) + 0.001 } };
}
