import type { Literal } from './pattern/literals.js';
import { FOLD, folded, keyOf, OTHER, Prefilter, SHIFT, SIGN } from './prefilter.js';

/** Of longer texts the beginning will do: the lines it lets pass are looked at more closely. */
const LENGTH = 14;

/**
 * The first look at every line: whether it holds one of the texts that trigger rules. Word boundaries are part of the
 * automaton, so a hit needs no check: the line passes, and its rest is skipped.
 */
export class Sieve {
  private readonly automaton: Prefilter;
  /** After a newline. */
  private readonly initial: number;

  constructor(triggers: Iterable<Literal>) {
    const texts = new Map<string, Uint8Array>();
    for (const literal of triggers) for (const text of spelled(literal)) texts.set(keyOf(text), text);
    this.automaton = new Prefilter([...texts.values()]);
    this.initial = this.automaton.next[SIGN]!;
  }

  get stateCount(): number {
    return this.automaton.stateCount;
  }

  /** Calls back for each line (index into `starts`) that holds a trigger, in order. */
  scan(bytes: Uint8Array, starts: Uint32Array, count: number, pass: (line: number) => void): void {
    const { next, firstFinal } = this.automaton;
    const fold = FOLD;
    // `| 0`: values of a Uint32Array would otherwise make V8 count in floating point in the hot loop.
    const end = starts[count]! | 0;
    let at = starts[0]! | 0;
    let line = 0;
    let state = this.initial;
    while (at < end) {
      // The hot loop: nothing here but the automaton. A text found across a newline only lets a line too many pass.
      do {
        state = next[(state << SHIFT) + fold[bytes[at++]!]!]!;
      } while (state < firstFinal && at < end);
      // The end of the range ends a word like any sign.
      if (state < firstFinal && next[(state << SHIFT) + SIGN]! < firstFinal) return;
      line = lineAt(starts, line, count, at - 1);
      pass(line);
      if (++line === count) return;
      at = starts[line]! | 0;
      state = this.initial;
    }
  }
}

/** As sequences of classes; a word boundary is either of the two classes that no word holds. */
function spelled({ text, startsWord, endsWord }: Literal): Uint8Array[] {
  const whole = folded(text);
  const body = [...whole.subarray(0, LENGTH)];
  const heads = startsWord ? [[SIGN], [OTHER]] : [[]];
  const tails = endsWord && whole.length <= LENGTH ? [[SIGN], [OTHER]] : [[]];
  return heads.flatMap(head => tails.map(tail => Uint8Array.from([...head, ...body, ...tail])));
}

/** The line that holds the byte at `offset`, at or after `line`. Hits are sparse: gallop, then halve. */
function lineAt(starts: Uint32Array, line: number, count: number, offset: number): number {
  let low = line;
  let step = 1;
  while (low + step <= count && starts[low + step]! <= offset) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, count);
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return low;
}
