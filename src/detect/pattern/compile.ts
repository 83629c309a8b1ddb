import { RE2JS } from 're2js';
import { DeadairError } from '../../platform/errors.js';
import { worstCase } from './cost.js';
import { type Arm, requiredArms } from './literals.js';
import { type Node, parsePattern } from './parse.js';

/** Steps one search may take at worst before the pattern is given to the linear-time engine instead. */
const STEP_BUDGET = 100_000_000;

const MAX_PATTERN_LENGTH = 4000;

export interface Match {
  /** Where the match begins in the text. */
  index: number;
  end: number;
  groups: Record<string, string> | undefined;
}

/** A pattern that can't hang: proven so, or run by an engine whose time is linear. */
export interface SafePattern {
  readonly source: string;
  /** `backtracking`: V8's, proven bounded; `linear`: re2js, some 20 times slower but never worse. */
  readonly engine: 'backtracking' | 'linear';
  /** What lines it matches must hold (literals.ts); undefined where it can match without any fixed text. */
  readonly arms: Arm[] | undefined;
  /** Lower-case texts one of which every match holds: the first group of each arm. */
  readonly literals: string[] | undefined;
  test(text: string): boolean;
  match(text: string): Match | undefined;
}

/**
 * The gate every pattern of a pack passes, ours as well as users'. Patterns whose worst case is bounded run in V8, the
 * others in re2js. Rejected: re2js for all (measured 20–60 times slower than V8 on our packs), and a time-out around V8's
 * engine (it can't be interrupted but by killing its thread).
 * @throws DeadairError rules.invalid
 */
export function compilePattern(source: string, caseSensitive = false): SafePattern {
  if (source.length > MAX_PATTERN_LENGTH) {
    throw new DeadairError(
      'rules.invalid',
      `The pattern is longer than ${MAX_PATTERN_LENGTH} characters; split the rule.`,
    );
  }
  const parsed = parsePattern(source);
  const arms = requiredArms(parsed.tree);
  const literals = arms?.flatMap(([group]) => group!.map(({ text }) => text));
  const base = { source, arms, literals };
  if (worstCase(parsed.tree, isAnchored(parsed.tree, source)) <= STEP_BUDGET) {
    const regex = new RegExp(parsed.source, caseSensitive ? '' : 'i');
    return {
      ...base,
      engine: 'backtracking',
      test: text => regex.test(text),
      match: text => {
        const found = regex.exec(text);
        return found === null
          ? undefined
          : { index: found.index, end: found.index + found[0].length, groups: cleaned(found.groups) };
      },
    };
  }
  return { ...base, engine: 'linear', ...linearEngine(parsed.source, parsed.groups, caseSensitive) };
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
    throw new DeadairError(
      'rules.invalid',
      `The pattern is not valid: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  return {
    test: text => compiled.matcher(text).find(),
    match: text => {
      const matcher = compiled.matcher(text);
      if (!matcher.find()) return undefined;
      const named = Object.fromEntries(groups.map(name => [name, matcher.group(name) ?? undefined]));
      return { index: matcher.start(), end: matcher.end(), groups: cleaned(named) };
    },
  };
}

/** Only where the whole pattern is one sequence that begins with ^. */
function isAnchored(tree: Node, source: string): boolean {
  return tree.kind === 'sequence' && source.startsWith('^');
}

function cleaned(groups: Record<string, string | undefined> | undefined): Record<string, string> | undefined {
  if (groups === undefined) return undefined;
  const kept = Object.entries(groups).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
