import { createHash } from 'node:crypto';
import { naturalOrder } from '../platform/natural-order.js';
import { addCounts, type SkeletonCount, type Tally } from '../skeletons/tally.js';
import { mergeSkeletons } from './merge.js';

/** A kind of line: what a programmer wrote once and a program prints many times. */
export interface Template extends SkeletonCount {
  /** Twelve hexadecimal digits, the same for the same text everywhere. */
  id: string;
}

/**
 * The templates of several tallies, made together so that the same line has the same template in all of them. Most
 * frequent first.
 */
export function templatesOf(tallies: readonly Pick<Tally, 'skeletons'>[]): Template[][] {
  const texts = tallies.flatMap(tally => tally.skeletons.map(one => one.text));
  const merged = mergeSkeletons(texts);
  let at = 0;
  return tallies.map(({ skeletons }) => {
    const templates = new Map<string, SkeletonCount>();
    for (const one of skeletons) {
      const text = merged[at++]!;
      const known = templates.get(text);
      templates.set(text, known ? addCounts(known, { ...one, text }) : { ...one, text });
    }
    return [...templates.values()]
      .map(one => ({ ...one, id: idOf(one.text), agents: inOrder(one.agents) }))
      .sort((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1));
  });
}

function idOf(text: string): string {
  return createHash('sha1').update(text).digest('hex').slice(0, 12);
}

function inOrder(agents: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(agents).sort(([a], [b]) => naturalOrder(a, b)));
}
