import { wordForm } from './word-rules.js';

/**
 * What a word is, for indexes, stores and the reference matcher alike: a run of ASCII letters, digits and underscore, and of
 * the letters of all other scripts (word-rules.ts), whatever their case. These tables are for bytes in that form, where every
 * byte from 0x80 belongs to a word; a text of plain ASCII is in it already.
 */
const TOKEN = new Uint8Array(256);
const FOLD = new Uint8Array(256);
for (let byte = 0; byte < 256; byte++) {
  const upper = byte >= 0x41 && byte <= 0x5a;
  const lower = byte >= 0x61 && byte <= 0x7a;
  const digit = byte >= 0x30 && byte <= 0x39;
  TOKEN[byte] = upper || lower || digit || byte === 0x5f || byte >= 0x80 ? 1 : 0;
  FOLD[byte] = upper ? byte | 0x20 : byte;
}

/** 1 for bytes that belong to words. */
export const TOKEN_BYTES: Readonly<Uint8Array> = TOKEN;
/** ASCII lower case; other bytes as they are. */
export const FOLDED_BYTES: Readonly<Uint8Array> = FOLD;

/** ASCII lower case only. Names of agents, hosts and files are compared so. */
export function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, upper => upper.toLowerCase());
}

const NOT_ASCII = /[^\0-\x7f]/;

export function isAsciiText(text: string): boolean {
  return !NOT_ASCII.test(text);
}

/** The folded words of a text, in order. */
export function tokensOf(text: string): string[] {
  const form = isAsciiText(text) ? foldAscii(text) : wordForm(text);
  return form.match(/[0-9a-z_\u0080-\uffff]+/g) ?? [];
}

/** The word as an index holds it. */
export function foldWord(text: string): string {
  return isAsciiText(text) ? foldAscii(text) : wordForm(text).trim();
}

/** True when the text is one word and nothing else. */
export function isToken(text: string): boolean {
  if (isAsciiText(text)) return /^[0-9A-Za-z_]+$/.test(text);
  return tokensOf(text).length === 1 && !/[\0-/:-@[-^`{-\x7f]/.test(wordForm(text).trim());
}

/** Do its characters have no other case, so that its bytes are the same wherever it stands? ASCII's case is folded anyway. */
export function isCaseless(text: string): boolean {
  for (const char of text)
    if (char > '\x7f' && (char.toLowerCase() !== char || char.toUpperCase() !== char)) return false;
  return true;
}

/**
 * Place of a folded needle in bytes[from, to), any case, or -1. Boyer-Moore-Horspool on bytes: strings are never made
 * (reference: reading bytes halved a full scan against latin1 strings and indexOf).
 */
export class FoldedNeedle {
  readonly length: number;
  private readonly bytes: Uint8Array;
  private readonly shift = new Uint16Array(256);

  constructor(text: string) {
    this.bytes = new TextEncoder().encode(foldAscii(text));
    this.length = this.bytes.length;
    const last = this.length - 1;
    this.shift.fill(Math.min(this.length, 0xffff));
    for (let i = 0; i < last; i++) {
      const byte = this.bytes[i]!;
      const distance = Math.min(last - i, 0xffff);
      this.shift[byte] = distance;
      if (byte >= 0x61 && byte <= 0x7a) this.shift[byte & 0xdf] = distance;
    }
  }

  find(haystack: Uint8Array, from: number, to: number): number {
    const { bytes, shift, length } = this;
    // Past the end nothing is found: who looks for the next one would never end.
    if (length === 0) return from <= to ? from : -1;
    const last = bytes[length - 1]!;
    let end = from + length - 1;
    while (end < to) {
      const byte = haystack[end]!;
      if (FOLD[byte] === last) {
        let i = length - 2;
        let at = end - 1;
        while (i >= 0 && FOLD[haystack[at]!] === bytes[i]) {
          i--;
          at--;
        }
        if (i < 0) return end - length + 1;
      }
      end += shift[byte]!;
    }
    return -1;
  }

  /** True when the needle stands at a place. */
  at(haystack: Uint8Array, from: number, to: number): boolean {
    if (from + this.length > to) return false;
    for (let i = 0; i < this.length; i++) if (FOLD[haystack[from + i]!] !== this.bytes[i]) return false;
    return true;
  }
}
