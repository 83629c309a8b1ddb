import { foldAscii } from './tokens.js';

/**
 * A field's pattern: `*` stands for anything, `\*` and `\\` for the characters, case doesn't matter. Matched piece by
 * piece from the left, which is linear for any pattern.
 */
export class Glob {
  /** Set when the pattern has no wildcard: the folded value it equals, for stores that look values up. */
  readonly exact: string | undefined;
  private readonly pieces: string[] = [''];

  constructor(pattern: string) {
    for (const piece of foldAscii(pattern).match(/\\.|\*|[^\\*]+|\\$/gs) ?? []) {
      if (piece === '*') this.pieces.push('');
      else this.pieces[this.pieces.length - 1] += piece.length === 2 && piece[0] === '\\' ? piece[1]! : piece;
    }
    this.exact = this.pieces.length === 1 ? this.pieces[0] : undefined;
  }

  matches(value: string): boolean {
    const text = foldAscii(value);
    const { pieces } = this;
    if (this.exact !== undefined) return text === this.exact;
    const first = pieces[0]!;
    const last = pieces[pieces.length - 1]!;
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false;
    const end = text.length - last.length;
    let at = first.length;
    for (let i = 1; i < pieces.length - 1; i++) {
      const found = text.indexOf(pieces[i]!, at);
      if (found < 0 || found + pieces[i]!.length > end) return false;
      at = found + pieces[i]!.length;
    }
    return true;
  }
}

/** A pattern that matches this text and nothing else. */
export function literal(text: string): string {
  return text.replace(/[\\*]/g, '\\$&');
}
