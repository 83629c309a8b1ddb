import type { RecordBatch } from '../model/record-batch.js';

/** Grows with the largest batch seen and is cut to size for each. */
export class ColumnBuilder {
  private count = 0;
  private starts = new Uint32Array(1024);
  private times = new Float64Array(1024);
  private timeKinds = new Uint8Array(1024);
  private levels = new Uint8Array(1024);
  private flags = new Uint16Array(1024);

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

  /** All columns lie in one buffer: a collector that follows sends a dozen lines a file, and each buffer that changes threads costs as much as they do. */
  take(bytes: Uint8Array, base: number): RecordBatch {
    const count = this.count;
    this.count = 0;
    const buffer = new ArrayBuffer(count * 17 + 4);
    const times = new Float64Array(buffer, 0, count);
    times.set(this.times.subarray(0, count));
    const starts = new Uint32Array(buffer, count * 8, count + 1);
    starts.set(this.starts.subarray(0, count), 1);
    const flags = new Uint16Array(buffer, count * 12 + 4, count);
    flags.set(this.flags.subarray(0, count));
    let at = count * 14 + 4;
    const column = (from?: Uint8Array) => {
      const view = new Uint8Array(buffer, at, count);
      if (from) view.set(from.subarray(0, count));
      at += count;
      return view;
    };
    return {
      bytes,
      base,
      count,
      starts,
      times,
      timeKinds: column(this.timeKinds),
      levels: column(this.levels),
      classes: column(),
      flags,
      findings: new Map(),
    };
  }

  private grow(): void {
    const size = this.times.length * 2;
    this.starts = widened(new Uint32Array(size), this.starts);
    this.times = widened(new Float64Array(size), this.times);
    this.timeKinds = widened(new Uint8Array(size), this.timeKinds);
    this.levels = widened(new Uint8Array(size), this.levels);
    this.flags = widened(new Uint16Array(size), this.flags);
  }
}

function widened<T extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(wide: T, narrow: T): T {
  wide.set(narrow);
  return wide;
}
