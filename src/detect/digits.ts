import { DIGITS, type DigitDemand, LINE_EDGE, LONGEST_DEMAND } from '../safe-regex/digits.js';
import { withoutNewline } from './shape.js';

/** What a line's edge is in the tables of what may stand beside digits. */
const EDGE = 256;
const ZERO = 48;
/** Demands that a small number tells of, a bit each. */
const BITS = 30;

interface Demand {
  digits: readonly number[];
  /** The same as text. */
  key: string;
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
      key: digits.join(),
      after: tableOf(after),
      withinBefore: holdsDigits(before),
      withinAfter: holdsDigits(after),
    }));
  }
}

/**
 * Reads from lines of one shape which demands their numbers meet: `errno 110`, `status 503`, `0 errors`. Lines of that shape in
 * which the same ones are met at the same places are matched by the same patterns at the same places (safe-regex/digits.ts).
 */
export class DigitReader {
  /** Of each place where a demand can be met, from the line's beginning: the place, how many digits, a mask for each. */
  private readonly checks: Int32Array;
  /** Of checks for the beginning alone of a demand: the rest of the run, whose digits may all tell where it is met. */
  private readonly rests: Map<number, readonly [from: number, to: number]>;
  private readonly count: number;

  /** @param bytes [from, to) is a line of that shape: what stands beside its numbers tells where demands can be met */
  constructor(demands: readonly DemandPlaces[], bytes: Uint8Array, from: number, to: number) {
    const checks = checksOf(demands, bytes, from, withoutNewline(bytes, from, to));
    this.checks = Int32Array.from(checks.flatMap(({ at, digits }) => [at, digits.length, ...digits]));
    this.count = checks.length;
    this.rests = new Map(
      checks.flatMap(({ at, digits, end }, index) =>
        digits.length === LONGEST_DEMAND && at + LONGEST_DEMAND < end
          ? [[index, [at + LONGEST_DEMAND, end]] as const]
          : [],
      ),
    );
  }

  /** Digits make no difference. */
  get isIdle(): boolean {
    return this.count === 0;
  }

  /** @returns what is met in the line that begins at `from`: the same for the same demands at the same places */
  read(bytes: Uint8Array, from: number): number | string {
    if (this.count > BITS || this.rests.size > 0) return this.spelled(bytes, from);
    const { checks } = this;
    const { length } = checks;
    let met = 0;
    let bit = 1;
    for (let at = 0; at < length; bit <<= 1) {
      let place = from + checks[at]!;
      const end = at + 2 + checks[at + 1]!;
      at += 2;
      while (at < end && ((checks[at]! >> (bytes[place]! - ZERO)) & 1) === 1) {
        at++;
        place++;
      }
      if (at === end) met |= bit;
      at = end;
    }
    return met;
  }

  private spelled(bytes: Uint8Array, from: number): string {
    const { checks, rests } = this;
    let met = '';
    for (let at = 0, check = 0; at < checks.length; check++) {
      const place = from + checks[at]!;
      const length = checks[at + 1]!;
      let i = 0;
      while (i < length && ((checks[at + 2 + i]! >> (bytes[place + i]! - ZERO)) & 1) === 1) i++;
      at += 2 + length;
      if (i < length) continue;
      met += `${check} `;
      const rest = rests.get(check);
      if (rest) for (let digit = rest[0]; digit < rest[1]; digit++) met += bytes[from + digit]! - ZERO;
    }
    return met;
  }
}

/** A demand that what stands beside it agrees to, digits aside. Places are from the line's beginning. */
interface Check {
  at: number;
  digits: readonly number[];
  /** Where the run of digits ends. */
  end: number;
}

/** Each once: demands that differ in their surroundings alone are the same where these are known. */
function checksOf(patterns: readonly DemandPlaces[], bytes: Uint8Array, from: number, end: number): Check[] {
  const checks = new Map<string, Check>();
  for (let at = from; at < end; at++) {
    if (!isDigit(bytes[at]!)) continue;
    const begin = at;
    while (at < end && isDigit(bytes[at]!)) at++;
    const before = begin > from ? bytes[begin - 1]! : EDGE;
    const after = at < end ? bytes[at]! : EDGE;
    for (const { demands } of patterns)
      for (const demand of demands)
        for (const place of placesOf(demand, before, begin - from, at - from, after))
          checks.set(`${place} ${demand.key}`, { at: place, digits: demand.digits, end: at - from });
  }
  return [...checks.values()];
}

/** Where in the run [from, to) between these two bytes the demand can be met. What may be a digit beside it may be any. */
function placesOf(demand: Demand, before: number, from: number, to: number, after: number): number[] {
  const places: number[] = [];
  const last = to - demand.digits.length;
  for (let at = from; at <= last; at++) {
    const first = at === from;
    if (first ? demand.before[before] === 0 : !demand.withinBefore) {
      if (!demand.withinBefore) break;
      continue;
    }
    if (at === last ? demand.after[after] === 0 : !demand.withinAfter) continue;
    places.push(at);
  }
  return places;
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
