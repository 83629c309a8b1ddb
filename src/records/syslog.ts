/** What is inside of a line that syslog wrote its header in front of. */

const SPACE = 0x20;

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
