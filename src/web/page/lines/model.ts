import { ApiError, type Client, isAbort, withQuery } from '../api/client.js';
import { EventStream } from '../api/stream.js';
import type { LineRecord } from '../api/types.js';
import { searchKey, searchParameters, type View } from '../state/view.js';
import { Rate } from './rate.js';

const PAGE = 200;
/** Lines kept while following live; older ones can be scrolled to again. */
const MOST_LIVE = 2000;
/** Lines kept when one scrolls back. */
const MOST = 100_000;
/** A screen can't show more, nor can anybody read it: so often, and so many of the newest. */
const LIVE_EVERY_MS = 250;
const LIVE_NEWEST = 150;
/** Longer lines come cut and marked; opened, they come whole. */
const CUT = 4000;

export type LiveState = 'live' | 'paused' | 'reconnecting' | 'off';

/** What a list shows besides its lines. */
export interface ListState {
  live: LiveState;
  loading: boolean;
  loadingMore: boolean;
  /** Everything there is has been loaded. */
  complete: boolean;
  /** The store looked so far and had no time for more: it is asked to go on until there is something to read. */
  lookedTo: string | undefined;
  waiting: number;
  problem: ApiError | undefined;
  /** Lines a second that come and how many of them are left out; undefined while all are shown. */
  flood: { perSecond: number } | undefined;
}

/** The lines of one search: first page, further pages as one scrolls, new ones live. Draws nothing. */
export class LineModel {
  /** In the list's order. */
  records: LineRecord[] = [];
  readonly gaps = new Set<string>();
  state: ListState = {
    live: 'off',
    loading: false,
    loadingMore: false,
    complete: false,
    lookedTo: undefined,
    waiting: 0,
    problem: undefined,
    flood: undefined,
  };
  /** Grows with every change of the lines. */
  version = 0;
  paused = false;
  /** Somebody reads further down: what is new waits. */
  private reading = false;
  private view: View | undefined;
  private readonly ids = new Set<string>();
  private waiting: LineRecord[] = [];
  private gapWaits = false;
  private cursor: string | undefined;
  /** Lines were dropped from the old end: older ones are asked for up to this time. */
  private before: string | undefined;
  private request: AbortController | undefined;
  private stream: EventStream | undefined;
  private readonly rate = new Rate();

  constructor(
    private readonly client: Client,
    private readonly onChange: () => void,
    /** New lines came: a histogram may want to be drawn again. */
    private readonly onNewLines: () => void = () => {},
  ) {}

  get followable(): boolean {
    return this.view !== undefined && this.view.to === '' && this.view.order === 'newest';
  }

  /** Shows what `view` asks for, from the start; nothing happens when it is the same search. */
  show(view: View, again = false): void {
    if (!again && this.view && searchKey(this.view) === searchKey(view)) return;
    this.view = view;
    void this.load();
  }

  /** The lines of this search are here: what is counted beside them may be asked for. */
  answered(view: View): boolean {
    const { loading, problem } = this.state;
    return !loading && !problem && this.view !== undefined && searchKey(this.view) === searchKey(view);
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    if (!this.view) return;
    // What was left out while it was too fast is read now: paused, the list is complete.
    if (paused && this.gaps.size === 0) {
      this.unfollow();
      this.tell({ live: this.liveState() });
    } else void this.load();
  }

  setReading(reading: boolean): void {
    if (this.reading === reading) return;
    this.reading = reading;
    if (!reading) this.takeWaiting();
  }

  takeWaiting(): void {
    if (this.waiting.length === 0) return;
    const fresh = this.waiting;
    this.waiting = [];
    this.insert(fresh);
    this.tell({ waiting: 0 });
  }

  close(): void {
    this.request?.abort();
    this.unfollow();
  }

  /** The next page at the list's end. */
  async more(): Promise<void> {
    if ((!this.cursor && !this.before) || this.state.loadingMore || !this.view || this.records.length >= MOST)
      return;
    this.tell({ loadingMore: true });
    const { request } = this;
    let lookedTo: string | undefined;
    try {
      const parameters = this.parameters(this.view);
      if (this.before) parameters.set('to', this.before);
      if (this.cursor) parameters.set('cursor', this.cursor);
      const reply = await this.client.call('GET /v1/search', { query: parameters, signal: request?.signal });
      if (request !== this.request) return;
      this.cursor = reply.cursor;
      if (!reply.cursor) this.before = undefined;
      lookedTo = reply.lookedTo;
      this.append(reply.records);
    } catch (error) {
      if (!isAbort(error)) this.tell({ problem: asProblem(error) });
    } finally {
      if (request === this.request) {
        this.tell({ loadingMore: false, complete: this.isComplete(), lookedTo });
        this.goOn();
      }
    }
  }

  /** A page that is not full yet, of a store that has not looked at everything. */
  private goOn(): void {
    if (this.state.lookedTo !== undefined && this.records.length < PAGE) void this.more();
  }

  private async load(): Promise<void> {
    const { view } = this;
    if (!view) return;
    this.request?.abort();
    this.unfollow();
    const request = new AbortController();
    this.request = request;
    this.waiting = [];
    this.tell({ loading: true, loadingMore: false, waiting: 0, flood: undefined });
    try {
      // The stream begins before the search, so that no line falls between them; a line in both is one line.
      if (this.followable && !this.paused) this.follow(view);
      const reply = await this.client.call('GET /v1/search', {
        query: this.parameters(view),
        signal: request.signal,
      });
      this.records = [];
      this.ids.clear();
      this.gaps.clear();
      this.cursor = reply.cursor;
      this.before = undefined;
      this.reading = false;
      this.append(reply.records);
      this.tell({
        loading: false,
        problem: undefined,
        complete: this.isComplete(),
        lookedTo: reply.lookedTo,
        live: this.liveState(),
      });
      this.takeWaiting();
      this.goOn();
    } catch (error) {
      if (isAbort(error)) return;
      this.unfollow();
      const problem = asProblem(error);
      // A query that can't be read has no lines; where the service is away, the old ones are better than none.
      if (problem.status === 400) {
        this.records = [];
        this.ids.clear();
        this.gaps.clear();
        this.cursor = undefined;
        this.version++;
      }
      this.tell({ loading: false, problem, live: this.liveState() });
    }
  }

  private parameters(view: View): URLSearchParams {
    const parameters = searchParameters(view);
    parameters.set('order', view.order);
    parameters.set('limit', String(PAGE));
    parameters.set('cut', String(CUT));
    return parameters;
  }

  private follow(view: View): void {
    const parameters = searchParameters(view);
    parameters.set('every', String(LIVE_EVERY_MS));
    parameters.set('newest', String(LIVE_NEWEST));
    parameters.set('cut', String(CUT));
    let resumed = false;
    this.stream = new EventStream(
      this.client,
      after => {
        resumed = after !== undefined;
        return withQuery('/v1/tail', after ? withAfter(parameters, after) : parameters);
      },
      {
        event: (name, data) => {
          if (name === 'lines') this.arrive((JSON.parse(data) as { records: LineRecord[] }).records);
          else if (name === 'skipped') this.skipped((JSON.parse(data) as { lines: number }).lines);
        },
        state: state => {
          // The connection is back, but from where to go on was not known yet: lines may be missing.
          if (state === 'live' && this.state.live === 'reconnecting' && !resumed) void this.load();
          else this.tell({ live: state });
        },
        failed: problem => this.tell({ problem, live: 'off' }),
      },
    );
  }

  private unfollow(): void {
    this.stream?.close();
    this.stream = undefined;
    this.rate.clear();
  }

  private arrive(records: LineRecord[]): void {
    this.rate.add(records.length, 0, Date.now());
    if (this.gapWaits && records[0]) {
      this.gaps.add(records[0].event.id);
      this.gapWaits = false;
    }
    this.onNewLines();
    if (this.reading || this.state.loading) {
      this.waiting.push(...records);
      // What waits is bounded too: beyond some pages only the newest matter.
      if (this.waiting.length > MOST_LIVE) this.waiting = this.waiting.slice(-MOST_LIVE);
      this.tell({ waiting: this.waiting.length, flood: this.flood() });
      return;
    }
    this.insert(records);
    this.tell({ flood: this.flood(), complete: this.isComplete() });
  }

  private skipped(lines: number): void {
    this.rate.add(0, lines, Date.now());
    this.gapWaits = true;
  }

  private flood(): ListState['flood'] {
    const { perSecond, left } = this.rate.read(Date.now());
    return left > 0 ? { perSecond } : undefined;
  }

  private append(records: readonly LineRecord[]): void {
    for (const record of records) {
      if (this.ids.has(record.event.id)) continue;
      this.ids.add(record.event.id);
      this.records.push(record);
    }
    this.version++;
  }

  /** Lines of several hosts come almost in order: a short walk from the top finds the place of each. */
  private insert(records: readonly LineRecord[]): void {
    const top: LineRecord[] = [];
    for (const record of records) {
      if (this.ids.has(record.event.id)) {
        // A line without its newline was completed: same id, more text.
        const at = this.records.findIndex(known => known.event.id === record.event.id);
        if (at >= 0) this.records[at] = record;
        continue;
      }
      this.ids.add(record.event.id);
      top.push(record);
    }
    // They come oldest first; of one moment the later line stands above.
    top
      .reverse()
      .sort((a, b) => (a['@timestamp'] < b['@timestamp'] ? 1 : a['@timestamp'] > b['@timestamp'] ? -1 : 0));
    this.records = merged(top, this.records);
    this.trim();
    this.version++;
  }

  /** Drops lines from the old end; who scrolls there gets them again by the time of the last one kept. */
  private trim(): void {
    if (this.records.length <= MOST_LIVE + PAGE) return;
    for (const record of this.records.splice(MOST_LIVE)) {
      this.ids.delete(record.event.id);
      this.gaps.delete(record.event.id);
    }
    this.cursor = undefined;
    // The bound is exclusive and other lines may share the millisecond; those already here are not added twice.
    this.before = new Date(Date.parse(this.records.at(-1)!['@timestamp']) + 1).toISOString();
  }

  private isComplete(): boolean {
    return !this.cursor && !this.before;
  }

  private liveState(): LiveState {
    if (!this.followable) return 'off';
    return this.paused ? 'paused' : this.state.live === 'reconnecting' ? 'reconnecting' : 'live';
  }

  private tell(patch: Partial<ListState>): void {
    this.state = { ...this.state, ...patch };
    this.onChange();
  }
}

function withAfter(parameters: URLSearchParams, after: string): URLSearchParams {
  const all = new URLSearchParams(parameters);
  all.set('after', after);
  return all;
}

/** Two lists, newest first, as one. */
function merged(fresh: LineRecord[], known: LineRecord[]): LineRecord[] {
  if (fresh.length === 0) return known;
  const out: LineRecord[] = [];
  let at = 0;
  for (const record of fresh) {
    while (at < known.length && known[at]!['@timestamp'] > record['@timestamp']) out.push(known[at++]!);
    out.push(record);
  }
  return at < known.length ? out.concat(at === 0 ? known : known.slice(at)) : out;
}

function asProblem(error: unknown): ApiError {
  return error instanceof ApiError
    ? error
    : new ApiError(0, 'internal', error instanceof Error ? error.message : String(error));
}
