import { NameGlob } from '../platform/glob.js';
import { foldAscii } from './tokens.js';

/** A field's pattern: `*` stands for anything, `\*` and `\\` for the characters, case doesn't matter. */
export class Glob {
  private readonly folded: NameGlob;

  constructor(pattern: string) {
    this.folded = new NameGlob(foldAscii(pattern), { escapes: true });
  }

  /** Set when the pattern has no wildcard: the folded value it equals, for stores that look values up. */
  get exact(): string | undefined {
    return this.folded.exact;
  }

  matches(value: string): boolean {
    return this.folded.matches(foldAscii(value));
  }
}

/** A pattern that matches this text and nothing else. */
export function literal(text: string): string {
  return text.replace(/[\\*]/g, '\\$&');
}
