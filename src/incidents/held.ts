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
  private readonly bySource: ByName<Mark[]>;
  private count = 0;

  constructor(saved?: ByName<Mark[]>) {
    this.bySource = byName(saved);
    for (const marks of Object.values(this.bySource)) this.count += marks.length;
  }

  /** The last of a source are kept: those before them are the older ones. */
  hold(mark: Mark): void {
    let marks = this.bySource[mark.source];
    if (!marks) {
      marks = [];
      this.bySource[mark.source] = marks;
    }
    marks.push(mark);
    this.count++;
    if (marks.length > OF_ONE) {
      marks.shift();
      this.count--;
    }
    while (this.count > OF_ALL) this.take(Object.keys(this.bySource)[0] ?? '');
  }

  take(source: string): Mark[] {
    const marks = this.bySource[source] ?? [];
    delete this.bySource[source];
    this.count -= marks.length;
    return marks;
  }

  save(): ByName<Mark[]> {
    return this.bySource;
  }
}
