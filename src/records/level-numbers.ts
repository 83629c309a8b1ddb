import { LEVELS } from '../model/vocabulary.js';
import { LEVEL_OF_SEVERITY } from './level-words.js';
import { digitRun } from './stamp.js';

/** Levels that structured lines tell by a number, and the numbers that their keys are compared by. */

/** A key's letters as one small number: Maps of small numbers are the quickest there are. */
export function hashKey(word: string): number {
  let key = 0;
  for (let i = 0; i < word.length; i++) key = hashStep(key, word.charCodeAt(i));
  return key;
}

export function hashStep(key: number, byte: number): number {
  return (Math.imul(key, 0x01000193) + (byte & 31)) & 0x3fffffff;
}

const PYTHON_LEVEL_NUMBER = hashKey('levelno');
const OTEL_NUMBER = hashKey('severitynumber');
const SYSLOG_NUMBERS: ReadonlySet<number> = new Set(['priority', 'syslogseverity'].map(hashKey));

const [TRACE, DEBUG, INFO, NOTICE, WARN, ERROR, FATAL] = (
  ['trace', 'debug', 'info', 'notice', 'warn', 'error', 'fatal'] as const
).map(name => LEVELS.indexOf(name)) as [number, number, number, number, number, number, number];

const PYTHON = [0, DEBUG, INFO, WARN, ERROR, FATAL];
const OTEL = [TRACE, DEBUG, INFO, WARN, ERROR, FATAL];
const PINO = [0, TRACE, DEBUG, INFO, WARN, ERROR, FATAL];
const MONOLOG = [0, DEBUG, INFO, WARN, ERROR, FATAL, FATAL];

/**
 * Level of a number on a scale that is known by its key and size; 0 where it is on none.
 * @param key `hashKey` of the key it stands under
 */
export function levelOfNumber(
  bytes: Uint8Array,
  from: number,
  to: number,
  quoted: boolean,
  key: number,
): number {
  const digits = digitRun(bytes, from, to);
  if (digits === 0 || digits > 3 || digits !== to - from) return 0;
  const number = numberOf(bytes, from, to);
  // A number in quotes is a syslog severity under that name, and anybody's number under others.
  if (SYSLOG_NUMBERS.has(key)) return LEVEL_OF_SEVERITY[number] ?? 0;
  if (quoted) return 0;
  if (key === PYTHON_LEVEL_NUMBER) return PYTHON[Math.floor(number / 10)] ?? 0;
  // OpenTelemetry, SeverityNumber: four of each, from TRACE on.
  if (key === OTEL_NUMBER) return number > 0 ? (OTEL[Math.floor((number - 1) / 4)] ?? 0) : 0;
  // One digit is a syslog severity (GELF, journald), two are pino's and bunyan's, three Monolog's.
  if (digits === 1) return LEVEL_OF_SEVERITY[number] ?? 0;
  if (digits === 2) return number <= 60 ? (PINO[Math.floor(number / 10)] ?? 0) : 0;
  if (number === 250) return NOTICE;
  return number % 50 === 0 ? (MONOLOG[Math.floor(number / 100)] ?? 0) : 0;
}

/** The digits bytes[from, to) as a number. */
export function numberOf(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + bytes[i]! - 0x30;
  return value;
}
