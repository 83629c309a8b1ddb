import { type Arm, requiredArms } from './literals.js';
import { ANY, type CharSet, type Node, singleton, WORD } from './parse.js';

/**
 * Where a pattern tells one digit from another. A run of digits can be exchanged for any other of its length in which the same
 * demands of the pattern are met at the same places, and the pattern matches at the same places: `\d{1,5}` takes any digits, `110`
 * and `[45]\d\d` do not. A way through the pattern that leads over digits goes through its demands one by one.
 */
export interface DigitDemand {
  /** What may stand before the digits: a set of characters as hexadecimal bits (parse.ts), bit 129: the line's beginning. */
  before: string;
  /** Which digits there are, one after the other: bit d for the digit d. */
  digits: number[];
  /** What may stand behind them; bit 129: the line's end. */
  after: string;
}

export const LINE_EDGE: CharSet = 1n << 129n;

const ANYWHERE = ANY | LINE_EDGE;
export const DIGITS: CharSet = ((1n << 10n) - 1n) << 48n;
const NOT_WORD = (ANY & ~WORD) | LINE_EDGE;

/**
 * Of longer demands the beginning will do: more runs than need be are taken for met. Where one of this length is met, what follows in
 * its run of digits may tell, too.
 */
export const LONGEST_DEMAND = 6;

/** Of a pattern that is a choice at its top, or of one of its branches. */
export interface DigitBranch {
  demands: DigitDemand[];
  /** What lines must hold that it matches when any digit is taken for any other, as an arm (literals.ts). */
  arm: Arm;
}

/** The branches that tell one digit from another. */
export function digitBranches(tree: Node): DigitBranch[] {
  return (tree.kind === 'choice' ? tree.branches : [tree]).flatMap(branch => {
    const demands = digitDemands(branch);
    return demands.length === 0 ? [] : [{ demands, arm: requiredArms(withAnyDigits(branch))?.[0] ?? [] }];
  });
}

/** @returns each demand once; none for a pattern that takes all digits alike */
function digitDemands(tree: Node): DigitDemand[] {
  return demandsOf(graphOf(tree));
}

/** The pattern that takes any digit where this one tells it from others: what it matches holds for all lines of a shape. */
function withAnyDigits(node: Node): Node {
  switch (node.kind) {
    case 'edge':
      return node;
    case 'set':
      return tells(node.set) ? { kind: 'set', set: node.set | DIGITS } : node;
    case 'sequence':
      return { kind: 'sequence', items: node.items.map(withAnyDigits) };
    case 'choice':
      return { kind: 'choice', branches: node.branches.map(withAnyDigits) };
    case 'repeat':
      return { ...node, body: withAnyDigits(node.body) };
  }
}

/** Of a fixed text. */
export function digitDemandsOfText(text: string): DigitDemand[] {
  const items = [...text].map(char => ({ kind: 'set' as const, set: singleton(char.charCodeAt(0)) }));
  return digitDemands({ kind: 'sequence', items });
}

/**
 * Of a pattern that is tried on parts of a line which are not cut within digits: what is the part's edge may be anything else
 * in the line but a digit.
 */
export function digitDemandsInParts(demands: readonly DigitDemand[]): DigitDemand[] {
  return demands.map(({ before, digits, after }) => ({
    before: widened(before),
    digits,
    after: widened(after),
  }));
}

function widened(hexadecimal: string): string {
  const set = BigInt(`0x${hexadecimal}`);
  return ((set & LINE_EDGE) === 0n ? set : set | (ANYWHERE & ~DIGITS)).toString(16);
}

/** A pattern as a graph; how often something is repeated is left open, so that it has more ways through than the pattern. */
interface Graph {
  /** Per state the states reached without a character. */
  free: number[][];
  /** Per state what takes a character or asks for an edge. */
  steps: Step[][];
  first: number;
  last: number;
}

interface Step {
  from: number;
  to: number;
  /** Of an edge: what may stand behind it when it follows a digit, and before it when a digit follows. */
  set: CharSet;
  edge: boolean;
}

function graphOf(tree: Node): Graph {
  const free: number[][] = [];
  const steps: Step[][] = [];
  const state = (): number => {
    steps.push([]);
    return free.push([]) - 1;
  };
  const step = (from: number, set: CharSet, edge: boolean): number => {
    const to = state();
    steps[from]!.push({ from, to, set, edge });
    return to;
  };
  const walk = (node: Node, from: number): number => {
    switch (node.kind) {
      case 'edge':
        return step(from, node.word ? NOT_WORD : node.notWord ? WORD : LINE_EDGE, true);
      case 'set':
        return step(from, node.set, false);
      case 'sequence':
        return node.items.reduce((at, item) => walk(item, at), from);
      case 'choice': {
        const end = state();
        for (const branch of node.branches) free[walk(branch, from)]!.push(end);
        return end;
      }
      case 'repeat': {
        const begin = state();
        free[from]!.push(begin);
        const end = state();
        const through = walk(node.body, begin);
        free[through]!.push(end);
        if (node.max > 1) free[through]!.push(begin);
        if (node.min === 0) free[begin]!.push(end);
        return end;
      }
    }
  };
  const first = state();
  return { free, steps, first, last: walk(tree, first) };
}

function demandsOf({ free, steps, first, last }: Graph): DigitDemand[] {
  const back: number[][] = free.map(() => []);
  const into: Step[][] = free.map(() => []);
  for (const [from, all] of free.entries()) for (const to of all) back[to]!.push(from);
  for (const step of steps.flat()) into[step.to]!.push(step);
  const found = new Map<string, DigitDemand>();

  /** What may stand before the first digit that is told from others. */
  const before = (state: number): CharSet => {
    let set = 0n;
    for (const at of reached(back, state)) {
      if (at === first) set |= ANYWHERE;
      for (const step of into[at]!) set |= !step.edge && tells(step.set) ? step.set & ~DIGITS : step.set;
    }
    return set;
  };
  const follow = (state: number, start: CharSet, digits: number[]): void => {
    let after = 0n;
    const next = new Map<number, number>();
    for (const at of reached(free, state)) {
      if (at === last) after = ANYWHERE;
      for (const { set, edge, to } of steps[at]!) {
        if (edge || (set & DIGITS) === 0n || (!tells(set) && (set & ~DIGITS) !== 0n)) after |= set;
        else {
          after |= set & ~DIGITS;
          next.set(to, (next.get(to) ?? 0) | digitsOf(set));
        }
      }
    }
    if (digits.length === LONGEST_DEMAND && next.size > 0) after = ANYWHERE;
    if (after !== 0n) {
      const demand = { before: start.toString(16), digits, after: after.toString(16) };
      found.set(JSON.stringify(demand), demand);
    }
    if (digits.length === LONGEST_DEMAND) return;
    for (const [to, mask] of next) follow(to, start, [...digits, mask]);
  };
  for (const step of steps.flat()) {
    if (step.edge || !tells(step.set)) continue;
    const start = before(step.from);
    if (start !== 0n) follow(step.to, start, [digitsOf(step.set)]);
  }
  return [...found.values()];
}

/** Whether the set holds some digits but not all. */
function tells(set: CharSet): boolean {
  const digits = set & DIGITS;
  return digits !== 0n && digits !== DIGITS;
}

function digitsOf(set: CharSet): number {
  return Number((set & DIGITS) >> 48n);
}

function reached(edges: readonly (readonly number[])[], from: number): number[] {
  const states = [from];
  const seen = new Set(states);
  for (const at of states)
    for (const to of edges[at]!)
      if (!seen.has(to)) {
        seen.add(to);
        states.push(to);
      }
  return states;
}
