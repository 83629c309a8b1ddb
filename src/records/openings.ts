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
const OPENINGS_BY_BYTE = new Map<number, [Uint8Array, number][]>();
for (const [text, level] of OPENINGS) {
  const bytes = new TextEncoder().encode(text);
  const list = OPENINGS_BY_BYTE.get(bytes[0]!) ?? [];
  list.push([bytes, level]);
  OPENINGS_BY_BYTE.set(bytes[0]!, list);
}
const PANICKED = new TextEncoder().encode("' panicked at ");

/** Level that the first words of a message show where no logger wrote one: `Error:`, `panic:`, ❌. */
export function levelOfOpening(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  const candidates = OPENINGS_BY_BYTE.get(bytes[at]!);
  if (candidates) for (const [text, level] of candidates) if (startsWith(bytes, at, end, text)) return level;
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
  return false;
}

export function startsWith(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}
