import { DeadairError } from '../../platform/errors.js';
import type { BlockHead } from './block-format.js';
import { splitFrames } from './frames.js';
import { SHAPE_ROWS, shapeRow } from './schema.js';
import { type BlockRefs, type ChunkLines, unpackChunk, unpackRefs } from './text/line-unpacker.js';
import { unpackShapes } from './text/shape-codec.js';
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

/** Reads the lines of blocks (text/). Of the block that was read last all is held: a scan goes on with its next chunk. */
export class BlockTexts {
  private current: { block: number; digits: Uint8Array[]; refs: BlockRefs } | undefined;

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
    const { digits, refs } = this.open(block, head);
    const wanted = sieve?.wanted(refs.shapes.shared, refs.shapes.local);
    return unpackChunk(digits[index]!, index, head.chunks[index]!, refs, times, wanted);
  }

  private open(block: number, head: BlockHead): { digits: Uint8Array[]; refs: BlockRefs } {
    if (this.current?.block === block) return this.current;
    const { dictionary, known } = head.shapes!;
    const [own, refs, ...digits] = splitFrames(this.rows.texts(block));
    const local = new ShapeTable();
    unpackShapes(own!, local);
    const shared = known === 0 ? NO_SHAPES : this.dictionary(dictionary, known);
    const last = head.chunks.at(-1)!;
    const shapes = { shared, known, local };
    const lines = last.line0 + last.lines;
    this.current = { block, digits, refs: unpackRefs(refs!, head.chunks.length, lines, shapes) };
    return this.current;
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
