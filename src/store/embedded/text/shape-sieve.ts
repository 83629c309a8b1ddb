import type { Query } from '../../../query/ast.js';
import { compileRegex } from '../../../query/regex.js';
import { FoldedNeedle, isCaseless, tokensOf } from '../../../query/tokens.js';
import { ACCESS_FIELDS } from '../../../records/line-fields.js';
import { parsePattern } from '../../../safe-regex/parse.js';
import { HEX_LOWER, HEX_UPPER } from './mask.js';
import { shapePattern, textTree } from './shape-pattern.js';
import type { ShapeTable } from './shape-table.js';

/** Of which shapes lines are wanted: those of the dictionary, and those of the block. */
export interface WantedShapes {
  shared: WantedOf;
  local: WantedOf;
}

const WANTED = 1;
const PASSED_OVER = 2;

/** Each shape of a table is judged when a line of it is met first: a rare word meets few of some ten thousand. */
export class WantedOf {
  private known: Uint8Array;

  constructor(
    private readonly table: ShapeTable,
    private readonly judge: (table: ShapeTable, number: number) => boolean,
  ) {
    this.known = new Uint8Array(table.count);
  }

  has(number: number): boolean {
    const known = this.known[number];
    return known === WANTED || (known !== PASSED_OVER && this.judged(number));
  }

  private judged(number: number): boolean {
    // The table of a day that is being written grows.
    if (number >= this.known.length) {
      const longer = new Uint8Array(this.table.count);
      longer.set(this.known);
      this.known = longer;
    }
    const wanted = this.judge(this.table, number);
    this.known[number] = wanted ? WANTED : PASSED_OVER;
    return wanted;
  }
}

/** A shape while it is judged; one object is reused for all. */
class Shape {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  hexes = false;
  private decoded: string | undefined;

  set(bytes: Buffer, start: number, end: number, hexes: boolean): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.hexes = hexes;
    this.decoded = undefined;
  }

  /** As shapePattern writes them. */
  text(): string {
    if (this.decoded !== undefined) return this.decoded;
    const text = this.bytes.toString('utf8', this.start, this.end);
    this.decoded = this.hexes ? text.replaceAll(LOWER, 'a').replaceAll(UPPER, 'A') : text;
    return this.decoded;
  }
}

const LOWER = String.fromCharCode(HEX_LOWER);
const UPPER = String.fromCharCode(HEX_UPPER);

type ShapeTest = (shape: Shape) => boolean;

/**
 * Which shapes may be those of lines that match a query: a scan makes only the lines of those. A dictionary of some thousand shapes
 * is looked through once, not each of its millions of lines.
 */
export class ShapeSieve {
  private readonly known = new WeakMap<ShapeTable, WantedOf>();
  private readonly shape = new Shape();

  private constructor(private readonly test: ShapeTest) {}

  /** @returns undefined where all shapes would pass */
  static for(query: Query): ShapeSieve | undefined {
    const test = testOf(query);
    return test && new ShapeSieve(test);
  }

  wanted(shared: ShapeTable, local: ShapeTable): WantedShapes {
    return { shared: this.of(shared), local: this.of(local) };
  }

  private of(table: ShapeTable): WantedOf {
    let known = this.known.get(table);
    if (!known) {
      known = new WantedOf(table, this.judge);
      this.known.set(table, known);
    }
    return known;
  }

  private readonly judge = ({ text, starts, lengths, hexes, plain }: ShapeTable, number: number): boolean => {
    // A line that is its own shape keeps its digits.
    if (plain[number] === 1) return true;
    const start = starts[number]!;
    const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    this.shape.set(bytes, start, start + lengths[number]!, hexes[number]! > 0);
    return this.test(this.shape);
  };
}

/** A necessary condition: undefined where none can be named. */
function testOf(query: Query): ShapeTest | undefined {
  switch (query.kind) {
    case 'word':
    case 'prefix':
      return holds(query.word);
    case 'phrase':
      return every(tokensOf(query.text).map(holds));
    case 'substring':
      return holds(query.text);
    case 'value':
      return ACCESS_FIELDS.has(query.name.toLowerCase()) ? undefined : holds(query.name.split('.').at(-1)!);
    case 'regex': {
      const { source, ignoreCase } = query;
      const matches = matching(() => shapePattern(parsePattern(source).tree, ignoreCase));
      const texts = compileRegex(source, ignoreCase).literals?.map(holds);
      if (!texts || texts.includes(undefined)) return matches;
      return shape => texts.some(holdsIt => holdsIt!(shape)) && matches(shape);
    }
    case 'and':
      return every(query.parts.map(testOf));
    case 'or': {
      const tests = query.parts.map(testOf);
      if (tests.includes(undefined)) return undefined;
      return shape => tests.some(test => test!(shape));
    }
    default:
      return undefined;
  }
}

function every(parts: (ShapeTest | undefined)[]): ShapeTest | undefined {
  const tests = parts.filter(test => test !== undefined);
  return tests.length === 0 ? undefined : shape => tests.every(test => test(shape));
}

/** A text in any case. In shapes without ids it is found by its bytes, in others what no id can hold of it is. */
function holds(text: string): ShapeTest | undefined {
  if (text === '' || !isCaseless(text)) return undefined;
  const needle = new FoldedNeedle(text.replace(/[0-9]/g, '0'));
  const outside = text.split(/[0-9a-f]+/i).reduce((a, b) => (b.length > a.length ? b : a));
  const part = new FoldedNeedle(outside);
  const inIds = matching(() => shapePattern(textTree(text), true));
  return shape => {
    const { bytes, start, end } = shape;
    if (!shape.hexes) return needle.find(bytes, start, end) >= 0;
    if (outside !== '' && part.find(bytes, start, end) < 0) return false;
    return outside === text || inIds(shape);
  };
}

/** Made when the first shape comes: most searches for a rare word end before. */
function matching(pattern: () => (shape: string) => boolean): ShapeTest {
  let matches: ((shape: string) => boolean) | undefined;
  return shape => {
    matches ??= pattern();
    return matches(shape.text());
  };
}
