import { type Node, WORD } from './parse.js';

/** Whether a match begins (`step` 1) or ends (−1) at a word's end for certain, or may be empty, so that what lies beyond tells. */
type Side = 'sign' | 'word' | 'empty';

/** Whether what stands from items[at] on, in the direction of `step`, always begins with a character no word holds. */
export function boundedBy(items: readonly Node[], at: number, step: 1 | -1): boolean {
  return sideOfSequence(items, at, step) === 'sign';
}

function sideOfSequence(items: readonly Node[], from: number, step: 1 | -1): Side {
  for (let at = from; at >= 0 && at < items.length; at += step) {
    const side = sideOf(items[at]!, step);
    if (side !== 'empty') return side;
  }
  return 'empty';
}

function sideOf(node: Node, step: 1 | -1): Side {
  switch (node.kind) {
    case 'edge':
      // `^` and `$` are as good as a sign; `\b` says that one side is, and the literal beside it is the other.
      return node.notWord ? 'word' : 'sign';
    case 'set':
      return (node.set & WORD) === 0n ? 'sign' : 'word';
    case 'sequence':
      return sideOfSequence(node.items, step === 1 ? 0 : node.items.length - 1, step);
    case 'choice': {
      const sides = node.branches.map(branch => sideOf(branch, step));
      if (sides.includes('word')) return 'word';
      return sides.includes('empty') ? 'empty' : 'sign';
    }
    case 'repeat': {
      const side = sideOf(node.body, step);
      return side === 'sign' && node.min === 0 ? 'empty' : side;
    }
  }
}
