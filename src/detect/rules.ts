import type { SignalClass } from '../model/vocabulary.js';
import { asDeadairError, DeadairError } from '../platform/errors.js';
import { compilePattern, type Match, type SafePattern } from '../safe-regex/compile.js';
import { type Arm, type Literal, literal, MIN_LITERAL } from '../safe-regex/literals.js';
import type { ProgramEvent } from './events.js';
import type { LoadedPack, Rule } from './pack.js';

/** A rule ready to run. */
export interface CompiledRule {
  /** `pack/rule` */
  readonly name: string;
  readonly class: SignalClass;
  readonly event: ProgramEvent | undefined;
  readonly priority: number;
  readonly prose: boolean;
  readonly about: 'self' | undefined;
  readonly cause: 'strong' | 'weak' | undefined;
  /** The program whose lines it speaks of; absent: anybody's. */
  readonly of: string | undefined;
  /** Says that nothing happened, whatever rules below it say. Tried only on lines that one of those matches. */
  readonly veto: boolean;
  /** A veto that leaves causes alone which stand outside of its match. */
  readonly sparesCauses: boolean;
  /** What the prefilter must have found for the rule to be tried: all groups of one arm. None for a veto. */
  readonly arms: readonly Arm[];
  /** Of a veto: what lines it matches must hold, where that can be told. It is no reason to look at a line. */
  readonly guard: readonly Arm[] | undefined;
  readonly phrases: readonly string[] | undefined;
  readonly caseSensitive: boolean;
  readonly pattern: SafePattern | undefined;
  readonly also: readonly SafePattern[];
  readonly unless: readonly SafePattern[];
}

/** A rule that matched a line, and why it did not count if it did not: for `deadair classify --explain`. */
export interface Judgement {
  rule: CompiledRule;
  match: Match;
  /** What the line's structure says against it, or that it is another program's. */
  dismissed?: string;
}

/** The texts patterns refer to as `{{name}}`: those of all packs, a pack's own first. */
export type Words = ReadonlyMap<string, string>;

/**
 * @returns rules in order of precedence: higher priority first, then later packs first
 * @throws DeadairError rules.invalid naming the file and the rule
 */
export function compileRules(packs: readonly LoadedPack[]): CompiledRule[] {
  const shared = wordsOf(packs);
  const rules: { rule: CompiledRule; order: number }[] = [];
  for (const [order, pack] of packs.entries()) {
    const words = new Map([...shared, ...wordsOf([pack])]);
    for (const rule of pack.rules) rules.push({ rule: compileRule(pack, rule, words), order });
  }
  rules.sort((a, b) => b.rule.priority - a.rule.priority || b.order - a.order);
  return rules.map(({ rule }) => rule);
}

function wordsOf(packs: readonly LoadedPack[]): Map<string, string> {
  const words = new Map<string, string>();
  for (const pack of packs) {
    for (const [name, texts] of codeWords(pack.codes ?? {})) words.set(name, `(?:${texts.join('|')})`);
    for (const [name, texts] of Object.entries(pack.words ?? {})) {
      // Words may be made of earlier ones.
      words.set(name, `(?:${texts.map(text => expand(text, words)).join('|')})`);
    }
  }
  return words;
}

/** `errno_timeout`: the names of a family's class; `errno_timeout_numbers`: their numbers. */
function codeWords(families: NonNullable<LoadedPack['codes']>): Map<string, string[]> {
  const words = new Map<string, string[]>();
  const add = (name: string, text: string) => {
    const texts = words.get(name) ?? [];
    if (!texts.includes(text)) texts.push(text);
    words.set(name, texts);
  };
  for (const [family, codes] of Object.entries(families)) {
    for (const [number, name, fault] of codes) {
      add(`${family}_${fault}`, name);
      if (number === null) continue;
      // Beyond 16 bits programs print hexadecimal.
      add(`${family}_${fault}_numbers`, number > 0xffff ? `0x${number.toString(16)}` : String(number));
    }
  }
  return words;
}

function expand(pattern: string, words: Words): string {
  return pattern.replace(/\{\{([a-z0-9_]+)\}\}/g, (_, name: string) => {
    const text = words.get(name);
    if (text === undefined) throw new DeadairError('rules.invalid', `No words are named ${name}.`);
    return text;
  });
}

function compileRule(pack: LoadedPack, rule: Rule, words: Words): CompiledRule {
  const name = `${pack.pack}/${rule.id}`;
  try {
    const caseSensitive = rule.caseSensitive ?? false;
    const compile = (source: string) => compilePattern(expand(source, words), caseSensitive);
    const pattern = rule.pattern === undefined ? undefined : compile(rule.pattern);
    const veto = (rule.class ?? 'none') === 'none' && rule.event === undefined;
    const also = (rule.also ?? []).map(compile);
    const phrases = rule.phrases?.map(phrase => (caseSensitive ? phrase : phrase.toLowerCase()));
    const arms = armsOf(phrases, pattern, also);
    return {
      name,
      class: rule.class ?? 'none',
      event: rule.event,
      priority: rule.priority ?? 0,
      prose: rule.prose ?? false,
      about: rule.about === 'self' ? 'self' : undefined,
      cause: rule.cause,
      of: programOf(pack, rule),
      veto,
      sparesCauses: rule.reach === 'words',
      arms: veto ? [] : requiredOf(arms),
      guard: veto ? arms : undefined,
      phrases,
      caseSensitive,
      pattern,
      also,
      unless: (rule.unless ?? []).map(compile),
    };
  } catch (thrown) {
    const error = asDeadairError(thrown);
    throw new DeadairError('rules.invalid', `Rule ${name} of ${pack.file}: ${error.message}`, {
      subject: pack.file,
      ...(error.column === undefined ? {} : { column: error.column }),
      cause: thrown,
    });
  }
}

function programOf(pack: LoadedPack, rule: Rule): string | undefined {
  const of = rule.of ?? pack.of;
  return of === 'anybody' ? undefined : of;
}

/** @returns undefined where the pattern can match without any fixed text */
function armsOf(
  phrases: string[] | undefined,
  pattern: SafePattern | undefined,
  also: readonly SafePattern[],
): Arm[] | undefined {
  const own = phrases?.map(phrase => literal(phrase.toLowerCase()));
  const arms = own === undefined ? pattern?.arms : (pattern?.arms ?? [[]]).map(groups => [own, ...groups]);
  if (arms === undefined) return undefined;
  const more = also.flatMap(({ arms }) => (arms === undefined ? [] : [triggersOf(arms)]));
  return more.length === 0 ? arms : arms.map(arm => [...arm, ...more]);
}

function requiredOf(arms: Arm[] | undefined): Arm[] {
  if (arms !== undefined) return arms;
  throw new DeadairError(
    'rules.invalid',
    `The pattern matches lines without any fixed text of ${MIN_LITERAL} characters, so it would have to be tried on ` +
      'every line. Add a fixed text to it, or `phrases`.',
  );
}

/** One of these is in every line that satisfies one of the arms. */
function triggersOf(arms: readonly Arm[]): Literal[] {
  return arms.flatMap(([trigger]) => trigger!);
}

/** Whether the veto takes the statement away: all below it, or what shares words with it and what names no cause. */
export function takesAway(veto: Judgement, { rule, match }: Judgement): boolean {
  if (!veto.rule.sparesCauses || rule.cause === undefined) return true;
  return match.index < veto.match.end && veto.match.index < match.end;
}

/**
 * Where in the line the rule matches.
 * @param text the line, ANSI stripped
 * @param lower the same in lower case (of the same length)
 */
export function matchRule(rule: CompiledRule, text: string, lower: string): Match | undefined {
  let match: Match | undefined;
  if (rule.phrases !== undefined) {
    const within = rule.caseSensitive ? text : lower;
    const phrase = rule.phrases.find(candidate => within.includes(candidate));
    if (phrase === undefined) return undefined;
    const index = within.indexOf(phrase);
    match = { index, end: index + phrase.length, groups: undefined };
  }
  if (rule.pattern !== undefined) {
    match = rule.pattern.match(text);
    if (match === undefined) return undefined;
  }
  for (const other of rule.also) if (!other.test(text)) return undefined;
  for (const veto of rule.unless) if (veto.test(text)) return undefined;
  return match;
}
