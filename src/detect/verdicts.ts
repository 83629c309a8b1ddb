import type { DigitReader } from './digits.js';
import type { PeerPlaces } from './peer.js';
import type { Judgement } from './rules.js';
import { ShapeMemory } from './shape-memory.js';

/** What was found out about a line. */
export interface Verdict {
  /** Undefined: it means nothing. */
  decided: Judgement | undefined;
  /** Programs whose marks it holds, as far as that was asked. */
  spoken: readonly string[];
  /** Where lines of its shape name a peer, once that was looked for; null: nowhere. */
  peer?: PeerPlaces | null;
}

export const NOTHING: Verdict = { decided: undefined, spoken: [] };

/** Neither of the network nor of who wrote the line. */
export function tellsNothing({ decided, spoken }: Verdict): boolean {
  return decided === undefined && spoken.length === 0;
}

/** Verdicts on lines of one shape whose numbers meet other demands; more than these are begun anew. */
const NUMBERS = 256;

const NOTHING_MET = 0;
const NO_BYTES = new Uint8Array(0);

/** Of the lines of one shape in logs of one program. */
interface Shape {
  reader: DigitReader | undefined;
  /** By what their numbers meet (DigitReader.read). */
  verdicts: Map<number | string, Verdict>;
  /** Of the last one asked for or kept: most lines of a shape meet the same. */
  numbers: number | string;
  verdict: Verdict;
}

/**
 * Remembers what was found out about a line for those that differ from it in nothing that any pattern sees: in digits that
 * none of the rules tried on it tells from others. A program writes the same few sentences over and over, a host in trouble
 * thousands of times a second.
 */
export class Verdicts {
  private readonly memory = new ShapeMemory<Shape>();
  private bytes: Uint8Array = NO_BYTES;
  /** Of the line asked for last. */
  private shape: Shape | undefined;
  private numbers: number | string = NOTHING_MET;

  /** Lines of these bytes are asked for from now on. */
  of(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.memory.of(bytes);
  }

  /** @param program whose log the line [from, to) stands in, as a number */
  find(from: number, to: number, program: number): Verdict | undefined {
    const { bytes } = this;
    this.shape = this.memory.find(from, to, program);
    if (this.shape === undefined) return undefined;
    const { shape } = this;
    const { reader } = shape;
    const numbers = reader === undefined ? NOTHING_MET : reader.read(bytes, from);
    this.numbers = numbers;
    if (numbers === shape.numbers) return shape.verdict;
    const verdict = shape.verdicts.get(numbers);
    if (verdict === undefined) return undefined;
    shape.numbers = numbers;
    shape.verdict = verdict;
    return verdict;
  }

  /**
   * Keeps the verdict on the line asked for last, which begins at `from`.
   * @param readerOf what to read of lines of its shape
   */
  keep(from: number, verdict: Verdict, readerOf: () => DigitReader | undefined): void {
    if (this.shape !== undefined) {
      if (this.shape.verdicts.size >= NUMBERS) this.shape.verdicts.clear();
      this.shape.verdicts.set(this.numbers, verdict);
      this.shape.numbers = this.numbers;
      this.shape.verdict = verdict;
    } else if (this.memory.canKeep) {
      const reader = readerOf();
      const numbers = reader === undefined ? NOTHING_MET : reader.read(this.bytes, from);
      this.memory.keep({ reader, verdicts: new Map([[numbers, verdict]]), numbers, verdict });
    }
  }
}
