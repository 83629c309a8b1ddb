import { loadBuiltInPacks } from '../../src/detect/load.js';
import type { Node } from '../../src/safe-regex/parse.js';
import { readLabelled } from './unseen.js';

/** Lines of all kinds: the packs' samples, right and wrong ones, and the programs nobody wrote a pack for. */
export function allLines(): string[] {
  const samples = loadBuiltInPacks().flatMap(({ rules }) =>
    rules.flatMap(rule => [...rule.samples.match, ...rule.samples.not]),
  );
  return [
    ...samples,
    ...['worked-on', 'left-out'].flatMap(name => readLabelled(name).map(({ line }) => line)),
  ];
}

/** Texts of a pattern: choices, lengths and letters as `choose` says. */
export function textOf(node: Node, choose: (options: number) => number): string {
  switch (node.kind) {
    case 'edge':
      return '';
    case 'set': {
      if (node.text !== undefined) return node.text;
      const codes = [...Array(127).keys()].filter(code => code !== 10 && (node.set >> BigInt(code)) & 1n);
      return codes.length === 0 ? 'é' : String.fromCharCode(codes[choose(codes.length)]!);
    }
    case 'sequence':
      return node.items.map(item => textOf(item, choose)).join('');
    case 'choice':
      return textOf(node.branches[choose(node.branches.length)]!, choose);
    case 'repeat': {
      const times = node.min + choose(Math.min(node.max - node.min, 3) + 1);
      return Array.from({ length: times }, () => textOf(node.body, choose)).join('');
    }
  }
}
