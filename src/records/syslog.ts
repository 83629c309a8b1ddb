/** What is inside of a line that syslog wrote its header in front of. */

import { digitRun } from './stamp.js';

const SPACE = 0x20;

/** Past `137 ` before `<13>`: the length that octet counting puts before a message (RFC 6587 §3.4.1); `from` where there is none. */
export function behindLength(bytes: Uint8Array, from: number, end: number): number {
  const digits = digitRun(bytes, from, end);
  if (digits === 0 || digits > 6 || bytes[from + digits] !== SPACE || bytes[from + digits + 1] !== 0x3c)
    return from;
  const open = from + digits + 1;
  return priorityAt(bytes, open, end) >= 0 ? open : from;
}

/** The number of `<134>`, or -1 where none begins the line. */
export function priorityAt(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== 0x3c) return -1;
  const digits = digitRun(bytes, at + 1, end);
  if (digits < 1 || digits > 3 || bytes[at + 1 + digits] !== 0x3e) return -1;
  let priority = 0;
  for (let i = at + 1; i <= at + digits; i++) priority = priority * 10 + bytes[i]! - 0x30;
  return priority;
}

/** HOSTNAME APP-NAME PROCID MSGID (RFC 5424 §6.2). */
const HEADER_WORDS = 4;

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
