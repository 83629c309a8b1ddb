import type { SealedChunk } from './block-format.js';
import type { BlockMemory } from './block-memory.js';
import { displayed } from './unit.js';
import type { WordTable } from './word-table.js';

/**
 * Gives a block's words to the table. What is displayed is indexed: colour codes are neither words nor parts of them.
 */
export function indexWords(
  raw: Buffer,
  rawStarts: Uint32Array,
  flags: Uint16Array,
  chunks: SealedChunk[],
  cellOf: Int32Array,
  { words }: BlockMemory,
): WordTable {
  const { text, starts } = displayed(raw, rawStarts, flags);
  words.begin(text);
  chunks.forEach(({ line0, lines }, chunk) => {
    words.beginChunk(chunk);
    words.addLines(starts, line0, lines, cellOf);
  });
  return words;
}
