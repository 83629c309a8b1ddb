import type { DeadairError } from '../platform/errors.js';
import { quantityOf } from '../records/line-fields.js';
import type { Query } from './ast.js';
import { queryError } from './errors.js';
import { type Comparison, fieldQuery, globOf } from './field-query.js';
import { FIELD_HELP, fieldHint, fieldNamed, type QueryField } from './fields.js';
import { compileRegex } from './regex.js';
import { simplify } from './simplify.js';
import type { TimeContext } from './time-range.js';
import { textQuery, WILDCARD } from './words.js';

/** Longer or deeper queries are refused: they are mistakes or attacks, and each term costs a scan. */
export const QUERY_LIMITS = {
  characters: 1024 * 1024,
  terms: 20_000,
  depth: 50,
  /** Of one text. */
  wildcards: 30,
  /** Of one regular expression: longer ones are no longer typed by people. */
  regex: 1000,
};

export interface ParseQueryOptions {
  /** Needed for relative times inside the query (`time:"last 15m"`); default: the clock of this machine. */
  time?: TimeContext;
}

/**
 * Reads a query as people type it. Close to KQL: `and`, `or`, `not` in any case, parentheses, `field:value`,
 * `level>=warn`, quotes, `*`. Unlike KQL, words side by side must all be there, `-word` excludes, and
 * `/regular expression/i` searches.
 *
 * @throws DeadairError `query.invalid` with the column
 */
export function parseQuery(text: string, options: ParseQueryOptions = {}): Query {
  if (text.length > QUERY_LIMITS.characters)
    throw queryError(
      `The query is longer than ${QUERY_LIMITS.characters} characters`,
      QUERY_LIMITS.characters,
    );
  const nul = text.indexOf(WILDCARD);
  if (nul >= 0) throw queryError('The query holds a NUL character', nul);
  return simplify(new Parser(text, options).parse());
}

const FIELD = /([A-Za-z_@][A-Za-z0-9_.@-]*)(:|!=|=|\s*>=|\s*<=|\s*>(?!>)|\s*<(?![<-]))/y;
const OPERATOR = /(and|or|not)(?=[\s()"]|$)/iy;
/** What stands where an operator should and is none. */
const NO_OPERATOR = /([A-Za-z_@][A-Za-z0-9_.@-]*)\s*(>>+=?|<<+=?|><|<>|=<|>==+|<==+|===+|!==+)(?=\s*[\w"])/y;
const LONE_OPERATOR = /(?:>>|<<|<>|><|[<>]=?|[=!]={0,2}|&&|\|\|)(?=\s|$)/y;
const REGEX = /\/((?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+)\/(i?)(?=[\s)]|$)/y;
/** What a minus in front excludes; `->` and `--flag` are texts. */
const NEGATABLE = /[\w"(/*@\\\u0080-\uffff]/;
class Parser {
  private at = 0;
  private terms = 0;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly options: ParseQueryOptions,
  ) {}

  parse(): Query {
    this.skipSpace();
    if (this.at >= this.text.length) return { kind: 'all' };
    const query = this.or(() => this.primary());
    if (this.at < this.text.length)
      throw queryError('This closing parenthesis has no opening one; quote it to search for it', this.at);
    return query;
  }

  private or(leaf: () => Query): Query {
    const parts = [this.and(leaf)];
    while (this.takeOperator('or')) parts.push(this.and(leaf));
    return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
  }

  private and(leaf: () => Query): Query {
    const parts = [this.unary(leaf)];
    for (;;) {
      this.skipSpace();
      if (this.at >= this.text.length || this.text[this.at] === ')') break;
      const operator = this.peekOperator();
      if (operator === 'or') break;
      if (operator === 'and') this.takeOperator('and');
      parts.push(this.unary(leaf));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
  }

  private unary(leaf: () => Query): Query {
    this.skipSpace();
    const start = this.at;
    const operator = this.peekOperator();
    if (operator === 'not') {
      this.takeOperator('not');
      return this.nested(start, () => ({ kind: 'not', part: this.unary(leaf) }));
    }
    if (operator !== undefined)
      throw this.missing(`"${operator}" needs something before it`, start, operator);
    if (this.text[start] === '-' && NEGATABLE.test(this.text[start + 1] ?? ' ')) {
      this.at++;
      return this.nested(start, () => ({ kind: 'not', part: this.unary(leaf) }));
    }
    if (this.text[start] === '(') {
      this.at++;
      const inner = this.nested(start, () => this.or(leaf));
      this.skipSpace();
      if (this.text[this.at] !== ')') throw queryError('This parenthesis is not closed', start);
      this.at++;
      return inner;
    }
    if (this.text[start] === ')') throw queryError('Something to search for is missing here', start);
    if (start >= this.text.length) {
      const word = /(\S+)\s*$/.exec(this.text.slice(0, start))?.[1] ?? '';
      throw this.missing(`"${word}" needs something after it`, start, word);
    }
    if (++this.terms > QUERY_LIMITS.terms)
      throw queryError(`The query has more than ${QUERY_LIMITS.terms} terms`, start);
    return leaf();
  }

  private missing(sentence: string, at: number, word: string): Error {
    return queryError(`${sentence}; to search for the word itself, quote it: "${word}"`, at);
  }

  private nested(start: number, inner: () => Query): Query {
    if (++this.depth > QUERY_LIMITS.depth)
      throw queryError(`The query is nested deeper than ${QUERY_LIMITS.depth} levels`, start);
    const query = inner();
    this.depth--;
    return query;
  }

  private primary(): Query {
    const start = this.at;
    const char = this.text[start];
    if (char === '"') return textQuery(this.quoted(), true);
    if (char === '/') {
      const regex = this.match(REGEX);
      if (regex) return this.regex(regex[1]!.replaceAll('\\/', '/'), regex[2] === 'i', start);
    }
    this.refuseNoOperator();
    return this.fieldTerm() ?? textQuery(this.bare(), false);
  }

  /** `level>>warn`, `status === 5`, a lone `>=`: never silently a text that no line holds. */
  private refuseNoOperator(): void {
    const start = this.at;
    const wrong = this.match(NO_OPERATOR);
    this.at = start;
    if (wrong) {
      const [whole, name, operator] = wrong;
      throw queryError(
        `"${operator}" is no operator; compare by =, !=, >=, >, <= or <, or quote it to search for the text: "${name}${operator}…"`,
        start + whole!.length - operator!.length,
      );
    }
    const lone = this.match(LONE_OPERATOR);
    this.at = start;
    if (lone)
      throw queryError(
        `"${lone[0]}" needs a field before it and a value after it; to search for the text, quote it: "${lone[0]}"`,
        start,
      );
  }

  private regex(source: string, ignoreCase: boolean, start: number): Query {
    if (source.length > QUERY_LIMITS.regex)
      throw queryError(`The regular expression is longer than ${QUERY_LIMITS.regex} characters`, start);
    try {
      compileRegex(source, ignoreCase);
    } catch (thrown) {
      const { message, column = 0 } = thrown as DeadairError;
      throw queryError(message, start + column);
    }
    return { kind: 'regex', source, ignoreCase };
  }

  /** `field:value` and `field>=value`, or nothing when the colon is part of a text (`10.0.0.1:7761`, `foo::bar`). */
  private fieldTerm(): Query | undefined {
    const start = this.at;
    const match = this.match(FIELD);
    if (!match) return undefined;
    const name = match[1]!;
    const operator = match[2]!.trim();
    const field = fieldNamed(name);
    const back = (): undefined => {
      this.at = start;
      return undefined;
    };
    const rest = this.text.slice(this.at, this.at + 2);
    if (operator === ':' && (rest.startsWith(':') || rest === '//')) return back();
    if (field === undefined) {
      return this.ownField(name, operator, start) ?? back();
    }
    if (operator === ':') return this.values(field, start);
    if (operator === '!=') {
      if (field === 'time') throw queryError('A time can be compared by >=, >, <= and <', start);
      return { kind: 'not', part: this.value(field, '=') };
    }
    // `agent=agent-3` stands in many log lines; only what Deadair itself computes takes an equals sign.
    if (operator === '=' && field !== 'level' && field !== 'class') return back();
    if (operator !== '=' && field !== 'level' && field !== 'time')
      throw queryError(`Only level and time can be compared by ${operator}`, start);
    this.skipSpace();
    return this.value(field, operator as Comparison);
  }

  /**
   * A field that lines name themselves: `req_id:abc`, `status>=500`, `status!="200"`. What is close to a field of Deadair's own
   * is taken for that one mistyped.
   */
  private ownField(name: string, operator: string, start: number): Query | undefined {
    const rest = this.text.slice(this.at);
    if (operator === ':' || operator === '!=') {
      if (!looksLikeField(name, rest)) return undefined;
      const hint = fieldHint(name);
      if (hint !== '')
        throw queryError(
          `"${name}" is not a field of Deadair's.${hint} Fields are ${FIELD_HELP}, and those that lines have themselves; to search for the text, quote it: "${name}:…"`,
          start,
        );
      const one = (): Query => ({ kind: 'value', name, op: '=', value: this.pattern(name) });
      if (operator === '!=') return { kind: 'not', part: one() };
      if (this.text[this.at] !== '(') return one();
      this.at++;
      const inner = this.nested(start, () => this.or(one));
      this.skipSpace();
      if (this.text[this.at] !== ')') throw queryError('This parenthesis is not closed', start);
      this.at++;
      return inner;
    }
    if (operator === '=') return undefined;
    const value = /^\s*([+-]?[\d.][\w.+µ-]*)(?=[\s)]|$)/.exec(rest);
    if (!value || quantityOf(value[1]!) === undefined) return undefined;
    this.at += value[0].length;
    return { kind: 'value', name, op: operator as Comparison, value: value[1]! };
  }

  /** A value as a pattern: `*` is a wildcard unless quoted or escaped. */
  private pattern(name: string): string {
    const at = this.at;
    const typed = this.text[at] === '"' ? this.quoted() : this.bare();
    if (typed === '') throw queryError(`A value is missing after "${name}"`, at);
    return globOf(typed);
  }

  private values(field: QueryField, start: number): Query {
    this.skipSpace();
    if (this.at >= this.text.length || this.text[this.at] === ')')
      throw queryError(`A value is missing after "${field}:"`, this.at);
    if (this.text[this.at] !== '(') return this.value(field, '=');
    this.at++;
    const inner = this.nested(start, () => this.or(() => this.value(field, '=')));
    this.skipSpace();
    if (this.text[this.at] !== ')') throw queryError('This parenthesis is not closed', start);
    this.at++;
    return inner;
  }

  private value(field: QueryField, operator: Comparison): Query {
    const at = this.at;
    const quoted = this.text[at] === '"';
    const typed = quoted ? this.quoted() : this.bare();
    if (typed === '') throw queryError(`A value is missing after "${field}"`, at);
    return fieldQuery({ field, operator, typed, quoted, at, time: this.options.time });
  }

  /** Reads up to the closing quote; wildcards mean nothing inside. */
  private quoted(): string {
    const start = this.at;
    let out = '';
    for (let i = start + 1; i < this.text.length; i++) {
      const char = this.text[i]!;
      if (char === '\\' && i + 1 < this.text.length && '\\"'.includes(this.text[i + 1]!))
        out += this.text[++i]!;
      else if (char === '"') {
        this.at = i + 1;
        return out;
      } else out += char;
    }
    throw queryError('This quote is not closed', start);
  }

  /** Reads one unquoted text; `*` becomes WILDCARD unless escaped. */
  private bare(): string {
    const start = this.at;
    let wildcards = 0;
    let out = '';
    let inner = 0;
    while (this.at < this.text.length) {
      const char = this.text[this.at]!;
      if (/\s/.test(char)) break;
      if (char === '(') inner++;
      else if (char === ')' && inner-- === 0) break;
      if (char === '\\' && this.at + 1 < this.text.length && /[^A-Za-z0-9]/.test(this.text[this.at + 1]!)) {
        out += this.text[this.at + 1]!;
        this.at += 2;
        continue;
      }
      if (char === '"') {
        // status="Unknown error": the quoted part belongs to the text, blanks included.
        const close = this.text.indexOf('"', this.at + 1);
        if (close > 0) {
          out += this.text.slice(this.at, close + 1);
          this.at = close + 1;
          continue;
        }
      }
      if (char === '*' && !out.endsWith(WILDCARD) && ++wildcards > QUERY_LIMITS.wildcards)
        throw queryError(`A text has more than ${QUERY_LIMITS.wildcards} wildcards`, start);
      out += char === '*' ? WILDCARD : char;
      this.at++;
    }
    return out;
  }

  private peekOperator(): 'and' | 'or' | 'not' | undefined {
    OPERATOR.lastIndex = this.at;
    return OPERATOR.exec(this.text)?.[1]?.toLowerCase() as 'and' | 'or' | 'not' | undefined;
  }

  private takeOperator(wanted: 'and' | 'or' | 'not'): boolean {
    this.skipSpace();
    if (this.peekOperator() !== wanted) return false;
    this.at += wanted.length;
    return true;
  }

  private match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (!match) return undefined;
    this.at = pattern.lastIndex;
    return match;
  }

  private skipSpace(): void {
    while (this.at < this.text.length && /\s/.test(this.text[this.at]!)) this.at++;
  }
}

/**
 * Was `name:value` meant as a field? People also type pieces of log lines: addresses (`localhost:7761`), places
 * (`main.rs:12`), types (`TypeError:x`), prefixes (`error: text`). Only a small plain word with a value that touches the
 * colon is taken for a mistyped field.
 */
function looksLikeField(name: string, rest: string): boolean {
  if (!/^["(*A-Za-z]/.test(rest)) return false;
  // With quotes behind the colon also names as other programs have them: `user.id:"7"`, `requestId:"abc"`.
  if (rest.startsWith('"') && /^@?[a-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*$/.test(name)) return true;
  if (/^(?:agent|host|log|event|deadair|kubernetes|container|service|process|labels)\./.test(name))
    return true;
  return /^@?[a-z_]{2,}$/.test(name) && !/^\S*:/.test(rest);
}
