import { AssumedZone } from './calendar.js';
import { HeadReader } from './head.js';

/**
 * What people and rules see of a line. Stored and shipped is always the raw line; these functions take out what a
 * terminal would not show: colour codes, NULs, and the overwritten states of a progress bar.
 */

const ESC = 0x1b;
const CR = 0x0d;

/** CSI sequences (colours, cursor), OSC (titles, links), and the short ones; ECMA-48 §5.4, §5.6. The page has the same. */
const ANSI =
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]*[0-~])|\x1b/g;

/** The line as a terminal would leave it, without its newline. */
export function displayText(raw: string): string {
  const text = visibleText(raw);
  return text.includes('\r') ? lastState(text) : text;
}

/** The line with all its states (states.ts), without what no terminal shows. */
export function visibleText(raw: string): string {
  let text = raw;
  if (text.includes('\x1b')) text = text.replace(ANSI, '');
  if (text.includes('\0')) text = text.replaceAll('\0', '');
  return text;
}

function lastState(text: string): string {
  let end = text.length;
  while (end >= 0) {
    const from = end === 0 ? -1 : text.lastIndexOf('\r', end - 1);
    const state = text.slice(from + 1, end);
    if (/[^ \t]/.test(state)) return state;
    if (from < 0) return '';
    end = from;
  }
  return '';
}

const scratchHead = new HeadReader(new AssumedZone());
const scratch = new Uint8Array(512);

/** `displayText` without the timestamp and the level in front; what signals are looked for in. */
export function messageText(raw: string): string {
  const text = displayText(raw);
  return text.slice(messageStart(text));
}

/** Where the message begins in a display text, behind timestamp and level, in UTF-16 units. */
export function messageStart(text: string): number {
  const start = text.length > scratch.length ? text.slice(0, scratch.length) : text;
  // Heads are ASCII but for months' names; a head that is cut ends nowhere.
  const { written: length, read } = encoder.encodeInto(start, scratch);
  scratchHead.read(scratch, 0, length, 0, true);
  if (!scratchHead.hasTime && !scratchHead.prefixed) return skipLeft(text);
  const { body } = scratchHead;
  return length === read ? body : Buffer.from(scratch.buffer, 0, body).toString('utf8').length;
}

const encoder = new TextEncoder();

function skipLeft(text: string): number {
  let at = 0;
  while (at < text.length && (text[at] === ' ' || text[at] === '\t')) at++;
  return at;
}

/**
 * `displayText` on bytes: copies what is shown of bytes[start, end) to `out` and returns its length. At most
 * `out.length` bytes are written.
 * @param keepsStates carriage returns, and what they wrote over, are copied too
 */
export function displayBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  keepsStates = false,
): number {
  let length = 0;
  let stateStart = 0;
  let lastStart = 0;
  let lastEnd = 0;
  let at = start;
  let returns = false;
  while (at < end && length < out.length) {
    const byte = bytes[at]!;
    if (byte > ESC) {
      out[length++] = byte;
      at++;
      continue;
    }
    if (byte === ESC) {
      at = escapeEnd(bytes, at, end);
      continue;
    }
    at++;
    if (byte === 0) continue;
    if (byte === CR && !keepsStates) {
      returns = true;
      if (!isBlank(out, stateStart, length)) {
        lastStart = stateStart;
        lastEnd = length;
      }
      stateStart = length;
      continue;
    }
    out[length++] = byte;
  }
  if (!returns) return length;
  if (!isBlank(out, stateStart, length)) {
    lastStart = stateStart;
    lastEnd = length;
  }
  out.copyWithin(0, lastStart, lastEnd);
  return lastEnd - lastStart;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0x20 && bytes[i] !== 0x09) return false;
  return true;
}

/** One past the escape sequence that begins at `at`. A sequence that doesn't end is a lone ESC. */
function escapeEnd(bytes: Uint8Array, at: number, end: number): number {
  const kind = at + 1 < end ? bytes[at + 1]! : 0;
  if (kind === 0x5b) {
    let i = at + 2;
    while (i < end && bytes[i]! >= 0x30 && bytes[i]! <= 0x3f) i++;
    while (i < end && bytes[i]! >= 0x20 && bytes[i]! <= 0x2f) i++;
    return i < end && bytes[i]! >= 0x40 && bytes[i]! <= 0x7e ? i + 1 : at + 2;
  }
  if (kind === 0x5d || kind === 0x50 || kind === 0x58 || kind === 0x5e || kind === 0x5f) {
    let i = at + 2;
    while (i < end && bytes[i] !== ESC && !(kind === 0x5d && bytes[i] === 0x07)) i++;
    if (i < end && bytes[i] === 0x07) return i + 1;
    return i + 1 < end && bytes[i + 1] === 0x5c ? i + 2 : at + 2;
  }
  let i = at + 1;
  while (i < end && bytes[i]! >= 0x20 && bytes[i]! <= 0x2f) i++;
  return i < end && bytes[i]! >= 0x30 && bytes[i]! <= 0x7e ? i + 1 : at + 1;
}
