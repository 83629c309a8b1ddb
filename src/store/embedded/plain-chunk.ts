import type { SealedChunk } from './block-format.js';
import { type Chunk, makeChunk } from './unit.js';

/** A chunk of a block of format 1, whose text lies as it is. The columns are only looked at where the text alone does not tell. */
export function plainChunk(
  raw: Buffer,
  { irregular, rewritten, lines }: SealedChunk,
  lengths: () => Uint32Array,
  flags: () => Uint16Array,
): Chunk {
  if (!irregular && !rewritten) return new PlainChunk(raw, lines);
  return makeChunk(raw, irregular ? startsOf(lengths()) : newlines(raw, lines), flags());
}

/** The usual chunk: shown as it is, each line ending in its only newline. Most are searched in vain, so lines wait. */
class PlainChunk implements Chunk {
  private found: Uint32Array | undefined;

  constructor(
    readonly raw: Buffer,
    private readonly lines: number,
  ) {}

  get text(): Buffer {
    return this.raw;
  }
  get rawStarts(): Uint32Array {
    this.found ??= newlines(this.raw, this.lines);
    return this.found;
  }
  get starts(): Uint32Array {
    return this.rawStarts;
  }
}

function startsOf(lengths: Uint32Array): Uint32Array {
  const starts = new Uint32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) starts[i + 1] = starts[i]! + lengths[i]!;
  return starts;
}

const NEWLINE = 10;

function newlines(raw: Buffer, lines: number): Uint32Array {
  const starts = new Uint32Array(lines + 1);
  let at = 0;
  for (let i = 1; i <= lines; i++) {
    at = raw.indexOf(NEWLINE, at) + 1;
    starts[i] = at;
  }
  return starts;
}
