import { LEVELS, levelsWhere } from '../../model/vocabulary.js';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import type { Query } from '../../query/ast.js';
import { isEnvelopeField } from '../../query/fields.js';
import { Glob } from '../../query/glob.js';
import { compileRegex } from '../../query/regex.js';
import { simplify } from '../../query/simplify.js';
import { foldWord, isAsciiText, isToken, tokensOf } from '../../query/tokens.js';
import { ACCESS_FIELDS } from '../../records/line-fields.js';
import { microTime } from './line-document.js';
import { termDemands } from './term-patterns.js';

export type Dsl = Record<string, unknown>;

/**
 * A query as Elasticsearch can answer it: `may` finds every line that matches and perhaps others, `sure` only lines that match and
 * perhaps not all. Where they are one and the same, the answer is exact. What lies between the two is looked at line by line with
 * the reference matcher (query/matcher.ts), so that all stores agree.
 */
export interface Translated {
  may: Dsl;
  sure: Dsl;
  /** A cheaper filter for what lies between the two: all of it, perhaps more, and nothing that is sure. */
  between?: Dsl;
}

const ALL: Dsl = { match_all: {} };
const NONE: Dsl = { match_none: {} };
/** What is shown, what stood in front of it, and what a progress bar showed before. */
const TEXTS = ['message', 'deadair.head', 'deadair.states'] as const;
const [MESSAGE, HEAD] = TEXTS;
/** Lines whose words don't tell every text inside them; old lines don't say it (line-text.ts). */
const ODD: Dsl = { term: { 'deadair.odd': true } };
export const TOLD: Dsl = { exists: { field: 'deadair.skeleton' } };

/** Effort that an expression's automaton may take; what is asked for takes less than a tenth (term-patterns.ts), Lucene's default is 10,000. */
const AUTOMATON = 100_000;

export function isExact({ may, sure }: Translated): boolean {
  return may === sure;
}

const FIELDS = {
  agent: 'agent.id',
  host: 'host.name',
  path: 'log.file.path',
  source: 'deadair.source',
  rule: 'deadair.rule',
  event: 'deadair.event',
  stream: 'stream',
  container: 'container.name',
  pod: 'kubernetes.pod.name',
  namespace: 'kubernetes.namespace',
} as const;

/** @throws DeadairError `query.invalid` */
export function translate(query: Query): Translated {
  return node(simplify(query));
}

function node(query: Query): Translated {
  switch (query.kind) {
    case 'all':
      return exactly(ALL);
    case 'and':
      return combined(query.parts.map(node), all);
    case 'or':
      return combined(query.parts.map(node), any);
    case 'not': {
      const part = node(query.part);
      if (isExact(part)) return exactly(none(part.may));
      const { between } = part;
      const sure = none(part.may);
      // What is looked at is not counted besides.
      return {
        may: none(part.sure),
        sure: between ? all([sure, none(between)]) : sure,
        ...defined({ between }),
      };
    }
    case 'word':
      return words(wordsOf(query.word), false);
    case 'prefix':
      return words(wordsOf(query.word), true);
    case 'phrase':
      return words(tokensOf(query.text), query.lastIsPrefix === true);
    case 'substring':
      // Inside of words of other scripts nothing is looked up: each line is looked at.
      if (!isAsciiText(query.text)) return { may: ALL, sure: NONE };
      return inside(substring(query.text), isToken(query.text));
    case 'regex':
      return regex(query.source, query.ignoreCase);
    case 'value':
      // Access logs do not write their fields' names.
      if (ACCESS_FIELDS.has(query.name.toLowerCase())) return { may: ALL, sure: NONE };
      return inside(substring(query.name.split('.').at(-1)!), false);
    case 'field': {
      const outside = field(FIELDS[query.field], query.pattern);
      if (!isEnvelopeField(query.field)) return exactly(outside);
      // A line may have a field of that name itself.
      return { may: any([outside, inside(substring(query.field), false).may]), sure: outside };
    }
    case 'level':
      return exactly(level(levelsWhere(query.op, query.level)));
    case 'class':
      return exactly({ terms: { 'deadair.class': query.classes } });
    case 'time':
      return exactly(timeRange(query.from, query.to));
    case 'run':
      throw new DeadairError('internal', `run:${query.name} must be resolved before a store sees it.`);
  }
}

/** A word of ideographs is one word for each of them. */
function wordsOf(word: string): string[] {
  const tokens = tokensOf(word);
  return tokens.length > 1 ? tokens : [foldWord(word)];
}

function exactly(filter: Dsl): Translated {
  return { may: filter, sure: filter };
}

function combined(parts: Translated[], join: (filters: Dsl[]) => Dsl): Translated {
  const may = join(parts.map(part => part.may));
  if (parts.every(isExact)) return { may, sure: may };
  const open = parts.filter(part => !isExact(part));
  const between = join === all && open.length === 1 ? open[0]!.between : undefined;
  return {
    may,
    sure: join(parts.map(part => part.sure)),
    ...(between ? { between: all([...parts.filter(isExact).map(part => part.may), between]) } : {}),
  };
}

export function all(filters: Dsl[]): Dsl {
  if (filters.includes(NONE)) return NONE;
  const wanted = filters.filter(one => one !== ALL);
  return wanted.length === 0 ? ALL : wanted.length === 1 ? wanted[0]! : { bool: { filter: wanted } };
}

export function any(filters: Dsl[]): Dsl {
  if (filters.includes(ALL)) return ALL;
  const wanted = filters.filter(one => one !== NONE);
  if (wanted.length === 0) return NONE;
  return wanted.length === 1 ? wanted[0]! : { bool: { should: wanted, minimum_should_match: 1 } };
}

export function none(filter: Dsl): Dsl {
  if (filter === ALL) return NONE;
  return filter === NONE ? ALL : { bool: { must_not: [filter] } };
}

/** What lies between: lines that may match and are not sure to. */
export function unsure({ may, sure, between }: Translated): Dsl {
  return between ?? all([may, none(sure)]);
}

/** A text inside words. @param exact whether a line with such words, of which they tell all, is sure to hold it */
function inside(words: Dsl, exact: boolean): Translated {
  if (words === ALL) return { may: ALL, sure: NONE };
  if (!exact) return { may: any([words, ODD]), sure: NONE };
  return {
    may: any([words, ODD]),
    sure: all([words, TOLD, none(ODD)]),
    // To walk through the dictionary once more costs more than to look at the few lines it does not tell of.
    between: any([ODD, none(TOLD)]),
  };
}

function regex(source: string, ignoreCase: boolean): Translated {
  const { literals } = compileRegex(source, ignoreCase);
  const demands = termDemands(source, ignoreCase);
  const patterns =
    demands &&
    any(
      demands.anyOf.map(list =>
        all(
          list.map(value =>
            inText(text => ({
              regexp: { [text]: { value, flags: 'NONE', max_determinized_states: AUTOMATON } },
            })),
          ),
        ),
      ),
    );
  if (demands?.exact) return inside(patterns!, true);
  return inside(
    all([...(literals ? [any(literals.map(substring))] : []), ...(patterns ? [patterns] : [])]),
    false,
  );
}

/** Event time [from, to), to the microsecond. */
export function timeRange(from: number | undefined, to: number | undefined): Dsl {
  if (from === undefined && to === undefined) return ALL;
  return {
    range: {
      '@timestamp': {
        ...(from === undefined ? {} : { gte: microTime(from) }),
        ...(to === undefined ? {} : { lt: microTime(to) }),
      },
    },
  };
}

/** States are values of one field, a hundred places apart: no phrase goes over from one to the next. */
function inText(asked: (field: string) => Dsl): Dsl {
  return any(TEXTS.map(asked));
}

/** The index holds folded words (template component-line), so terms need no analysis. */
function words(tokens: string[], lastIsPrefix: boolean): Translated {
  if (tokens.length === 0) return exactly(ALL);
  // Ideographs beyond the first plane, and what is no word, are in no index.
  if (tokens.some(token => token === '' || /[\ud800-\udfff]/.test(token))) return { may: ALL, sure: NONE };
  const [first, last] = [tokens[0]!, tokens[tokens.length - 1]!];
  const asPrefix = (text: string): Dsl => ({ prefix: { [text]: { value: last } } });
  if (tokens.length === 1)
    return exactly(inText(text => (lastIsPrefix ? asPrefix(text) : { term: { [text]: { value: first } } })));
  // match_phrase_prefix looks at so many continuations and no more, which would lose lines.
  if (lastIsPrefix)
    return { may: all([words(tokens.slice(0, -1), false).may, inText(asPrefix)]), sure: NONE };
  const sure = inText(text => phrase(text, tokens));
  // The first of them may stand in the head and the others in the message.
  const across = tokens
    .slice(1)
    .map((_, i) => all([phrase(HEAD, tokens.slice(0, i + 1)), phrase(MESSAGE, tokens.slice(i + 1))]));
  return { may: any([sure, ...across]), sure };
}

function phrase(text: string, tokens: readonly string[]): Dsl {
  if (tokens.length === 1) return { term: { [text]: { value: tokens[0] } } };
  return { match_phrase: { [text]: { query: tokens.join(' ') } } };
}

/** Words that a text's inside must be made of; the outer ones may go on beyond it. */
function substring(wanted: string): Dsl {
  const tokens = tokensOf(wanted);
  const openStart = isToken(wanted.slice(0, 1));
  const openEnd = isToken(wanted.slice(-1));
  return all(
    tokens.map((token, i): Dsl => {
      const before = openStart && i === 0 ? '*' : '';
      const after = openEnd && i === tokens.length - 1 ? '*' : '';
      if (before === '' && after === '') return inText(text => ({ term: { [text]: { value: token } } }));
      if (before === '') return inText(text => ({ prefix: { [text]: { value: token } } }));
      return inText(text => ({ wildcard: { [text]: { value: `${before}${token}${after}` } } }));
    }),
  );
}

function field(name: string, pattern: string): Dsl {
  const { exact } = new Glob(pattern);
  if (exact !== undefined) return { term: { [name]: { value: exact, case_insensitive: true } } };
  // Our patterns know only the star; Elasticsearch's also `?`.
  const value = pattern.replace(/\\(.)|\?/gs, (whole, escaped?: string) => {
    if (escaped === undefined) return '\\?';
    return /[*?\\]/.test(escaped) ? whole : escaped;
  });
  return { wildcard: { [name]: { value, case_insensitive: true } } };
}

/** Levels rise in the order of LEVELS; a line without one has no field and is below all. */
function level(wanted: ReadonlySet<number>): Dsl {
  const named = LEVELS.filter((name, rank) => name !== 'none' && wanted.has(rank));
  const should: Dsl[] = [];
  if (named.length > 0) should.push({ terms: { 'log.level': named } });
  if (wanted.has(LEVELS.indexOf('none')))
    should.push({ bool: { must_not: [{ exists: { field: 'log.level' } }] } });
  if (should.length === 0) return NONE;
  return should.length === 1 ? should[0]! : { bool: { should, minimum_should_match: 1 } };
}
