import { JUDGED_LENGTH } from './pattern/cost.js';

const ESCAPE = '\x1b';
/** CSI sequences (colours, cursor) and OSC (titles), as terminals read them. */
const ANSI = /\x1b(?:\[[0-9;:?]*[ -/]*[@-~]|\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)|[@-Z\\-_])/g;

/** Of a longer line the head says what happened and the tail why (`…: Connection timed out`). */
const TAIL_LENGTH = 768;
const CUT = ' … ';

/**
 * The text of a line as rules see it: without newline, ANSI escapes and NUL bytes, the last state of a progress bar, at
 * most JUDGED_LENGTH characters.
 */
export function judgedText(raw: string): string {
  let text = raw;
  let end = text.length;
  while (end > 0 && (text.charCodeAt(end - 1) === 10 || text.charCodeAt(end - 1) === 13)) end--;
  if (end < text.length) text = text.slice(0, end);
  if (text.includes(ESCAPE)) text = text.replace(ANSI, '');
  if (text.includes('\r')) text = text.slice(text.lastIndexOf('\r') + 1);
  if (text.includes('\0')) text = text.replaceAll('\0', '');
  if (text.length <= JUDGED_LENGTH) return text;
  return text.slice(0, JUDGED_LENGTH - TAIL_LENGTH - CUT.length) + CUT + text.slice(-TAIL_LENGTH);
}

/** Lower case of the same length, so that places in one are places in the other. */
export function lowered(text: string): string {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text.replace(/[A-Z]+/g, letters => letters.toLowerCase());
}
