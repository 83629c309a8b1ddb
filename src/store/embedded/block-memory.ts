import { BLOCK_BYTES } from './block-slices.js';
import { LinePacker } from './text/line-packer.js';
import type { Columns } from './unit.js';
import { WordTable } from './word-table.js';

/** A block with a line of many megabytes gets memory of its own, which goes with it. */
const KEPT_BYTES = 2 * BLOCK_BYTES;

/**
 * What one thread needs to build blocks, used again for each: nothing of it outlives the building of a block, and some
 * 5 MB of fresh memory a block mean page faults and garbage collection.
 */
export class BlockMemory {
  readonly words = new WordTable();
  readonly packer = new LinePacker();
  private raw: Buffer = Buffer.alloc(0);
  private formed: Buffer = Buffer.alloc(0);
  private lines = 0;
  private startsOf = new Uint32Array(1);
  private cellsOf = new Int32Array(0);
  private times = new Float64Array(0);
  private readonly bytes = { timeKinds: empty(), levels: empty(), classes: empty() };
  private flags = new Uint16Array(0);

  /** Room for so many lines and bytes; what it holds is to be overwritten. */
  take(
    lines: number,
    bytes: number,
  ): { raw: Buffer; starts: Uint32Array; cellOf: Int32Array; columns: Columns } {
    const huge = bytes > KEPT_BYTES;
    if (!huge && bytes > this.raw.length) this.raw = roomFor(bytes);
    if (lines > this.lines) {
      this.lines = Math.ceil(lines * 1.25);
      this.startsOf = new Uint32Array(this.lines + 1);
      this.cellsOf = new Int32Array(this.lines);
      this.times = new Float64Array(this.lines);
      for (const name of Object.keys(this.bytes) as (keyof typeof this.bytes)[])
        this.bytes[name] = new Uint8Array(this.lines);
      this.flags = new Uint16Array(this.lines);
    }
    const { timeKinds, levels, classes } = this.bytes;
    return {
      raw: huge ? Buffer.allocUnsafeSlow(bytes) : this.raw.subarray(0, bytes),
      starts: this.startsOf.subarray(0, lines + 1),
      cellOf: this.cellsOf.subarray(0, lines),
      columns: {
        times: this.times.subarray(0, lines),
        timeKinds: timeKinds.subarray(0, lines),
        levels: levels.subarray(0, lines),
        classes: classes.subarray(0, lines),
        flags: this.flags.subarray(0, lines),
      },
    };
  }

  /**
   * Room for so many bytes of lines in the form in which their words are told apart. Three megabytes that each block made anew were
   * why the sealer's heap was collected whole at every fourth block.
   */
  takeForms(bytes: number): Buffer {
    if (bytes > KEPT_BYTES) return Buffer.allocUnsafeSlow(bytes);
    if (bytes > this.formed.length) this.formed = roomFor(bytes);
    return this.formed.subarray(0, bytes);
  }
}

/** With some to spare. Pages that nobody touches cost nothing. */
function roomFor(bytes: number): Buffer {
  return Buffer.allocUnsafeSlow(Math.min(KEPT_BYTES, Math.ceil(bytes * 1.25)));
}

function empty(): Uint8Array {
  return new Uint8Array(0);
}
