import { LEVELS, type Level } from '../model/vocabulary.js';
import { packWord } from './calendar.js';
import { isLetter } from './stamp.js';

/** How a level word must be set off from the text before it is believed. */
export const Form = {
  /** Bracketed or keyed only: `[Note]`, `level=system`. */
  Bracket: 1,
  /** Upper case with a colon only: `LOG:`, `CONFIG:`. */
  UpperColon: 2,
  /** Any case with a colon, also bracketed; not upper case alone. */
  Colon: 3,
  /** Any of these, and standing alone in upper case. */
  Any: 4,
} as const;
export type Form = (typeof Form)[keyof typeof Form];

/** Every word that means a level somewhere, with the forms it is believed in. Extend here. */
const WORDS: [Level, Form, string[]][] = [
  ['trace', Form.Any, ['trace', 'trc', 'finest', 'finer', 'trac', 'vrb', 'blat', 'silly']],
  ['debug', Form.Any, ['debug', 'dbg', 'verbose', 'debg']],
  ['info', Form.Any, ['info', 'inf', 'information', 'success']],
  ['notice', Form.Any, ['notice']],
  ['warn', Form.Any, ['warn', 'warning', 'wrn']],
  ['error', Form.Any, ['error', 'err', 'severe', 'eror', 'erro']],
  ['fatal', Form.Any, ['fatal', 'ftl', 'crit', 'critical', 'panic', 'emerg', 'emergency', 'emer', 'dpanic']],
  ['fatal', Form.Colon, ['alert']],
  // .NET's console logger: `trce:`, `dbug:`, `fail:`
  ['trace', Form.Colon, ['trce']],
  ['debug', Form.Colon, ['dbug']],
  ['error', Form.Colon, ['fail']],
  ['debug', Form.UpperColon, ['fine', 'config']],
  ['info', Form.UpperColon, ['log', 'statement', 'detail', 'hint']],
  // MySQL: `[Note]`, `[System]`
  ['info', Form.Bracket, ['note', 'system']],
  // RabbitMQ cuts names to four letters: `[noti]`, `[aler]`
  ['notice', Form.Bracket, ['noti']],
  ['fatal', Form.Bracket, ['aler']],
];

/** So many letters are told apart: five bits each must fit a double's whole numbers. `information` has one more. */
const PACKED_LETTERS = 10;

function packLevel(word: string): number {
  return packWord(word.slice(0, PACKED_LETTERS));
}

export const LEVEL_OF_WORD = new Map<number, number>();
export const FORM_OF_WORD = new Map<number, Form>();
for (const [level, form, words] of WORDS)
  for (const word of words) {
    LEVEL_OF_WORD.set(packLevel(word), LEVELS.indexOf(level));
    FORM_OF_WORD.set(packLevel(word), form);
  }

export const LEVEL_OF_LETTER: Record<number, number> = {};
for (const [letter, level] of Object.entries({
  T: 'trace',
  V: 'debug',
  D: 'debug',
  I: 'info',
  N: 'notice',
  W: 'warn',
  E: 'error',
  C: 'fatal',
  F: 'fatal',
} satisfies Record<string, Level>))
  LEVEL_OF_LETTER[letter.charCodeAt(0)] = LEVELS.indexOf(level);

/** RFC 5424 §6.2.1: 0 emergency … 7 debug. */
export const LEVEL_OF_SEVERITY: readonly number[] = (
  ['fatal', 'fatal', 'fatal', 'error', 'warn', 'notice', 'info', 'debug'] satisfies Level[]
).map(level => LEVELS.indexOf(level));

/** Level of a value such as `WARN`, `warning`, `INFO+2` (Go's slog) or one letter; 0 when it is none. */
export function levelOfValue(bytes: Uint8Array, start: number, end: number): number {
  let key = 0;
  let at = start;
  while (at < end && at - start < PACKED_LETTERS && isLetter(bytes[at]!))
    key = key * 32 + (bytes[at++]! & 31);
  if (at < end && at - start === PACKED_LETTERS && isLetter(bytes[at]!)) at++;
  if (at === start || (at < end && isLetter(bytes[at]!))) return 0;
  if (at - start === 1) return LEVEL_OF_LETTER[bytes[start]! & 0xdf] ?? 0;
  return LEVEL_OF_WORD.get(key) ?? 0;
}

/** Level of a name people type (`warning`, `ERR`), or undefined. */
export function levelNamed(name: string): Level | undefined {
  const folded = name.toLowerCase();
  if (folded === 'none') return 'none';
  if (!/^[a-z]{2,11}$/.test(folded)) return undefined;
  const level = LEVEL_OF_WORD.get(packLevel(folded));
  return level === undefined ? undefined : LEVELS[level];
}
