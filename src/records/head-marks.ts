import { digitRun, isLetter } from './stamp.js';

/** The marks and blanks that loggers put between timestamp, level and message. What belongs to the message is never taken for one. */

const NEWLINE = 0x0a;
const RECORD_SEPARATOR = 0x1e;
const SPACE = 0x20;
const TAB = 0x09;
const MINUS = 0x2d;
const COLON = 0x3a;
const BAR = 0x7c;
const COMMA = 0x2c;

/** What closes what a timestamp or level was put in. */
export const CLOSERS: ReadonlySet<number> = new Set([0x5d, 0x29, 0x3e, 0x7d, 0x22, 0x2a]);

/**
 * Past the marks that touch what was read (`]`, `:`, `|`), and past at most two that stand alone between blanks (`-`, `--`,
 * `|`, `:`). A mark that touches the next word is the message's: `--dry-run`, `:symbol`, `-5`.
 */
export function skipSeparators(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  // Nearly always it is the message that begins here or behind a blank.
  if (at > 0 && at + 1 < end && bytes[at] === SPACE && isLetter(bytes[at + 1]!)) return at + 1;
  while (at < end && CLOSERS.has(bytes[at]!) && touches(bytes, at, from)) at++;
  if (at < end && isAttached(bytes, at, end)) at++;
  at = skipBlanks(bytes, at, end);
  for (let marks = 0; marks < 2; marks++) {
    const stop = standingMark(bytes, at, end);
    if (stop < 0) break;
    at = skipBlanks(bytes, stop, end);
  }
  return at;
}

/** A star or quote closes only what it touches; behind a blank it opens. */
function touches(bytes: Uint8Array, at: number, from: number): boolean {
  return at === from ? at === 0 || (bytes[at - 1] !== SPACE && bytes[at - 1] !== TAB) : true;
}

function isAttached(bytes: Uint8Array, at: number, end: number): boolean {
  const byte = bytes[at]!;
  // At the line's beginning nothing was read that it could touch: `::1 - - [30/Nov/2026:…`.
  const before = at > 0 ? bytes[at - 1] : NEWLINE;
  if (before === SPACE || before === TAB || before === NEWLINE) return false;
  if (byte === COLON || byte === BAR || byte === COMMA || byte === 0x3b) return true;
  return byte === MINUS && (at + 1 >= end || bytes[at + 1] === SPACE);
}

/** One past a mark between blanks, or -1. */
function standingMark(bytes: Uint8Array, at: number, end: number): number {
  const byte = bytes[at];
  if (byte !== MINUS && byte !== BAR && byte !== COLON) return -1;
  const stop = byte === MINUS && bytes[at + 1] === MINUS && at + 1 < end ? at + 2 : at + 1;
  if (stop >= end) return at + 1 === end ? end : -1;
  return bytes[stop] === SPACE || bytes[stop] === TAB ? stop : -1;
}

function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  return at;
}

/** Does a word or bracket end here? A single letter, or a word before a slash, is read with what follows it. */
export function isBehindWord(bytes: Uint8Array, end: number): boolean {
  if (bytes[end] === 0x2f) return false;
  return !isLetter(bytes[end - 1]!) || isLetter(bytes[end - 2]!);
}

/** Past ` #4711]`, which Ruby's logger writes behind the time. */
export function behindPid(bytes: Uint8Array, from: number, end: number): number {
  if (bytes[from] !== SPACE || bytes[from + 1] !== 0x23) return from;
  const digits = digitRun(bytes, from + 2, end);
  return bytes[from + 2 + digits] === 0x5d ? from + 3 + digits : from;
}

/** Blanks, the NULs that a file with a hole begins with, and what stands before each text of a JSON sequence (RFC 7464). */
export function skipBlank(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === SPACE || byte === TAB || byte === 0 || byte === RECORD_SEPARATOR) at++;
    else if (byte === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
    else break;
  }
  return at;
}

/** Without the blanks before `end`. */
export function trimmed(bytes: Uint8Array, end: number): number {
  let at = end;
  while (at > 0 && bytes[at - 1] === SPACE) at--;
  return at;
}

export function hasTab(bytes: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (bytes[at] === TAB) return true;
  return false;
}

/** Words stand before the timestamp, bytes[from, at), and behind it, bytes[body, end), nothing but blanks and marks. */
export function isBare(bytes: Uint8Array, from: number, at: number, body: number, end: number): boolean {
  if (end - body > 8) return false;
  for (let i = body; i < end; i++)
    if (isLetter(bytes[i]!) || bytes[i]! >= 0x80 || (bytes[i]! - 0x30) >>> 0 <= 9) return false;
  for (let i = from; i < at; i++) if (isLetter(bytes[i]!)) return true;
  return false;
}
