import { tokensOf } from '../../../src/query/tokens.js';
import type { LineDocument } from '../../../src/store/elasticsearch/line-document.js';
import type { Dsl } from '../../../src/store/elasticsearch/query-dsl.js';

type Clause = Record<string, Record<string, unknown>>;

const TEXTS = new Set(['message', 'deadair.head', 'deadair.states']);
/** As Lucene's `lowercase` does, which the analyzer of the template runs behind its words. */
const folded = (word: string) => word.replaceAll('\u0130', 'i').replaceAll('\u212a', 'k');

/** Whether a document satisfies a filter, as Elasticsearch would say it: for properties of translations, without a server. */
export function satisfies(document: LineDocument, filter: Dsl): boolean {
  const [kind, body] = Object.entries(filter as Clause)[0]!;
  switch (kind) {
    case 'match_all':
      return true;
    case 'match_none':
      return false;
    case 'bool': {
      const { filter: all = [], should = [], must_not: none = [] } = body as Record<string, Dsl[]>;
      return (
        all.every(one => satisfies(document, one)) &&
        (should.length === 0 || should.some(one => satisfies(document, one))) &&
        !none.some(one => satisfies(document, one))
      );
    }
    case 'exists':
      return valuesOf(document, String(body!.field)).length > 0;
    default:
  }
  const [field, asked] = Object.entries(body as Record<string, unknown>)[0]!;
  const values = valuesOf(document, field);
  if (kind === 'terms') return values.some(value => (asked as unknown[]).includes(value));
  if (kind === 'range') {
    // Times are RFC 3339 in one form, and compare as they stand.
    const { gte = '', lt = '\uffff' } = asked as { gte?: string; lt?: string };
    return values.some(value => String(value) >= gte && String(value) < lt);
  }
  if (kind === 'match_phrase') {
    const wanted = ` ${(asked as { query: string }).query} `;
    return values.some(value => ` ${indexedWords(String(value)).join(' ')} `.includes(wanted));
  }
  const options = asked as { value?: unknown; case_insensitive?: boolean };
  const value = typeof asked === 'object' && asked !== null ? options.value : asked;
  const terms = TEXTS.has(field) ? values.flatMap(text => indexedWords(String(text))) : values;
  const pattern = patternOf(kind, String(value), options.case_insensitive === true);
  return terms.some(term => (typeof value === 'string' ? pattern.test(String(term)) : term === value));
}

/** The words of a text as its index holds them. */
export function indexedWords(text: string): string[] {
  return tokensOf(text).map(folded);
}

function valuesOf(document: LineDocument, field: string): unknown[] {
  let found: unknown = document;
  for (const part of field.split('.')) found = (found as Record<string, unknown> | undefined)?.[part];
  return found === undefined ? [] : Array.isArray(found) ? found : [found];
}

function patternOf(kind: string, value: string, ignoreCase: boolean): RegExp {
  const literal = (text: string) => text.replace(/[.+*?^${}()|[\]\\]/g, '\\$&');
  const flags = ignoreCase ? 'si' : 's';
  if (kind === 'term') return new RegExp(`^${literal(value)}$`, flags);
  if (kind === 'prefix') return new RegExp(`^${literal(value)}`, flags);
  if (kind === 'regexp') return new RegExp(`^(?:${value})$`, flags);
  if (kind !== 'wildcard') throw new Error(`no such query: ${kind}`);
  const parts = value.match(/\\.|\*|[^\\*]+/gs) ?? [];
  return new RegExp(
    `^${parts.map(one => (one === '*' ? '.*' : literal(one.replace(/^\\/, '')))).join('')}$`,
    flags,
  );
}
