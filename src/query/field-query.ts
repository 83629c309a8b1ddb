import { messageOf } from '../platform/errors.js';
import type { Query } from './ast.js';
import { queryError } from './errors.js';
import { classValue, type FieldName, levelValue, type QueryField } from './fields.js';
import { parseTimeRange, type TimeContext } from './time-range.js';
import { textQuery, WILDCARD } from './words.js';

export type Comparison = '=' | '>=' | '<=' | '>' | '<';

/** One value of a field as it stands in the query. */
export interface FieldTerm {
  field: QueryField;
  operator: Comparison;
  /** Without quotes and escapes; WILDCARD for each `*`. */
  typed: string;
  quoted: boolean;
  /** Where the value begins in the query, for errors. */
  at: number;
  time: TimeContext | undefined;
}

/** What `field:value` asks for. */
export function fieldQuery(term: FieldTerm): Query {
  const { field, typed } = term;
  const plain = typed.replaceAll(WILDCARD, '*');
  switch (field) {
    case 'message':
      return textQuery(typed, term.quoted);
    case 'level':
      return levelQuery(plain, term);
    case 'class':
      return { kind: 'class', classes: classValue(plain, term.at) };
    case 'run':
      return { kind: 'run', name: globOf(typed) };
    case 'time':
      return timeQuery(plain, term);
    case 'path': {
      const glob = globOf(typed);
      const whole = glob.startsWith('/') || glob.startsWith('*') || /^[A-Za-z]:/.test(glob);
      return whole ? { kind: 'field', field, pattern: glob } : lastPart(field, glob);
    }
    case 'rule': {
      const glob = globOf(typed);
      return glob.includes('/') || glob === '*'
        ? { kind: 'field', field, pattern: glob }
        : lastPart(field, glob);
    }
    default:
      return { kind: 'field', field, pattern: globOf(typed) };
  }
}

/** The end of a path and the name of a rule without its pack are what people remember of them. */
function lastPart(field: FieldName, glob: string): Query {
  return {
    kind: 'or',
    parts: [
      { kind: 'field', field, pattern: glob },
      { kind: 'field', field, pattern: `*/${glob}` },
    ],
  };
}

/** A value can carry its own comparison: `level:>=warn`, `level:warn+`. */
const COMPARED = /^(>=|<=|>|<)?(.*?)(\+)?$/s;

function levelQuery(typed: string, { operator, at }: FieldTerm): Query {
  if (typed === '*') return { kind: 'level', op: '>', level: 'none' };
  const [, inner, name, plus] = COMPARED.exec(typed)!;
  const op = (inner as Comparison | undefined) ?? (plus ? '>=' : operator);
  return { kind: 'level', op, level: levelValue(name!, at) };
}

/** Times are doubles in milliseconds; the next one after a microsecond. */
const MICROSECOND = 0.001;

function timeQuery(typed: string, { operator, at, time }: FieldTerm): Query {
  let range: { from?: number; to?: number };
  try {
    range = parseTimeRange(typed, time ?? { now: Date.now() });
  } catch (thrown) {
    throw queryError(thrown instanceof Error ? thrown.message : messageOf(thrown), at);
  }
  if (operator === '=') return { kind: 'time', ...range };
  const first = range.from ?? 0;
  // Of a whole day `>` means after it, `>=` from its beginning on.
  const after = range.to ?? first + MICROSECOND;
  switch (operator) {
    case '>=':
      return { kind: 'time', from: first };
    case '>':
      return { kind: 'time', from: after };
    case '<':
      return { kind: 'time', to: first };
    case '<=':
      return { kind: 'time', to: after };
  }
}

/** A field's pattern: `*` is a wildcard, `\*` and `\\` are the characters. */
export function globOf(typed: string): string {
  return typed.replace(/[\\*]/g, '\\$&').replaceAll(WILDCARD, '*');
}
