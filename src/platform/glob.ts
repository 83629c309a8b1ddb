/** What a pattern's characters mean beside `*`, which stands for anything. */
export interface GlobSyntax {
  /** `?` stands for one character. */
  single?: boolean;
  /** A backslash takes the meaning from the character behind it. */
  escapes?: boolean;
}

/**
 * A pattern of names, case as given. Matched piece by piece from the left, so its time is bounded by the lengths of pattern
 * and text multiplied, whatever the pattern. Rejected: a translation to RegExp; `*a*a*a*a*b` given by a user would run for ever.
 * Paths of files have patterns of their own (collectors/file/glob.ts): there `/`, braces and `{agent}` have a meaning.
 */
export class NameGlob {
  /** Set when the pattern has no wildcard: the one text it matches, for stores that look values up. */
  readonly exact: string | undefined;
  private readonly pieces: Piece[];

  constructor(pattern: string, { single = false, escapes = false }: GlobSyntax = {}) {
    const pieces = [''];
    const wild = [false];
    const symbols = pattern.match(escapes ? /\\.|\*|\?|[^\\*?]+|\\$/gs : /\*|\?|[^*?]+/gs) ?? [];
    for (const symbol of symbols) {
      if (symbol === '*') {
        pieces.push('');
        wild.push(false);
      } else if (symbol === '?' && single) {
        pieces[pieces.length - 1] += ANY_ONE;
        wild[wild.length - 1] = true;
      } else
        pieces[pieces.length - 1] +=
          escapes && symbol.length === 2 && symbol[0] === '\\' ? symbol[1]! : symbol;
    }
    this.pieces = pieces.map((text, i) => ({ text, wild: wild[i]! }));
    this.exact = pieces.length === 1 && !wild[0] ? pieces[0] : undefined;
  }

  matches(text: string): boolean {
    if (this.exact !== undefined) return text === this.exact;
    const { pieces } = this;
    const [first, last] = [pieces[0]!, pieces[pieces.length - 1]!];
    if (pieces.length === 1) return text.length === first.text.length && standsAt(first, text, 0);
    const end = text.length - last.text.length;
    if (end < first.text.length || !standsAt(first, text, 0) || !standsAt(last, text, end)) return false;
    let at = first.text.length;
    for (let i = 1; i < pieces.length - 1; i++) {
      const found = find(pieces[i]!, text, at);
      if (found < 0 || found + pieces[i]!.text.length > end) return false;
      at = found + pieces[i]!.text.length;
    }
    return true;
  }
}

/** Text between stars; `wild`: it holds ANY_ONE. */
interface Piece {
  text: string;
  wild: boolean;
}

/** A code unit that no name holds (a noncharacter of Unicode). */
const ANY_ONE = '\uffff';

function standsAt({ text, wild }: Piece, whole: string, at: number): boolean {
  if (!wild) return whole.startsWith(text, at);
  for (let i = 0; i < text.length; i++) if (text[i] !== ANY_ONE && text[i] !== whole[at + i]) return false;
  return true;
}

function find(piece: Piece, whole: string, from: number): number {
  if (!piece.wild) return whole.indexOf(piece.text, from);
  for (let at = from; at + piece.text.length <= whole.length; at++) if (standsAt(piece, whole, at)) return at;
  return -1;
}
