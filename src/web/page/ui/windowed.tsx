import { Component, type ComponentChild, createRef } from 'preact';
import { drawWaiting } from '../state/store.js';

export interface WindowedProps<T> {
  /** Where the list puts itself, for `show` and `element`: components take no refs. */
  handle?: { current: Windowed<T> | null };
  items: readonly T[];
  keyOf: (item: T) => string;
  /** Height of a row that was not measured, px. */
  rowHeight: number;
  /** Rows that may be higher or lower than that; they are measured when they are drawn. */
  varies: (item: T) => boolean;
  render: (item: T, index: number) => ComponentChild;
  /** Told when the list's place or length changes. */
  onScroll?: ((top: number, toEnd: number) => void) | undefined;
  label: string;
  class?: string;
  busy?: boolean;
  before?: ComponentChild;
  after?: ComponentChild;
}

/** Rows drawn beyond both edges, so that a quick scroll does not show blank. */
const MARGIN_PX = 400;

/**
 * A list of which only what is seen is in the document. Places are plain sums of heights, made anew when heights or items
 * change: 100,000 rows take a third of a millisecond.
 */
export class Windowed<T> extends Component<WindowedProps<T>> {
  private readonly scroller = createRef<HTMLDivElement>();
  private readonly measured = new Map<string, number>();
  private places = new Float64Array(1);
  private observer: ResizeObserver | undefined;
  private rowObserver: ResizeObserver | undefined;
  private height = 800;
  private frame = 0;
  private drawn: [number, number] = [0, 0];
  /** Key of the row that gets the focus when it is drawn. */
  private wanted: string | undefined;

  override componentDidMount(): void {
    const box = this.scroller.current!;
    if (this.props.handle) this.props.handle.current = this;
    this.observer = new ResizeObserver(() => {
      this.height = box.clientHeight;
      this.setState({});
    });
    this.observer.observe(box);
    this.rowObserver = new ResizeObserver(entries => {
      let changed = false;
      for (const { target } of entries) changed = this.measure(target as HTMLElement) || changed;
      if (changed) this.setState({});
    });
    this.height = box.clientHeight;
    this.setState({});
  }

  override componentWillUnmount(): void {
    if (this.props.handle?.current === this) this.props.handle.current = null;
    this.observer?.disconnect();
    this.rowObserver?.disconnect();
    cancelAnimationFrame(this.frame);
  }

  /** The element that scrolls. */
  get element(): HTMLDivElement | null {
    return this.scroller.current;
  }

  /** Brings a row into view, with as little scrolling as it takes, or to the middle. */
  show(index: number, place: 'nearest' | 'middle' = 'nearest'): void {
    const box = this.scroller.current;
    if (!box || index < 0) return;
    this.place();
    const top = this.places[index] ?? 0;
    const bottom = this.places[index + 1] ?? top;
    if (place === 'middle') box.scrollTop = top - (box.clientHeight - (bottom - top)) / 2;
    else if (top < box.scrollTop) box.scrollTop = top;
    else if (bottom > box.scrollTop + box.clientHeight)
      box.scrollTop = Math.min(top, bottom - box.clientHeight);
  }

  /** Brings a row into view and gives it the focus, now: the next key is meant for this row. */
  focus(index: number, place: 'nearest' | 'middle' = 'nearest'): void {
    const item = this.props.items[index];
    if (item === undefined) return;
    this.show(index, place);
    this.wanted = this.props.keyOf(item);
    this.setState({});
    drawWaiting();
  }

  override componentDidUpdate(): void {
    if (this.wanted === undefined) return;
    const key = CSS.escape(this.wanted);
    this.wanted = undefined;
    const row = this.scroller.current?.querySelector(`.windowed-row[data-key="${key}"]`);
    row?.querySelector<HTMLElement>('[tabindex]')?.focus({ preventScroll: true });
  }

  private measure(row: HTMLElement): boolean {
    const key = row.dataset.key;
    if (key === undefined || !row.isConnected) return false;
    const height = row.getBoundingClientRect().height;
    if (height === 0 || Math.abs((this.measured.get(key) ?? 0) - height) < 0.5) return false;
    this.measured.set(key, height);
    return true;
  }

  private place(): void {
    const { items, keyOf, rowHeight, varies } = this.props;
    if (this.places.length !== items.length + 1) this.places = new Float64Array(items.length + 1);
    let at = 0;
    for (let i = 0; i < items.length; i++) {
      this.places[i] = at;
      const item = items[i]!;
      at += varies(item) ? (this.measured.get(keyOf(item)) ?? rowHeight) : rowHeight;
    }
    this.places[items.length] = at;
    if (this.measured.size > 5000) this.measured.clear();
  }

  /** The last row that begins at or above `y`. */
  private rowAt(y: number): number {
    let low = 0;
    let high = this.props.items.length;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.places[middle]! <= y) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  private readonly scrolled = (): void => {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const box = this.scroller.current;
      if (!box) return;
      this.props.onScroll?.(box.scrollTop, box.scrollHeight - box.scrollTop - box.clientHeight);
      const [first, last] = this.range(box.scrollTop, 100);
      if (first < this.drawn[0] || last > this.drawn[1]) this.setState({});
    });
  };

  private range(top: number, margin: number): [number, number] {
    return [
      Math.max(0, this.rowAt(top - margin)),
      Math.min(this.props.items.length, this.rowAt(top + this.height + margin) + 1),
    ];
  }

  override render() {
    const { items, keyOf, render, varies, before, after } = this.props;
    this.place();
    const total = this.places[items.length]!;
    const box = this.scroller.current;
    const top = Math.min(box?.scrollTop ?? 0, Math.max(0, total - this.height));
    this.drawn = this.range(top, MARGIN_PX);
    const [first, last] = this.drawn;
    const rows: ComponentChild[] = [];
    for (let i = first; i < last; i++) {
      const item = items[i]!;
      rows.push(
        <MeasuredRow
          key={keyOf(item)}
          name={keyOf(item)}
          observer={varies(item) ? this.rowObserver : undefined}
        >
          {render(item, i)}
        </MeasuredRow>,
      );
    }
    return (
      <div
        class={`windowed ${this.props.class ?? ''}`}
        ref={this.scroller}
        onScroll={this.scrolled}
        tabIndex={-1}
        role="presentation"
      >
        {before}
        <div
          {...(items.length > 0
            ? {
                role: 'feed',
                'aria-label': this.props.label,
                'aria-busy': this.props.busy ? 'true' : 'false',
              }
            : {})}
          class="windowed-rows"
        >
          <div style={{ height: `${this.places[first] ?? 0}px` }} />
          {rows}
          <div style={{ height: `${Math.max(0, total - (this.places[last] ?? total))}px` }} />
        </div>
        {after}
      </div>
    );
  }
}

class MeasuredRow extends Component<{ name: string; observer: ResizeObserver | undefined }> {
  private readonly box = createRef<HTMLDivElement>();

  override componentDidMount(): void {
    if (this.box.current) this.props.observer?.observe(this.box.current);
  }

  override componentDidUpdate(before: { observer: ResizeObserver | undefined }): void {
    if (before.observer === this.props.observer || !this.box.current) return;
    before.observer?.unobserve(this.box.current);
    this.props.observer?.observe(this.box.current);
  }

  override componentWillUnmount(): void {
    const row = this.box.current;
    if (!row) return;
    this.props.observer?.unobserve(row);
    // Who had the focus in a row that leaves keeps it in the list, so that keys go on from here.
    if (row.contains(document.activeElement))
      row.closest<HTMLElement>('.windowed')?.focus({ preventScroll: true });
  }

  override render() {
    return (
      <div class="windowed-row" data-key={this.props.name} ref={this.box}>
        {this.props.children}
      </div>
    );
  }
}
