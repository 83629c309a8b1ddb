import { loadBuiltInPacks } from '../../src/detect/load.js';
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
