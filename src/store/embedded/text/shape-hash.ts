/** FNV-1a over words of four bytes, and the length. */
export function hashWords(words: Int32Array, at: number, length: number): number {
  let hash = 0x811c9dc5 ^ length;
  const end = (at + length + 3) >>> 2;
  for (let i = at >>> 2; i < end; i++) {
    hash = Math.imul(hash ^ words[i]!, 0x01000193);
    hash ^= hash >>> 17;
  }
  return hash | 0;
}
