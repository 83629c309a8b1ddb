import type { Mark } from '../../model/finding.js';
import type { Clock } from '../../platform/clock.js';
import type { Gap, SharedView, SourceActivity, Store } from '../../store/store.js';

/** What the incident engine is told of, of all ingesters. */
export interface News {
  marks: Mark[];
  activity: SourceActivity[];
  gaps: Gap[];
}

/** Where a reader of marks stands: everything up to `seq` was read, and of what lies beyond these. */
export interface FeedPosition {
  seq: number;
  /** `SOURCE:OFFSET` and commit. */
  seen: [key: string, seq: number][];
}

const PAGE = 5000;
/** Commits are numbered by the clocks of several ingesters, and are seen a moment after that. */
const SETTLED_MS = 10_000;

/**
 * Reads what all ingesters have stored, each mark once and in order of commit. Commits do not appear in the order of their numbers:
 * an ingester may still be writing lines under an old one. So the reader goes back to the oldest commit that is
 * open (or could be), and remembers what it has seen beyond it.
 */
export class StoreFeed {
  private floor: number;
  private readonly seen: Map<string, number>;
  private readonly active = new Map<string, number>();
  private readonly gapsSeen = new Map<string, number>();
  private since: number;

  constructor(
    private readonly deps: { store: Pick<Store, 'marks' | 'gaps'>; shared: SharedView; clock: Clock },
    position: FeedPosition,
  ) {
    this.floor = position.seq;
    this.seen = new Map(position.seen);
    this.since = deps.clock.now();
  }

  get position(): FeedPosition {
    return { seq: this.floor, seen: [...this.seen] };
  }

  /** @throws DeadairError; the next call reads what this one did not */
  async read(): Promise<News> {
    const { store, shared, clock } = this.deps;
    const now = clock.now();
    // Asked before the marks are read: what opens later has a later number.
    const open = await shared.oldestOpenSeq(now);
    await shared.refresh();
    const marks: Mark[] = [];
    for (let afterSeq = this.floor; ; ) {
      const page = await store.marks({ afterSeq, limit: PAGE });
      for (const mark of page) {
        const key = `${mark.source}:${mark.offset}`;
        if (this.seen.has(key)) continue;
        this.seen.set(key, mark.seq);
        marks.push(mark);
      }
      if (page.length < PAGE) break;
      afterSeq = page.at(-1)!.seq;
    }
    const from = this.since - SETTLED_MS;
    const activity = (await shared.activity(from)).filter(
      one => one.ingestedAt > (this.active.get(one.source) ?? 0),
    );
    const gaps = (await store.gaps({ from })).filter(gap => !this.gapsSeen.has(gapKey(gap)));
    for (const { source, ingestedAt } of activity) this.active.set(source, ingestedAt);
    for (const gap of gaps) this.gapsSeen.set(gapKey(gap), gap.at);
    for (const [key, at] of this.gapsSeen) if (at < from) this.gapsSeen.delete(key);
    this.since = now;
    const settled = shared.seqAt(now - SETTLED_MS);
    this.floor = Math.max(this.floor, Math.min(settled, open === undefined ? settled : open - 1));
    for (const [key, seq] of this.seen) if (seq <= this.floor) this.seen.delete(key);
    return { marks, activity, gaps: gaps.reverse() };
  }
}

function gapKey({ source, from, to }: Gap): string {
  return `${source}:${from}:${to}`;
}
