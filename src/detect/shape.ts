/** Stands for a digit. Lines that hold it have no shape. */
const DIGIT = 1;

/** Longer lines have no shape: they are rare, and alike only by chance. */
export const LONGEST_SHAPE = 1024;

/**
 * The shape of a line: its bytes with all digits alike. A program writes the same few sentences with other times, counters
 * and ports, so most lines have a shape that was there before.
 */
export class LineShape {
  /** The shape that was read last, as words of four bytes; the last one is filled up with zeros. */
  readonly words: Uint32Array;
  private readonly bytes = new Uint8Array(LONGEST_SHAPE + 8);

  constructor() {
    this.words = new Uint32Array(this.bytes.buffer);
  }

  /**
   * Reads the shape of the line bytes[from, to).
   * @returns its length in bytes; 0 where the line has none: it is empty, too long, or holds control characters
   */
  read(bytes: Uint8Array, from: number, to: number): number {
    const end = withoutNewline(bytes, from, to);
    const length = end - from;
    if (length > LONGEST_SHAPE) return 0;
    const out = this.bytes;
    const classes = CLASS;
    for (let i = 0; i < length; i++) {
      const byte = bytes[from + i]!;
      const shown = classes[byte]!;
      if (shown === 0) return 0;
      out[i] = shown;
    }
    for (let at = length; (at & 3) !== 0; at++) out[at] = 0;
    return length;
  }
}

/** Where the line bytes[from, to) ends, without newline and carriage returns. */
export function withoutNewline(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end--;
  return end;
}

/** What each byte is in a shape; 0: no shape. */
const CLASS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 32 && byte !== 9 ? 0 : byte >= 48 && byte <= 57 ? DIGIT : byte,
);
