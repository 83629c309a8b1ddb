import type { Query } from '../../../query/ast.js';
import { compileRegex } from '../../../query/regex.js';
import { FoldedNeedle, isCaseless, TOKEN_BYTES, tokensOf } from '../../../query/tokens.js';
import { ACCESS_FIELDS } from '../../../records/line-fields.js';
import { parsePattern } from '../../../safe-regex/parse.js';
import { lineEnd } from '../line-end.js';
import { MAYBE, NO, type Verdict, YES } from '../verdict.js';
import { HEX_LOWER, HEX_UPPER } from './mask.js';
import type { ReadShapes } from './read-shapes.js';
import { shapePattern, tellsNoDigits, textTree } from './shape-pattern.js';

/** What a query says of shapes: of those of the dictionary, and of those of the block. */
export interface ShapeVerdicts {
  shared: VerdictsOf;
  local: VerdictsOf;
}

/** Each shape of a table is judged when a line of it is met first: a rare word meets few of some ten thousand. */
export class VerdictsOf {
  /** By shape its verdict and 1; 0 where it was not judged yet. */
  private known: Uint8Array;

  constructor(
    private readonly table: ReadShapes,
    private readonly judge: (table: ReadShapes, number: number) => Verdict,
  ) {
    this.known = new Uint8Array(table.count);
  }

  of(number: number): Verdict {
    const known = this.known[number];
    return known ? ((known - 1) as Verdict) : this.judged(number);
  }

  private judged(number: number): Verdict {
    // The table of a day that is being written grows.
    if (number >= this.known.length) {
      const longer = new Uint8Array(this.table.count);
      longer.set(this.known);
      this.known = longer;
    }
    const verdict = this.judge(this.table, number);
    this.known[number] = verdict + 1;
    return verdict;
  }
}

/** A shape while it is judged; one object is reused for all. */
class Shape {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  private table!: ReadShapes;
  private number = 0;
  private decoded: string | undefined;

  set(table: ReadShapes, number: number): void {
    this.table = table;
    this.number = number;
    this.bytes = table.bytes;
    this.start = table.starts[number]!;
    this.end = table.starts[number + 1]!;
    this.decoded = undefined;
  }

  /** Whether it has hexadecimal ids; counted when it is asked for. */
  get hexes(): boolean {
    this.table.measure(this.number);
    return this.table.hexes[this.number]! > 0;
  }

  /** As a line of it, with zeros for its digits and without its end. */
  line(): string {
    return this.bytes.toString('utf8', this.start, lineEnd(this.bytes, this.start, this.end));
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

type ShapeTest = (shape: Shape) => Verdict;

/** Says nothing of any shape. */
const UNTOLD: ShapeTest = () => MAYBE;
/** Asks nothing of the text: decided by what is known beside it. */
const BESIDE: ShapeTest = () => YES;

/**
 * What a query says of the lines of a shape: a scan makes those alone that must be looked at. A dictionary of some thousand shapes is
 * looked through once, not each of its millions of lines.
 */
export class ShapeSieve {
  private readonly known = new WeakMap<ReadShapes, VerdictsOf>();
  private readonly shape = new Shape();

  private constructor(private readonly test: ShapeTest) {}

  /**
   * Its yes holds for lines that fulfil what the query asks of agent, host, file, level and class.
   * @returns undefined where it would say nothing of any
   */
  static for(query: Query): ShapeSieve | undefined {
    const test = testOf(query, true);
    return test === UNTOLD || test === BESIDE ? undefined : new ShapeSieve(test);
  }

  /** @param shared remembered as long as the table lives @param local of one block: what is said of it is not kept here */
  verdicts(shared: ReadShapes, local: ReadShapes): ShapeVerdicts {
    let known = this.known.get(shared);
    if (!known) {
      known = new VerdictsOf(shared, this.judge);
      this.known.set(shared, known);
    }
    return { shared: known, local: new VerdictsOf(local, this.judge) };
  }

  private readonly judge = (table: ReadShapes, number: number): Verdict => {
    // A line that is its own shape keeps its digits.
    if (table.plain[number] === 1) return MAYBE;
    this.shape.set(table, number);
    return this.test(this.shape);
  };
}

/** @param top whether a line that it decides has fulfilled all that it asks beside the text: it stands in no choice */
function testOf(query: Query, top: boolean): ShapeTest {
  switch (query.kind) {
    case 'word':
      return wordTest(query.word, true);
    case 'prefix':
      return wordTest(query.word, false);
    case 'phrase':
      return every([UNTOLD, ...tokensOf(query.text).map(holds)]);
    case 'substring':
      return holds(query.text);
    case 'value':
      return ACCESS_FIELDS.has(query.name.toLowerCase())
        ? UNTOLD
        : every([UNTOLD, holds(query.name.split('.').at(-1)!)]);
    case 'regex':
      return regexTest(query.source, query.ignoreCase);
    case 'and':
      return every(query.parts.map(part => testOf(part, top)));
    case 'or':
      return some(query.parts.map(part => testOf(part, false)));
    case 'not':
      return opposite(testOf(query.part, false));
    case 'field':
      return top && ORIGIN_FIELDS.has(query.field) ? BESIDE : UNTOLD;
    case 'all':
    case 'level':
    case 'class':
      return top ? BESIDE : UNTOLD;
    default:
      return UNTOLD;
  }
}

/** Of these a line's origin tells (planner.ts). */
const ORIGIN_FIELDS = new Set<string>(['agent', 'host', 'path', 'source']);

function every(parts: ShapeTest[]): ShapeTest {
  const tests = parts.filter(test => test !== BESIDE);
  if (tests.length === 0) return parts.length === 0 ? UNTOLD : BESIDE;
  if (tests.every(test => test === UNTOLD)) return UNTOLD;
  return shape => {
    let all: Verdict = YES;
    for (const test of tests) {
      const one = test(shape);
      if (one === NO) return NO;
      if (one === MAYBE) all = MAYBE;
    }
    return all;
  };
}

function some(tests: ShapeTest[]): ShapeTest {
  if (tests.every(test => test === UNTOLD)) return UNTOLD;
  return shape => {
    let any: Verdict = NO;
    for (const test of tests) {
      const one = test(shape);
      if (one === YES) return YES;
      if (one === MAYBE) any = MAYBE;
    }
    return any;
  };
}

function opposite(test: ShapeTest): ShapeTest {
  if (test === UNTOLD) return UNTOLD;
  return shape => {
    const verdict = test(shape);
    return verdict === MAYBE ? MAYBE : verdict === YES ? NO : YES;
  };
}

/** A text in any case. What no id can hold of it is looked for first: in shapes without ids that decides. */
function holds(text: string): ShapeTest {
  if (text === '' || !isCaseless(text)) return UNTOLD;
  const hasDigits = /[0-9]/.test(text);
  const needle = new FoldedNeedle(text.replace(/[0-9]/g, '0'));
  const outside = text.split(/[0-9a-f]+/i).reduce((a, b) => (b.length > a.length ? b : a));
  const part = new FoldedNeedle(outside);
  const inIds = matching(() => shapePattern(textTree(text), true));
  // At a line's end are newlines that nobody looks for; two characters stand for digits in shapes.
  const sure = hasDigits || ['\r', '\n', LOWER, UPPER].some(char => text.includes(char)) ? MAYBE : YES;
  return shape => {
    const { bytes, start, end } = shape;
    if (outside !== '' && part.find(bytes, start, end) < 0) return NO;
    if (outside === text || needle.find(bytes, start, end) >= 0) return sure;
    return shape.hexes && inIds(shape) ? MAYBE : NO;
  };
}

/** @param whole or only its beginning */
function wordTest(word: string, whole: boolean): ShapeTest {
  const test = holds(word);
  // A word that may be, or hold, digits of an id is for the line to tell, and so is what stands by other letters than ASCII's.
  if (!/^[a-z_]*[g-z_][a-z_]*$/i.test(word)) return every([UNTOLD, test]);
  const needle = new FoldedNeedle(word);
  const { length } = word;
  return ({ bytes, start, end }) => {
    let verdict: Verdict = NO;
    for (let at = needle.find(bytes, start, end); at >= 0; at = needle.find(bytes, at + 1, end)) {
      const before = at === start ? 0 : NEIGHBOURS[bytes[at - 1]!]!;
      const after = at + length === end || !whole ? 0 : NEIGHBOURS[bytes[at + length]!]!;
      if ((before | after) === 0) return YES;
      if (((before | after) & WORD_PART) === 0) verdict = MAYBE;
    }
    return verdict;
  };
}

/** Of each byte of a shape: whether a word goes on with it; what only the line's characters tell. */
const WORD_PART = 1;
const OTHER_LETTER = 2;
const NEIGHBOURS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x80 ? OTHER_LETTER : TOKEN_BYTES[byte] || byte === HEX_LOWER || byte === HEX_UPPER ? WORD_PART : 0,
);

function regexTest(source: string, ignoreCase: boolean): ShapeTest {
  const { tree } = parsePattern(source);
  const matches = matching(() => shapePattern(tree, ignoreCase));
  const { literals, test } = compileRegex(source, ignoreCase);
  const texts = literals && some(literals.map(holds));
  const alike = tellsNoDigits(tree);
  return shape => {
    if (texts?.(shape) === NO || !matches(shape)) return NO;
    if (!alike || shape.hexes) return MAYBE;
    return test(shape.line()) ? YES : NO;
  };
}

/** Made when the first shape comes: most searches for a rare word end before. */
function matching(pattern: () => (shape: string) => boolean): (shape: Shape) => boolean {
  let matches: ((shape: string) => boolean) | undefined;
  return shape => {
    matches ??= pattern();
    return matches(shape.text());
  };
}
