import { UNSAFE } from '../platform/printable.js';

const UNSAFE_CHARACTER = new RegExp(`[${UNSAFE}]`, 'gu');
export const SAFE_TEXT = new RegExp(`^[^${UNSAFE}]*$`, 'u');

/** Of an agent, a host, a token. */
export const NAME_LENGTH = 200;
export const PATH_LENGTH = 4096;

/** What the file system or a program gave, as a text that the protocol takes: what it may not hold as `%XX` of its UTF-8 bytes. */
export function madeSafe(text: string, max: number): string {
  // A half of a character has no UTF-8 form of its own; Buffer makes it U+FFFD.
  const safe = SAFE_TEXT.test(text)
    ? text
    : text.replace(UNSAFE_CHARACTER, character =>
        [...Buffer.from(character)]
          .map(byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
          .join(''),
      );
  return cutAt(safe, max);
}

/** At most so many UTF-16 units, never half a character. */
function cutAt(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max);
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}
