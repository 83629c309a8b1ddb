import { LEVELS } from '../model/vocabulary.js';
import { readStamp } from './dates.js';
import { levelOfValue } from './level-words.js';
import { startsWith } from './openings.js';
import { digitAt, digitRun, isLetter, type Stamp } from './stamp.js';

/** Timestamps behind a short prefix, whatever it is: names, numbers, letters, brackets of every kind. */

const SPACE = 0x20;
const TAB = 0x09;
/** How far a timestamp may stand from the line's beginning. */
const REACH = 64;
const MAX_TOKENS = 4;

/** What may stand right before a date: brackets, quotes, stars, equals signs and the like. */
const OPENERS = new Uint8Array(256);
for (const byte of [0x5b, 0x3c, 0x28, 0x7b, 0x22, 0x2a, 0x23, 0x3d, 0x7c, 0x27, 0x40, 0x2d])
  OPENERS[byte] = 1;

/**
 * Finds a full date with its clock behind at most four words, of which at most one is a plain one: with two it is a sentence.
 * Fills the stamp.
 * @returns where the timestamp begins, or -1
 */
export function stampBehindPrefix(bytes: Uint8Array, from: number, lineEnd: number, stamp: Stamp): number {
  const end = Math.min(lineEnd, from + REACH);
  let at = from;
  let plain = 0;
  for (let token = 0; token < MAX_TOKENS && at < end; token++) {
    let stop = at;
    let marked = false;
    while (stop < end && bytes[stop] !== SPACE && bytes[stop] !== TAB) {
      const byte = bytes[stop]!;
      const kind = KINDS[byte]!;
      // What stands in an object is its own, not the line's.
      if (byte === 0x7b && bytes[stop + 1] === 0x22) return -1;
      if (kind === MARK) marked = true;
      else if (token === 0 && stop > at && isGoDate(bytes, stop)) {
        if (readStamp(bytes, stop, lineEnd, stamp) && isFull(stamp)) return stop;
      } else if (kind === BEGINS && (stop > at ? opensAt(bytes, stop - 1, at) : token > 0))
        if (readStamp(bytes, stop, lineEnd, stamp) && isFull(stamp)) return stop;
      stop++;
    }
    const last = bytes[stop - 1]!;
    const number = digitAt(bytes, at, end) <= 9 && digitAt(bytes, stop - 1, end) <= 9;
    // Fields between tabs, numbers, and words with marks are no sentence.
    const loose = bytes[stop] === TAB || number || (marked && !isLetter(last)) || bytes[stop + 1] === SPACE;
    if (!loose && ++plain > 1) return -1;
    at = stop;
    while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
    if (
      !loose &&
      token === 0 &&
      OPENERS[bytes[from]!] === 0 &&
      digitAt(bytes, at, end) > 9 &&
      OPENERS[bytes[at]!] !== 1
    )
      return -1;
  }
  return -1;
}

/**
 * `Built:   Fri May 30 12:07:16 2025`, `Modify: 2026-11-30 10:00:00 +0100`: a name, a colon, a date and nothing else is what a
 * list of facts says of something, not when it was printed. (`#Date: …` of IIS and a program's name before a message are no such
 * lines.)
 * @param at where the date begins
 * @param stop one past the date
 */
export function isFact(bytes: Uint8Array, from: number, at: number, stop: number, end: number): boolean {
  let colon = at - 1;
  while (colon > from && (bytes[colon] === SPACE || bytes[colon] === TAB)) colon--;
  if (bytes[colon] !== 0x3a || colon === at - 1 || !isLetter(bytes[from]!)) return false;
  for (let i = from; i < colon; i++)
    if (!isLetter(bytes[i]!) && bytes[i] !== SPACE && bytes[i] !== 0x2d) return false;
  let rest = stop;
  // A zone's name is in capitals; a word is a message
  while (rest < end && rest - stop < 6 && (isCapital(bytes[rest]!) || bytes[rest] === SPACE)) rest++;
  while (rest < end && (bytes[rest] === SPACE || bytes[rest] === TAB || bytes[rest] === 0x0d)) rest++;
  return rest >= end || bytes[rest] === 0x0a;
}

/** Where `{"` begins behind at most one word (`node7: {"…`, `[1,0]<stdout>:{"…`), or -1. */
export function jsonBehindPrefix(bytes: Uint8Array, from: number, lineEnd: number): number {
  const end = Math.min(lineEnd - 1, from + REACH);
  let at = from;
  while (at < end && bytes[at] !== SPACE && bytes[at] !== TAB && bytes[at] !== 0x7b) at++;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  return at > from && at < end && bytes[at] === 0x7b && bytes[at + 1] === 0x22 ? at : -1;
}

/**
 * A clock with seconds behind a process' number, `[pid 4711]` or a level: `4711 10:00:00 read(…)` (strace -f -t),
 * `[INFO] 10:00:00 text`. Fills the stamp.
 * @returns where the clock begins, or -1
 */
export function clockBehindPrefix(bytes: Uint8Array, from: number, end: number, stamp: Stamp): number {
  let at = from;
  if (bytes[from] === 0x5b) {
    while (at < end && at - from < 16 && bytes[at] !== 0x5d) at++;
    if (bytes[at] !== 0x5d) return -1;
    const isPid = bytes[from + 1] === 0x70 && bytes[from + 2] === 0x69 && bytes[from + 3] === 0x64;
    if (!isPid && levelOfValue(bytes, from + 1, at) === 0) return -1;
    at++;
  } else {
    const digits = digitRun(bytes, from, end);
    at = from + digits;
    if (digits > 7) return -1;
    if (digits === 0) {
      while (at < end && bytes[at]! >= 0x41 && bytes[at]! <= 0x5a) at++;
      if (at - from < 4 || levelOfValue(bytes, from, at) === 0) return -1;
    }
  }
  if (bytes[at] !== SPACE) return -1;
  while (at < end && bytes[at] === SPACE) at++;
  return readStamp(bytes, at, end, stamp) && stamp.weak && stamp.day < 0 && Number.isNaN(stamp.epoch)
    ? at
    : -1;
}

/** `raft2026/11/30 10:00:00`: a prefix that Go's log package was given, with nothing behind it. */
function isGoDate(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at + 4] === 0x2f &&
    bytes[at + 7] === 0x2f &&
    bytes[at + 10] === SPACE &&
    bytes[at + 13] === 0x3a &&
    bytes[at] === 0x32 &&
    isLetter(bytes[at - 1]!)
  );
}

/** An equals sign behind a letter joins a key to its value, which may be in quotes. */
function opensAt(bytes: Uint8Array, at: number, from: number): boolean {
  if (OPENERS[bytes[at]!] !== 1) return false;
  const key = bytes[at] === 0x22 ? at - 1 : at;
  return !(bytes[key] === 0x3d && key > from && isLetter(bytes[key - 1]!));
}

/** What a byte can be: the first of a date, a mark that no word has, or neither. */
const BEGINS = 1;
const MARK = 2;
const KINDS = new Uint8Array(256);
for (let byte = 0; byte < 0x80; byte++) {
  if ((byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a)) KINDS[byte] = BEGINS;
  else if (!isLetter(byte)) KINDS[byte] = MARK;
}

/** A date with a year, or with a month's name. */
function isFull(stamp: Stamp): boolean {
  return !stamp.weak && Number.isNaN(stamp.epoch) && stamp.day > 0;
}

/** A level among the words of a prefix: `E,`, `WARN[`, `app:info`, `=ERROR REPORT`, `ERROR` and a tab. */
export function levelOfPrefix(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    while (at < end && !isLetter(bytes[at]!)) at++;
    let stop = at;
    while (stop < end && isLetter(bytes[stop]!)) stop++;
    const next = bytes[stop];
    const single = stop - at === 1;
    const upper = bytes[at]! < 0x61;
    // One letter counts with a comma behind it only (Ruby).
    const possible = single ? upper && next === 0x2c && at === from : upper || next === SPACE || next === TAB;
    if (bytes[from] === 0x3d && upper && !single) {
      const level = levelOfReport(bytes, at, stop);
      if (level !== 0) return level;
    }
    if (possible && stop > at && bytes[at - 1] !== 0x5f && next !== 0x5f) {
      const level = levelOfValue(bytes, at, stop);
      if (level !== 0) return level;
    }
    at = stop + 1;
  }
  return 0;
}

/** `=CRASH REPORT==== …`, `=SUPERVISOR REPORT====`: Erlang's SASL reports that name no level. */
function levelOfReport(bytes: Uint8Array, at: number, stop: number): number {
  for (const [word, level] of REPORTS)
    if (word.length === stop - at && startsWith(bytes, at, stop, word)) return level;
  return 0;
}

const REPORTS: readonly (readonly [Uint8Array, number])[] = (
  [
    ['CRASH', 'error'],
    ['SUPERVISOR', 'error'],
    ['PROGRESS', 'info'],
  ] as const
).map(([word, level]) => [new TextEncoder().encode(word), LEVELS.indexOf(level)]);

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
