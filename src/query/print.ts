import { FAULT_CLASSES, SIGNAL_CLASSES } from '../model/vocabulary.js';
import { isoMicros } from '../records/ecs.js';
import type { Query } from './ast.js';
import { WILDCARD, wildcardsOf } from './words.js';

/** The query as text that reads back as the same query: for links, alert rules and messages. */
export function printQuery(query: Query): string {
  return print(query, 0);
}

/** 0 outermost, 1 inside an `or`, 2 inside an `and`, 3 behind a `not`. */
function print(query: Query, level: number): string {
  switch (query.kind) {
    case 'all':
      return '*';
    case 'and': {
      const text = query.parts.map(part => print(part, 2)).join(' ');
      return level >= 2 ? `(${text})` : text;
    }
    case 'or': {
      const parts = alternatives(query.parts);
      return level >= 1 && parts.length > 1 ? `(${parts.join(' or ')})` : parts.join(' or ');
    }
    case 'not':
      return `not ${print(query.part, 3)}`;
    case 'word':
      return bareWord(query.word);
    case 'prefix':
      return `${query.word}*`;
    case 'phrase':
      return query.lastIsPrefix ? `${escapeBare(query.text)}*` : quote(query.text);
    case 'substring':
      return `*${escapeBare(query.text)}*`;
    case 'regex':
      return `/${escapeSlashes(query.source)}/${query.ignoreCase ? 'i' : ''}`;
    case 'field':
      return `${query.field}:${fieldValue(query.pattern)}`;
    case 'value':
      return query.op === '='
        ? `${query.name}:${fieldValue(query.value)}`
        : `${query.name}${query.op}${query.value}`;
    case 'level':
      return query.op === '=' ? `level:${query.level}` : `level${query.op}${query.level}`;
    case 'class':
      return printClasses(query.classes);
    case 'run':
      return `run:${fieldValue(query.name)}`;
    case 'time':
      return printTime(query.from, query.to, level);
  }
}

/** What is joined by `or`, printed; the two that a text with wildcards was read as are that text. */
function alternatives(parts: readonly Query[]): string[] {
  const printed: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    const [one, next] = [parts[i]!, parts[i + 1]];
    const typed =
      one.kind === 'regex' && one.ignoreCase && next?.kind === 'substring'
        ? wildcardsOf(one.source, next.text)
        : undefined;
    if (typed !== undefined) i++;
    printed.push(typed === undefined ? print(one, 1) : typed.split(WILDCARD).map(escapeBare).join('*'));
  }
  return printed;
}

function bareWord(word: string): string {
  return /^(?:and|or|not)$/i.test(word) ? quote(word) : word;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Blanks of all scripts end a text that stands without quotes, too: U+2028, U+3000. */
function escapeBare(text: string): string {
  return text.replace(/[^0-9A-Za-z_\u0080-\uffff]|\s/g, '\\$&');
}

/** A pattern of the tree (`\*` literal, `*` wildcard) as it is typed. */
function fieldValue(pattern: string): string {
  const pieces: string[] = pattern.match(/\\.|\*|[^\\*]+/gs) ?? [];
  if (!pieces.includes('*')) return quote(pieces.map(piece => piece.replace(/^\\(.)$/s, '$1')).join(''));
  return pieces.map(piece => (piece === '*' ? '*' : escapeBare(piece.replace(/^\\(.)$/s, '$1')))).join('');
}

/** Slashes outside character classes end a typed regular expression. */
function escapeSlashes(source: string): string {
  return source.replace(/\\.|\//gs, piece => (piece === '/' ? '\\/' : piece));
}

function printClasses(classes: readonly string[]): string {
  const same = (other: readonly string[]): boolean =>
    other.length === classes.length && other.every(name => classes.includes(name));
  if (same(FAULT_CLASSES)) return 'class:fault';
  if (same(SIGNAL_CLASSES.filter(name => name !== 'none'))) return 'class:any';
  return classes.length === 1 ? `class:${classes[0]}` : `class:(${classes.join(' or ')})`;
}

function printTime(from: number | undefined, to: number | undefined, level: number): string {
  const parts = [
    ...(from === undefined ? [] : [`time>=${isoMicros(from)}`]),
    ...(to === undefined ? [] : [`time<${isoMicros(to)}`]),
  ];
  if (parts.length === 0) return '*';
  return parts.length > 1 && level >= 3 ? `(${parts.join(' ')})` : parts.join(' ');
}
