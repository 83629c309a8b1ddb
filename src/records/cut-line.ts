/**
 * At most so many characters of a raw line: its beginning; of a line that overwrote itself (a progress bar) its last states, since the last one is
 * what a terminal leaves.
 */
export function cutLine(raw: string, most: number): string {
  if (raw.length <= most) return raw;
  const turn = raw.indexOf('\r', raw.length - most);
  if (turn >= 0 && /[^\s\0]/.test(raw.slice(turn))) return raw.slice(turn + 1);
  return raw.slice(0, most).replace(/[\ud800-\udbff]$/, '');
}
