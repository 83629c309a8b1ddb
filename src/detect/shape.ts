/** Longer lines have no shape: they are rare, and alike only by chance. */
export const LONGEST_SHAPE = 1024;

/**
 * The shape of a line: its bytes with all digits alike, as the byte 1, which no line with a shape holds. A program writes the same few sentences with other times, counters
 * and ports, so most lines have a shape that was there before.
 */
export class LineShape {
  /** The shape that was read last, as words of four bytes; the last one is filled up with zeros. */
  readonly words = new Int32Array(LONGEST_SHAPE / 4 + 2);
  /** Of its words. */
  hash = 0;
  private bytes: Uint8Array = NO_BYTES;
  private view: DataView = new DataView(NO_BYTES.buffer);

  /** Lines are read of these bytes from now on. */
  of(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Reads the shape of the line [from, to), four bytes at a time: one by one took three times as long.
   * @returns its length in bytes; 0 where the line has none: it is empty, too long, or holds control characters
   */
  read(from: number, to: number): number {
    const { bytes, view, words } = this;
    const end = withoutNewline(bytes, from, to);
    const length = end - from;
    if (length > LONGEST_SHAPE) return 0;
    let hash = SEED;
    let count = 0;
    for (let at = from; at < end; at += 4) {
      let four = 0;
      if (at + 4 <= end) four = view.getInt32(at, true);
      else for (let i = at; i < end; i++) four |= bytes[i]! << ((i - at) * 8);
      // Below a blank; what fills up the last word is no character.
      if (((four - 0x20202020) & ~four & HIGH_BITS) !== 0 && hasControls(bytes, at, Math.min(at + 4, end)))
        return 0;
      const shown = four ^ 0x30303030;
      // The high bit of each byte that is a digit: 0 to 9 now, where others are more.
      const digits = ~(((shown & 0x7f7f7f7f) + 0x76767676) | shown) & HIGH_BITS;
      const ones = digits >>> 7;
      const word = (four & ~(digits | (digits - ones))) | ones;
      words[count++] = word;
      hash = Math.imul(hash ^ word, 0x85ebca6b);
      hash ^= hash >>> 15;
    }
    this.hash = hash;
    return length;
  }
}

/** Tabs are text. */
function hasControls(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at]! < 32 && bytes[at] !== TAB) return true;
  return false;
}

const NO_BYTES = new Uint8Array(0);
const HIGH_BITS = 0x80808080 | 0;
const TAB = 9;

/** Nobody outside can choose lines that all fall on one place. */
const SEED = (Math.random() * 0x7fffffff) | 0;

/** Where the line bytes[from, to) ends, without newline and carriage returns. */
export function withoutNewline(bytes: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && (bytes[end - 1] === 10 || bytes[end - 1] === 13)) end--;
  return end;
}
