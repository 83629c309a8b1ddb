import { LEVELS } from '../model/vocabulary.js';

const ERROR = LEVELS.indexOf('error');
const WARN = LEVELS.indexOf('warn');
const FATAL = LEVELS.indexOf('fatal');

/** How lines without any level prefix give themselves away, by their first words. */
const OPENINGS: [string, number][] = [
  ['Error: ', ERROR],
  ['ERROR ', ERROR],
  ['Traceback (most recent call last)', ERROR],
  ['Exception in thread ', ERROR],
  ['Unhandled exception', ERROR],
  ['Uncaught ', ERROR],
  ['npm ERR!', ERROR],
  ['log4j:WARN ', WARN],
  ['log4j:ERROR ', ERROR],
  ['panic: ', FATAL],
  ['fatal error: ', FATAL],
  ['Segmentation fault', FATAL],
  ['❌', ERROR],
  ['✗', ERROR],
  ['✘', ERROR],
  ['✖', ERROR],
  ['🚨', ERROR],
  ['⚠', WARN],
];
const OPENINGS_BY_BYTE: [Uint8Array, number][][] = [];
/** An array of all bytes: nearly every line asks. */
for (let byte = 0; byte < 256; byte++) OPENINGS_BY_BYTE.push([]);
for (const [text, level] of OPENINGS) {
  const bytes = new TextEncoder().encode(text);
  OPENINGS_BY_BYTE[bytes[0]!]!.push([bytes, level]);
}
const PANICKED_AT = new TextEncoder().encode(' panicked at ');
const PANICKED = new TextEncoder().encode("' panicked at ");

/** Level that the first words of a message show where no logger wrote one: `Error:`, `panic:`, ❌. */
export function levelOfOpening(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  const candidates = OPENINGS_BY_BYTE[bytes[at]!]!;
  for (let i = 0; i < candidates.length; i++)
    if (startsWith(bytes, at, end, candidates[i]![0])) return candidates[i]![1];
  // thread 'main' panicked at src/main.rs:1:2:
  if (bytes[at] === 0x74 && isRustPanic(bytes, at, end)) return ERROR;
  return 0;
}

const THREAD = new TextEncoder().encode("thread '");

export function isRustPanic(bytes: Uint8Array, at: number, end: number): boolean {
  if (!startsWith(bytes, at, end, THREAD)) return false;
  const limit = Math.min(end, at + 120);
  for (let i = at + THREAD.length; i < limit; i++)
    if (bytes[i] === 0x27 && startsWith(bytes, i, end, PANICKED)) return true;
    // Since Rust 1.91 the thread's number stands between: `thread 'main' (4711) panicked at`.
    else if (bytes[i] === 0x29 && startsWith(bytes, i + 1, end, PANICKED_AT)) return true;
  return false;
}

export function startsWith(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}
