import { DeadairError } from '../../platform/errors.js';
import { isAsciiText } from '../../query/tokens.js';
import type { BlockUnit } from './block-unit.js';
import type { IndexWorth } from './index-worth.js';
import type { WordClause } from './planner.js';
import { prefixFingerprint, wordFingerprint } from './word-hash.js';

/** Which chunks of a block may match, from the word index; what was looked up of a group is kept for its other blocks. */
export class WordFilter {
  private readonly known = new Map<string, Set<number>>();

  constructor(
    private readonly clause: WordClause,
    private readonly worth: IndexWorth,
  ) {}

  /** undefined: all of them. */
  chunksOf(unit: BlockUnit): Set<number> | undefined {
    if (this.clause.kind === 'any' || !this.worth.asks()) return undefined;
    const chunks = this.evaluate(this.clause, unit);
    this.worth.answered(chunks !== undefined && chunks.size < unit.entry.chunks);
    return chunks;
  }

  private evaluate(clause: WordClause, unit: BlockUnit): Set<number> | undefined {
    switch (clause.kind) {
      case 'any':
        return undefined;
      case 'word':
        if (isOfOldRules(unit) && !isAsciiText(clause.word)) return undefined;
        return this.lookUp(unit, wordFingerprint(clause.word));
      case 'prefix': {
        const mark = prefixFingerprint(clause.word);
        if (mark === undefined || (isOfOldRules(unit) && !isAsciiText(clause.word))) return undefined;
        // `conn*` is found by its beginning only if the word goes on; the word `conn` itself is another entry.
        return union([this.lookUp(unit, mark), this.lookUp(unit, wordFingerprint(clause.word))]);
      }
      case 'and': {
        let result: Set<number> | undefined;
        for (const part of clause.parts) {
          const chunks = this.evaluate(part, unit);
          if (!chunks) continue;
          result = result ? new Set([...result].filter(chunk => chunks.has(chunk))) : chunks;
          if (result.size === 0) return result;
        }
        return result;
      }
      case 'or': {
        const sets: Set<number>[] = [];
        for (const part of clause.parts) {
          const chunks = this.evaluate(part, unit);
          if (!chunks) return undefined;
          sets.push(chunks);
        }
        return union(sets);
      }
    }
  }

  private lookUp(unit: BlockUnit, mark: number): Set<number> {
    const { file, entry } = unit;
    const key = `${file.day}.${entry.id}.${mark}`;
    const known = this.known.get(key);
    if (known) return known;
    for (const [block, chunks] of wordChunks(unit, mark))
      this.known.set(`${file.day}.${block}.${mark}`, chunks);
    return this.known.get(key) ?? new Set();
  }
}

/** Blocks of format 1 know only words of ASCII, and what touches them, until they are packed anew. */
function isOfOldRules(unit: BlockUnit): boolean {
  return unit.head().shapes === undefined;
}

/** A damaged row of the index costs speed, not lines: every chunk is looked at then. */
function wordChunks({ file, entry }: BlockUnit, mark: number): Map<number, Set<number>> {
  try {
    return file.wordChunks(entry.id, mark);
  } catch (thrown) {
    if (!(thrown instanceof DeadairError) || thrown.code !== 'store.damaged') throw thrown;
    return new Map([[entry.id, new Set(Array.from({ length: entry.chunks }, (_, chunk) => chunk))]]);
  }
}

function union(sets: Set<number>[]): Set<number> {
  return new Set(sets.flatMap(set => [...set]));
}
