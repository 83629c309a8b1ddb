import { type DigitDemand, digitDemandsInParts, digitDemandsOfText } from '../safe-regex/digits.js';
import { factsOf } from '../safe-regex/facts.js';
import type { Arm } from '../safe-regex/literals.js';
import { DemandPlaces, DigitReader } from './digits.js';
import type { Programs } from './programs.js';
import type { CompiledRule } from './rules.js';
import { ORDERLY_PATTERNS } from './structure/orderly.js';
import { PLACE_PATTERNS } from './structure/places.js';
import { PROSE_PATTERNS } from './structure/prose.js';

/** Which rules tell one digit from another, and so in which numbers lines of one shape may differ in what they mean. */
export class ToldDigits {
  /**
   * Of each pattern that does, what a line must hold, digits aside, for it to match that line or another one of its shape;
   * undefined: anything.
   */
  readonly guards: readonly (readonly Arm[] | undefined)[];
  private readonly patterns: readonly { demands: DemandPlaces; veto: boolean }[];
  /** Of what has a say in every line that a rule is tried on. */
  private readonly always: DemandPlaces;

  constructor(rules: readonly CompiledRule[], programs: Programs) {
    const telling = rules.flatMap(rule => tellingPatterns(rule).map(one => ({ ...one, veto: rule.veto })));
    this.guards = telling.map(({ guard }) => guard);
    this.patterns = telling.map(({ demands, veto }) => ({ demands: new DemandPlaces(demands), veto }));
    const marks = programs.marks().flatMap(({ digits }) => digits.flatMap(({ demands }) => demands));
    this.always = new DemandPlaces([...structureDigits(), ...marks]);
  }

  /**
   * What to read from lines of the shape of bytes[from, to), a line that was looked at.
   * @param mayHold whether that line holds what the guard with this index asks for
   * @param tried whether rules are tried on it
   * @returns undefined where digits make no difference
   */
  readerFor(
    bytes: Uint8Array,
    from: number,
    to: number,
    mayHold: (guard: number) => boolean,
    tried: boolean,
  ): DigitReader | undefined {
    const held: DemandPlaces[] = [];
    let any = tried;
    for (const [index, { demands, veto }] of this.patterns.entries()) {
      if (!mayHold(index)) continue;
      held.push(demands);
      any ||= !veto;
    }
    if (!any) return undefined;
    const reader = new DigitReader([this.always, ...held], bytes, from, to);
    return reader.isIdle ? undefined : reader;
  }
}

/** Of the patterns in structure/, which look at parts of a line. */
export function structureDigits(): DigitDemand[] {
  return [...PROSE_PATTERNS, ...ORDERLY_PATTERNS, ...PLACE_PATTERNS].flatMap(({ source }) =>
    digitDemandsInParts((factsOf(source).digits ?? []).flatMap(({ demands }) => demands)),
  );
}

interface TellingPattern {
  demands: DigitDemand[];
  guard: readonly Arm[] | undefined;
}

function tellingPatterns({ pattern, also, unless, phrases = [] }: CompiledRule): TellingPattern[] {
  const own = [pattern?.digits ?? [], ...[...also, ...unless].map(({ digits }) => digits)].flat();
  return [
    ...own.map(({ demands, arm }) => ({ demands, guard: arm.length === 0 ? undefined : [arm] })),
    ...phrases
      .filter(phrase => /\d/.test(phrase))
      .map(phrase => ({ demands: digitDemandsOfText(phrase), guard: undefined })),
  ];
}
