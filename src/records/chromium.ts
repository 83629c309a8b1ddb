import { LEVELS } from '../model/vocabulary.js';
import { isDate } from './calendar.js';
import { levelNamed } from './level-words.js';
import { digitRun, type Stamp } from './stamp.js';

const VERBOSE = LEVELS.indexOf('debug');
const HEAD = /^\[\d+:\d+:(\d\d)(\d\d)\/(\d\d)(\d\d)(\d\d)(?:\.(\d{1,6}))?:([A-Z]+\d?):[^\]]*\]/;
const HEAD_BYTES = 80;

/**
 * `[4711:4712:1128/100000.123456:ERROR:net_error.cc(12)] text` (Chromium, base/logging.cc): process, thread, month, day and clock.
 * Fills the stamp, with its level.
 * @param open the bracket
 * @returns one past the closing bracket, or -1 where the line is none
 */
export function readChromium(bytes: Uint8Array, open: number, end: number, stamp: Stamp): number {
  const digits = digitRun(bytes, open + 1, end);
  if (digits === 0 || bytes[open + 1 + digits] !== 0x3a) return -1;
  const match = HEAD.exec(String.fromCharCode(...bytes.subarray(open, Math.min(end, open + HEAD_BYTES))));
  if (!match) return -1;
  const [whole, month, day, hour, minute, second, fraction, level] = match;
  if (!isDate(Number(month), Number(day)) || Number(hour) > 23) return -1;
  stamp.reset();
  stamp.month = Number(month);
  stamp.day = Number(day);
  stamp.hour = Number(hour);
  stamp.minute = Number(minute);
  stamp.second = Number(second);
  stamp.milli = Number(`0.${fraction ?? 0}`) * 1000;
  stamp.level = level!.startsWith('VERBOSE') ? VERBOSE : LEVELS.indexOf(levelNamed(level!) ?? 'none');
  return open + whole!.length;
}
