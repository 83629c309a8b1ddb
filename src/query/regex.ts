import { RE2JS } from 're2js';
import { defined } from '../platform/defined.js';
import { DeadairError, messageOf } from '../platform/errors.js';
import { compilePattern } from '../safe-regex/compile.js';
import { JUDGED_LENGTH } from '../safe-regex/cost.js';
import { parsePattern } from '../safe-regex/parse.js';

/** What a text with as many wildcards as are read makes (words.ts); a typed one is shorter (parser.ts). */
const MAX_REGEX_LENGTH = 16_000;

/** V8 without its `u` flag takes an emoji for two characters: `a.b` would not find `a😀b`. */
const SURROGATE = /[\ud800-\udfff]/;

export interface QueryRegex {
  test(text: string): boolean;
  /** Lower-case texts one of which every match holds (any case): for prefilters and indexes. Absent: none is sure. */
  literals: string[] | undefined;
  /** The same in full: of one arm, of each group, every match holds a text. */
  arms: string[][][] | undefined;
  /** It runs in re2js alone. */
  slow: boolean;
}

/**
 * A regular expression that can't hang. Lines of ordinary length run in V8 where the pattern's worst case there is
 * proven small (detect/pattern/cost.ts); everything else, and every line longer than that proof covers, runs in re2js, whose
 * time is linear in the line but some twenty times that of V8.
 *
 * @throws DeadairError `query.invalid`; `column` counts from the expression's own beginning
 */
export function compileRegex(source: string, ignoreCase: boolean): QueryRegex {
  if (source.length > MAX_REGEX_LENGTH)
    throw new DeadairError(
      'query.invalid',
      `The regular expression is longer than ${MAX_REGEX_LENGTH} characters`,
    );
  try {
    const fast = compilePattern(source, !ignoreCase);
    const arms = fast.arms?.map(arm => arm.map(group => group.map(({ text }) => text)));
    const literals = arms?.flatMap(([group]) => group!);
    if (fast.engine === 'linear') return { test: text => fast.test(text), literals, arms, slow: true };
    const slow = RE2JS.compile(parsePattern(source).source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    return {
      test: text =>
        text.length <= JUDGED_LENGTH && !SURROGATE.test(text) ? fast.test(text) : slow.matcher(text).find(),
      literals,
      arms,
      slow: false,
    };
  } catch (thrown) {
    const column = thrown instanceof DeadairError ? thrown.column : undefined;
    const reason = (thrown instanceof Error ? thrown.message : messageOf(thrown)).replace(
      / at column \d+: .*$/s,
      '',
    );
    throw new DeadairError('query.invalid', reason.replace(/^The pattern/, 'The regular expression'), {
      ...defined({ column }),
      cause: thrown,
    });
  }
}
