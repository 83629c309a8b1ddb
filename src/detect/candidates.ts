import type { Arm, Literal } from './pattern/literals.js';
import { Prefilter } from './prefilter.js';

/** What must be found of a rule's arm besides the text that triggered it: of each group one of these texts. */
interface ArmCheck {
  rule: number;
  groups: Uint32Array[];
}

/**
 * Which rules may match which lines, in one pass over the bytes: a rule is worth trying on a line only where a text of
 * every group of one of its arms was found. The group that filters best triggers the check of the others, so that finding a
 * common word costs one write. Rejected: one text a rule (every second ordinary line had some rule tried on it), and counting
 * all groups as they are found (three times slower: common words are in many arms).
 */
export class CandidateFinder {
  private readonly prefilter: Prefilter;
  // A literal is a text with its demands on word boundaries. Of each:
  private readonly length: Uint8Array;
  private readonly startsWord: Uint8Array;
  private readonly endsWord: Uint8Array;
  /** The line it was last found in. */
  private readonly foundIn: Uint32Array;
  private readonly triggers: ArmCheck[][] = [];
  // Literals by final state of the prefilter, flat: those of the n-th are outputs[outputStart[n]] up to outputStart[n + 1].
  private readonly outputs: Uint16Array;
  private readonly outputStart: Uint32Array;
  private readonly isTrigger: Uint8Array;
  /** Literals found in the line that trigger checks. */
  private readonly triggered: Uint32Array;
  private triggeredCount = 0;
  private readonly ruleStamp: Uint32Array;
  private readonly rules: number[] = [];
  private stamp = 0;

  /** @param armsOfRule index = what `scan` and `of` give */
  constructor(armsOfRule: readonly (readonly Arm[])[]) {
    const literals = new Map<string, Literal>();
    const numbers = new Map<string, number>();
    const numberOf = (literal: Literal): number => {
      const key = JSON.stringify(literal);
      let number = numbers.get(key);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(key, number);
        literals.set(key, literal);
        this.triggers.push([]);
      }
      return number;
    };
    for (const [rule, arms] of armsOfRule.entries()) {
      for (const arm of arms) {
        const [trigger, ...groups] = arm.map(group => Uint32Array.from(group.map(numberOf)));
        for (const literal of trigger!) this.triggers[literal]!.push({ rule, groups });
      }
    }
    const all = [...literals.values()];
    this.length = Uint8Array.from(all, ({ text }) => Math.min(255, Buffer.byteLength(text)));
    this.startsWord = Uint8Array.from(all, ({ startsWord }) => Number(startsWord));
    this.endsWord = Uint8Array.from(all, ({ endsWord }) => Number(endsWord));
    this.foundIn = new Uint32Array(all.length);
    this.triggered = new Uint32Array(all.length);
    this.ruleStamp = new Uint32Array(armsOfRule.length);
    this.isTrigger = Uint8Array.from(this.triggers, ({ length }) => Math.min(1, length));
    const literalsOf = new Map<string, number[]>();
    for (const [literal, { text }] of all.entries()) {
      const known = literalsOf.get(text);
      if (known === undefined) literalsOf.set(text, [literal]);
      else known.push(literal);
    }
    this.prefilter = new Prefilter([...literalsOf.keys()]);
    const byText = [...literalsOf.values()];
    const byState = this.prefilter.outputs.map(texts => texts.flatMap(text => byText[text]!));
    this.outputs = Uint16Array.from(byState.flat());
    this.outputStart = new Uint32Array(byState.length + 1);
    for (const [state, literals] of byState.entries()) {
      this.outputStart[state + 1] = this.outputStart[state]! + literals.length;
    }
  }

  get stateCount(): number {
    return this.prefilter.stateCount;
  }

  /**
   * Calls back for each line (index into `starts`) that some rules may match, with those rules in order. The array is
   * valid only during the call.
   */
  scan(
    bytes: Uint8Array,
    starts: Uint32Array,
    count: number,
    found: (line: number, rules: readonly number[]) => void,
  ): void {
    const { next, classOf, firstFinal } = this.prefilter;
    // `| 0`: values of a Uint32Array would otherwise make V8 count in floating point in the hot loop.
    const end = (starts[count] ?? 0) | 0;
    let at = (starts[0] ?? 0) | 0;
    let state = 0;
    let line = 0;
    let lineEnd = (starts[1] ?? 0) | 0;
    this.begin();
    while (at < end) {
      // The hot loop: nothing here but the automaton. No text holds a newline, so lines can't run together.
      do {
        state = next[state + classOf[bytes[at++]!]!]!;
      } while (state < firstFinal && at < end);
      if (state < firstFinal) break;
      const last = at - 1;
      if (last >= lineEnd) {
        this.tell(line, found);
        this.begin();
        line = lineAt(starts, line + 1, count, last);
        lineEnd = starts[line + 1]! | 0;
      }
      this.hit(state, bytes, last, starts[line]! | 0, end);
    }
    this.tell(line, found);
  }

  private tell(line: number, found: (line: number, rules: readonly number[]) => void): void {
    if (this.triggeredCount === 0) return;
    const rules = this.complete();
    if (rules.length > 0) found(line, rules);
  }

  /** The rules that may match one line. */
  of(text: string): readonly number[] {
    const { next, classOf, firstFinal } = this.prefilter;
    const bytes = Buffer.from(text, 'utf8');
    this.begin();
    let state = 0;
    for (let at = 0; at < bytes.length; at++) {
      state = next[state + classOf[bytes[at]!]!]!;
      if (state >= firstFinal) this.hit(state, bytes, at, 0, bytes.length);
    }
    return this.complete();
  }

  private begin(): void {
    this.triggeredCount = 0;
    if (++this.stamp === 0xffffffff) {
      this.foundIn.fill(0);
      this.ruleStamp.fill(0);
      this.stamp = 1;
    }
  }

  /** @param at the last byte of the texts found */
  private hit(state: number, bytes: Uint8Array, at: number, from: number, end: number): void {
    const { shift, firstFinal } = this.prefilter;
    const { outputs, outputStart, foundIn, stamp } = this;
    const number = (state - firstFinal) >> shift;
    const last = outputStart[number + 1]!;
    for (let i = outputStart[number]!; i < last; i++) {
      const literal = outputs[i]!;
      if (foundIn[literal] === stamp) continue;
      if (this.startsWord[literal] === 1) {
        const before = at - this.length[literal]!;
        if (before >= from && isWord(bytes[before]!)) continue;
      }
      if (this.endsWord[literal] === 1 && at + 1 < end && isWord(bytes[at + 1]!)) continue;
      foundIn[literal] = stamp;
      if (this.isTrigger[literal] === 1) this.triggered[this.triggeredCount++] = literal;
    }
  }

  /** The rules one of whose arms is complete, in order. Plain loops: most lines with a trigger end here, empty-handed. */
  private complete(): number[] {
    const rules = this.rules;
    rules.length = 0;
    for (let t = 0; t < this.triggeredCount; t++) {
      const checks = this.triggers[this.triggered[t]!]!;
      for (let c = 0; c < checks.length; c++) {
        const { rule, groups } = checks[c]!;
        if (this.ruleStamp[rule] === this.stamp) continue;
        let all = true;
        for (let g = 0; all && g < groups.length; g++) all = this.anyFound(groups[g]!);
        if (!all) continue;
        this.ruleStamp[rule] = this.stamp;
        rules.push(rule);
      }
    }
    return rules.length > 1 ? rules.sort((a, b) => a - b) : rules;
  }

  private anyFound(literals: Uint32Array): boolean {
    for (let i = 0; i < literals.length; i++) if (this.foundIn[literals[i]!] === this.stamp) return true;
    return false;
  }
}

/** Letters, digits and underscore, as \b of regular expressions has it. */
function isWord(byte: number): boolean {
  return (
    (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 57) || byte === 95
  );
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
