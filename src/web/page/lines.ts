import { type Api, ApiError, isAbort, type LineRecord } from './api.js';
import { lineDetail } from './detail.js';
import { fill, h } from './dom.js';
import { plural, type TimeStyle } from './format.js';
import { isToday, lineCells } from './line.js';
import { Tail } from './tail.js';
import { type Change, searchParameters, type View } from './view.js';

const PAGE = 200;
/** Rows kept while following live; older ones can be scrolled to again. */
const MOST_LIVE_ROWS = 2000;
/** Past this distance from the top new lines wait, so that what is being read stays where it is. */
const READING_PX = 80;

export interface LinesOptions {
  api: Api;
  box: HTMLElement;
  scroller: HTMLElement;
  /** The button that says how many new lines wait. */
  pill: HTMLButtonElement;
  style: () => TimeStyle;
  change: Change;
  say: (text: string) => void;
  onProblem: (problem: ApiError | null) => void;
  /** Live state for the toolbar. */
  onLive: (state: 'live' | 'paused' | 'reconnecting' | 'off') => void;
  /** New lines came: the histogram may want to be drawn again. */
  onNewLines: () => void;
  emptyText: (view: View) => (HTMLElement | string)[];
}

/** The list of lines: first page, older pages as one scrolls, new lines live, one line opened. */
export class Lines {
  private view: View | undefined;
  private rows = new Map<string, { record: LineRecord; row: HTMLElement }>();
  private cursor: string | undefined;
  /** Rows were dropped from the old end: older ones are asked for up to this time. */
  private before: string | undefined;
  private request: AbortController | undefined;
  private loadingMore = false;
  private tail: Tail | undefined;
  private waiting: LineRecord[] = [];
  private paused = false;
  private readonly list = h('div', {
    class: 'lines',
    role: 'feed',
    'aria-label': 'Log lines',
    'aria-busy': 'false',
  });
  private readonly foot = h('div', { class: 'lines-foot', role: 'status' });

  constructor(private readonly options: LinesOptions) {
    fill(options.box, this.list, this.foot);
    options.scroller.addEventListener('scroll', () => this.onScroll(), { passive: true });
    options.pill.addEventListener('click', () => this.toNewest());
  }

  /** Shows what `view` asks for from the start. */
  async show(view: View): Promise<void> {
    this.view = view;
    this.request?.abort();
    this.unfollow();
    this.waiting = [];
    this.updatePill();
    const request = new AbortController();
    this.request = request;
    this.list.setAttribute('aria-busy', 'true');
    try {
      // The tail begins before the search, so that no line falls between them; a row in both is one row.
      if (this.followable() && !this.paused) this.follow(view);
      const reply = await this.options.api.search(this.parameters(view), request.signal);
      this.rows.clear();
      this.list.replaceChildren();
      this.list.classList.remove('with-days');
      this.options.scroller.scrollTop = 0;
      this.cursor = reply.cursor;
      this.before = undefined;
      this.add(reply.records, 'end');
      this.flushWaiting();
      this.options.onProblem(null);
    } catch (error) {
      if (isAbort(error)) return;
      this.unfollow();
      const problem =
        error instanceof ApiError
          ? error
          : new ApiError(0, 'internal', error instanceof Error ? error.message : String(error));
      this.options.onProblem(problem);
      if (problem.status === 400) {
        this.rows.clear();
        this.list.replaceChildren();
      }
    } finally {
      if (this.request === request) this.list.setAttribute('aria-busy', 'false');
    }
    this.updateFoot();
    this.reportLive();
    await this.open(view.line);
  }

  /** Opens one line and closes the other; fetches it when it isn't in the list. */
  async open(id: string): Promise<void> {
    for (const { row } of this.rows.values())
      if (row.classList.contains('open') && row.dataset.id !== id) this.collapse(row);
    this.list.querySelector('.line-row.visitor:not(.open)')?.remove();
    if (id === '') return;
    let entry = this.rows.get(id);
    if (!entry) {
      try {
        const reply = await this.options.api.context(id, 0, 0);
        const record = reply.records[reply.at];
        if (!record) {
          this.options.say('This line is not stored any more.');
          return;
        }
        entry = this.visitor(record);
      } catch (error) {
        if (!isAbort(error)) this.options.say((error as Error).message);
        return;
      }
    }
    if (!entry.row.classList.contains('open')) this.expand(entry.record, entry.row);
    entry.row.scrollIntoView({ block: 'nearest' });
  }

  setPaused(paused: boolean): void {
    this.paused = paused;
    if (paused) {
      this.unfollow();
      this.reportLive();
    } else if (this.view) void this.show({ ...this.view });
  }

  get isPaused(): boolean {
    return this.paused;
  }

  /** Times are shown in another zone, or rows wrap differently. */
  redraw(): void {
    for (const { record, row } of this.rows.values())
      row.firstElementChild!.replaceChildren(...lineCells(record, this.options.style()));
  }

  /** Moves the focus by lines; from nowhere to the first. */
  move(step: number): void {
    const rows = [...this.list.querySelectorAll<HTMLElement>('.line-row')];
    const at = rows.findIndex(row => row.contains(document.activeElement));
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
    next?.focus();
    next?.scrollIntoView({ block: 'nearest' });
    if (next && rows.indexOf(next) > rows.length - 5) void this.more();
  }

  toNewest(): void {
    this.flushWaiting(true);
    this.options.scroller.scrollTo({ top: 0 });
  }

  private parameters(view: View): URLSearchParams {
    const parameters = searchParameters(view);
    parameters.set('order', view.order);
    parameters.set('limit', String(PAGE));
    return parameters;
  }

  private followable(): boolean {
    return this.view !== undefined && this.view.to === '' && this.view.order === 'newest';
  }

  private follow(view: View): void {
    const parameters = searchParameters(view);
    parameters.set('behind', String(MOST_LIVE_ROWS));
    this.tail = new Tail(this.options.api, parameters, {
      lines: records => {
        this.waiting.push(...records);
        if (this.list.getAttribute('aria-busy') === 'false') this.flushWaiting();
        this.options.onNewLines();
      },
      skipped: (lines, atLeast) => {
        const text = `${atLeast ? 'more than ' : ''}${plural(lines, 'line')} came faster than they can be shown`;
        this.list.prepend(h('p', { class: 'skipped' }, `${text}; search shows them.`));
      },
      state: state => this.options.onLive(state),
      missed: () => void this.show(view),
      failed: problem => this.options.onProblem(problem),
    });
  }

  private unfollow(): void {
    this.tail?.close();
    this.tail = undefined;
  }

  private reportLive(): void {
    if (!this.followable()) this.options.onLive('off');
    else if (this.paused) this.options.onLive('paused');
  }

  private flushWaiting(evenIfReading = false): void {
    if (this.options.scroller.scrollTop > READING_PX && !evenIfReading) {
      // What waits is bounded too: beyond a screenful of pages only the newest matter.
      if (this.waiting.length > MOST_LIVE_ROWS) this.waiting = this.waiting.slice(-MOST_LIVE_ROWS);
      this.updatePill();
      return;
    }
    const fresh = this.waiting;
    this.waiting = [];
    this.add(fresh, 'time');
    this.trim();
    this.updatePill();
    this.updateFoot();
  }

  private updatePill(): void {
    const { pill } = this.options;
    pill.hidden = this.waiting.length === 0;
    pill.textContent = `↑ ${plural(this.waiting.length, 'new line')}`;
  }

  private add(records: LineRecord[], where: 'end' | 'time'): void {
    for (const record of records) {
      const known = this.rows.get(record.event.id);
      if (known) {
        // A line without its newline was completed: same id, more text.
        known.record = record;
        known.row.firstElementChild!.replaceChildren(...lineCells(record, this.options.style()));
        continue;
      }
      const row = this.row(record);
      this.rows.set(record.event.id, { record, row });
      if (!isToday(record, this.options.style())) this.list.classList.add('with-days');
      if (where === 'end') this.list.append(row);
      else this.list.insertBefore(row, this.placeFor(record));
    }
  }

  /** Lines of several hosts come almost in order: a short walk from the top finds the place. */
  private placeFor(record: LineRecord): Element | null {
    let place = this.list.firstElementChild;
    for (; place; place = place.nextElementSibling) {
      const time = (place as HTMLElement).dataset.time;
      if (time !== undefined && time <= record['@timestamp']) break;
    }
    return place;
  }

  private row(record: LineRecord): HTMLElement {
    const row: HTMLElement = h(
      'article',
      {
        class: `line-row class-row-${record.deadair.class} level-row-${record.log.level ?? 'none'}`,
        tabindex: -1,
        data: { id: record.event.id, time: record['@timestamp'] },
        'aria-label': `${record.agent.id} ${record.log.level ?? ''}`.trim(),
        'aria-expanded': 'false',
      },
      h('div', { class: 'line' }, lineCells(record, this.options.style())),
    );
    row.firstElementChild!.addEventListener('click', () => {
      if (getSelection()?.toString()) return; // somebody is marking text
      this.toggle(record.event.id, row);
    });
    row.addEventListener('keydown', event => {
      if (event.key === 'Enter' && event.target === row) this.toggle(record.event.id, row);
    });
    if (this.list.querySelector('[tabindex="0"]') === null) row.tabIndex = 0;
    return row;
  }

  private toggle(id: string, row: HTMLElement): void {
    this.options.change({ line: row.classList.contains('open') ? '' : id }, 'replace');
  }

  private expand(record: LineRecord, row: HTMLElement): void {
    row.classList.add('open');
    row.setAttribute('aria-expanded', 'true');
    row.append(
      lineDetail(record, {
        api: this.options.api,
        style: this.options.style(),
        change: this.options.change,
        say: this.options.say,
      }),
    );
  }

  private collapse(row: HTMLElement): void {
    row.classList.remove('open');
    row.setAttribute('aria-expanded', 'false');
    row.querySelector('.detail')?.remove();
  }

  /** A linked line that the search doesn't show stands above the list. */
  private visitor(record: LineRecord): { record: LineRecord; row: HTMLElement } {
    const row = this.row(record);
    row.classList.add('visitor');
    this.list.prepend(row);
    const entry = { record, row };
    this.rows.set(record.event.id, entry);
    return entry;
  }

  private onScroll(): void {
    const { scroller } = this.options;
    if (scroller.scrollTop <= READING_PX && this.waiting.length > 0) this.flushWaiting();
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 800) void this.more();
  }

  private async more(): Promise<void> {
    if ((!this.cursor && !this.before) || this.loadingMore || !this.view) return;
    this.loadingMore = true;
    this.updateFoot();
    const request = this.request;
    try {
      const parameters = this.parameters(this.view);
      if (this.before) parameters.set('to', this.before);
      if (this.cursor) parameters.set('cursor', this.cursor);
      const reply = await this.options.api.search(parameters, request?.signal);
      if (request !== this.request) return;
      this.cursor = reply.cursor;
      if (!reply.cursor) this.before = undefined;
      this.add(reply.records, 'end');
    } catch (error) {
      if (!isAbort(error)) this.options.say((error as Error).message);
    } finally {
      this.loadingMore = false;
      this.updateFoot();
    }
  }

  /** Drops rows from the old end; who scrolls there gets them again by the time of the last one kept. */
  private trim(): void {
    if (this.rows.size <= MOST_LIVE_ROWS + PAGE) return;
    const rows = [...this.list.querySelectorAll<HTMLElement>('.line-row:not(.open):not(.visitor)')];
    for (const row of rows.slice(MOST_LIVE_ROWS)) {
      this.rows.delete(row.dataset.id ?? '');
      row.remove();
    }
    this.cursor = undefined;
    // The bound is exclusive and other lines may share the millisecond; those already here are not added twice.
    const last = Date.parse(rows[MOST_LIVE_ROWS - 1]?.dataset.time ?? '');
    this.before = new Date(last + 1).toISOString();
  }

  private updateFoot(): void {
    if (this.rows.size === 0 && this.view && this.list.getAttribute('aria-busy') === 'false') {
      fill(this.foot, h('div', { class: 'empty' }, this.options.emptyText(this.view)));
      return;
    }
    if (this.loadingMore) {
      fill(this.foot, 'Loading…');
      return;
    }
    fill(
      this.foot,
      !this.cursor && !this.before && this.rows.size > 0
        ? `That is all: ${plural(this.rows.size, 'line')}.`
        : null,
    );
  }
}
