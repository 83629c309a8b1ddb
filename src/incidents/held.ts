import type { Mark } from '../model/finding.js';
import { type ByName, byName } from '../platform/by-name.js';

/** Marks that are kept of one source, and of all together. */
const OF_ONE = 200;
const OF_ALL = 2000;

/**
 * Marks that were taken for old output by their times. Should their host's clock prove to be off, they were none: an hour behind, a
 * whole run looks like one of an hour ago.
 */
export class HeldMarks {
  /** In the order in which the first of each came. */
  private readonly bySource: Map<string, Mark[]>;
  private count = 0;

  constructor(saved?: ByName<Mark[]>) {
    this.bySource = new Map(Object.entries(saved ?? {}));
    for (const marks of this.bySource.values()) this.count += marks.length;
  }

  /** The last of a source are kept: those before them are the older ones. */
  hold(mark: Mark): void {
    let marks = this.bySource.get(mark.source);
    if (!marks) {
      marks = [];
      this.bySource.set(mark.source, marks);
    }
    marks.push(mark);
    this.count++;
    if (marks.length > OF_ONE) {
      marks.shift();
      this.count--;
    }
    for (const source of this.bySource.keys()) {
      if (this.count <= OF_ALL) break;
      this.take(source);
    }
  }

  take(source: string): Mark[] {
    const marks = this.bySource.get(source) ?? [];
    this.bySource.delete(source);
    this.count -= marks.length;
    return marks;
  }

  save(): ByName<Mark[]> {
    return byName(Object.fromEntries(this.bySource));
  }
}
