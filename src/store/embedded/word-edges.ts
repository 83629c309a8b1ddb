import { TOKEN_BYTES } from '../../query/tokens.js';

/** Bytes that one number of edges stands for. */
export const EDGE_BYTES = 32;

/** For two neighbouring bytes (the first one low): a bit for each that belongs to a word. */
const PAIRS = new Uint8Array(1 << 16);
for (let pair = 0; pair < PAIRS.length; pair++)
  PAIRS[pair] = TOKEN_BYTES[pair & 255]! | (TOKEN_BYTES[pair >>> 8]! << 1);

/**
 * Text in memory that is used again for the next block. Behind the text lie at least 8 bytes that may be read and mean
 * nothing (what an earlier text left there), so that a word's first bytes can be fetched in two loads wherever it stands.
 */
export class TextMemory {
  bytes = Buffer.alloc(0);
  view = new DataView(new ArrayBuffer(0));
  /**
   * For each 32 bytes a bit per byte: set where a word begins or has ended, in turn. Set by `findEdges`; bits behind the
   * text's end mean nothing.
   */
  edges = new Int32Array(0);
  private pairs = new Uint16Array(0);
  private memory = new ArrayBuffer(0);

  /** Room for a text of so many bytes; what it holds is to be overwritten. */
  take(length: number): Buffer {
    if (length + EDGE_BYTES > this.memory.byteLength) {
      const groups = Math.ceil(((length + EDGE_BYTES) * 1.25) / EDGE_BYTES);
      this.memory = new ArrayBuffer(groups * EDGE_BYTES);
      this.view = new DataView(this.memory);
      this.pairs = new Uint16Array(this.memory);
      this.edges = new Int32Array(groups);
    }
    this.bytes = Buffer.from(this.memory, 0, length);
    return this.bytes;
  }

  /**
   * Finds the words' edges. No branch depends on the text: a loop that asks at each byte whether the word goes on is
   * wrong about it at the end of most words, and those wrong guesses cost as much as all the hashing.
   */
  findEdges(): void {
    const { pairs, edges } = this;
    const groups = Math.ceil(this.bytes.length / EDGE_BYTES);
    let before = 0;
    for (let group = 0, i = 0; group < groups; group++, i += 16) {
      const inWord =
        PAIRS[pairs[i]!]! |
        (PAIRS[pairs[i + 1]!]! << 2) |
        (PAIRS[pairs[i + 2]!]! << 4) |
        (PAIRS[pairs[i + 3]!]! << 6) |
        (PAIRS[pairs[i + 4]!]! << 8) |
        (PAIRS[pairs[i + 5]!]! << 10) |
        (PAIRS[pairs[i + 6]!]! << 12) |
        (PAIRS[pairs[i + 7]!]! << 14) |
        (PAIRS[pairs[i + 8]!]! << 16) |
        (PAIRS[pairs[i + 9]!]! << 18) |
        (PAIRS[pairs[i + 10]!]! << 20) |
        (PAIRS[pairs[i + 11]!]! << 22) |
        (PAIRS[pairs[i + 12]!]! << 24) |
        (PAIRS[pairs[i + 13]!]! << 26) |
        (PAIRS[pairs[i + 14]!]! << 28) |
        (PAIRS[pairs[i + 15]!]! << 30);
      edges[group] = inWord ^ ((inWord << 1) | before);
      before = inWord >>> 31;
    }
  }
}
