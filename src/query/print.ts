import { FAULT_CLASSES, SIGNAL_CLASSES } from '../model/vocabulary.js';
import { isoMicros } from '../records/ecs.js';
import type { Query } from './ast.js';

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
      const text = query.parts.map(part => print(part, 1)).join(' or ');
      return level >= 1 ? `(${text})` : text;
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

function bareWord(word: string): string {
  return /^(?:and|or|not)$/i.test(word) ? quote(word) : word;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function escapeBare(text: string): string {
  return text.replace(/[^0-9A-Za-z_\u0080-\uffff]/g, '\\$&');
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
