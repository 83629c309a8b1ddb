import { ByteSearch } from './byte-search.js';
import { afterNewline, UTF8, unitWidth } from './encodings.js';

const NEWLINE = 0x0a;

/** Where lines end, in an encoding's units. */
export class LineEnds {
  readonly width: 1 | 2;
  private readonly newlines: ByteSearch;
  private next = -1;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly base: number,
    private readonly encoding: number,
  ) {
    this.width = unitWidth(encoding);
    this.newlines = new ByteSearch(bytes, NEWLINE);
  }

  /** One past the first newline at or after `from`; Infinity where none does. Asked for in rising order. */
  first(from: number): number {
    if (this.width === 1) return this.newlines.first(from) + 1;
    if (this.next < from || this.next < 0 || this.next === from) {
      const at = afterNewline(this.bytes, from, this.encoding, (this.base & 1) === 1);
      this.next = at < 0 ? Number.POSITIVE_INFINITY : at;
    }
    return this.next;
  }

  /** The nearest place at or before `at` where a line may be cut. */
  edge(at: number): number {
    if (this.width === 2) return at - ((this.base + at) & 1);
    return this.encoding === UTF8 ? characterEdge(this.bytes, at) : at;
  }
}

/** The nearest place at or before `at` that doesn't split a UTF-8 character. */
function characterEdge(bytes: Uint8Array, at: number): number {
  let edge = at;
  while (edge > at - 4 && (bytes[edge]! & 0xc0) === 0x80) edge--;
  return (bytes[edge]! & 0xc0) === 0x80 ? at : edge;
}
