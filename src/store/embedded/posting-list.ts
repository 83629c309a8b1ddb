import { grown } from './word-cells.js';
import { FINGERPRINT_BITS } from './word-hash.js';

const SLOT_BITS = 8;
const LOW_BITS = 11;
const HIGH_BITS = FINGERPRINT_BITS - LOW_BITS;

/** Memory for sorting postings, used again for the next. */
export class PostingSorter {
  private other = new Uint32Array(0);
  private readonly low = new Uint32Array(1 << LOW_BITS);
  private readonly high = new Uint32Array(1 << HIGH_BITS);

  /**
   * Sorts (fingerprint << 8 | slot) by fingerprint, in place; among equal ones the order stays. Postings come by rising
   * slot, so that sorts them altogether. Two passes over the digits of the fingerprint; `sort` of the array took six times as long.
   */
  sort(postings: Uint32Array): void {
    const { low, high } = this;
    const { length } = postings;
    if (this.other.length < length) this.other = new Uint32Array(Math.ceil(length * 1.25));
    const { other } = this;
    low.fill(0);
    high.fill(0);
    for (let i = 0; i < length; i++) {
      const mark = postings[i]! >>> SLOT_BITS;
      low[mark & (low.length - 1)]!++;
      high[mark >>> LOW_BITS]!++;
    }
    sum(low);
    sum(high);
    for (let i = 0; i < length; i++) {
      const posting = postings[i]!;
      other[low[(posting >>> SLOT_BITS) & (low.length - 1)]!++] = posting;
    }
    for (let i = 0; i < length; i++) {
      const posting = other[i]!;
      postings[high[posting >>> (SLOT_BITS + LOW_BITS)]!++] = posting;
    }
  }
}

/** From how many there are of each to where each one's begin. */
function sum(counts: Uint32Array): void {
  let at = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    counts[i] = at;
    at += count;
  }
}

/** The postings of one block as they come, by rising chunk; its memory serves one block after the other. */
export class PostingList {
  private postings = new Uint32Array(1 << 15);
  private count = 0;
  private readonly sorter = new PostingSorter();

  clear(): void {
    this.count = 0;
  }

  push(mark: number, chunk: number): void {
    if (this.count === this.postings.length) this.postings = grown(this.postings);
    this.postings[this.count++] = (mark << SLOT_BITS) | chunk;
  }

  /** Sorted, each once, in memory of their own. */
  sorted(): Uint32Array {
    const sorted = this.postings.subarray(0, this.count);
    this.sorter.sort(sorted);
    let kept = 0;
    let last = -1;
    for (let i = 0; i < sorted.length; i++) {
      const posting = sorted[i]!;
      if (posting !== last) sorted[kept++] = posting;
      last = posting;
    }
    this.count = kept;
    return sorted.slice(0, kept);
  }
}
