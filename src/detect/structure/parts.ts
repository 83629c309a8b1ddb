// What stands beside a statement. Cuts are never within a number: `100 peers` does not become `0 peers`, and what is said of
// a line does not depend on digits that no pattern tells apart (verdicts.ts).

/** The `length` characters before `at`, some more where a number would be cut. */
export function partBefore(text: string, at: number, length: number): string {
  let from = Math.max(0, at - length);
  while (from > 0 && isDigit(text, from) && isDigit(text, from - 1)) from--;
  return text.slice(from, at);
}

/** The `length` characters from `at` on, some more where a number would be cut. */
export function partAfter(text: string, at: number, length: number): string {
  let to = Math.min(text.length, at + length);
  while (to < text.length && isDigit(text, to) && isDigit(text, to - 1)) to++;
  return text.slice(at, to);
}

function isDigit(text: string, at: number): boolean {
  const digit = text.charCodeAt(at) - 48;
  return digit >= 0 && digit <= 9;
}
