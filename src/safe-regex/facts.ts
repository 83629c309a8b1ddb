import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';
import { STEP_BUDGET, worstCase } from './cost.js';
import { type DigitBranch, digitBranches } from './digits.js';
import { type Arm, requiredArms } from './literals.js';
import { type Node, parsePattern } from './parse.js';

const MAX_PATTERN_LENGTH = 4000;

/** What is known of a pattern from its text alone. */
export interface PatternFacts {
  /** As JavaScript and re2js both take it. */
  source: string;
  /** Names of the groups. */
  groups: string[];
  /** `backtracking`: V8's, proven bounded; `linear`: re2js, some 20 times slower but never worse. */
  engine: 'backtracking' | 'linear';
  /** What lines it matches must hold; absent where it can match without any fixed text. */
  arms?: Arm[];
  /** Where it tells one digit from another; absent: nowhere. */
  digits?: DigitBranch[];
}

const known = new Map<string, PatternFacts>();
/** While a build is at it; people's searches are patterns too and must not be kept. */
let noted: Map<string, PatternFacts> | undefined;

/** Facts that were worked out before (compiled.ts). */
export function recallFacts(facts: Readonly<Record<string, PatternFacts>>): void {
  for (const [pattern, one] of Object.entries(facts)) known.set(pattern, one);
}

/** All facts that `work` asks for, worked out anew: what a build keeps. */
export function noteFacts(work: () => void): Record<string, PatternFacts> {
  known.clear();
  noted = new Map();
  work();
  const facts = Object.fromEntries(noted);
  noted = undefined;
  return facts;
}

/** @throws DeadairError rules.invalid */
export function factsOf(pattern: string): PatternFacts {
  const facts = known.get(pattern) ?? analyse(pattern);
  noted?.set(pattern, facts);
  return facts;
}

function analyse(pattern: string): PatternFacts {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new DeadairError(
      'rules.invalid',
      `The pattern is longer than ${MAX_PATTERN_LENGTH} characters; split the rule.`,
    );
  }
  const { tree, source, groups } = parsePattern(pattern);
  const arms = requiredArms(tree);
  const digits = digitBranches(tree);
  const bounded = worstCase(tree, isAnchored(tree, pattern)) <= STEP_BUDGET;
  return {
    source,
    groups,
    engine: bounded ? 'backtracking' : 'linear',
    ...defined({ arms, digits: digits.length === 0 ? undefined : digits }),
  };
}

/** Only where the whole pattern is one sequence that begins with ^. */
function isAnchored(tree: Node, source: string): boolean {
  return tree.kind === 'sequence' && source.startsWith('^');
}
