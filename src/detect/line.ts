import { ByteSearch } from '../records/byte-search.js';
import { isPlain, visibleBytes } from '../records/logged.js';
import { judgedStates } from '../records/states.js';
import { displayBytes, displayText, messageText } from '../records/text.js';
import { JUDGED_LENGTH } from '../safe-regex/cost.js';

/** Of a longer line the head says what happened and the tail why (`…: Connection timed out`). */
const TAIL_LENGTH = 768;
/** Underscores: the cut may not make a word's end where the line has none, or the prefilter would miss it. */
const CUT = '_…_';

const ESC = 0x1b;
const NUL = 0;
const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * The text of a line as rules see it: as a terminal would leave it (records/text.ts), without newline, at most
 * JUDGED_LENGTH characters.
 */
export function judgedText(raw: string): string {
  let end = raw.length;
  while (end > 0 && (raw.charCodeAt(end - 1) === 10 || raw.charCodeAt(end - 1) === 13)) end--;
  return shortened(displayText(end < raw.length ? raw.slice(0, end) : raw));
}

/** The texts that are judged of a line with carriage returns (records/states.ts), the last one shown last. */
export function judgedStatesOf(raw: string): string[] {
  if (!raw.includes('\r')) return [];
  return judgedStates(raw.endsWith('\n') ? raw.slice(0, -1) : raw).map(shortened);
}

/** What a finding keeps of a state that is not shown, in characters. */
const SAID_LENGTH = 512;

export function saidOf(state: string): string {
  return messageText(state).slice(0, SAID_LENGTH);
}

/** Does the line hold carriage returns within it? */
export function hasStates(bytes: Uint8Array, from: number, to: number): boolean {
  const first = bytes.subarray(from, to).indexOf(RETURN);
  if (first < 0) return false;
  let end = to;
  while (end > from && (bytes[end - 1] === NEWLINE || bytes[end - 1] === RETURN)) end--;
  return from + first < end;
}

function shortened(text: string): string {
  if (text.length <= JUDGED_LENGTH) return text;
  return text.slice(0, JUDGED_LENGTH - TAIL_LENGTH - CUT.length) + CUT + text.slice(-TAIL_LENGTH);
}

/** Lower case of the same length, so that places in one are places in the other. */
export function lowered(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text.replace(/[A-Z]+/g, letters => letters.toLowerCase());
}

export interface Lines {
  bytes: Uint8Array;
  /** Where each line begins, and where the last one ends. */
  starts: Uint32Array;
}

/**
 * Lines without what could stand inside a word and is never shown: esc sequences and NULs. The bytes themselves where there
 * are none, which costs two native searches; otherwise a copy.
 */
export function withoutEscapes(
  bytes: Uint8Array,
  starts: Uint32Array,
  count: number,
  flags?: Uint16Array,
): Lines {
  if (flags && !arePlain(flags, count)) return asShown(bytes, starts, count, flags);
  const first = starts[0]!;
  const end = starts[count]!;
  const escapes = new ByteSearch(bytes, ESC);
  const nuls = new ByteSearch(bytes, NUL);
  if (escapes.first(first) >= end && nuls.first(first) >= end) return { bytes, starts };
  const out = new Uint8Array(end - first);
  const outStarts = new Uint32Array(count + 1);
  let length = 0;
  for (let line = 0; line < count; line++) {
    const from = starts[line]!;
    const to = starts[line + 1]!;
    outStarts[line] = length;
    if (escapes.first(from) >= to && nuls.first(from) >= to) {
      out.set(bytes.subarray(from, to), length);
      length += to - from;
      continue;
    }
    const newline = bytes[to - 1] === NEWLINE;
    const end = newline ? to - 1 : to;
    length += displayBytes(bytes, from, end, out.subarray(length), true);
    if (newline) out[length++] = NEWLINE;
  }
  outStarts[count] = length;
  return { bytes: out, starts: outStarts };
}

function arePlain(flags: Uint16Array, count: number): boolean {
  for (let line = 0; line < count; line++) if (!isPlain(flags[line]!)) return false;
  return true;
}

/** Lines out of their envelopes, in UTF-8. */
function asShown(bytes: Uint8Array, starts: Uint32Array, count: number, flags: Uint16Array): Lines {
  const shown: Uint8Array[] = [];
  const outStarts = new Uint32Array(count + 1);
  let length = 0;
  for (let line = 0; line < count; line++) {
    const newline = bytes[starts[line + 1]! - 1] === NEWLINE;
    const text = visibleBytes(bytes, starts[line]!, starts[line + 1]! - (newline ? 1 : 0), flags[line]!);
    shown.push(text, LINE_END);
    length += text.length + 1;
    outStarts[line + 1] = length;
  }
  return { bytes: Buffer.concat(shown, length), starts: outStarts };
}

const LINE_END = Uint8Array.of(NEWLINE);
