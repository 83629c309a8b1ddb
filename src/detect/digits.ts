import { DIGITS, type DigitDemand, LINE_EDGE } from '../safe-regex/digits.js';
import { withoutNewline } from './shape.js';

/** What a line's edge is in the tables of what may stand beside digits. */
const EDGE = 256;

interface Demand {
  digits: readonly number[];
  /** By byte, or EDGE. */
  before: Uint8Array;
  after: Uint8Array;
  /** Whether a digit may stand beside it. */
  withinBefore: boolean;
  withinAfter: boolean;
}

/** Demands of one pattern, ready to be looked for. */
export class DemandPlaces {
  readonly demands: readonly Demand[];

  constructor(demands: Iterable<DigitDemand>) {
    const distinct = new Map([...demands].map(one => [JSON.stringify(one), one]));
    this.demands = [...distinct.values()].map(({ before, digits, after }) => ({
      before: tableOf(before),
      digits,
      after: tableOf(after),
      withinBefore: holdsDigits(before),
      withinAfter: holdsDigits(after),
    }));
  }
}

/** A run of digits in which a demand may be met. */
interface Place {
  /** From the line's beginning. */
  from: number;
  to: number;
  checks: Check[];
}

/** A demand that what stands beside the run agrees to. */
interface Check {
  /** From the line's beginning. */
  at: number;
  digits: readonly number[];
  /** Of what stands beside it within the run. */
  before: Uint8Array | undefined;
  after: Uint8Array | undefined;
}

/**
 * Reads from lines of one shape the numbers that make a difference: `errno 110`, `status 503`, `0 errors`. Lines of that shape
 * with the same such numbers are matched by the same patterns at the same places (safe-regex/digits.ts).
 */
export class DigitReader {
  private readonly places: readonly Place[];

  /** @param bytes [from, to) is a line of that shape: what stands beside its numbers tells where demands can be met */
  constructor(demands: readonly DemandPlaces[], bytes: Uint8Array, from: number, to: number) {
    this.places = placesOf(demands, bytes, from, withoutNewline(bytes, from, to));
  }

  /** Digits make no difference. */
  get isIdle(): boolean {
    return this.places.length === 0;
  }

  /** @returns those numbers of the line that begins at `from`, each with its place */
  read(bytes: Uint8Array, from: number): string {
    let told = '';
    for (const place of this.places) {
      if (!isMetIn(place, bytes, from)) continue;
      told += `${place.from}:`;
      for (let at = place.from; at < place.to; at++) told += bytes[from + at]! - 48;
    }
    return told;
  }
}

function placesOf(patterns: readonly DemandPlaces[], bytes: Uint8Array, from: number, end: number): Place[] {
  const places: Place[] = [];
  for (let at = from; at < end; at++) {
    if (!isDigit(bytes[at]!)) continue;
    const begin = at;
    while (at < end && isDigit(bytes[at]!)) at++;
    const before = begin > from ? bytes[begin - 1]! : EDGE;
    const after = at < end ? bytes[at]! : EDGE;
    const checks: Check[] = [];
    for (const { demands } of patterns)
      for (const demand of demands) checks.push(...checksOf(demand, before, begin - from, at - from, after));
    if (checks.length > 0) places.push({ from: begin - from, to: at - from, checks });
  }
  return places;
}

/** Where in the run [from, to) between these two bytes the demand can be met, digits aside. */
function checksOf(demand: Demand, before: number, from: number, to: number, after: number): Check[] {
  const { digits } = demand;
  const checks: Check[] = [];
  const last = to - digits.length;
  for (let at = from; at <= last; at++) {
    const first = at === from;
    if (first ? demand.before[before] === 0 : !demand.withinBefore) {
      if (!demand.withinBefore) break;
      continue;
    }
    if (at === last ? demand.after[after] === 0 : !demand.withinAfter) continue;
    checks.push({
      at,
      digits,
      before: first ? undefined : demand.before,
      after: at === last ? undefined : demand.after,
    });
  }
  return checks;
}

function isMetIn({ checks }: Place, bytes: Uint8Array, from: number): boolean {
  for (const { at, digits, before, after } of checks) {
    const begin = from + at;
    let i = 0;
    while (i < digits.length && ((digits[i]! >> (bytes[begin + i]! - 48)) & 1) === 1) i++;
    if (i < digits.length) continue;
    if (before !== undefined && before[bytes[begin - 1]!] === 0) continue;
    if (after !== undefined && after[bytes[begin + i]!] === 0) continue;
    return true;
  }
  return false;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function holdsDigits(hexadecimal: string): boolean {
  return (BigInt(`0x${hexadecimal}`) & DIGITS) !== 0n;
}

/** By byte. Every byte of a character outside ASCII stands for what is outside ASCII. */
function tableOf(hexadecimal: string): Uint8Array {
  const set = BigInt(`0x${hexadecimal}`);
  const table = new Uint8Array(EDGE + 1);
  for (let byte = 0; byte < 256; byte++) table[byte] = Number((set >> BigInt(Math.min(byte, 128))) & 1n);
  table[EDGE] = (set & LINE_EDGE) === 0n ? 0 : 1;
  return table;
}
