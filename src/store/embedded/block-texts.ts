import { DeadairError } from '../../platform/errors.js';
import { releaseMemory } from '../../platform/release.js';
import type { BlockHead } from './block-format.js';
import { unpackAll } from './codec.js';
import { splitFrames } from './frames.js';
import { SHAPE_ROWS, shapeRow } from './schema.js';
import { type BlockRefs, type ChunkLines, openRefs, readRefs, unpackChunk } from './text/line-unpacker.js';
import { addShapes, readShapes, unpackShapes } from './text/shape-codec.js';
import type { ShapeSieve } from './text/shape-sieve.js';
import { ShapeTable } from './text/shape-table.js';

/** A dictionary, as far as it was read. */
export interface Dictionary {
  table: ShapeTable;
  parts: number;
}

/** Rows of a day's file. */
export interface TextRows {
  texts(block: number): Uint8Array;
  /** Parts of dictionaries in rows from `first` until before `end`. */
  shapes(first: number, end: number): { id: number; body: Uint8Array }[];
  /** What is kept of a dictionary, and keeping it. */
  held(dictionary: number): Dictionary | undefined;
  keep(number: number, dictionary: Dictionary): void;
}

const NO_SHAPES = new ShapeTable();

/** A block as it is read: what all chunks need is unpacked, digits as they are asked for. */
interface OpenBlock {
  block: number;
  refs: BlockRefs;
  digits: Uint8Array[];
  unpacked: (Uint8Array | undefined)[];
  /** The chunk whose digits were asked for last. */
  asked: number;
  /** What the unpacked lies in; nobody else uses it. */
  memory: Buffer[];
}

/** Reads the lines of blocks (text/). Of the block that was read last all is held: a scan goes on with its next chunk. */
export class BlockTexts {
  private current: OpenBlock | undefined;

  constructor(
    private readonly rows: TextRows,
    private readonly file: string,
  ) {}

  /** As BlockFile.chunkLines. */
  lines(
    block: number,
    index: number,
    head: BlockHead,
    times: () => Float64Array,
    sieve: ShapeSieve | undefined,
  ): ChunkLines {
    const open = this.open(block, head);
    const { refs } = open;
    const wanted = sieve?.wanted(refs.shapes.shared, refs.shapes.local);
    return unpackChunk(() => digitsOf(open, index), index, head.chunks[index]!, refs, times, wanted);
  }

  private open(block: number, head: BlockHead): OpenBlock {
    if (this.current?.block === block) return this.current;
    this.letGo();
    const { dictionary, known } = head.shapes!;
    const [own, body, ...digits] = splitFrames(this.rows.texts(block));
    const shapes = readShapes(own!);
    const refs = readRefs(body!, head.chunks.length, known + shapes.count);
    const { contents, memory } = unpackAll([...shapes.blobs, ...refs.blobs]);
    const local = new ShapeTable();
    addShapes(shapes, contents, local);
    const shared = known === 0 ? NO_SHAPES : this.dictionary(dictionary, known);
    const last = head.chunks.at(-1)!;
    this.current = {
      block,
      refs: openRefs(refs, contents.slice(shapes.blobs.length), last.line0 + last.lines, {
        shared,
        known,
        local,
      }),
      digits,
      unpacked: [],
      asked: -1,
      memory: memory ? [memory] : [],
    };
    return this.current;
  }

  /** Of what a scan of everything unpacks, nothing is left to the garbage collector. */
  private letGo(): void {
    const { current } = this;
    this.current = undefined;
    for (const memory of current?.memory ?? []) releaseMemory(memory);
  }

  /** A dictionary with at least so many shapes. */
  private dictionary(number: number, known: number): ShapeTable {
    const held = this.rows.held(number) ?? { table: new ShapeTable(), parts: 0 };
    if (held.table.count >= known) return held.table;
    const first = shapeRow(number, 0, 0);
    for (const { id, body } of this.rows.shapes(first + held.parts, shapeRow(number, 0, 1))) {
      unpackShapes(this.sound(id, body), held.table);
      held.parts = id - first + 1;
    }
    this.rows.keep(number, held);
    if (held.table.count < known)
      throw new DeadairError('store.damaged', 'Shapes of its lines are missing.', { subject: this.file });
    return held.table;
  }

  /** A part of a dictionary, or its spare where it is damaged. */
  private sound(id: number, body: Uint8Array): Uint8Array {
    try {
      unpackShapes(body, new ShapeTable());
      return body;
    } catch (thrown) {
      const spare = id + SHAPE_ROWS / 2;
      const [row] = this.rows.shapes(spare, spare + 1);
      if (!row) throw thrown;
      return row.body;
    }
  }
}

/** A chunk's digits; with those of the chunks after it where chunks are read one after the other. */
function digitsOf(open: OpenBlock, index: number): Uint8Array {
  const known = open.unpacked[index];
  if (known) return known;
  const { digits, unpacked } = open;
  const end = index === open.asked + 1 ? digits.length : index + 1;
  open.asked = index;
  const { contents, memory } = unpackAll(digits.slice(index, end));
  for (const [i, content] of contents.entries()) unpacked[index + i] = content;
  if (memory) open.memory.push(memory);
  return unpacked[index]!;
}
