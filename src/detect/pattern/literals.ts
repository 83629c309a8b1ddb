import type { CharSet, Node } from './parse.js';

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

const MAX_SET = 64;
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
  const rated = groups.map(distinctLiterals).map(literals => ({ literals, share: share(literals) }));
  rated.sort((a, b) => a.share - b.share);
  const kept: Literal[][] = [];
  let left = 1;
  for (const { literals, share } of rated) {
    if (kept.length === MAX_GROUPS || (kept.length > 0 && left < RARE)) break;
    kept.push(literals);
    left *= share;
  }
  return kept;
}

function distinctLiterals(group: string[]): Literal[] {
  const distinct = new Map<string, Literal>();
  for (const literal of group.map(toLiteral)) distinct.set(JSON.stringify(literal), literal);
  return [...distinct.values()];
}

/** A space at an end says no more than that a word ends there, and many texts become one that way. */
function toLiteral(marked: string): Literal {
  const text = marked.replaceAll(EDGE, '').trim();
  const [, head, tail] = /^([ \u0001]*).*?([ \u0001]*)$/s.exec(marked)!;
  return {
    text,
    startsWord: head !== '' && /^\w/.test(text),
    endsWord: tail !== '' && /\w$/.test(text),
  };
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
        const shares = groups.map(group => share(distinctLiterals(group)));
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
  for (const item of items) {
    const texts = exact(item);
    const product = texts === undefined ? undefined : multiply(run, texts);
    if (product !== undefined) {
      run = product;
      continue;
    }
    close();
    // A choice too large to be multiplied with what stands before it still makes a run of its own.
    if (texts === undefined) groups.push(...groupsOf(item));
    const edge = texts !== undefined && run.every(text => text.endsWith(EDGE)) ? EDGE : '';
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
  return length >= MIN_LITERAL || (length === MIN_LITERAL - 1 && startsWord && endsWord);
}

function multiply(left: string[], right: string[]): string[] | undefined {
  if (left.length * right.length > MAX_SET) return undefined;
  return left.flatMap(a => right.map(b => a + b));
}

/** All texts the node can match, lower case, if they are few. */
function exact(node: Node): string[] | undefined {
  switch (node.kind) {
    case 'edge':
      return [node.word ? EDGE : ''];
    case 'set':
      return charsOf(node.set);
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

/** Words of every tenth healthy line. */
const COMMON =
  /^(?:connect|connections?|server|client|errors?|failed|node|session|hosts?|peer|state|status|from|with|for|requests?|worker|https?|messages?|code|os|time|sockets?|ports?|network|agent|closed?|service|cluster|master|interface|heartbeat|has|have|was|is|are|be|to|on|in|at|by|the|not|no|all|any|none|been|read|write|get|set|data|received?|sent|response|open|address|up|ready|idle|full|active|online|ssl|tls|100|101|104|110|111|113|after|since|within|update|event|stream|channel|leader|controller|change|changed|now|reached|make|start|creat|acquir)$/;

/** A guess at the share of lines that hold one of the texts: only the order of groups depends on it. */
function share(literals: Literal[]): number {
  let sum = 0;
  for (const { text, startsWord, endsWord } of literals) {
    const word = startsWord && endsWord ? 0.3 : 1;
    sum += COMMON.test(text) ? 0.1 : word * 0.4 ** Math.min(text.length, 9);
  }
  return sum;
}
