import type { DigitReader } from './digits.js';
import type { Judgement } from './rules.js';
import { ShapeMemory } from './shape-memory.js';

/** What was found out about a line. */
export interface Verdict {
  /** Undefined: it means nothing. */
  decided: Judgement | undefined;
  /** Programs whose marks it holds, as far as that was asked. */
  spoken: readonly string[];
}

export const NOTHING: Verdict = { decided: undefined, spoken: [] };

/** Verdicts on lines of one shape that differ in numbers some pattern tells apart; more than these are begun anew. */
const NUMBERS = 256;

/** Of the lines of one shape in logs of one program. */
interface Shape {
  reader: DigitReader | undefined;
  /** By the numbers that make a difference. */
  verdicts: Map<string, Verdict>;
}

/**
 * Remembers what was found out about a line for those that differ from it in nothing that any pattern sees: in digits that
 * none of the rules tried on it tells from others. A program writes the same few sentences over and over, a host in trouble
 * thousands of times a second.
 */
export class Verdicts {
  private readonly memory = new ShapeMemory<Shape>();
  /** Of the line asked for last. */
  private shape: Shape | undefined;
  private numbers = '';

  /** @param program whose log the line stands in, as a number */
  find(bytes: Uint8Array, from: number, to: number, program: number): Verdict | undefined {
    this.shape = this.memory.find(bytes, from, to, program);
    if (this.shape === undefined) return undefined;
    const { reader, verdicts } = this.shape;
    this.numbers = reader === undefined ? '' : reader.read(bytes, from);
    return verdicts.get(this.numbers);
  }

  /**
   * Keeps the verdict on the line asked for last, which begins at `from`.
   * @param readerOf what to read of lines of its shape
   */
  keep(bytes: Uint8Array, from: number, verdict: Verdict, readerOf: () => DigitReader | undefined): void {
    if (this.shape !== undefined) {
      if (this.shape.verdicts.size >= NUMBERS) this.shape.verdicts.clear();
      this.shape.verdicts.set(this.numbers, verdict);
    } else if (this.memory.canKeep) {
      const reader = readerOf();
      const numbers = reader === undefined ? '' : reader.read(bytes, from);
      this.memory.keep({ reader, verdicts: new Map([[numbers, verdict]]) });
    }
  }
}
