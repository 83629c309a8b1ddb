import { LEVELS, levelsWhere, SIGNAL_CLASSES } from '../../model/vocabulary.js';
import { DeadairError } from '../../platform/errors.js';
import type { Query } from '../../query/ast.js';
import { Glob } from '../../query/glob.js';
import { RowMatcher } from '../../query/matcher.js';
import { compileRegex } from '../../query/regex.js';
import { splitTime } from '../../query/simplify.js';
import { foldWord, isCaseless, isToken, tokensOf } from '../../query/tokens.js';
import { ACCESS_FIELDS } from '../../records/line-fields.js';
import { IndexWorth } from './index-worth.js';
import type { Origin } from './messages.js';
import { ShapeSieve } from './text/shape-sieve.js';
import { MAYBE, NO, type Verdict, YES } from './verdict.js';

export const COMBINATIONS = LEVELS.length * 8;
/** Index of a (level, class) pair in a verdict table. */
export function combination(level: number, signal: number): number {
  return (level << 3) | signal;
}

/** What the word index must hold for a line to match: a necessary condition, never a sufficient one. */
export type WordClause =
  | { kind: 'any' }
  | { kind: 'word'; word: string }
  | { kind: 'prefix'; word: string }
  | { kind: 'and' | 'or'; parts: WordClause[] };

const ANY: WordClause = { kind: 'any' };
/** Of an expression; the index is not asked for more. */
const MOST_TEXTS = 32;

export interface Plan {
  /** Of this query, as long as a reader knows it: 0 for one that is asked once. */
  id: number;
  /** Event time [from, to) that all matches lie in. */
  from: number;
  to: number;
  words: WordClause;
  /** Whether it pays to ask the index for them, as found out so far. */
  worth: IndexWorth;
  /** Texts of which every matching line holds at least one, any case; undefined when none can be named. */
  drivers: string[] | undefined;
  /** What it says of shapes, of lines that `verdicts` does not decide; undefined where it says nothing of any. */
  sieve: ShapeSieve | undefined;
  matcher: RowMatcher;
  /** A table of verdicts (Verdict) by `combination`, made once an origin. */
  verdicts(origin: Origin): Uint8Array;
  /** The only thing asked of the text is that one word; the rest is about the agent. */
  countedWord: string | undefined;
}

/** Plans of the last queries, as the page asks the same ones over and over, and readers in several portions. */
const MOST_PLANS = 8;

/**
 * Plans queries. What a query asks of the shapes of a dictionary, and its expression, are made once as long as it is among those
 * asked last.
 */
export class Planner {
  private readonly plans = new Map<string, Plan>();
  private last = 0;

  /** @throws DeadairError `query.invalid` */
  plan(query: Query, from = -Infinity, to = Infinity): Plan {
    const key = JSON.stringify(query);
    const known = this.plans.get(key) ?? { ...planQuery(query), id: ++this.last };
    this.plans.delete(key);
    this.plans.set(key, known);
    if (this.plans.size > MOST_PLANS) this.plans.delete(this.plans.keys().next().value!);
    return { ...known, from: Math.max(from, known.from), to: Math.min(to, known.to) };
  }
}

/** @throws DeadairError `query.invalid` */
export function planQuery(query: Query, from = -Infinity, to = Infinity): Plan {
  // Times at the top become the range; what is left decides line by line.
  const split = splitTime(query);
  const rest = split.query;
  const matcher = new RowMatcher(rest);
  const tables = new Map<number, Uint8Array>();
  return {
    id: 0,
    from: Math.max(from, split.from ?? -Infinity),
    to: Math.min(to, split.to ?? Infinity),
    words: simplified(wordClause(rest)),
    worth: new IndexWorth(),
    drivers: driversOf(rest),
    sieve: ShapeSieve.for(rest),
    matcher,
    countedWord: countedWord(rest),
    verdicts(origin) {
      let table = tables.get(origin.id);
      if (!table) {
        table = new Uint8Array(COMBINATIONS);
        for (let level = 0; level < LEVELS.length; level++)
          for (let signal = 0; signal < SIGNAL_CLASSES.length; signal++)
            table[combination(level, signal)] = verdict(rest, origin, level, signal);
        tables.set(origin.id, table);
      }
      return table;
    },
  };
}

function verdict(query: Query, origin: Origin, level: number, signal: number): Verdict {
  switch (query.kind) {
    case 'all':
      return YES;
    case 'and': {
      let worst: Verdict = YES;
      for (const part of query.parts) {
        const one = verdict(part, origin, level, signal);
        if (one === NO) return NO;
        if (one === MAYBE) worst = MAYBE;
      }
      return worst;
    }
    case 'or': {
      let best: Verdict = NO;
      for (const part of query.parts) {
        const one = verdict(part, origin, level, signal);
        if (one === YES) return YES;
        if (one === MAYBE) best = MAYBE;
      }
      return best;
    }
    case 'not': {
      const one = verdict(query.part, origin, level, signal);
      return one === MAYBE ? MAYBE : one === YES ? NO : YES;
    }
    case 'field':
      switch (query.field) {
        case 'agent':
        case 'host':
        case 'path':
        case 'source':
          return new Glob(query.pattern).matches(origin[query.field]) ? YES : NO;
        default:
          return MAYBE;
      }
    case 'level':
      return levelsWhere(query.op, query.level).has(level) ? YES : NO;
    case 'class':
      return query.classes.includes(SIGNAL_CLASSES[signal]!) ? YES : NO;
    case 'run':
      throw new DeadairError('internal', `run:${query.name} must be resolved before a store sees it.`);
    default:
      return MAYBE;
  }
}

function wordClause(query: Query): WordClause {
  switch (query.kind) {
    case 'and':
      return { kind: 'and', parts: query.parts.map(wordClause) };
    case 'or':
      return { kind: 'or', parts: query.parts.map(wordClause) };
    case 'word':
      return wordsClause(tokensOf(query.word), false);
    case 'prefix':
      return wordsClause(tokensOf(query.word), true);
    case 'phrase':
      return wordsClause(tokensOf(query.text), query.lastIsPrefix === true);
    case 'substring':
      return textClause(query.text);
    case 'regex': {
      const { arms } = compileRegex(query.source, query.ignoreCase);
      if (!arms || arms.flat(2).length > MOST_TEXTS) return ANY;
      const ofArm = (groups: string[][]): WordClause => ({
        kind: 'and',
        parts: groups.map(group => ({ kind: 'or', parts: group.map(textClause) })),
      });
      return { kind: 'or', parts: arms.map(ofArm) };
    }
    case 'value':
      // Between quotes or before an equals sign its words stand whole; access logs do not write it.
      return ACCESS_FIELDS.has(query.name.toLowerCase())
        ? ANY
        : wordsClause(tokensOf(query.name.split('.').at(-1)!), false);
    default:
      return ANY;
  }
}

/** Words of a text that stands somewhere: its first and its last may go on beyond it, unless it shows where they end. */
function textClause(text: string): WordClause {
  const words = tokensOf(text);
  if (isToken(text.slice(0, 1))) words.shift();
  else if (words.length === 0) return ANY;
  return wordsClause(words, isToken(text.slice(-1)));
}

function wordsClause(words: string[], lastIsPrefix: boolean): WordClause {
  const parts = words.map(
    (word, index): WordClause => ({
      kind: lastIsPrefix && index === words.length - 1 ? 'prefix' : 'word',
      word,
    }),
  );
  return { kind: 'and', parts };
}

function simplified(clause: WordClause): WordClause {
  if (clause.kind !== 'and' && clause.kind !== 'or') return clause;
  const parts = clause.parts.map(simplified);
  if (clause.kind === 'or') return parts.some(part => part.kind === 'any') ? ANY : { kind: 'or', parts };
  const telling = parts.filter(part => part.kind !== 'any');
  return telling.length === 0 ? ANY : telling.length === 1 ? telling[0]! : { kind: 'and', parts: telling };
}

/** For AND the rarest-looking (longest) part, for OR all parts' together. */
function driversOf(query: Query): string[] | undefined {
  switch (query.kind) {
    case 'word':
    case 'prefix':
      return query.word === '' || !isCaseless(query.word) ? undefined : [query.word];
    case 'phrase': {
      const words = tokensOf(query.text).filter(isCaseless);
      return words.length === 0 ? undefined : [words.reduce((a, b) => (b.length > a.length ? b : a))];
    }
    case 'value':
      return ACCESS_FIELDS.has(query.name.toLowerCase()) ? undefined : [query.name.split('.').at(-1)!];
    case 'substring':
      return query.text === '' || !isCaseless(query.text) ? undefined : [query.text];
    case 'regex':
      return compileRegex(query.source, query.ignoreCase).literals;
    case 'and': {
      let best: string[] | undefined;
      for (const part of query.parts) {
        const drivers = driversOf(part);
        if (drivers && (!best || shortest(drivers) > shortest(best))) best = drivers;
      }
      return best;
    }
    case 'or': {
      const all = query.parts.map(driversOf);
      if (all.length === 0 || all.some(drivers => drivers === undefined)) return undefined;
      return all.flat() as string[];
    }
    default:
      return undefined;
  }
}

function shortest(drivers: string[]): number {
  return Math.min(...drivers.map(driver => driver.length));
}

function countedWord(query: Query): string | undefined {
  if (query.kind === 'word') return isToken(query.word) ? foldWord(query.word) : undefined;
  if (query.kind !== 'and') return undefined;
  const others = query.parts.filter(part => !aboutAgent(part));
  return others.length === 1 ? countedWord(others[0]!) : undefined;
}

function aboutAgent(query: Query): boolean {
  switch (query.kind) {
    case 'all':
      return true;
    case 'field':
      return query.field === 'agent';
    case 'and':
    case 'or':
      return query.parts.every(aboutAgent);
    case 'not':
      return aboutAgent(query.part);
    default:
      return false;
  }
}
