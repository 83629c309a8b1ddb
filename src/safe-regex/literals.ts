import { boundedBy } from './boundary.js';
import { commonness } from './commonness.js';
import { type CharSet, type Node, WORD } from './parse.js';

/** A text that is in the line (any case), at the beginning or end of a word where the flags say so. */
export interface Literal {
  text: string;
  startsWord: boolean;
  endsWord: boolean;
}

/** Of each group at least one literal is in the line; the group that filters best comes first. */
export type Arm = Literal[][];

/** Shorter texts are in so many lines that they filter nothing (two characters will do for a whole word). */
export const MIN_LITERAL = 3;

/** Texts a group may have: `a few nouns` × `a few verbs` is one group that filters far better than two. */
const MAX_SET = 600;
const MAX_GROUPS = 3;

/** A rule tried on so few lines in vain needs no further group. */
const RARE = 1e-4;

/** Stands for a word boundary in the texts multiplied out. */
const EDGE = '\u0001';

/**
 * What the prefilter looks for: every line the pattern matches satisfies one of the arms. A pattern that is a choice at its
 * top has an arm a branch, so that each can ask for all of its words at once.
 * Undefined where the pattern can match without any text of MIN_LITERAL characters.
 */
export function requiredArms(tree: Node): Arm[] | undefined {
  const arms: Arm[] = [];
  for (const branch of tree.kind === 'choice' ? tree.branches : [tree]) {
    const groups = groupsOf(branch);
    if (groups.length === 0) return undefined;
    arms.push(enough(groups));
  }
  return arms;
}

/** The best groups, until they leave few lines. */
function enough(groups: string[][]): Arm {
  const rated = groups.map(needed).map(literals => ({ literals, share: share(literals) }));
  rated.sort((a, b) => a.share - b.share);
  const kept: Literal[][] = [];
  let left = 1;
  for (const { literals, share } of rated) {
    if (kept.length === MAX_GROUPS || (kept.length > 0 && left < RARE)) break;
    if (kept.some(group => implies(group, literals))) continue;
    kept.push(literals);
    left *= share;
  }
  return kept;
}

/** Whether a line with a text of `group` always has one of `other` too, so that asking for it filters nothing more. */
function implies(group: Literal[], other: Literal[]): boolean {
  return group.every(({ text }) => other.some(wider => text.includes(wider.text)));
}

/** The literals of a group without those that begin or end with another one: `failed to` says no more than `fail`. */
function needed(group: string[]): Literal[] {
  const distinct = new Map<string, Literal>();
  for (const marked of new Set(group)) {
    const literal = toLiteral(marked);
    distinct.set(keyOf(literal.text, literal.startsWord, literal.endsWord), literal);
  }
  return [...distinct.values()].filter(literal => !coveredBy(distinct, literal));
}

function keyOf(text: string, startsWord: boolean, endsWord: boolean): string {
  return `${startsWord ? '<' : ' '}${endsWord ? '>' : ' '}${text}`;
}

function coveredBy(group: ReadonlyMap<string, Literal>, { text, startsWord, endsWord }: Literal): boolean {
  const has = (part: string, starts: boolean, ends: boolean): boolean =>
    (part.length < text.length || starts !== startsWord || ends !== endsWord) &&
    group.has(keyOf(part, starts, ends));
  const hasAny = (part: string, starts: boolean, ends: boolean): boolean =>
    has(part, false, false) ||
    (starts && has(part, true, false)) ||
    (ends && has(part, false, true)) ||
    (starts && ends && has(part, true, true));
  for (let at = text.length; at > 1; at--) {
    const splitsWord = isWordChar(text[at]) && isWordChar(text[at - 1]);
    if (hasAny(text.slice(0, at), startsWord, at === text.length ? endsWord : !splitsWord)) return true;
  }
  for (let at = 1; at < text.length - 1; at++) {
    const splitsWord = isWordChar(text[at]) && isWordChar(text[at - 1]);
    if (hasAny(text.slice(at), !splitsWord, endsWord)) return true;
  }
  return false;
}

function isWordChar(char: string | undefined): boolean {
  return char !== undefined && /\w/.test(char);
}

/** A space at an end says no more than that a word ends there, and many texts become one that way. */
function toLiteral(marked: string): Literal {
  const text = marked.replaceAll(EDGE, '').trim();
  const [, head, tail] = /^([ \u0001]*).*?([ \u0001]*)$/s.exec(marked)!;
  return literal(text, head !== '' && /^\w/.test(text), tail !== '' && /\w$/.test(text));
}

/** Of a longer text the beginning filters as well, and the automata stay small. */
const MAX_LENGTH = 20;

/** @param text lower case */
export function literal(text: string, startsWord = false, endsWord = false): Literal {
  if (text.length <= MAX_LENGTH) return { text, startsWord, endsWord };
  return { text: text.slice(0, MAX_LENGTH).trimEnd(), startsWord, endsWord: false };
}

function groupsOf(node: Node): string[][] {
  switch (node.kind) {
    case 'edge':
    case 'set':
      return [];
    case 'repeat':
      return node.min > 0 ? groupsOf(node.body) : [];
    case 'choice': {
      const all = exact(node);
      if (usable(all)) return [all];
      const union: string[] = [];
      for (const branch of node.branches) {
        const groups = groupsOf(branch);
        if (groups.length === 0) return [];
        const shares = groups.map(group => share(needed(group)));
        union.push(...groups[shares.indexOf(Math.min(...shares))]!);
      }
      return [union];
    }
    case 'sequence':
      return groupsOfSequence(node.items);
  }
}

/** Runs of items that can only be a few texts are multiplied out; each run that filters is a group. */
function groupsOfSequence(items: Node[]): string[][] {
  const groups: string[][] = [];
  let run: string[] = [''];
  const close = () => {
    if (usable(run)) groups.push(run);
  };
  for (const [at, item] of items.entries()) {
    const texts = exact(item);
    const product = texts === undefined ? undefined : multiply(run, texts);
    if (product !== undefined) {
      run = product;
      continue;
    }
    // What isn't a few texts may still begin with a few: `network (?:outage|disconnect\w*)`.
    const begun = texts === undefined ? prefixes(item) : [''];
    if (begun.some(text => text !== '')) run = multiply(run, begun) ?? run;
    else if (boundedBy(items, at, 1)) run = run.map(text => text + EDGE);
    close();
    // A choice too large to be multiplied with what stands before it still makes a run of its own.
    if (texts === undefined) groups.push(...groupsOf(item));
    const edge = boundedBy(items, texts === undefined ? at : at - 1, -1) ? EDGE : '';
    run = (texts ?? ['']).map(text => edge + text);
  }
  close();
  return groups;
}

function usable(texts: string[] | undefined): texts is string[] {
  return texts !== undefined && texts.length > 0 && texts.every(filters);
}

function filters(marked: string): boolean {
  const { text, startsWord, endsWord } = toLiteral(marked);
  const length = text.length;
  return length >= MIN_LITERAL || (startsWord && endsWord && /^[a-z]{2}$/.test(text));
}

function multiply(left: string[], right: string[]): string[] | undefined {
  if (left.length * right.length > MAX_SET) return undefined;
  return left.flatMap(a => right.map(b => a + b));
}

/** All texts the node can match, lower case, if they are few. */
function exact(node: Node): string[] | undefined {
  switch (node.kind) {
    case 'edge':
      // Where a line begins or ends, a word does.
      return [node.notWord ? '' : EDGE];
    case 'set':
      return node.text === undefined ? charsOf(node.set) : [node.text];
    case 'sequence': {
      let texts: string[] | undefined = [''];
      for (const item of node.items) {
        const more = exact(item);
        texts = more === undefined || texts === undefined ? undefined : multiply(texts, more);
        if (texts === undefined) return undefined;
      }
      return texts;
    }
    case 'choice': {
      const union: string[] = [];
      for (const branch of node.branches) {
        const texts = exact(branch);
        if (texts === undefined) return undefined;
        union.push(...texts);
      }
      return union.length > MAX_SET ? undefined : union;
    }
    case 'repeat': {
      if (node.max > 1) return undefined;
      const body = exact(node.body);
      return body === undefined ? undefined : node.min === 0 ? ['', ...body] : body;
    }
  }
}

/** Texts with one of which every match of the node begins; [''] where that can't be told. */
function prefixes(node: Node): string[] {
  const texts = exact(node);
  if (texts !== undefined) return texts;
  switch (node.kind) {
    case 'sequence': {
      let run = [''];
      for (const item of node.items) {
        const more = exact(item);
        const product = multiply(run, more ?? prefixes(item));
        if (product === undefined) return run;
        run = product;
        if (more === undefined) break;
      }
      return run;
    }
    case 'choice': {
      const union = node.branches.flatMap(prefixes);
      return union.length > MAX_SET ? [''] : union;
    }
    case 'repeat':
      return node.min > 0 ? prefixes(node.body) : [''];
    case 'set':
      return [(node.set & WORD) === 0n ? EDGE : ''];
    default:
      return [''];
  }
}

const charsOfSet = new Map<CharSet, string[] | undefined>();

function charsOf(set: CharSet): string[] | undefined {
  if (!charsOfSet.has(set)) charsOfSet.set(set, readChars(set));
  return charsOfSet.get(set);
}

function readChars(set: CharSet): string[] | undefined {
  const chars = new Set<string>();
  for (let code = 0; code <= 128; code++) {
    if ((set & (1n << BigInt(code))) === 0n) continue;
    if (code === 128) return undefined;
    chars.add(String.fromCharCode(code).toLowerCase());
    if (chars.size > 4) return undefined;
  }
  return [...chars];
}

/** About the share of lines that hold one of the texts: only the order of groups depends on it. */
function share(literals: Literal[]): number {
  // Texts of the same words (`up ->`, `up "->`) are in the same lines.
  const byWords = new Map<string, number>();
  for (const { text, startsWord, endsWord } of literals) {
    byWords.set(text.replace(/[\s"']+/g, ' '), commonness(text, startsWord, endsWord));
  }
  let sum = 0;
  for (const part of byWords.values()) sum += part;
  return sum;
}
