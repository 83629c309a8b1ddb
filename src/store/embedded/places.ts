import type { Origin } from './messages.js';
import { pieceOf, type Unit } from './unit.js';

/** Where a line stands among lines of one time: the order of results goes on with source and offset. */
export interface Place {
  source: string;
  offset: number;
}

export interface PlaceRange {
  /** No line stands before it. */
  least: Place;
  /** Every line stands before it. */
  most: Place;
}

export function comparePlaces(a: Place, b: Place): number {
  if (a.source !== b.source) return a.source < b.source ? -1 : 1;
  return a.offset - b.offset;
}

/** Between which places a chunk's lines stand, for each source, told by its pieces: its text is not looked at. */
export function placesOfChunk(unit: Unit, index: number, originOf: (id: number) => Origin): PlaceRange[] {
  const { line0, lines, rawLength } = unit.chunks[index]!;
  return placesOf(unit, line0, line0 + lines, rawLength, originOf);
}

/** The same of all its chunks. */
export function placesOfUnit(unit: Unit, originOf: (id: number) => Origin): PlaceRange[] {
  const length = unit.chunks.reduce((sum, chunk) => sum + chunk.rawLength, 0);
  return placesOf(unit, 0, unit.lines, length, originOf);
}

export function leastOf(ranges: PlaceRange[]): Place {
  return ranges.reduce(
    (least, { least: one }) => (comparePlaces(one, least) < 0 ? one : least),
    ranges[0]!.least,
  );
}

export function mostOf(ranges: PlaceRange[]): Place {
  return ranges.reduce((most, { most: one }) => (comparePlaces(one, most) > 0 ? one : most), ranges[0]!.most);
}

function placesOf(
  { pieces }: Unit,
  line0: number,
  end: number,
  length: number,
  originOf: (id: number) => Origin,
): PlaceRange[] {
  const ranges: PlaceRange[] = [];
  let last = -1;
  for (let piece = pieceOf(pieces, line0); piece < pieces.count && pieces.line0[piece]! < end; piece++) {
    const origin = pieces.origin[piece]!;
    const offset = pieces.base[piece]!;
    // A piece is at most as long as all the text; pieces of a file lie in its order.
    if (origin === last) ranges.at(-1)!.most.offset = offset + length;
    else {
      const { source } = originOf(origin);
      ranges.push({ least: { source, offset }, most: { source, offset: offset + length } });
      last = origin;
    }
  }
  return ranges;
}
