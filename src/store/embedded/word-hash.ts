import { foldWord } from '../../query/tokens.js';

/**
 * How words become numbers in the word index. A fingerprint has 21 bits: a chunk of 3,000 distinct words is then looked
 * at in vain once in 700 searches; the index never misses a word, whatever the chunk holds. Each bit more costs 0.4 bytes
 * a line and halves that.
 */
export const FINGERPRINT_BITS = 21;

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;
/** Another start, so that the prefix `conn` of `connection` is not the word `conn`. */
const PREFIX_OFFSET = 0x2f0b4c47 | 0;

/** Words that begin with a letter are found by this many first bytes too. */
export const PREFIX_BYTES = 4;

/** Finishes an FNV-1a state into a fingerprint. */
export function fingerprint(state: number): number {
  let h = state ^ (state >>> 15);
  h = Math.imul(h, 0x2c1b3c6d);
  h ^= h >>> 12;
  h = Math.imul(h, 0x297a2d39);
  h ^= h >>> 15;
  return h >>> (32 - FINGERPRINT_BITS);
}

export function hashStep(state: number, byte: number): number {
  return Math.imul(state ^ byte, FNV_PRIME);
}

export const HASH_START = FNV_OFFSET;
export const PREFIX_START = PREFIX_OFFSET;

export function wordFingerprint(word: string): number {
  return hashOf(Buffer.from(foldWord(word)), FNV_OFFSET);
}

/** The fingerprint a prefix search can ask for, or undefined when it is too short or does not begin with a letter. */
export function prefixFingerprint(prefix: string): number | undefined {
  const bytes = Buffer.from(foldWord(prefix));
  if (bytes.length < PREFIX_BYTES || !beginsWithLetter(bytes[0]!)) return undefined;
  return hashOf(bytes.subarray(0, PREFIX_BYTES), PREFIX_OFFSET);
}

/** Numbers and most ids begin with a digit; their prefixes would cost more than they help. */
export function beginsWithLetter(byte: number): boolean {
  return (byte >= 97 && byte <= 122) || byte === 95 || byte > 127;
}

function hashOf(bytes: Uint8Array, start: number): number {
  let state = start;
  for (let i = 0; i < bytes.length; i++) state = hashStep(state, bytes[i]!);
  return fingerprint(state);
}
