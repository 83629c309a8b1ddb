/**
 * Finds which of many literal texts are in a range of bytes in one pass: an Aho–Corasick automaton over the folded
 * bytes (ASCII upper and lower case alike). Work per byte does not depend on the number of texts.
 *
 * Rejected after measuring: one large alternation as a regular expression over the latin1 text (V8 tries the branches
 * one after the other at each position, so it slows with every rule), and `includes` per text.
 */
export class Prefilter {
  /** Next state: `next[state + classOf[byte]]`; states are premultiplied: the n-th one is `n << shift`. */
  readonly next: Int32Array;
  /** Bytes that no text holds are one class (0), which keeps the table small enough for the processor's cache. */
  readonly classOf: Uint8Array;
  /** States from this one on have found something. */
  readonly firstFinal: number;
  readonly shift: number;
  private readonly width: number;
  /** Per final state (in order from firstFinal): indexes of the texts found. */
  readonly outputs: readonly (readonly number[])[];

  /** @param texts lower case, distinct; their indexes are what `found` gives */
  constructor(texts: readonly string[]) {
    const encoded = texts.map(text => Buffer.from(text, 'utf8'));
    this.classOf = byteClasses(encoded);
    this.shift = Math.ceil(Math.log2(Math.max(...this.classOf) + 1));
    this.width = 1 << this.shift;
    const trie = this.buildTrie(encoded);
    const order = finalStatesLast(trie.outputs);
    this.firstFinal = order.firstFinal * this.width;
    this.outputs = order.byNumber.slice(order.firstFinal).map(state => trie.outputs[state]!);
    this.next = new Int32Array(order.byNumber.length * this.width);
    for (const [number, state] of order.byNumber.entries()) {
      for (let cls = 0; cls < this.width; cls++) {
        const target = trie.edges[state * this.width + cls]!;
        this.next[number * this.width + cls] = order.numberOf[target]! * this.width;
      }
    }
  }

  get stateCount(): number {
    return this.next.length / this.width;
  }

  /** Complete edges: the failure links are resolved, breadth first, so that a state's fallback is complete before it. */
  private buildTrie(encoded: readonly Buffer[]): { edges: Int32Array; outputs: number[][] } {
    const { width, classOf } = this;
    const most = encoded.reduce((sum, bytes) => sum + bytes.length, 1);
    const edges = new Int32Array(most * width);
    const outputs: number[][] = [[]];
    for (const [index, bytes] of encoded.entries()) {
      let state = 0;
      for (const byte of bytes) {
        const at = state * width + classOf[byte]!;
        if (edges[at] === 0) edges[at] = outputs.push([]) - 1;
        state = edges[at]!;
      }
      outputs[state]!.push(index);
    }
    const failure = new Int32Array(outputs.length);
    const queue: number[] = [];
    for (let cls = 0; cls < width; cls++) if (edges[cls] !== 0) queue.push(edges[cls]!);
    for (let at = 0; at < queue.length; at++) {
      const state = queue[at]!;
      const fallback = failure[state]!;
      outputs[state]!.push(...outputs[fallback]!);
      for (let cls = 0; cls < width; cls++) {
        const target = edges[state * width + cls]!;
        const other = edges[fallback * width + cls]!;
        if (target === 0) edges[state * width + cls] = other;
        else {
          failure[target] = other;
          queue.push(target);
        }
      }
    }
    return { edges, outputs };
  }
}

function byteClasses(encoded: readonly Buffer[]): Uint8Array {
  const classOf = new Uint8Array(256);
  let count = 1;
  for (const bytes of encoded) for (const byte of bytes) if (classOf[byte] === 0) classOf[byte] = count++;
  for (let upper = 65; upper <= 90; upper++) classOf[upper] = classOf[upper + 32]!;
  return classOf;
}

function finalStatesLast(outputs: number[][]): {
  byNumber: number[];
  numberOf: Int32Array;
  firstFinal: number;
} {
  const plain: number[] = [];
  const final: number[] = [];
  for (const [state, found] of outputs.entries()) (found.length > 0 ? final : plain).push(state);
  const byNumber = [...plain, ...final];
  const numberOf = new Int32Array(byNumber.length);
  for (const [number, state] of byNumber.entries()) numberOf[state] = number;
  return { byNumber, numberOf, firstFinal: plain.length };
}
