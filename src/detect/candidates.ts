import { JUDGED_LENGTH } from '../safe-regex/cost.js';
import type { Arm, Literal } from '../safe-regex/literals.js';
import { FOLD, folded, keyOf, OTHER, Prefilter, SHIFT, SIGN } from './prefilter.js';
import { Sieve } from './sieve.js';
import { TriggerChoice } from './trigger-choice.js';

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
  /** Made when lines come to be scanned: who judges single lines needs none, and it is half of what a finder costs. */
  private sieve: Sieve | undefined;
  private readonly prefilter: Prefilter;
  /** Per text: the line it was last found in × 16, + 1 << d for the demands d that some place of it meets. */
  private readonly seen: Uint32Array;
  /** Groups of literals, each once. */
  private readonly literalsOfGroup: number[][] = [];
  /** By number. */
  private readonly literals: Literal[] = [];
  /** Per text the groups it stands in, as group × 16 + 1 << d for each of its literals in the group. */
  private readonly groupsOfText: Lists;
  /** Per group: the line in which one of its literals was last found. */
  private readonly groupFound: Uint32Array;
  /** One way to match a rule each: a literal of each group must be found. */
  private readonly arms: { rule: number; groups: number[] }[] = [];
  /** Per guard its ways to pass, as number of groups and the groups; undefined: it lets every line pass. */
  private readonly guards: readonly (Uint16Array | undefined)[];
  private readonly choice: TriggerChoice;
  /** Per literal what it triggers: rule, number of other groups, the groups. */
  private triggers: Lists;
  /** As the prefilter has them. */
  private readonly outputs: Uint16Array;
  private readonly outputStart: Uint32Array;
  private readonly length: Uint8Array;
  /** Per text: 1 << d where its literal with the demands d triggers checks. */
  private readonly triggering: Uint8Array;
  /** Texts found in the line, and how many of them may trigger checks: those stand first. */
  private readonly found: Uint32Array;
  private foundCount = 0;
  private groupsMarked = false;
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
    this.guards = guards.map(arms => {
      if (arms === undefined) return undefined;
      return Uint16Array.from(arms.flatMap(groups => [groups.length, ...groups.map(groupOf)]));
    });
    const memberships: Map<number, number>[] = texts.map(() => new Map());
    for (const [group, literals] of literalsOfGroup.entries())
      for (const literal of literals) {
        const member = memberships[Math.floor(literal / DEMANDS)]!;
        member.set(group, (member.get(group) ?? 0) | (1 << (literal % DEMANDS)));
      }
    this.groupsOfText = lists(
      memberships.map(groups => [...groups].map(([group, demands]) => group * 16 + demands)),
    );
    this.groupFound = new Uint32Array(literalsOfGroup.length);
    this.prefilter = new Prefilter(texts);
    this.length = Uint8Array.from(texts, ({ length }) => length);
    this.seen = new Uint32Array(texts.length);
    this.found = new Uint32Array(texts.length);
    this.ruleStamp = new Uint32Array(armsOfRule.length);
    this.triggering = new Uint8Array(texts.length);
    this.outputs = Uint16Array.from(this.prefilter.outputs);
    this.outputStart = this.prefilter.outputStart;
    this.choice = new TriggerChoice(
      literalsOfGroup,
      this.arms.map(arm => arm.groups),
      texts.length * DEMANDS,
    );
    this.triggers = lists([]);
    this.pullTriggers();
  }

  /** States of the sieve and of the second look: memory is 64 bytes each. */
  get stateCounts(): [number, number] {
    return [this.sieveOfTriggers().stateCount, this.prefilter.stateCount];
  }

  /** Calls back for each line (index into `starts`) that the sieve lets pass: `of` says which rules may match it. */
  scan(bytes: Uint8Array, starts: Uint32Array, count: number, pass: (line: number) => void): void {
    const { step } = this.choice;
    for (let line = this.choice.skip(count); line < count; line += step) {
      this.of(bytes, starts[line]!, Math.min(starts[line + 1]!, starts[line]! + JUDGED_LENGTH));
      this.countFound();
    }
    if (this.choice.changed()) this.pullTriggers();
    this.sieveOfTriggers().scan(bytes, starts, count, pass);
  }

  /** Lets the group chosen for each arm trigger its check. */
  private pullTriggers(): void {
    const checks: number[][] = Array.from({ length: this.seen.length * DEMANDS }, () => []);
    this.triggering.fill(0);
    for (const [index, arm] of this.arms.entries()) {
      const trigger = arm.groups[this.choice.of(index)]!;
      const others = arm.groups.filter(group => group !== trigger);
      for (const literal of this.literalsOfGroup[trigger]!) {
        checks[literal]!.push(arm.rule, others.length, ...others);
        this.triggering[Math.floor(literal / DEMANDS)]! |= 1 << (literal % DEMANDS);
      }
    }
    this.triggers = lists(checks);
    this.sieve = undefined;
  }

  private sieveOfTriggers(): Sieve {
    const { starts } = this.triggers;
    this.sieve ??= new Sieve(this.literals.filter((_, literal) => starts[literal + 1]! > starts[literal]!));
    return this.sieve;
  }

  /** Tells the choice of triggers what the last line that was looked at holds. */
  private countFound(): void {
    for (let i = 0; i < this.foundCount; i++) {
      const text = this.found[i]!;
      for (let demands = 0; demands < DEMANDS; demands++)
        if ((this.seen[text]! >> demands) & 1) this.choice.count(text * DEMANDS + demands);
    }
  }

  /** The rules that may match the line bytes[from, to), in order. The array is valid until the next call. */
  of(bytes: Uint8Array, from: number, to: number): readonly number[] {
    const { next, firstFinal } = this.prefilter;
    const { outputs, outputStart, seen, triggering, found, length } = this;
    // What is imported is loaded anew for each byte.
    const fold = FOLD;
    const shift = SHIFT;
    const stamp = this.nextStamp() << 4;
    let mayTrigger = 0;
    let foundCount = 0;
    let state = 0;
    for (let at = from; at < to; at++) {
      state = next[(state << shift) + fold[bytes[at]!]!]!;
      if (state < firstFinal) continue;
      const ends = at + 1 >= to || !isWord(fold[bytes[at + 1]!]!);
      const last = outputStart[state - firstFinal + 1]!;
      for (let i = outputStart[state - firstFinal]!; i < last; i++) {
        const text = outputs[i]!;
        const known = seen[text]! - stamp;
        if (known === ALL_MET) continue;
        const before = at - length[text]!;
        const starts = before < from || !isWord(fold[bytes[before]!]!);
        const met = starts ? (ends ? ALL_MET : STARTS_MET) : ends ? ENDS_MET : NONE_MET;
        if (known >= 0) {
          seen[text] = stamp | known | met;
          mayTrigger |= triggering[text]! & met;
          continue;
        }
        seen[text] = stamp | met;
        found[foundCount++] = text;
        mayTrigger |= triggering[text]! & met;
      }
    }
    this.foundCount = foundCount;
    this.groupsMarked = false;
    return mayTrigger === 0 ? NONE : this.complete();
  }

  private nextStamp(): number {
    if (this.stamp === LAST_STAMP) {
      this.seen.fill(0);
      this.ruleStamp.fill(0);
      this.groupFound.fill(0);
      this.stamp = 0;
    }
    return ++this.stamp;
  }

  /** The rules one of whose arms is complete, in order. */
  private complete(): readonly number[] {
    this.markGroups();
    const { rules, stamp, seen, triggering, found, foundCount, ruleStamp, groupFound } = this;
    const { items, starts } = this.triggers;
    rules.length = 0;
    for (let i = 0; i < foundCount; i++) {
      const text = found[i]!;
      const met = triggering[text]! & seen[text]!;
      if (met === 0) continue;
      for (let demands = 0; demands < DEMANDS; demands++) {
        if (((met >> demands) & 1) === 0) continue;
        const literal = text * DEMANDS + demands;
        const last = starts[literal + 1]!;
        for (let at = starts[literal]!; at < last; ) {
          const rule = items[at]!;
          const end = at + 2 + items[at + 1]!;
          let group = at + 2;
          while (group < end && groupFound[items[group]!] === stamp) group++;
          if (group === end && ruleStamp[rule] !== stamp) {
            ruleStamp[rule] = stamp;
            rules.push(rule);
          }
          at = end;
        }
      }
    }
    return rules.length > 1 ? rules.sort((a, b) => a - b) : rules;
  }

  /** Whether the line that `of` looked at last holds a text of every group of one of the guard's arms. */
  mayHold(guard: number): boolean {
    const arms = this.guards[guard];
    if (arms === undefined) return true;
    this.markGroups();
    const { groupFound, stamp } = this;
    for (let at = 0; at < arms.length; ) {
      const end = at + 1 + arms[at]!;
      let group = at + 1;
      while (group < end && groupFound[arms[group]!] === stamp) group++;
      if (group === end) return true;
      at = end;
    }
    return false;
  }

  /** Once a line: a text stands in few groups, but a line is asked of many. */
  private markGroups(): void {
    if (this.groupsMarked) return;
    this.groupsMarked = true;
    const { stamp, seen, found, foundCount, groupFound } = this;
    const { items, starts } = this.groupsOfText;
    for (let i = 0; i < foundCount; i++) {
      const text = found[i]!;
      const met = seen[text]! & ALL_MET;
      const last = starts[text + 1]!;
      for (let at = starts[text]!; at < last; at++) {
        const member = items[at]!;
        if ((member & met) !== 0) groupFound[member >>> 4] = stamp;
      }
    }
  }
}

/** Lists of numbers, flat: that of n is items[starts[n]] up to items[starts[n + 1]]. */
interface Lists {
  items: Uint32Array;
  starts: Uint32Array;
}

function lists(of: readonly (readonly number[])[]): Lists {
  const starts = new Uint32Array(of.length + 1);
  for (const [index, { length }] of of.entries()) starts[index + 1] = starts[index]! + length;
  return { items: Uint32Array.from(of.flat()), starts };
}

// The demands that a place of a text meets: none; that it begins a word; that it ends one; both.
const NONE_MET = 1;
const STARTS_MET = 1 | 2;
const ENDS_MET = 1 | 4;
const ALL_MET = 15;
/** A line's number × 16 must fit 31 bits, or V8 counts in floating point. */
const LAST_STAMP = 0x7ffffff;

const NONE: readonly number[] = [];

/** Letters, digits and underscore, as \b of regular expressions has it. */
function isWord(cls: number): boolean {
  return cls !== SIGN && cls !== OTHER;
}
