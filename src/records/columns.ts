import type { RecordBatch } from './batch.js';

/** Grows with the largest batch seen and is cut to size for each. */
export class ColumnBuilder {
  private count = 0;
  private starts = new Uint32Array(1024);
  private times = new Float64Array(1024);
  private timeKinds = new Uint8Array(1024);
  private levels = new Uint8Array(1024);
  private flags = new Uint8Array(1024);

  /** @param next where the following line begins */
  add(next: number, time: number, timeKind: number, level: number, flags: number): void {
    const i = this.count++;
    if (i === this.times.length) this.grow();
    this.starts[i] = next;
    this.times[i] = time;
    this.timeKinds[i] = timeKind;
    this.levels[i] = level;
    this.flags[i] = flags;
  }

  take(bytes: Uint8Array, base: number): RecordBatch {
    const count = this.count;
    const starts = new Uint32Array(count + 1);
    starts.set(this.starts.subarray(0, count), 1);
    this.count = 0;
    return {
      bytes,
      base,
      count,
      starts,
      times: this.times.slice(0, count),
      timeKinds: this.timeKinds.slice(0, count),
      levels: this.levels.slice(0, count),
      classes: new Uint8Array(count),
      flags: this.flags.slice(0, count),
      findings: new Map(),
    };
  }

  private grow(): void {
    const size = this.times.length * 2;
    this.starts = widened(new Uint32Array(size), this.starts);
    this.times = widened(new Float64Array(size), this.times);
    this.timeKinds = widened(new Uint8Array(size), this.timeKinds);
    this.levels = widened(new Uint8Array(size), this.levels);
    this.flags = widened(new Uint8Array(size), this.flags);
  }
}

function widened<T extends Uint8Array | Uint32Array | Float64Array>(wide: T, narrow: T): T {
  wide.set(narrow);
  return wide;
}
