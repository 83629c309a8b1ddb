import { TOKEN_BYTES } from '../../query/tokens.js';
import type { SealedChunk } from './block-format.js';
import type { BlockMemory } from './block-memory.js';
import { displayed } from './unit.js';
import type { TextMemory } from './word-edges.js';
import type { WordTable } from './word-table.js';

const NEWLINE = 10;

/**
 * Gives a block's words to the table. What is displayed is indexed: colour codes are neither words nor parts of them.
 * @param memory its `raw` holds the lines
 */
export function indexWords(
  memory: BlockMemory,
  rawStarts: Uint32Array,
  flags: Uint8Array,
  chunks: SealedChunk[],
  cellOf: Int32Array,
): WordTable {
  const { words } = memory;
  const { text, starts } = indexedText(memory, rawStarts, flags);
  text.findEdges();
  words.begin(text);
  chunks.forEach(({ line0, lines }, chunk) => {
    words.beginChunk(chunk);
    words.addLines(starts, line0, lines, cellOf);
  });
  return words;
}

function indexedText(
  memory: BlockMemory,
  rawStarts: Uint32Array,
  flags: Uint8Array,
): { text: TextMemory; starts: Uint32Array } {
  const { raw, shown } = memory;
  const { text, starts } = displayed(raw.bytes, rawStarts, flags);
  if (endsOutsideWords(text, starts)) {
    if (text === raw.bytes) return { text: raw, starts };
    shown.take(text.length).set(text);
    return { text: shown, starts };
  }
  // A line without a newline (cut for its length, the last of a file) must not join its last word with the next line.
  const spaced = shown.take(text.length + flags.length);
  const spacedStarts = new Uint32Array(starts.length);
  for (let line = 0; line < flags.length; line++) {
    const from = starts[line]!;
    const to = starts[line + 1]!;
    const at = spacedStarts[line]!;
    spaced.set(text.subarray(from, to), at);
    spaced[at + to - from] = NEWLINE;
    spacedStarts[line + 1] = at + to - from + 1;
  }
  return { text: shown, starts: spacedStarts };
}

function endsOutsideWords(text: Uint8Array, starts: Uint32Array): boolean {
  for (let line = 1; line < starts.length; line++)
    if (starts[line]! > 0 && TOKEN_BYTES[text[starts[line]! - 1]!] === 1) return false;
  return true;
}
