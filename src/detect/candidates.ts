import { JUDGED_LENGTH } from '../safe-regex/cost.js';
import type { Arm, Literal } from '../safe-regex/literals.js';
import { FOLD, folded, keyOf, OTHER, Prefilter, SHIFT, SIGN } from './prefilter.js';
import { Sieve } from './sieve.js';
import { SAMPLED, TriggerChoice } from './trigger-choice.js';

/** One way to match a rule (or to pass a guard): a literal of each group must be found. */
interface ArmCheck {
  rule: number;
  /** Indexes into `groups`. */
  groups: number[];
}

// A literal is a text with demands on word boundaries: its number is `text × 4 + demands`.
const STARTS_WORD = 1;
const ENDS_WORD = 2;
const DEMANDS = 4;

/**
 * Which rules may match which lines: a rule is worth trying on a line only where a literal of every group of one of its arms
 * was found. The group that filters best triggers the check of the others. Two passes: the sieve looks at all lines for
 * triggers alone and drops most; in those it lets pass all texts are looked for.
 *
 * Which group filters best depends on the lines: `upstream` is rare until an access log writes it on every line. What the
 * packs guess (commonness.ts) is the start; some lines are looked at whole (TriggerChoice), and an arm whose trigger turns
 * out to be common gets another one. That changes what a line costs, never what is found.
 *
 * Rejected: one pass for all texts (common words were found ten times a line, which took as long as the automaton itself);
 * one text a rule (every second ordinary line had some rule tried on it).
 */
export class CandidateFinder {
  private sieve: Sieve;
  private readonly prefilter: Prefilter;
  /** Per text. */
  private readonly length: Uint8Array;
  /** Per literal: the line it was last found in. */
  private readonly foundIn: Uint32Array;
  /** Groups of literals, each once; of a group by text: bit d is set where the literal with the demands d belongs to it. */
  private readonly groups: Uint8Array[];
  private readonly literalsOfGroup: number[][] = [];
  /** By number. */
  private readonly literals: Literal[] = [];
  private readonly arms: ArmCheck[] = [];
  /** Per literal: the guards that may be passed where it is found. */
  private readonly guardTriggers: (ArmCheck[] | undefined)[] = [];
  /** Per guard: the line it was last passed by; Infinity where it lets every line pass. */
  private readonly guardStamp: Float64Array;
  private guardsJudged = 0;
  private readonly choice: TriggerChoice;
  /** Per group: the line it was last judged in × 2, + 1 where one of its literals was found. */
  private readonly groupJudged: Float64Array;
  /** Per literal. */
  private triggers: (ArmCheck[] | undefined)[] = [];
  /** As the prefilter has them. */
  private readonly outputs: Uint16Array;
  private readonly outputStart: Uint32Array;
  /** Per text: 1 where one of its literals triggers checks. */
  private readonly triggering: Uint8Array;
  /** Texts found in the line, and those whose literals trigger checks. */
  private readonly found: Uint32Array;
  private foundCount = 0;
  private readonly triggered: Uint32Array;
  private readonly ruleStamp: Uint32Array;
  private readonly rules: number[] = [];
  private stamp = 0;

  /**
   * @param armsOfRule index = what `of` gives
   * @param guards index = what `mayHold` asks for: looked for in the lines that `of` looks at, without being a reason to
   *   look at one; undefined or absent: may hold always
   */
  constructor(armsOfRule: readonly (readonly Arm[])[], guards: readonly (readonly Arm[] | undefined)[] = []) {
    const texts: Uint8Array[] = [];
    const numbers = new Map<string, number>();
    const numberOf = ({ text, startsWord, endsWord }: Literal): number => {
      let number = numbers.get(text);
      if (number === undefined) {
        const classes = folded(text);
        const key = `\0${keyOf(classes)}`;
        number = numbers.get(key) ?? texts.push(classes) - 1;
        numbers.set(key, number).set(text, number);
      }
      const literal = number * DEMANDS + (startsWord ? STARTS_WORD : 0) + (endsWord ? ENDS_WORD : 0);
      this.literals[literal] ??= { text, startsWord, endsWord };
      return literal;
    };
    const { literalsOfGroup } = this;
    const groupNumbers = new Map<string, number>();
    const groupOf = (group: readonly Literal[]): number => {
      const literals = group.map(numberOf);
      const key = literals.join();
      const number = groupNumbers.get(key) ?? literalsOfGroup.push(literals) - 1;
      groupNumbers.set(key, number);
      return number;
    };
    for (const [rule, arms] of armsOfRule.entries())
      for (const groups of arms) this.arms.push({ rule, groups: groups.map(groupOf) });
    this.guardStamp = Float64Array.from(guards, arms => (arms === undefined ? Infinity : 0));
    for (const [rule, arms] of guards.entries()) {
      for (const [trigger, ...others] of arms ?? []) {
        const check = { rule, groups: others.map(groupOf) };
        for (const literal of literalsOfGroup[groupOf(trigger!)]!) {
          this.guardTriggers[literal] ??= [];
          this.guardTriggers[literal].push(check);
        }
      }
    }
    this.groups = literalsOfGroup.map(literals => {
      const members = new Uint8Array(texts.length);
      for (const literal of literals) members[Math.floor(literal / DEMANDS)]! |= 1 << (literal % DEMANDS);
      return members;
    });
    this.groupJudged = new Float64Array(this.groups.length);
    this.prefilter = new Prefilter(texts);
    this.length = Uint8Array.from(texts, ({ length }) => length);
    this.foundIn = new Uint32Array(texts.length * DEMANDS);
    this.found = new Uint32Array(texts.length);
    this.triggered = new Uint32Array(texts.length);
    this.ruleStamp = new Uint32Array(armsOfRule.length);
    this.triggering = new Uint8Array(texts.length);
    this.outputs = Uint16Array.from(this.prefilter.outputs);
    this.outputStart = this.prefilter.outputStart;
    this.choice = new TriggerChoice(
      literalsOfGroup,
      this.arms.map(arm => arm.groups),
      texts.length * DEMANDS,
    );
    this.sieve = this.pullTriggers();
  }

  /** States of the sieve and of the second look: memory is 64 bytes each. */
  get stateCounts(): [number, number] {
    return [this.sieve.stateCount, this.prefilter.stateCount];
  }

  /** Calls back for each line (index into `starts`) that the sieve lets pass: `of` says which rules may match it. */
  scan(bytes: Uint8Array, starts: Uint32Array, count: number, pass: (line: number) => void): void {
    for (let line = this.choice.skip(count); line < count; line += SAMPLED) {
      this.of(bytes, starts[line]!, Math.min(starts[line + 1]!, starts[line]! + JUDGED_LENGTH));
      this.countFound();
    }
    if (this.choice.changed()) this.sieve = this.pullTriggers();
    this.sieve.scan(bytes, starts, count, pass);
  }

  /** Lets the group chosen for each arm trigger its check. @returns the sieve for that */
  private pullTriggers(): Sieve {
    const literals = new Set<number>();
    this.triggers = [];
    this.triggering.fill(0);
    for (const [index, arm] of this.arms.entries()) {
      const trigger = arm.groups[this.choice.of(index)]!;
      const check = { rule: arm.rule, groups: arm.groups.filter(group => group !== trigger) };
      for (const literal of this.literalsOfGroup[trigger]!) {
        this.triggers[literal] ??= [];
        this.triggers[literal].push(check);
        this.triggering[Math.floor(literal / DEMANDS)] = 1;
        literals.add(literal);
      }
    }
    return new Sieve([...literals].map(literal => this.literals[literal]!));
  }

  /** Tells the choice of triggers what the last line that was looked at holds. */
  private countFound(): void {
    for (let i = 0; i < this.foundCount; i++) {
      const literal = this.found[i]! * DEMANDS;
      for (let demands = 0; demands < DEMANDS; demands++)
        if (this.foundIn[literal + demands] === this.stamp) this.choice.count(literal + demands);
    }
  }

  /** The rules that may match the line bytes[from, to), in order. The array is valid until the next call. */
  of(bytes: Uint8Array, from: number, to: number): readonly number[] {
    const { next, firstFinal } = this.prefilter;
    const { outputs, outputStart, foundIn, triggering, found, triggered, length } = this;
    const fold = FOLD;
    const stamp = this.nextStamp();
    let count = 0;
    let foundCount = 0;
    let state = 0;
    for (let at = from; at < to; at++) {
      state = next[(state << SHIFT) + fold[bytes[at]!]!]!;
      if (state < firstFinal) continue;
      const last = outputStart[state - firstFinal + 1]!;
      for (let i = outputStart[state - firstFinal]!; i < last; i++) {
        const text = outputs[i]!;
        const literal = text * DEMANDS;
        if (foundIn[literal + STARTS_WORD + ENDS_WORD] === stamp) continue;
        const known = foundIn[literal] === stamp;
        const before = at - length[text]!;
        const starts = before < from || !isWord(fold[bytes[before]!]!);
        const ends = at + 1 >= to || !isWord(fold[bytes[at + 1]!]!);
        foundIn[literal] = stamp;
        if (starts) foundIn[literal + STARTS_WORD] = stamp;
        if (ends) foundIn[literal + ENDS_WORD] = stamp;
        if (starts && ends) foundIn[literal + STARTS_WORD + ENDS_WORD] = stamp;
        if (known) continue;
        found[foundCount++] = text;
        if (triggering[text] === 1) triggered[count++] = text;
      }
    }
    this.foundCount = foundCount;
    return count === 0 ? NONE : this.complete(count);
  }

  private nextStamp(): number {
    if (this.stamp === 0xffffffff) {
      this.foundIn.fill(0);
      this.ruleStamp.fill(0);
      for (const [guard, passed] of this.guardStamp.entries())
        if (passed < Infinity) this.guardStamp[guard] = 0;
      this.guardsJudged = 0;
      this.groupJudged.fill(0);
      this.stamp = 0;
    }
    return ++this.stamp;
  }

  /** The rules one of whose arms is complete, in order. */
  private complete(count: number): readonly number[] {
    const { rules, stamp } = this;
    rules.length = 0;
    this.eachComplete(this.triggered, count, this.triggers, rule => {
      if (this.ruleStamp[rule] === stamp) return;
      this.ruleStamp[rule] = stamp;
      rules.push(rule);
    });
    return rules.length > 1 ? rules.sort((a, b) => a - b) : rules;
  }

  /** Whether the line that `of` looked at last holds a text of every group of one of the guard's arms. */
  mayHold(guard: number): boolean {
    const { guardStamp, stamp } = this;
    if (this.guardsJudged !== stamp) {
      this.guardsJudged = stamp;
      this.eachComplete(this.found, this.foundCount, this.guardTriggers, passed => {
        guardStamp[passed] = stamp;
      });
    }
    return !(guardStamp[guard]! < stamp);
  }

  /** Plain loops: most lines with a trigger end here, empty-handed. */
  private eachComplete(
    texts: Uint32Array,
    count: number,
    triggers: readonly (readonly ArmCheck[] | undefined)[],
    found: (rule: number) => void,
  ): void {
    const { stamp, foundIn } = this;
    for (let t = 0; t < count; t++) {
      const literal = texts[t]! * DEMANDS;
      for (let demands = 0; demands < DEMANDS; demands++) {
        if (foundIn[literal + demands] !== stamp) continue;
        const checks = triggers[literal + demands];
        if (checks === undefined) continue;
        for (let c = 0; c < checks.length; c++) {
          const { rule, groups } = checks[c]!;
          if (this.allFound(groups)) found(rule);
        }
      }
    }
  }

  private allFound(groups: readonly number[]): boolean {
    for (let g = 0; g < groups.length; g++) if (!this.anyFound(groups[g]!)) return false;
    return true;
  }

  /** Groups may hold hundreds of literals and a line some ten texts, so the line's texts are looked up in the group. */
  private anyFound(group: number): boolean {
    const { stamp, foundIn, found, foundCount } = this;
    const judged = this.groupJudged[group]! - stamp * 2;
    if (judged >= 0) return judged === 1;
    const members = this.groups[group]!;
    let any = 0;
    for (let i = 0; any === 0 && i < foundCount; i++) {
      const demands = members[found[i]!]!;
      if (demands === 0) continue;
      const literal = found[i]! * DEMANDS;
      for (let d = 0; d < DEMANDS; d++) {
        if ((demands >> d) & 1 && foundIn[literal + d] === stamp) any = 1;
      }
    }
    this.groupJudged[group] = stamp * 2 + any;
    return any === 1;
  }
}

const NONE: readonly number[] = [];

/** Letters, digits and underscore, as \b of regular expressions has it. */
function isWord(cls: number): boolean {
  return cls !== SIGN && cls !== OTHER;
}
