/** As much of a line as tells its template, in bytes; what follows is mostly data. */
export const LONGEST = 1024;
/** A placeholder and the blank before it are at most so many times as long as what they stand for (`0s` → `<duration>`). */
const GROWTH = 5;

/** A skeleton as it is written, byte by byte. */
export class SkeletonBuffer {
  /** The skeleton of the last line; valid until the next. */
  readonly out = new Uint8Array(LONGEST * GROWTH);
  private readonly words = new Int32Array(this.out.buffer);
  length = 0;
  /** 64 bits that stand for the skeleton. */
  hash1 = 0;
  hash2 = 0;

  text(): string {
    return Buffer.from(this.out.buffer, 0, this.length).toString('utf8');
  }

  /** FNV-1a and a rotating one, four bytes at a time. */
  protected hash(): void {
    const { out, words, length } = this;
    const count = (length + 3) >> 2;
    for (let at = length; at < count << 2; at++) out[at] = 0;
    let a = 0x811c9dc5 ^ length;
    let b = 0x2545f491;
    for (let i = 0; i < count; i++) {
      const word = words[i]!;
      a = Math.imul(a ^ word, 0x01000193);
      a ^= a >>> 15;
      b = Math.imul((b << 13) ^ (b >>> 19) ^ word, 0x27d4eb2d);
    }
    this.hash1 = a;
    this.hash2 = b;
  }

  protected put(byte: number): void {
    this.out[this.length++] = byte;
  }

  protected copy(bytes: Uint8Array, from: number, to: number): void {
    const { out } = this;
    let { length } = this;
    for (let at = from; at < to; at++) out[length++] = bytes[at]!;
    this.length = length;
  }

  protected placeholder(mark: Uint8Array): void {
    const { out } = this;
    let { length } = this;
    for (let i = 0; i < mark.length; i++) out[length++] = mark[i]!;
    this.length = length;
  }
}
