import { RE2JS } from 're2js';
import { DeadairError, messageOf } from '../platform/errors.js';
import type { DigitBranch } from './digits.js';
import { factsOf } from './facts.js';
import type { Arm } from './literals.js';

export interface Match {
  /** Where the match begins in the text. */
  index: number;
  end: number;
  /** Where the search began that found it; absent: at the beginning. */
  from?: number;
  groups: Record<string, string> | undefined;
}

/** A pattern that can't hang: proven so, or run by an engine whose time is linear. */
export interface SafePattern {
  readonly source: string;
  /** `backtracking`: V8's, proven bounded; `linear`: re2js, some 20 times slower but never worse. */
  readonly engine: 'backtracking' | 'linear';
  /** What lines it matches must hold (literals.ts); undefined where it can match without any fixed text. */
  readonly arms: Arm[] | undefined;
  /** Where it tells one digit from another (digits.ts). */
  readonly digits: readonly DigitBranch[];
  test(text: string): boolean;
  /** @param from where the search begins; what stands before it still counts as standing there */
  match(text: string, from?: number): Match | undefined;
}

/**
 * The gate every pattern of a pack passes, ours as well as users'. Patterns whose worst case is bounded run in V8, the
 * others in re2js. Rejected: re2js for all (measured 20–60 times slower than V8 on our packs), and a time-out around V8's
 * engine (it can't be interrupted but by killing its thread).
 * @throws DeadairError rules.invalid
 */
export function compilePattern(pattern: string, caseSensitive = false): SafePattern {
  const { source, groups, engine, arms, digits = [] } = factsOf(pattern);
  const base = { source: pattern, engine, arms, digits };
  if (engine === 'linear') return { ...base, ...linearEngine(source, groups, caseSensitive) };
  const regex = new RegExp(source, caseSensitive ? '' : 'i');
  let onward: RegExp | undefined;
  return {
    ...base,
    test: text => regex.test(text),
    match: (text, from = 0) => {
      let found: RegExpExecArray | null;
      if (from === 0) found = regex.exec(text);
      else {
        onward ??= new RegExp(source, caseSensitive ? 'g' : 'gi');
        onward.lastIndex = from;
        found = onward.exec(text);
      }
      return found === null
        ? undefined
        : { index: found.index, end: found.index + found[0].length, groups: cleaned(found.groups) };
    },
  };
}

function linearEngine(
  source: string,
  groups: string[],
  caseSensitive: boolean,
): Pick<SafePattern, 'test' | 'match'> {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source, caseSensitive ? 0 : RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    throw new DeadairError('rules.invalid', `The pattern is not valid: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return {
    test: text => compiled.matcher(text).find(),
    match: (text, from = 0) => {
      const matcher = compiled.matcher(text);
      if (!(from === 0 ? matcher.find() : matcher.find(from))) return undefined;
      const named = Object.fromEntries(groups.map(name => [name, matcher.group(name) ?? undefined]));
      return { index: matcher.start(), end: matcher.end(), groups: cleaned(named) };
    },
  };
}

function cleaned(groups: Record<string, string | undefined> | undefined): Record<string, string> | undefined {
  if (groups === undefined) return undefined;
  const kept = Object.entries(groups).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
