import { tokensOf } from './tokens.js';
import { wordClasses } from './word-rules.js';

/** What of a query can be shown in the lines it finds. */

/** Longest query and text that are looked at: highlighting must never hold up a frame. */
const MOST_PATTERN = 400;
const MOST_TEXT = 4000;
const MOST_MARKS = 100;

/** Pieces of a query: brackets, /regex/flags, "phrase", field terms and words. */
const PIECE =
  /\s*(?:(not\b|-|!)\s*)?(\(|\)|\/((?:[^/\\]|\\.)+)\/(i?)|(?:([@A-Za-z_][\w.]*)\s*(:|!=|>=|<=|[=><])\s*)?(?:"((?:[^"\\]|\\.)*)"|([^\s()]+)))/giy;

/** A pattern for everything a query asks the text to hold; undefined where it asks for nothing that can be seen. */
export function highlightPattern(query: string): RegExp | undefined {
  const parts: string[] = [];
  let fold = 'i';
  PIECE.lastIndex = 0;
  const text = query.slice(0, MOST_PATTERN);
  for (let match = PIECE.exec(text); match && match[0] !== ''; match = PIECE.exec(text)) {
    const [, not, whole, regex, flag, field, operator, phrase, word] = match;
    if (not || whole === '(' || whole === ')') continue;
    if (regex !== undefined) {
      if (!safePattern(regex)) continue;
      parts.push(`(?:${regex})`);
      if (flag !== 'i') fold = parts.length === 1 ? '' : fold;
      continue;
    }
    if (field !== undefined && field !== 'message') {
      // `status>=500`: what stands there is not in the text; `req_id:abc` is.
      if (isOwnField(field) || operator !== ':') continue;
    }
    if (phrase !== undefined) parts.push(phrasePattern(phrase));
    else if (word !== undefined && !/^(and|or|not)$/i.test(word)) parts.push(wordPattern(word));
  }
  const useful = parts.filter(Boolean);
  if (useful.length === 0) return undefined;
  try {
    return new RegExp(useful.join('|'), `g${fold}u`);
  } catch {
    return undefined;
  }
}

const OWN_FIELDS =
  /^(agent|host|path|file|source|level|class|rule|event|run|time|stream|container|unit|pod|namespace|@timestamp|deadair\..*|log\..*|agent\.id|host\.name)$/i;
const isOwnField = (name: string) => OWN_FIELDS.test(name);

/** JavaScript's own engine backtracks: nested repeats are left unmarked (the service's, which finds the lines, does not). */
function safePattern(source: string): boolean {
  return !/[+*}]\)?[+*{]|\([^)]*[+*}][^)]*\)[+*{]|\\\d/.test(source);
}

/** The service's own rules for words (query/word-rules.ts). */
const { letters: LETTERS, singles: SINGLES } = wordClasses();
const SINGLE = new RegExp(`^[${SINGLES}]`, 'u');
const BEGINS = `(?<![${LETTERS}])`;
const ENDS = `(?![${LETTERS}])`;

/** Words one after the other, whatever stands between them. */
function phrasePattern(phrase: string, open = BEGINS, close = ENDS): string {
  const words = tokensOf(phrase);
  if (words.length === 0) return '';
  const isSingle = (word: string | undefined) => word !== undefined && SINGLE.test(word);
  let pattern = isSingle(words[0]) ? '' : open;
  for (const [index, word] of words.entries()) {
    // Characters that are words alone stand side by side.
    if (index > 0)
      pattern += `[^${LETTERS}${SINGLES}]${isSingle(word) || isSingle(words[index - 1]) ? '*' : '+'}`;
    pattern += escaped(word);
  }
  return pattern + (isSingle(words.at(-1)) ? '' : close);
}

function wordPattern(word: string): string {
  if (!word.includes('*')) return phrasePattern(word);
  const inner = word.split('*').map(escaped);
  const open = word.startsWith('*') ? '' : BEGINS;
  const close = word.endsWith('*') ? '' : ENDS;
  const body = inner.filter(Boolean).join(`[${LETTERS}]*`);
  return body === '' ? '' : `${open}${body}${close}`;
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Where the pattern stands in a text: [from, to) each, in order. */
export function findMarks(text: string, pattern: RegExp | undefined): [number, number][] {
  if (!pattern) return [];
  const found: [number, number][] = [];
  pattern.lastIndex = 0;
  const looked = text.length > MOST_TEXT ? text.slice(0, MOST_TEXT) : text;
  for (let match = pattern.exec(looked); match; match = pattern.exec(looked)) {
    if (match[0] === '') {
      pattern.lastIndex++;
      continue;
    }
    found.push([match.index, match.index + match[0].length]);
    if (found.length >= MOST_MARKS) break;
  }
  return found;
}
