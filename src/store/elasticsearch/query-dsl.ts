import { LEVELS, levelsWhere } from '../../model/vocabulary.js';
import { DeadairError } from '../../platform/errors.js';
import type { Query } from '../../query/ast.js';
import { isEnvelopeField } from '../../query/fields.js';
import { Glob } from '../../query/glob.js';
import { compileRegex } from '../../query/regex.js';
import { simplify } from '../../query/simplify.js';
import { foldWord, isAsciiText, isToken, tokensOf } from '../../query/tokens.js';
import { ACCESS_FIELDS } from '../../records/line-fields.js';
import { microTime } from './line-document.js';

export type Dsl = Record<string, unknown>;

/**
 * A query as Elasticsearch can answer it. Where it is not `exact`, the filter finds every line that matches and
 * perhaps others: the caller looks at each with the reference matcher (query/matcher.ts), so that all stores agree.
 */
export interface Translated {
  filter: Dsl;
  exact: boolean;
}

const ALL: Dsl = { match_all: {} };
/** What is shown, and what a progress bar showed before. */
const TEXTS = ['message', 'deadair.states'] as const;

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
    case 'and': {
      const parts = query.parts.map(node);
      return {
        filter: { bool: { filter: parts.map(part => part.filter) } },
        exact: parts.every(part => part.exact),
      };
    }
    case 'or': {
      const parts = query.parts.map(node);
      return {
        filter: { bool: { should: parts.map(part => part.filter), minimum_should_match: 1 } },
        exact: parts.every(part => part.exact),
      };
    }
    case 'not': {
      const part = node(query.part);
      // What is only narrowed down can't be ruled out.
      return part.exact ? exactly({ bool: { must_not: [part.filter] } }) : { filter: ALL, exact: false };
    }
    case 'word':
      return words([foldWord(query.word)], false);
    case 'prefix':
      return words([foldWord(query.word)], true);
    case 'phrase':
      return words(tokensOf(query.text), query.lastIsPrefix === true);
    case 'substring':
      // Inside of words of other scripts nothing is looked up: each line is looked at.
      return { filter: isAsciiText(query.text) ? substring(query.text) : ALL, exact: false };
    case 'regex': {
      const { literals } = compileRegex(query.source, query.ignoreCase);
      if (!literals) return { filter: ALL, exact: false };
      return {
        filter: { bool: { should: literals.map(substring), minimum_should_match: 1 } },
        exact: false,
      };
    }
    case 'value': {
      // Access logs do not write their fields' names.
      if (ACCESS_FIELDS.has(query.name.toLowerCase())) return { filter: ALL, exact: false };
      return { filter: substring(query.name.split('.').at(-1)!), exact: false };
    }
    case 'field':
      return isEnvelopeField(query.field)
        ? // A line may have a field of that name itself.
          { filter: either(field(FIELDS[query.field], query.pattern), substring(query.field)), exact: false }
        : exactly(field(FIELDS[query.field], query.pattern));
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

function either(...should: Dsl[]): Dsl {
  return { bool: { should, minimum_should_match: 1 } };
}

function exactly(filter: Dsl): Translated {
  return { filter, exact: true };
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
  return either(...TEXTS.map(asked));
}

/** The index holds folded words (template component-line), so terms need no analysis. */
function words(tokens: string[], lastIsPrefix: boolean): Translated {
  if (tokens.length === 0) return exactly(ALL);
  // Ideographs beyond the first plane are in no index.
  if (tokens.some(token => /[\ud800-\udfff]/.test(token))) return { filter: ALL, exact: false };
  const last = tokens[tokens.length - 1]!;
  if (tokens.length === 1)
    return exactly(
      inText(text =>
        lastIsPrefix ? { prefix: { [text]: { value: last } } } : { term: { [text]: { value: last } } },
      ),
    );
  if (!lastIsPrefix)
    return exactly(inText(text => ({ match_phrase: { [text]: { query: tokens.join(' ') } } })));
  // match_phrase_prefix looks at so many continuations and no more, which would lose lines.
  return {
    filter: {
      bool: {
        filter: [
          words(tokens.slice(0, -1), false).filter,
          inText(text => ({ prefix: { [text]: { value: last } } })),
        ],
      },
    },
    exact: false,
  };
}

/** Words that a text's inside must be made of; the outer ones may go on beyond it. */
function substring(wanted: string): Dsl {
  const tokens = tokensOf(wanted);
  if (tokens.length === 0) return ALL;
  const openStart = isToken(wanted.slice(0, 1));
  const openEnd = isToken(wanted.slice(-1));
  const filters = tokens.map((token, i): Dsl => {
    const before = openStart && i === 0 ? '*' : '';
    const after = openEnd && i === tokens.length - 1 ? '*' : '';
    if (before === '' && after === '') return inText(text => ({ term: { [text]: { value: token } } }));
    if (before === '') return inText(text => ({ prefix: { [text]: { value: token } } }));
    return inText(text => ({ wildcard: { [text]: { value: `${before}${token}${after}` } } }));
  });
  return filters.length === 1 ? filters[0]! : { bool: { filter: filters } };
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
  if (should.length === 0) return { match_none: {} };
  return should.length === 1 ? should[0]! : { bool: { should, minimum_should_match: 1 } };
}
