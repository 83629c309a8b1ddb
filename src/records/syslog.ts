import { digitAt, isLetter } from './stamp.js';

/** What is inside of a line that syslog wrote its header in front of. */

const SPACE = 0x20;
const COLON = 0x3a;
const EQUALS = 0x3d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** HOSTNAME APP-NAME PROCID MSGID (RFC 5424 §6.2). */
const HEADER_WORDS = 4;
/** Where a tag (`app[4711]:`) must have ended. */
const TAG_REACH = 120;

/**
 * Place of MSG behind the rest of a RFC 5424 header, which begins at `from`, and its structured data (§6.3); -1 where the
 * header isn't one.
 */
export function behindHeader(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  for (let words = 0; words < HEADER_WORDS; words++) {
    if (bytes[at] !== SPACE) return -1;
    at++;
    const start = at;
    while (at < end && bytes[at] !== SPACE) at++;
    if (at === start) return -1;
  }
  at++;
  if (bytes[at] === 0x2d) at++;
  else if (bytes[at] === 0x5b) {
    at = elementsEnd(bytes, at, end);
    if (at < 0) return -1;
  } else {
    // Heroku leaves the structured data out.
    return at < end ? at : -1;
  }
  while (at < end && bytes[at] === SPACE) at++;
  if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
  return at;
}

function elementsEnd(bytes: Uint8Array, from: number, end: number): number {
  let quoted = false;
  for (let at = from; at < end; at++) {
    const byte = bytes[at]!;
    if (quoted && byte === 0x5c) at++;
    else if (byte === 0x22) quoted = !quoted;
    else if (!quoted && byte === 0x5d && bytes[at + 1] !== 0x5b) return at + 1;
  }
  return -1;
}

/** Place of JSON or pairs behind `host app[pid]: `, or -1. */
export function behindTag(bytes: Uint8Array, from: number, end: number): number {
  const json = bytes[end - 1] === CLOSE_BRACE;
  const limit = Math.min(end - 2, from + TAG_REACH);
  let spaces = 0;
  for (let at = from; at < limit && spaces <= 3; at++) {
    const byte = bytes[at]!;
    if (byte === SPACE) spaces++;
    if (byte !== COLON || bytes[at + 1] !== SPACE) continue;
    let inside = at + 2;
    while (inside < end && bytes[inside] === SPACE) inside++;
    if (startsWithCookie(bytes, inside)) inside += 6;
    if (json && bytes[inside] === OPEN_BRACE) return inside;
    return beginsPair(bytes, inside, end) ? inside : -1;
  }
  return -1;
}

/** `@cee: ` (mmjsonparse). */
function startsWithCookie(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0x40 && bytes[at + 1] === 0x63 && bytes[at + 4] === COLON && bytes[at + 5] === SPACE;
}

const PAIR_KEYS = new Set(['time', 'ts', 't', 'level', 'lvl', 'at', 'timestamp', 'severity', 'msg']);

function beginsPair(bytes: Uint8Array, at: number, end: number): boolean {
  let stop = at;
  while (stop < end && stop - at < 12 && isLetter(bytes[stop]!)) stop++;
  if (stop === at || bytes[stop] !== EQUALS) return false;
  return (
    PAIR_KEYS.has(String.fromCharCode(...bytes.subarray(at, stop)).toLowerCase()) &&
    digitAt(bytes, at, end) > 9
  );
}
