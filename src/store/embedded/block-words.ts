import { isAscii } from 'node:buffer';
import { ALTERED } from '../../model/vocabulary.js';
import { wordFormBytes, wordFormRoom } from '../../query/word-rules.js';
import type { SealedChunk } from './block-format.js';
import type { BlockMemory } from './block-memory.js';
import type { ShapeTable } from './text/shape-table.js';
import { isRewritten, searched } from './unit.js';
import type { WordTable } from './word-table.js';

/**
 * Gives a block's words to the table. @param shapes of the lines (LinePacker.begin). What is searched is indexed, states of progress bars that
 * were written over too: colour codes are neither words nor parts of them.
 */
export function indexWords(
  raw: Buffer,
  rawStarts: Uint32Array,
  flags: Uint16Array,
  chunks: SealedChunk[],
  cellOf: Int32Array,
  { words }: BlockMemory,
  shapes: { refs: Int32Array; table: ShapeTable },
): WordTable {
  const { text, starts } = inWordForm(searched(raw, rawStarts, flags), flags.length);
  const { refs, table } = shapes;
  // A line that is searched otherwise than its bytes say has other words than its shape.
  const own = isRewritten(flags)
    ? refs.map((ref, line) => ((flags[line]! & ALTERED) === 0 ? ref : -1))
    : refs;
  words.begin(new Uint8Array(text.buffer, text.byteOffset, text.byteLength), own, table);
  chunks.forEach(({ line0, lines }, chunk) => {
    words.beginChunk(chunk);
    words.addLines(starts, line0, lines, cellOf);
  });
  return words;
}

/** Lines of plain ASCII stay as they are. */
function inWordForm(
  shown: { text: Buffer; starts: Uint32Array },
  lines: number,
): { text: Buffer; starts: Uint32Array } {
  const { text, starts } = shown;
  const [first, end] = [starts[0]!, starts[lines]!];
  if (isAscii(text.subarray(first, end))) return shown;
  const out = Buffer.allocUnsafeSlow(wordFormRoom(end - first));
  const outStarts = new Uint32Array(lines + 1);
  let at = 0;
  for (let line = 0; line < lines; line++) {
    outStarts[line] = at;
    const [from, to] = [starts[line]!, starts[line + 1]!];
    const bytes = text.subarray(from, to);
    if (isAscii(bytes)) {
      out.set(bytes, at);
      at += to - from;
    } else at = wordFormBytes(text, from, to, out, at);
  }
  outStarts[lines] = at;
  return { text: out.subarray(0, at), starts: outStarts };
}
