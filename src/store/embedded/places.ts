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

/** Between which places a chunk's lines stand, told by its pieces: its text is not looked at. */
export function placesOfChunk(unit: Unit, index: number, originOf: (id: number) => Origin): PlaceRange {
  const { line0, lines, rawLength } = unit.chunks[index]!;
  return placesOf(unit, line0, line0 + lines, rawLength, originOf);
}

/** The same of all its chunks. */
export function placesOfUnit(unit: Unit, originOf: (id: number) => Origin): PlaceRange {
  const length = unit.chunks.reduce((sum, chunk) => sum + chunk.rawLength, 0);
  return placesOf(unit, 0, unit.lines, length, originOf);
}

function placesOf(
  { pieces }: Unit,
  line0: number,
  end: number,
  length: number,
  originOf: (id: number) => Origin,
): PlaceRange {
  let least: Place | undefined;
  let most: Place | undefined;
  for (let piece = pieceOf(pieces, line0); piece < pieces.count && pieces.line0[piece]! < end; piece++) {
    const place = { source: originOf(pieces.origin[piece]!).source, offset: pieces.base[piece]! };
    if (!least || comparePlaces(place, least) < 0) least = place;
    if (!most || comparePlaces(place, most) > 0) most = place;
  }
  // A piece is at most as long as all the text.
  return { least: least!, most: { source: most!.source, offset: most!.offset + length } };
}
