import { ANY, type CharSet, type Node } from './parse.js';

/** Characters of a line that rules look at: longer lines are judged by their head and tail (see line.ts). */
export const JUDGED_LENGTH = 2048;

/** Steps one search may take at worst before the pattern is given to the linear-time engine instead. */
export const STEP_BUDGET = 100_000_000;

/**
 * Steps a backtracking engine may take at worst to search the pattern in a line of JUDGED_LENGTH characters; Infinity
 * where it can't be bounded (a repetition of something that itself varies without bound). It is an upper estimate:
 *
 * - a repetition costs its possible lengths times what follows, unless what follows begins with characters that the
 *   repetition can't take: then only one length gets past its first character;
 * - of several branches only those whose texts begin alike can be tried at the same place with what follows;
 * - what begins with a fixed text goes on past it only where that text is: in n characters as often as it fits.
 *
 * V8 takes about 1–2 ns a step, so the gate's budget (compile.ts) bounds one search to some tens of milliseconds even on a
 * line made to hurt; on ordinary lines it takes microseconds.
 */
export function worstCase(tree: Node, anchored: boolean): number {
  const whole = cost(tree, { steps: 1, average: 1, first: ANY, lead: [] });
  return anchored ? whole.steps : whole.steps + JUDGED_LENGTH * whole.average;
}

/** Of a node and all that follows it. */
interface Cost {
  /** Worst case at one place. */
  steps: number;
  /** Worst case per place where it is tried at many places in a row. */
  average: number;
  /** Characters it can begin with (ANY where it may take none). */
  first: CharSet;
  /** Sets of the characters it begins with for certain. */
  lead: CharSet[];
}

const LEAD_LENGTH = 12;
const UNBOUNDED: Cost = { steps: Infinity, average: Infinity, first: ANY, lead: [] };

function cost(node: Node, rest: Cost): Cost {
  switch (node.kind) {
    case 'edge':
      return { ...rest, steps: rest.steps + 1 };
    case 'set': {
      const steps = rest.steps + 1;
      const lead = [node.set, ...rest.lead].slice(0, LEAD_LENGTH);
      return { steps, average: 2 + steps / period(lead), first: node.set, lead };
    }
    case 'sequence': {
      let after = rest;
      for (let i = node.items.length - 1; i >= 0; i--) after = cost(node.items[i]!, after);
      return after;
    }
    case 'choice':
      return choiceCost(node.branches, rest);
    case 'repeat':
      return repeatCost(node, rest);
  }
}

/** The least distance at which two copies of the leading text can overlap. */
function period(lead: CharSet[]): number {
  for (let shift = 1; shift < lead.length; shift++) if (compatible(lead, lead, shift)) return shift;
  return Math.max(1, lead.length);
}

function choiceCost(branches: Node[], rest: Cost): Cost {
  const costs = branches.map(branch => cost(branch, rest));
  const sum = costs.reduce((total, { average }) => total + average, 0);
  let worst = 0;
  let distance = LEAD_LENGTH;
  for (const [i, a] of costs.entries()) {
    let steps = 0;
    for (const [j, b] of costs.entries()) {
      if (i === j || compatible(a.lead, b.lead, 0)) steps += b.steps;
      for (let shift = 1; shift < distance; shift++) {
        if (compatible(a.lead, b.lead, shift)) distance = shift;
      }
    }
    worst = Math.max(worst, steps);
  }
  return {
    steps: worst + branches.length,
    average: Math.min(branches.length + worst / distance, sum),
    first: costs.reduce((set, { first }) => set | first, 0n),
    lead: commonLead(costs),
  };
}

function commonLead(costs: Cost[]): CharSet[] {
  const length = Math.min(...costs.map(({ lead }) => lead.length));
  return Array.from({ length }, (_, at) => costs.reduce((set, { lead }) => set | lead[at]!, 0n));
}

/** Whether a text can begin like `a`, and `shift` characters later like `b`. */
function compatible(a: CharSet[], b: CharSet[], shift: number): boolean {
  for (let i = shift; i < a.length && i - shift < b.length; i++) {
    if ((a[i]! & b[i - shift]!) === 0n) return false;
  }
  return true;
}

function repeatCost(node: Extract<Node, { kind: 'repeat' }>, rest: Cost): Cost {
  const { body, min, max } = node;
  const single = singleSet(body);
  if (single !== undefined && max > 1) return runCost(single, min, Math.min(max, JUDGED_LENGTH), rest);
  if (max === Infinity) return loopCost(body, min, rest);
  let after = rest;
  for (let i = 0; i < max; i++) {
    const taken = cost(body, after);
    after = i < max - min ? optional(taken, rest) : taken;
    if (after.steps > 1e15) return UNBOUNDED;
  }
  return after;
}

/** Taking a round and leaving off are both tried, unless their first characters tell them apart. */
function optional(taken: Cost, rest: Cost): Cost {
  const apart = (taken.first & rest.first) === 0n;
  return {
    steps: (apart ? Math.max(taken.steps, rest.steps) : taken.steps + rest.steps) + 1,
    average: taken.average + rest.average,
    first: taken.first | rest.first,
    lead: [],
  };
}

/** One set repeated: `\d+`, `.{0,60}`. */
function runCost(set: CharSet, min: number, max: number, rest: Cost): Cost {
  const apart = (set & rest.first) === 0n;
  const steps = max + rest.steps + (apart ? max : (max - min) * rest.average);
  const lead = Array.from({ length: Math.min(min, LEAD_LENGTH) }, () => set);
  return { steps, average: steps, first: min === 0 ? set | rest.first : set, lead };
}

/** Safe only if a round takes one way through its text, and the next round can't be mistaken for what follows. */
function loopCost(body: Node, min: number, rest: Cost): Cost {
  const round = cost(body, { steps: 1, average: 1, first: 0n, lead: [] });
  if (!fixed(body) || !oneWay(body) || (round.first & rest.first) !== 0n) return UNBOUNDED;
  const steps = JUDGED_LENGTH * round.steps + rest.steps;
  return { steps, average: steps, first: min === 0 ? round.first | rest.first : round.first, lead: [] };
}

/** No text is matched in two ways: of each choice at most one branch can go on past its first characters. */
function oneWay(node: Node): boolean {
  switch (node.kind) {
    case 'sequence':
      return node.items.every(oneWay);
    case 'repeat':
      return oneWay(node.body);
    case 'choice': {
      const leads = node.branches.map(
        branch => cost(branch, { steps: 1, average: 1, first: ANY, lead: [] }).lead,
      );
      return (
        node.branches.every(oneWay) &&
        leads.every((lead, i) => leads.every((other, j) => i === j || !compatible(lead, other, 0)))
      );
    }
    default:
      return true;
  }
}

function singleSet(node: Node): CharSet | undefined {
  if (node.kind === 'set') return node.set;
  if (node.kind === 'sequence' && node.items.length === 1) return singleSet(node.items[0]!);
  if (node.kind === 'choice') {
    let all = 0n;
    for (const branch of node.branches) {
      const set = singleSet(branch);
      // `a|a` is not `[a]`: a backtracking engine tries both, at each of its rounds.
      if (set === undefined || (set & all) !== 0n) return undefined;
      all |= set;
    }
    return all;
  }
  return undefined;
}

/** Of one length whatever it matches, and not empty. */
function fixed(node: Node): boolean {
  return lengthOf(node) !== undefined && lengthOf(node) !== 0;
}

function lengthOf(node: Node): number | undefined {
  switch (node.kind) {
    case 'edge':
      return 0;
    case 'set':
      return 1;
    case 'sequence': {
      let sum = 0;
      for (const item of node.items) {
        const length = lengthOf(item);
        if (length === undefined) return undefined;
        sum += length;
      }
      return sum;
    }
    case 'choice': {
      const lengths = node.branches.map(lengthOf);
      return lengths.every(length => length === lengths[0]) ? lengths[0] : undefined;
    }
    case 'repeat': {
      const body = lengthOf(node.body);
      return node.min === node.max && body !== undefined ? body * node.min : undefined;
    }
  }
}
