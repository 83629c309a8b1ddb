import { type CharSet, type Node, parsePattern, WORD } from '../../safe-regex/parse.js';

/**
 * What a regular expression asks of a line's words, so that the server can look them up in its dictionary of terms instead of
 * giving every line out: `/\d{5}ms on disk-\d+/` holds only where a word ends in what `[0-9]{5}ms` matches, and so on.
 */
export interface TermDemands {
  /** Of one of these lists every pattern (Lucene's syntax, for folded words) matches some word of the line. */
  anyOf: string[][];
  /** A line of which that holds matches. */
  exact: boolean;
}

/** Bits 0–127 ASCII, 128 every other character. */
const OTHER: CharSet = 1n << 128n;
const LETTERS: CharSet = lettersOf(0x41) | lettersOf(0x61);
/** What of an expression is put into one pattern: automata of sets that overlap double with each character. */
const MOST_OPEN = 8;
const MOST_LENGTH = 300;
/** A word that is asked to be longer is asked to be so long. */
const MOST_TIMES = 64;

/**
 * @param source as the query language takes it
 * @returns undefined where nothing is asked of words
 */
export function termDemands(source: string, ignoreCase: boolean): TermDemands | undefined {
  const { tree } = parsePattern(source);
  const found = (tree.kind === 'choice' ? tree.branches : [tree]).map(branch =>
    demandsOf(branch, ignoreCase),
  );
  if (found.some(({ patterns }) => patterns.length === 0)) return undefined;
  return {
    anyOf: found.map(({ patterns }) => patterns),
    exact: found.every(one => one.exact),
  };
}

interface Demands {
  patterns: string[];
  exact: boolean;
}

/** A stretch of an expression that lies within one word. */
interface Run {
  text: string;
  /** Fewest characters. */
  least: number;
  /** Characters that may be one of several. */
  open: number;
  sets: Set<CharSet>;
  whole: boolean;
  cased: boolean;
}

function demandsOf(branch: Node, ignoreCase: boolean): Demands {
  const items = branch.kind === 'sequence' ? branch.items : [branch];
  const patterns: string[] = [];
  let run: Run | undefined;
  let closedLeft = false;
  let runs = 0;
  let inWords = true;
  let faithful = true;
  const end = (closedRight: boolean) => {
    if (run && run.least > 0) {
      runs++;
      faithful &&= run.whole && (ignoreCase || !run.cased);
      patterns.push(`${closedLeft ? '' : '.*'}${run.text}${closedRight && run.whole ? '' : '.*'}`);
    } else if (run) faithful = false;
    run = undefined;
  };
  for (const item of items) {
    const part = inWord(item, ignoreCase);
    if (part) {
      run = run ? joined(run, part) : part;
      continue;
    }
    inWords = false;
    const separates = isSeparator(item);
    end(separates);
    closedLeft = separates;
  }
  end(false);
  return { patterns, exact: inWords && runs === 1 && faithful };
}

function joined(a: Run, b: Run): Run {
  // What comes behind a part that was left out can't be said any more.
  if (!a.whole) return a;
  const sets = new Set([...a.sets, ...b.sets]);
  if ((sets.size > 1 && a.open + b.open > MOST_OPEN) || a.text.length + b.text.length > MOST_LENGTH)
    return { ...a, whole: false };
  return {
    text: a.text + b.text,
    least: a.least + b.least,
    open: a.open + b.open,
    sets,
    whole: b.whole,
    cased: a.cased || b.cased,
  };
}

/** The item as Lucene writes it, where it takes nothing but ASCII characters of words. */
function inWord(node: Node, ignoreCase: boolean): Run | undefined {
  switch (node.kind) {
    case 'set': {
      if (node.set === 0n || (node.set & ~WORD) !== 0n) return undefined;
      const single = (node.set & (node.set - 1n)) === 0n;
      return {
        text: classOf(node.set, ignoreCase),
        least: 1,
        open: single ? 0 : 1,
        sets: new Set(single ? [] : [node.set]),
        whole: true,
        cased: (node.set & LETTERS) !== 0n,
      };
    }
    case 'sequence': {
      const parts = node.items.map(item => inWord(item, ignoreCase));
      let run: Run = { text: '', least: 0, open: 0, sets: new Set(), whole: true, cased: false };
      for (const part of parts) {
        if (!part) return undefined;
        run = joined(run, part);
      }
      return run;
    }
    case 'choice': {
      const parts = node.branches.map(branch => inWord(branch, ignoreCase));
      const all = parts.filter(part => part !== undefined);
      // A branch that is cut short, or empty, can't stand in a group.
      if (all.length < parts.length || all.some(part => !part.whole || part.text === '')) return undefined;
      const text = `(${all.map(part => part.text).join('|')})`;
      if (text.length > MOST_LENGTH) return undefined;
      return {
        text,
        least: Math.min(...all.map(part => part.least)),
        open: Math.max(1, ...all.map(part => part.open)),
        sets: new Set([...all.flatMap(part => [...part.sets]), -1n]),
        whole: true,
        cased: all.some(part => part.cased),
      };
    }
    case 'repeat': {
      const body = inWord(node.body, ignoreCase);
      if (!body?.whole || body.text === '') return undefined;
      if (body.sets.size > 1 && body.open * Math.max(node.min, 2) > MOST_OPEN) return undefined;
      const min = Math.min(node.min, MOST_TIMES);
      const endless = node.max > MOST_TIMES;
      return {
        text: `(${body.text}){${min},${endless ? '' : node.max}}`,
        least: body.least * min,
        // Of one set alone only the length counts.
        open: body.open * Math.max(1, endless ? min : node.max),
        sets: body.open === 0 ? new Set([-2n]) : body.sets,
        whole: node.min <= MOST_TIMES && (!endless || node.max === Number.POSITIVE_INFINITY),
        cased: body.cased,
      };
    }
    case 'edge':
      return undefined;
  }
}

/** Takes one character or more, none of them of a word of any script. */
function isSeparator(node: Node): boolean {
  switch (node.kind) {
    case 'set':
      return node.set !== 0n && (node.set & (WORD | OTHER)) === 0n;
    case 'repeat':
      return node.min > 0 && isSeparator(node.body);
    case 'sequence':
      return node.items.length > 0 && node.items.every(isSeparator);
    case 'choice':
      return node.branches.every(isSeparator);
    case 'edge':
      return false;
  }
}

/** Words are folded: a letter of either case is the small one. */
function classOf(set: CharSet, ignoreCase: boolean): string {
  const chars = new Set<string>();
  for (let code = 0x30; code < 0x7b; code++)
    if ((set >> BigInt(code)) & 1n) chars.add(String.fromCharCode(code).toLowerCase());
  // re2js takes the long s for an s, and Lucene leaves it as it is.
  if (ignoreCase && chars.has('s')) chars.add('\u017f');
  const sorted = [...chars].sort();
  if (sorted.length === 1) return sorted[0]!;
  let text = '';
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (j + 1 < sorted.length && sorted[j + 1]!.charCodeAt(0) === sorted[j]!.charCodeAt(0) + 1) j++;
    text += j - i < 2 ? sorted.slice(i, j + 1).join('') : `${sorted[i]}-${sorted[j]}`;
    i = j + 1;
  }
  return `[${text}]`;
}

function lettersOf(first: number): CharSet {
  return ((1n << 26n) - 1n) << BigInt(first);
}
