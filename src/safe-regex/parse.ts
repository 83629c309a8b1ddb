import { DeadairError } from '../platform/errors.js';

/**
 * Parses the regular expressions of rules into a tree. The syntax is what RE2 and JavaScript share, so that a pattern
 * means the same in either engine: no back-references, no look-around. The tree serves three purposes: the estimate of
 * the worst case (cost.ts), the literal texts a match can't do without (literals.ts), and errors with a column.
 */
export type Node =
  /** `text`: the one character it stands for, where that is outside ASCII and has no other case */
  | { kind: 'set'; set: CharSet; text?: string }
  /** `^`, `$`, `\b`, `\B` take no characters; `word`: \b, `notWord`: \B */
  | { kind: 'edge'; word: boolean; notWord: boolean }
  | { kind: 'sequence'; items: Node[] }
  | { kind: 'choice'; branches: Node[] }
  | { kind: 'repeat'; body: Node; min: number; max: number };

/** A set of characters as bits: 0–127 ASCII, 128 every other character. */
export type CharSet = bigint;

export const ANY: CharSet = (1n << 129n) - 1n;
const OTHER = 1n << 128n;

export function singleton(code: number): CharSet {
  return code < 128 ? 1n << BigInt(code) : OTHER;
}

function range(from: number, to: number): CharSet {
  let set = to >= 128 ? OTHER : 0n;
  for (let code = from; code <= Math.min(to, 127); code++) set |= 1n << BigInt(code);
  return set;
}

const DIGIT = range(48, 57);
export const WORD: CharSet = DIGIT | range(65, 90) | range(97, 122) | singleton(95);
const SPACE = range(9, 13) | singleton(32) | OTHER;
const NOT_NEWLINE = ANY & ~singleton(10) & ~singleton(13);
const CLASS_ESCAPES: Record<string, CharSet> = {
  d: DIGIT,
  D: ANY & ~DIGIT,
  w: WORD,
  W: ANY & ~WORD,
  s: SPACE,
  // Other characters hold both spaces and letters: they are in either set.
  S: (ANY & ~SPACE) | OTHER,
};
const CONTROL_ESCAPES: Record<string, number> = { n: 10, r: 13, t: 9, f: 12, v: 11 };

export interface ParsedPattern {
  tree: Node;
  /** Names of the groups, in order. */
  groups: string[];
  /** As JavaScript and re2js both take it: `(?P<x>` rewritten as `(?<x>`. */
  source: string;
}

/** @throws DeadairError rules.invalid with the column (1-based) where the pattern is wrong */
export function parsePattern(source: string): ParsedPattern {
  const normal = source.replaceAll('(?P<', '(?<');
  const parser = new Parser(normal);
  const tree = parser.choice();
  if (!parser.atEnd()) parser.fail('a closing parenthesis without an opening one');
  return { tree, groups: parser.groups, source: normal };
}

class Parser {
  readonly groups: string[] = [];
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  atEnd(): boolean {
    return this.at >= this.text.length;
  }

  fail(what: string): never {
    throw new DeadairError(
      'rules.invalid',
      `The pattern has ${what} at column ${this.at + 1}: ${this.text}`,
      {
        column: this.at + 1,
      },
    );
  }

  choice(): Node {
    const branches = [this.sequence()];
    while (this.text[this.at] === '|') {
      this.at++;
      branches.push(this.sequence());
    }
    return branches.length === 1 ? branches[0]! : { kind: 'choice', branches };
  }

  private sequence(): Node {
    const items: Node[] = [];
    while (!this.atEnd() && this.text[this.at] !== '|' && this.text[this.at] !== ')') {
      items.push(this.repeated());
    }
    return { kind: 'sequence', items };
  }

  private repeated(): Node {
    const atom = this.atom();
    const bounds = this.quantifier();
    if (bounds === undefined) return atom;
    if (this.text[this.at] === '?') this.at++; // lazy: same worst case
    if (this.quantifier() !== undefined) this.fail('a quantifier on a quantifier');
    if (atom.kind === 'edge') this.fail('a quantifier on an anchor');
    return { kind: 'repeat', body: atom, min: bounds[0], max: bounds[1] };
  }

  private quantifier(): [number, number] | undefined {
    const sign = this.text[this.at];
    if (sign === '*' || sign === '+' || sign === '?') {
      this.at++;
      return sign === '*' ? [0, Infinity] : sign === '+' ? [1, Infinity] : [0, 1];
    }
    const braces = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(this.text.slice(this.at, this.at + 12));
    if (braces === null) {
      if (sign === '{') this.fail('a brace that is no quantifier (write \\{)');
      return undefined;
    }
    const min = Number(braces[1]);
    const max = braces[2] === undefined ? min : braces[3] === undefined ? Infinity : Number(braces[3]);
    if (max < min || (max !== Infinity && max > 1000)) this.fail('a quantifier out of range (at most 1000)');
    this.at += braces[0].length;
    return [min, max];
  }

  private atom(): Node {
    const char = this.text[this.at]!;
    this.at++;
    switch (char) {
      case '(':
        return this.group();
      case '[':
        return { kind: 'set', set: this.bracket() };
      case '.':
        return { kind: 'set', set: NOT_NEWLINE };
      case '^':
      case '$':
        return { kind: 'edge', word: false, notWord: false };
      case '\\':
        return this.escape();
      case '*':
      case '+':
      case '?':
        this.at--;
        return this.fail('a quantifier with nothing before it');
      case '{':
        this.at--;
        return this.fail('a brace that is no quantifier (write \\{)');
      default:
        return { kind: 'set', set: this.fold(char), ...(isSymbol(char) ? { text: char } : {}) };
    }
  }

  private group(): Node {
    if (++this.depth > 50) this.fail('groups nested too deeply');
    if (this.text[this.at] === '?') {
      const head = /^\?(?::|<([A-Za-z][A-Za-z0-9_]*)>)/.exec(this.text.slice(this.at, this.at + 64));
      if (head === null)
        this.fail('a group of an unknown kind (look-around and flags are not linear-time syntax)');
      if (head[1] !== undefined) this.groups.push(head[1]);
      this.at += head[0].length;
    }
    const body = this.choice();
    if (this.text[this.at] !== ')') this.fail('a parenthesis that is not closed');
    this.at++;
    this.depth--;
    return body;
  }

  private escape(): Node {
    const char = this.text[this.at];
    if (char === undefined) this.fail('a backslash at its end');
    if (char === 'b' || char === 'B') {
      this.at++;
      return { kind: 'edge', word: char === 'b', notWord: char === 'B' };
    }
    if (/[1-9k]/.test(char)) this.fail('a back-reference (not linear-time)');
    return { kind: 'set', set: this.escapedSet() };
  }

  /** After a backslash: one character or a class of them. */
  private escapedSet(): CharSet {
    const char = this.text[this.at]!;
    const known = CLASS_ESCAPES[char];
    if (known !== undefined) {
      this.at++;
      return known;
    }
    const control = CONTROL_ESCAPES[char];
    if (control !== undefined) {
      this.at++;
      return singleton(control);
    }
    const hex = /^x([0-9A-Fa-f]{2})/.exec(this.text.slice(this.at, this.at + 3));
    if (hex !== null) {
      this.at += 3;
      return singleton(Number.parseInt(hex[1]!, 16));
    }
    if (/[A-Za-z0-9]/.test(char)) this.fail(`an unknown escape \\${char}`);
    this.at++;
    return singleton(char.charCodeAt(0));
  }

  private bracket(): CharSet {
    const negated = this.text[this.at] === '^';
    if (negated) this.at++;
    let set = 0n;
    for (let first = true; ; first = false) {
      const char = this.text[this.at];
      if (char === undefined) this.fail('a bracket that is not closed');
      if (char === ']' && !first) break;
      if (char === '[' && this.text[this.at + 1] === ':') this.fail('a POSIX class (write \\d, \\w, \\s)');
      const from = this.bracketItem();
      const to = this.text[this.at + 1];
      if (this.text[this.at] === '-' && to !== undefined && to !== ']' && from.code !== undefined) {
        this.at++;
        const last = this.bracketItem();
        if (last.code === undefined || last.code < from.code) this.fail('a range in the wrong order');
        set |= range(from.code, last.code);
        set |= foldSet(range(from.code, last.code));
      } else set |= from.set;
    }
    this.at++;
    // A negated set without `other` still matches characters outside ASCII that were not named one by one.
    return negated ? (ANY & ~set) | OTHER : set;
  }

  private bracketItem(): { set: CharSet; code?: number } {
    const char = this.text[this.at]!;
    this.at++;
    if (char !== '\\') return { set: this.fold(char), code: char.charCodeAt(0) };
    const before = this.at;
    const set = this.escapedSet();
    const single = this.at === before + 1 && !/[dDwWsSnrtfv]/.test(this.text[before]!);
    return single ? { set, code: this.text.charCodeAt(before) } : { set };
  }

  /** Both cases: rules match any case unless they say otherwise, and sets too large only make the check stricter. */
  private fold(char: string): CharSet {
    return singleton(char.charCodeAt(0)) | foldSet(singleton(char.charCodeAt(0)));
  }
}

/** Outside ASCII, a whole character, the same in either case: an arrow, a dash. */
function isSymbol(char: string): boolean {
  return /[^\0-\x7f\ud800-\udfff]/.test(char) && char.toLowerCase() === char.toUpperCase();
}

const UPPER = range(65, 90);
const LOWER = range(97, 122);

function foldSet(set: CharSet): CharSet {
  return ((set & UPPER) << 32n) | ((set & LOWER) >> 32n);
}
