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
  memory: BlockMemory,
  shapes: { refs: Int32Array; table: ShapeTable },
): WordTable {
  const { words } = memory;
  const { text, starts } = inWordForm(searched(raw, rawStarts, flags), flags.length, memory);
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

/** So many lines are asked together whether they are plain ASCII, as nearly all are. */
const GROUP = 32;

/** Lines of plain ASCII stay as they are. */
function inWordForm(
  shown: { text: Buffer; starts: Uint32Array },
  lines: number,
  memory: BlockMemory,
): { text: Buffer; starts: Uint32Array } {
  const { text, starts } = shown;
  const [first, end] = [starts[0]!, starts[lines]!];
  if (isAscii(text.subarray(first, end))) return shown;
  const out = memory.takeForms(wordFormRoom(end - first));
  const outStarts = new Uint32Array(lines + 1);
  let at = 0;
  for (let line = 0; line < lines; line += GROUP)
    at = groupInWordForm(text, starts, line, Math.min(lines, line + GROUP), out, outStarts, at);
  outStarts[lines] = at;
  return { text: out.subarray(0, at), starts: outStarts };
}

/** The lines [from, to), from `at` on. @returns where they end */
function groupInWordForm(
  text: Buffer,
  starts: Uint32Array,
  from: number,
  to: number,
  out: Buffer,
  outStarts: Uint32Array,
  at: number,
): number {
  const bytes = text.subarray(starts[from]!, starts[to]!);
  if (isAscii(bytes)) {
    out.set(bytes, at);
    for (let line = from; line < to; line++) outStarts[line] = starts[line]! - starts[from]! + at;
    return at + bytes.length;
  }
  let next = at;
  for (let line = from; line < to; line++) {
    outStarts[line] = next;
    const [begin, end] = [starts[line]!, starts[line + 1]!];
    const own = text.subarray(begin, end);
    if (isAscii(own)) {
      out.set(own, next);
      next += own.length;
    } else next = wordFormBytes(text, begin, end, out, next);
  }
  return next;
}
