import type { Packings } from '../codec.js';
import { packShapes } from './shape-codec.js';
import { ShapeTable } from './shape-table.js';

/** A dictionary ends when it is full, so that what a reader keeps in memory, and what one lost row takes along, is bounded. */
const MAX_SHAPES = 16_384;
const MAX_BYTES = 2 * 1024 * 1024;
export const MAX_BLOCKS = 128;
/** Longer lines stay in their block. */
const MAX_LENGTH = 4096;
/** Hashes of shapes met once; beyond it they are forgotten. */
const MAX_SEEN = 1 << 16;

/** What a block adds to a dictionary. */
export interface ShapePart {
  dictionary: number;
  /** Rising within the dictionary. */
  part: number;
  body: Buffer;
}

/** The dictionary that the blocks of a day share while they are written: shapes that were met twice. */
export class SharedShapes {
  table = new ShapeTable();
  private readonly seen = new Set<number>();
  /** Shapes that were handed out by `added`. */
  private known = 0;

  /** @param id of the dictionary that is open @param blocks that it has */
  constructor(
    public id = 1,
    private blocks = 0,
  ) {}

  /** After the table was filled from the file. */
  restored(): void {
    this.known = this.table.count;
  }

  /** Begins a block, with the next dictionary where this one is full. */
  begin(): void {
    const { count, bytes } = this.table;
    if (this.blocks < MAX_BLOCKS && count < MAX_SHAPES && bytes + MAX_LENGTH < MAX_BYTES) return;
    this.id++;
    this.table = new ShapeTable();
    this.blocks = 0;
    this.known = 0;
  }

  /**
   * Takes a shape that the dictionary has not, if it was met before.
   * @param met how often in this block
   * @returns its number, or undefined where it stays in its block
   */
  offer(from: ShapeTable, number: number, example: Uint8Array, met: number): number | undefined {
    const { table, seen } = this;
    const hash = from.hashOf(number);
    const { length } = example;
    if (length > MAX_LENGTH || table.count >= MAX_SHAPES || table.bytes + length > MAX_BYTES)
      return undefined;
    if (met < 2 && !seen.has(hash)) {
      if (seen.size >= MAX_SEEN) seen.clear();
      seen.add(hash);
      return undefined;
    }
    return table.add(hash, from.shapeOf(number), example, from.plain[number] === 1);
  }

  /** Ends a block: what it has added, or undefined. */
  added(packings: Packings): ShapePart | undefined {
    const { count } = this.table;
    const part = this.blocks++;
    if (count === this.known) return undefined;
    const numbers = Array.from({ length: count - this.known }, (_, i) => this.known + i);
    this.known = count;
    return { dictionary: this.id, part, body: packShapes(this.table, numbers, true, packings) };
  }
}
