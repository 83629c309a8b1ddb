import { RE2JS } from 're2js';
import { JUDGED_LENGTH, STEP_BUDGET, worstCase } from '../../../safe-regex/cost.js';
import { type CharSet, type Node, singleton } from '../../../safe-regex/parse.js';

const OTHER = singleton(128);
const ZERO = singleton(48);
const [LOWER_HEX, UPPER_HEX] = [singleton(97), singleton(65)];
const DIGITS = setOf('0123456789');
const LOWER_HEXES = DIGITS | setOf('abcdef');
const UPPER_HEXES = DIGITS | setOf('ABCDEF');

/**
 * What the shapes of all lines match that match a pattern: each of its characters that may be a digit may be what stands for
 * digits in a shape, too. Written so, `a` and `A` stand for the digits of hexadecimal ids. Shapes of other lines may match as well.
 * @param ignoreCase as the pattern is matched
 */
export function shapePattern(tree: Node, ignoreCase: boolean): (shape: string) => boolean {
  const wide = widened(tree, ignoreCase);
  if (worstCase(wide, false) <= STEP_BUDGET) {
    // Not ignoring case: the sets have both where both match. By characters, not by halves of them.
    const regex = new RegExp(
      printed(wide, code => `\\u{${code.toString(16)}}`),
      'u',
    );
    return shape => shape.length > JUDGED_LENGTH || regex.test(shape);
  }
  const regex = RE2JS.compile(printed(wide, code => `\\x{${code.toString(16)}}`));
  return shape => regex.matcher(shape).find();
}

/** The tree of a text that may stand anywhere, in any case. */
export function textTree(text: string): Node {
  const items = Array.from(text, (char): Node => {
    const codes = new Set([char.toLowerCase(), char.toUpperCase()].map(form => form.codePointAt(0)!));
    return { kind: 'set', set: [...codes].reduce((set, code) => set | singleton(code), 0n) };
  });
  return { kind: 'sequence', items };
}

/** Whether a pattern takes all decimal digits for one another: it matches a line then where it matches its shape. */
export function tellsNoDigits(node: Node): boolean {
  switch (node.kind) {
    case 'set': {
      const digits = node.set & DIGITS;
      return digits === 0n || digits === DIGITS;
    }
    case 'edge':
      return true;
    case 'sequence':
      return node.items.every(tellsNoDigits);
    case 'choice':
      return node.branches.every(tellsNoDigits);
    case 'repeat':
      return tellsNoDigits(node.body);
  }
}

function widened(node: Node, ignoreCase: boolean): Node {
  switch (node.kind) {
    case 'set': {
      let { set } = node;
      if (set & DIGITS) set |= ZERO;
      if (set & LOWER_HEXES) set |= LOWER_HEX;
      if (set & UPPER_HEXES) set |= UPPER_HEX;
      // The sign for kelvin and the long s are other cases of them, in one of the two engines.
      if (ignoreCase && set & setOf('kKsS')) set |= OTHER;
      return { kind: 'set', set };
    }
    case 'edge':
      return node;
    case 'sequence':
      return { ...node, items: node.items.map(item => widened(item, ignoreCase)) };
    case 'choice':
      return { ...node, branches: node.branches.map(branch => widened(branch, ignoreCase)) };
    case 'repeat':
      return { ...node, body: widened(node.body, ignoreCase) };
  }
}

function printed(node: Node, written: (code: number) => string): string {
  switch (node.kind) {
    case 'set':
      return printedSet(node.set, written);
    case 'edge':
      // Where a line ends is not where its shape does, which has its newline.
      return node.word ? '\\b' : node.notWord ? '\\B' : '(?:)';
    case 'sequence':
      return node.items.map(item => printed(item, written)).join('');
    case 'choice':
      return `(?:${node.branches.map(branch => printed(branch, written)).join('|')})`;
    case 'repeat': {
      const { min, max } = node;
      return `(?:${printed(node.body, written)}){${min},${max === Infinity ? '' : max}}`;
    }
  }
}

function printedSet(set: CharSet, written: (code: number) => string): string {
  let ranges = '';
  for (let code = 0; code < 128; code++) {
    if (!(set & singleton(code))) continue;
    const from = code;
    while (code < 127 && set & singleton(code + 1)) code++;
    ranges += `${written(from)}-${written(code)}`;
  }
  if (set & OTHER) ranges += `${written(0x80)}-${written(0x10ffff)}`;
  return ranges === '' ? `[^${written(0)}-${written(0x10ffff)}]` : `[${ranges}]`;
}

function setOf(chars: string): CharSet {
  return Array.from(chars).reduce((set, char) => set | singleton(char.charCodeAt(0)), 0n);
}
