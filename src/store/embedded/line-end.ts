const NEWLINE = 10;
const RETURN = 13;

/** One past the line's last byte, without newline and the carriage returns before it. */
export function lineEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  if (at > start && bytes[at - 1] === NEWLINE) at--;
  while (at > start && bytes[at - 1] === RETURN) at--;
  return at;
}
