/** Makes inputs of a corpus by chance: the same ones, in the same order, for the same seed. */
export class Mutator {
  private state: number;

  constructor(
    seed: number,
    private readonly corpus: readonly Buffer[],
  ) {
    this.state = seed >>> 0 || 1;
  }

  /** The n-th of the corpus, as it is kept; undefined when all were had. */
  kept(n: number): Buffer | undefined {
    return this.corpus[n];
  }

  next(): Buffer {
    let bytes: Buffer = Buffer.from(this.pick(this.corpus));
    for (let n = 1 + this.below(6); n > 0; n--) bytes = this.change(bytes);
    return bytes.subarray(0, 256 * 1024);
  }

  private change(bytes: Buffer): Buffer {
    const at = this.below(bytes.length + 1);
    const end = Math.min(bytes.length, at + 1 + this.below(64));
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (this.below(7)) {
      case 0:
        if (at < bytes.length) bytes[at]! ^= 1 << this.below(8);
        return bytes;
      case 1:
        return Buffer.concat([before, bytes.subarray(end)]);
      case 2:
        return Buffer.concat([
          before,
          ...Array<Buffer>(1 + this.below(200)).fill(bytes.subarray(at, end)),
          after,
        ]);
      case 3:
        return Buffer.concat([before, Buffer.from(this.pick(ODD)), after]);
      case 4: {
        const other = this.pick(this.corpus);
        return Buffer.concat([before, other.subarray(this.below(other.length + 1))]);
      }
      case 5:
        return Buffer.concat([before, Buffer.from([this.below(256)]), after]);
      default:
        return before;
    }
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** A whole number from 0 to below the limit (xorshift32). */
  private below(limit: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % Math.max(1, limit);
  }
}

/** What parsers fall over. */
const ODD = [
  '__proto__',
  'constructor',
  '\0',
  '\x1b[2J',
  '\u202e',
  '\ufeff',
  '\ud83d',
  '1e309',
  '-1',
  '9007199254740993',
  'NaN',
  '{',
  '[[[[',
  '"',
  "'",
  '\\',
  '%00',
  '../',
  '(',
  ')',
  '/(a?){30}a{30}!/',
  'last 1190071992547409935m',
  '? [a, b]: c',
  '&a *a',
  '!!js',
  'time:"',
  '9999-12-31T23:59:59Z',
  '0001-01-01',
  '\r',
  '\n',
  '\t',
  '\u2028',
];
