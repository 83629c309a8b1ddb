import type { Query } from './ast.js';
import { foldWord, isToken, tokensOf } from './tokens.js';
import { SEPARATORS as BEYOND_ASCII } from './word-rules.js';

/** Stands for an unescaped `*` in a text that was read from a query; can't be typed. */
export const WILDCARD = '\0';

/** What a typed text searches for: a word, a phrase, a prefix, a substring, or a pattern. */
export function textQuery(typed: string, quoted: boolean): Query {
  if (quoted || !typed.includes(WILDCARD)) return literalQuery(typed);
  const body = typed.replace(/^\0+|\0+$/g, '');
  if (body === '') return { kind: 'all' };
  const leading = typed.startsWith(WILDCARD);
  const trailing = typed.endsWith(WILDCARD);
  if (!body.includes(WILDCARD)) {
    if (leading && trailing) return { kind: 'substring', text: body };
    if (trailing && !leading) return prefixQuery(body);
  }
  const pattern: Query = { kind: 'regex', source: globRegex(typed), ignoreCase: true };
  // A line that holds the star itself (`SELECT a*b`) is found too.
  return { kind: 'or', parts: [pattern, { kind: 'substring', text: typed.replaceAll(WILDCARD, '*') }] };
}

const DATE_OR_CLOCK = /^(?:\d{4}-\d\d-\d\d|\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)$/;

function literalQuery(text: string): Query {
  const tokens = tokensOf(text);
  if (tokens.length === 0) return text.trim() === '' ? { kind: 'all' } : { kind: 'substring', text };
  if (tokens.length === 1) return { kind: 'word', word: tokens[0]! };
  // In `2026-11-23T16:58:42` the T joins day and hour to one word.
  if (DATE_OR_CLOCK.test(text)) return { kind: 'substring', text };
  return { kind: 'phrase', text };
}

function prefixQuery(body: string): Query {
  if (isToken(body)) return { kind: 'prefix', word: foldWord(body) };
  const tokens = tokensOf(body);
  // `foo.*`: the star stands for nothing that a word could begin with.
  if (tokens.length === 0 || !isToken(body.slice(-1))) return literalQuery(body);
  if (tokens.length === 1) return { kind: 'prefix', word: tokens[0]! };
  return { kind: 'phrase', text: body, lastIsPrefix: true };
}

/** What belongs to no word. Written with what JavaScript and RE2 share, so that either engine takes it. */
const SEPARATORS =
  '\\t\\n\\v\\f\\r -/:-@\\[-^`{-~' +
  BEYOND_ASCII.filter(([, to]) => to < 0xd800)
    .map(([from, to]) => `${String.fromCharCode(from)}-${String.fromCharCode(to)}`)
    .join('');

/** Characters that mean something to an expression are escaped, and nothing else is. */
const escaped = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');

const WITHIN_A_WORD = `[^${SEPARATORS}]*`;

/**
 * The text with wildcards that the expression and the text beside it were made of (textQuery); undefined where they were not.
 * Printed so, it reads back as the same two.
 */
export function wildcardsOf(source: string, text: string): string | undefined {
  const at = source.indexOf(WITHIN_A_WORD);
  if (at < 0) return undefined;
  const bound = `(?:^|[${SEPARATORS}])`;
  const parts = source
    .slice(source.startsWith(bound) ? bound.length : 0)
    .replace(`(?:[${SEPARATORS}]|$)`, '')
    .split(WITHIN_A_WORD);
  let typed = '';
  let seen = 0;
  for (const [i, part] of parts.entries()) {
    const literal = part.replace(/\\(.)/gs, '$1');
    // Several stars in a row are one in the expression: the text knows how many.
    const from = seen;
    if (i === parts.length - 1) seen = Math.max(seen, text.length - literal.length);
    else if (i > 0)
      do seen++;
      while (text[seen - 1] === '*' && !text.startsWith(literal, seen));
    typed += WILDCARD.repeat(seen - from) + literal;
    seen += literal.length;
  }
  return globRegex(typed) === source && typed.replaceAll(WILDCARD, '*') === text ? typed : undefined;
}

/** `conn*reset` as a regular expression (RE2 syntax): a star goes on within a word, the ends stand at word bounds. */
function globRegex(typed: string): string {
  const parts = typed.split(/\0+/);
  const source = parts.map(escaped).join(WITHIN_A_WORD);
  const first = parts[0]!;
  const last = parts[parts.length - 1]!;
  const before = first !== '' && isToken(first[0]!) ? `(?:^|[${SEPARATORS}])` : '';
  const after = last !== '' && isToken(last.slice(-1)) ? `(?:[${SEPARATORS}]|$)` : '';
  return before + source + after;
}
