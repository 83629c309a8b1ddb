import { releaseMemory } from '../platform/release.js';

/**
 * Finds which of many texts are in a range of bytes in one pass: an Aho–Corasick automaton. Work per byte does not depend
 * on the number of texts.
 *
 * Bytes are folded to 32 classes (`FOLD`), so that a state's row is one or two lines of the processor's cache. What is found
 * may differ from the text in signs and digits: enough for a filter, and three times faster than exact rows of 128.
 *
 * Rejected after measuring: one large alternation as a regular expression (V8 tries the branches one after the other at each
 * position, so it slows with every rule); `includes` per text; a bit set of hashed four-byte pieces looked up at every
 * second byte (four times faster, but 70–90 % of ordinary lines hold a piece of some text).
 */
export class Prefilter {
  /** Next state: `next[(state << SHIFT) + FOLD[byte]]`. */
  readonly next: Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
  /** States from this one on have found something. */
  readonly firstFinal: number;
  readonly stateCount: number;
  /** Indexes of the texts found, flat: those of the n-th final state are outputs[outputStart[n]] up to outputStart[n + 1]. */
  readonly outputs: readonly number[];
  readonly outputStart: Uint32Array;

  /** @param texts as classes of bytes, distinct; their indexes are what `outputs` gives */
  constructor(texts: readonly Uint8Array[]) {
    const { edges, order, text, shorter } = buildTrie(texts);
    const isFinal = (state: number): boolean => text[state]! >= 0 || shorter[state]! > 0;
    const final = order.filter(isFinal);
    this.stateCount = order.length;
    this.firstFinal = order.length - final.length;
    const numberOf = new Uint32Array(order.length);
    let plainCount = 0;
    let finalCount = this.firstFinal;
    for (const state of order) numberOf[state] = isFinal(state) ? finalCount++ : plainCount++;
    const next = new (order.length <= 0x10000 ? Uint16Array : Uint32Array)(order.length << SHIFT);
    for (const state of order) {
      const to = numberOf[state]! << SHIFT;
      const from = state << SHIFT;
      for (let cls = 0; cls < WIDTH; cls++) next[to + cls] = numberOf[edges[from + cls]!]!;
    }
    this.next = next;
    const outputs: number[] = [];
    this.outputStart = new Uint32Array(final.length + 1);
    for (const [index, state] of final.entries()) {
      for (let at = state; at > 0; at = shorter[at]!) if (text[at]! >= 0) outputs.push(text[at]!);
      this.outputStart[index + 1] = outputs.length;
    }
    this.outputs = outputs;
    // Ten to thirty MB, of which half was touched: nobody else has seen them.
    releaseMemory(new Uint8Array(edges.buffer));
  }
}

export const SHIFT = 5;
const WIDTH = 1 << SHIFT;

/** Signs and spaces: 0, what a word ends at. */
export const SIGN = 0;
/** Every byte of a character outside ASCII: what a word ends at, too. */
export const OTHER = 31;

/** Class of each byte: letters of either case 1–26, digits 0 and 1 for themselves (errno 110), the others together. */
export const FOLD: Uint8Array = foldTable();

function foldTable(): Uint8Array {
  const fold = new Uint8Array(256);
  for (let i = 0; i < 26; i++) fold[65 + i] = fold[97 + i] = i + 1;
  fold[48] = 27;
  fold[49] = 28;
  fold.fill(29, 50, 58);
  fold[95] = 30;
  fold.fill(OTHER, 128);
  return fold;
}

/** The classes of a text's bytes. */
export function folded(text: string): Uint8Array {
  const classes = new Uint8Array(Buffer.from(text, 'utf8'));
  for (let i = 0; i < classes.length; i++) classes[i] = FOLD[classes[i]!]!;
  return classes;
}

/** For maps. */
export function keyOf(classes: Uint8Array): string {
  return String.fromCharCode(...classes);
}

interface Trie {
  /** Complete edges: `edges[(state << SHIFT) + class]`. */
  edges: Uint32Array<ArrayBuffer>;
  /** Breadth first: states near the root, which ordinary text visits all the time, lie together. */
  order: Uint32Array;
  /** Per state: the text that ends there, or −1. */
  text: Int32Array;
  /** Per state: the state of the longest other text that ends there, or 0. */
  shorter: Uint32Array;
}

/** The failure links are resolved breadth first, so that a state's fallback is complete before it. */
function buildTrie(texts: readonly Uint8Array[]): Trie {
  const most = texts.reduce((sum, { length }) => sum + length, 1);
  const edges = new Uint32Array(most << SHIFT);
  const text = new Int32Array(most).fill(-1);
  let count = 1;
  for (const [index, classes] of texts.entries()) {
    let state = 0;
    for (const cls of classes) {
      const at = (state << SHIFT) + cls;
      if (edges[at] === 0) edges[at] = count++;
      state = edges[at]!;
    }
    text[state] = index;
  }
  const failure = new Uint32Array(count);
  const shorter = new Uint32Array(count);
  const order = new Uint32Array(count);
  let length = 1;
  for (let cls = 0; cls < WIDTH; cls++) if (edges[cls] !== 0) order[length++] = edges[cls]!;
  for (let at = 1; at < count; at++) {
    const state = order[at]!;
    const fallback = failure[state]!;
    shorter[state] = text[fallback]! >= 0 ? fallback : shorter[fallback]!;
    for (let cls = 0; cls < WIDTH; cls++) {
      const edge = (state << SHIFT) + cls;
      const target = edges[edge]!;
      const other = edges[(fallback << SHIFT) + cls]!;
      if (target === 0) edges[edge] = other;
      else {
        failure[target] = other;
        order[length++] = target;
      }
    }
  }
  return { edges, order, text, shorter };
}
