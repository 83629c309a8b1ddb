import { FoldedNeedle } from '../../../query/tokens.js';
import type { ShapeTable } from './shape-table.js';

/** Of the lines of which shapes nothing is wanted: by number, 1 where it is. */
export interface WantedShapes {
  shared: Uint8Array;
  local: Uint8Array;
}

/**
 * Which shapes may hold one of some texts: a scan for them makes only the lines of those. A dictionary of some thousand shapes is
 * looked through once, not each of its millions of lines.
 */
export class ShapeSieve {
  private readonly needles: FoldedNeedle[];
  private readonly known = new WeakMap<ShapeTable, Uint8Array>();

  /** @param texts of which each wanted line holds at least one, in any case */
  constructor(texts: readonly string[]) {
    this.needles = texts.map(text => new FoldedNeedle(text.replace(/[0-9]/g, '0')));
  }

  wanted(shared: ShapeTable, local: ShapeTable): WantedShapes {
    return { shared: this.of(shared), local: this.of(local) };
  }

  private of(table: ShapeTable): Uint8Array {
    const known = this.known.get(table);
    if (known && known.length >= table.count) return known;
    const wanted = new Uint8Array(table.count);
    if (known) wanted.set(known);
    const { text, starts, lengths, hexes, plain } = table;
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    for (let shape = known?.length ?? 0; shape < table.count; shape++) {
      const start = starts[shape]!;
      // The letters of a text may be digits of an id, and a line that is its own shape keeps its digits.
      wanted[shape] =
        hexes[shape]! > 0 || plain[shape] === 1 || this.holds(bytes, start, start + lengths[shape]!) ? 1 : 0;
    }
    this.known.set(table, wanted);
    return wanted;
  }

  private holds(bytes: Buffer, from: number, to: number): boolean {
    return this.needles.some(needle => needle.find(bytes, from, to) >= 0);
  }
}
