import { DeadairError } from '../../platform/errors.js';
import { releaseMemory } from '../../platform/release.js';
import type { BlockHead } from './block-format.js';
import { unpackAll } from './codec.js';
import { splitFrames } from './frames.js';
import { SHAPE_ROWS, shapeRow } from './schema.js';
import {
  type BlockRefs,
  type ChunkLines,
  chunkVerdicts,
  openRefs,
  readRefs,
  unpackChunk,
} from './text/line-unpacker.js';
import { ReadShapes } from './text/read-shapes.js';
import { openShapes, readShapes } from './text/shape-codec.js';
import type { ShapeSieve, ShapeVerdicts } from './text/shape-sieve.js';

/** A dictionary, as far as it was read. */
export interface Dictionary {
  table: ReadShapes;
  parts: number;
}

/** A part of a dictionary as it lies in the file. */
interface ShapesRow {
  id: number;
  body: Uint8Array;
}

/** Rows of a day's file. */
export interface TextRows {
  texts(block: number): Uint8Array;
  /** Parts of dictionaries in rows from `first` until before `end`. */
  shapes(first: number, end: number): ShapesRow[];
  /** What is kept of a dictionary, and keeping it. */
  held(dictionary: number): Dictionary | undefined;
  keep(number: number, dictionary: Dictionary): void;
}

const NO_SHAPES = new ReadShapes();

/** A block as it is read: what all chunks need is unpacked, digits as they are asked for. */
interface OpenBlock {
  block: number;
  refs: BlockRefs;
  digits: Uint8Array[];
  unpacked: (Uint8Array | undefined)[];
  /** The chunk whose digits were asked for last, and of how many they were. */
  asked: number;
  used: number;
  /** What the unpacked lies in; nobody else uses it. */
  memory: Uint8Array[];
  /** Who asked last what is said of its shapes, and what that is. */
  sieve?: ShapeSieve;
  verdicts?: ShapeVerdicts;
}

/** Reads the lines of blocks (text/). Of the block that was read last all is held: a scan goes on with its next chunk. */
export class BlockTexts {
  private current: OpenBlock | undefined;
  /** Of the block before, the digits of all chunks were asked for: a scan will want those of the next one, too. */
  private digitsWanted = false;
  /** The own shapes of the block that is open. */
  private readonly local = new ReadShapes();

  constructor(
    private readonly rows: TextRows,
    private readonly file: string,
  ) {}

  /** As BlockFile.verdicts. */
  verdicts(block: number, index: number, head: BlockHead, sieve: ShapeSieve): Uint8Array {
    const open = this.open(block, head);
    const { shapes } = open.refs;
    if (sieve !== open.sieve || !open.verdicts) {
      open.sieve = sieve;
      open.verdicts = sieve.verdicts(shapes.shared, shapes.local);
    }
    return chunkVerdicts(head.chunks[index]!, open.refs, open.verdicts);
  }

  /** As BlockFile.chunkLines. */
  lines(
    block: number,
    index: number,
    head: BlockHead,
    times: () => Float64Array,
    verdicts: Uint8Array | undefined,
  ): ChunkLines {
    const open = this.open(block, head);
    return unpackChunk(() => digitsOf(open, index), index, head.chunks[index]!, open.refs, times, verdicts);
  }

  private open(block: number, head: BlockHead): OpenBlock {
    if (this.current?.block === block) return this.current;
    this.letGo();
    const { dictionary, known } = head.shapes!;
    const row = this.rows.texts(block);
    const [own, body, ...digits] = splitFrames(row);
    const shapes = readShapes(own!);
    const refs = readRefs(body!, head.chunks.length, known + shapes.count);
    const packed = [...shapes.blobs, ...refs.blobs];
    const { contents, memory } = unpackAll(this.digitsWanted ? [...packed, ...digits] : packed);
    const { local } = this;
    local.clear();
    local.add([openShapes(shapes, contents.slice(0, shapes.blobs.length))]);
    const shared = known === 0 ? NO_SHAPES : this.dictionary(dictionary, known);
    const last = head.chunks.at(-1)!;
    this.current = {
      block,
      refs: openRefs(refs, contents.slice(shapes.blobs.length, packed.length), last.line0 + last.lines, {
        shared,
        known,
        local,
      }),
      digits,
      unpacked: contents.slice(packed.length),
      asked: -1,
      used: 0,
      memory: memory ? [row, memory] : [row],
    };
    return this.current;
  }

  /** Of what a scan of everything unpacks, nothing is left to the garbage collector. */
  private letGo(): void {
    const { current } = this;
    this.digitsWanted = current !== undefined && current.used === current.digits.length;
    this.current = undefined;
    for (const memory of current?.memory ?? []) releaseMemory(memory);
  }

  /** A dictionary with at least so many shapes. */
  private dictionary(number: number, known: number): ReadShapes {
    const held = this.rows.held(number) ?? { table: new ReadShapes(), parts: 0 };
    const { table } = held;
    if (table.count >= known) return table;
    const first = shapeRow(number, 0, 0);
    const rows = this.rows.shapes(first + held.parts, shapeRow(number, 0, 1));
    const last = rows.at(-1);
    try {
      addShapes(rows, table);
      if (last) held.parts = last.id - first + 1;
    } catch {
      // A part is damaged: one by one, with its spare.
      for (const row of rows) {
        addShapes([this.sound(row)], table);
        held.parts = row.id - first + 1;
      }
    }
    this.rows.keep(number, held);
    if (table.count < known)
      throw new DeadairError('store.damaged', 'Shapes of its lines are missing.', { subject: this.file });
    return table;
  }

  /** A part of a dictionary, or its spare where it is damaged. */
  private sound(row: ShapesRow): ShapesRow {
    try {
      addShapes([row], new ReadShapes());
      return row;
    } catch (thrown) {
      const spare = row.id + SHAPE_ROWS / 2;
      const [other] = this.rows.shapes(spare, spare + 1);
      if (!other) throw thrown;
      return other;
    }
  }
}

/** Adds all of them, or none where one is damaged. */
function addShapes(rows: readonly ShapesRow[], into: ReadShapes): void {
  const parts = rows.map(({ body }) => readShapes(body));
  const { contents, memory } = unpackAll(parts.flatMap(({ blobs }) => blobs));
  let at = 0;
  into.add(
    parts.map(part => {
      at += part.blobs.length;
      return openShapes(part, contents.slice(at - part.blobs.length, at));
    }),
  );
  if (memory) releaseMemory(memory);
}

/** A chunk's digits; with those of the chunks after it where chunks are read one after the other. */
function digitsOf(open: OpenBlock, index: number): Uint8Array {
  const { digits, unpacked, asked } = open;
  if (index !== asked) open.used++;
  open.asked = index;
  const known = unpacked[index];
  if (known) return known;
  const end = index === asked + 1 ? digits.length : index + 1;
  const { contents, memory } = unpackAll(digits.slice(index, end));
  for (const [i, content] of contents.entries()) unpacked[index + i] = content;
  if (memory) open.memory.push(memory);
  return unpacked[index]!;
}
