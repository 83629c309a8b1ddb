import { LEVELS } from '../model/vocabulary.js';
import { packWord } from './calendar.js';
import { LEVEL_OF_SEVERITY, levelOfValue } from './level-words.js';
import { digitRun, isLetter } from './stamp.js';

/** What a JSON or logfmt line tells under its keys; places are byte offsets of the values, quotes left out. */
export class StructuredFields {
  /** -1: no time key. */
  timeStart = -1;
  timeEnd = -1;
  level = 0;

  reset(): void {
    this.timeStart = -1;
    this.timeEnd = -1;
    this.level = 0;
  }
}

/** Keys are folded and stripped of everything but letters: `@timestamp`, `log.level`, `LevelName`. */
const TIME_KEYS: ReadonlySet<number> = new Set(
  ['ts', 'time', 'timestamp', 't', 'datetime', 'eventtime', 'asctime', 'logtime', 'date'].map(packWord),
);
const LEVEL_KEYS: ReadonlySet<number> = new Set(
  ['level', 'lvl', 'severity', 'loglevel', 'levelname', 'l', 'severitytext', 'sev'].map(packWord),
);
const PYTHON_LEVEL_NUMBER = packWord('levelno');
const MONGO_SEVERITY = packWord('s');

/** pino and bunyan: 10 trace … 60 fatal. */
const PINO_LEVELS: Record<number, number> = {};
const PYTHON_LEVELS: Record<number, number> = {};
for (const [index, name] of (['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const).entries())
  PINO_LEVELS[(index + 1) * 10] = LEVELS.indexOf(name);
for (const [index, name] of (['debug', 'info', 'warn', 'error', 'fatal'] as const).entries())
  PYTHON_LEVELS[(index + 1) * 10] = LEVELS.indexOf(name);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const COLON = 0x3a;
const EQUALS = 0x3d;

/** How much of a line is searched for keys: loggers put time and level in front or right behind the message. */
const REACH = 4096;
/** `{"t":{"$date":"…"}}` is as deep as a time is ever put. */
const MAX_DEPTH = 2;

/** Walks the keys of a JSON object that begins at `from`, without building it. */
export function readJsonFields(
  bytes: Uint8Array,
  from: number,
  lineEnd: number,
  fields: StructuredFields,
): void {
  fields.reset();
  const end = Math.min(lineEnd, from + REACH);
  let depth = 0;
  let timeObject = false;
  let at = from;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) {
      if (--depth <= 0) return;
      timeObject = false;
    } else if (byte === QUOTE) {
      const close = stringEnd(bytes, at, end);
      if (close < 0) return;
      let value = close + 1;
      while (value < end && bytes[value] === SPACE) value++;
      if (value >= end || bytes[value] !== COLON || depth > MAX_DEPTH) {
        at = close + 1;
        continue;
      }
      value++;
      while (value < end && bytes[value] === SPACE) value++;
      const key = keyOf(bytes, at + 1, close);
      if (fields.timeStart < 0 && ((depth === 1 && TIME_KEYS.has(key)) || (timeObject && key === DATE_KEY))) {
        if (bytes[value] === 0x7b) timeObject = true;
        else takeTime(bytes, value, end, fields);
      } else if (fields.level === 0) takeLevel(bytes, value, end, key, depth, fields);
      if (fields.level !== 0 && fields.timeStart >= 0) return;
      at = value < end && bytes[value] === QUOTE ? stringEnd(bytes, value, end) + 1 : value;
      if (at === 0) return;
      continue;
    }
    at++;
  }
}

/** MongoDB's `{"$date": …}`. */
const DATE_KEY = packWord('date');

function takeTime(bytes: Uint8Array, value: number, end: number, fields: StructuredFields): void {
  if (bytes[value] === QUOTE) {
    const close = stringEnd(bytes, value, end);
    if (close < 0) return;
    fields.timeStart = value + 1;
    fields.timeEnd = close;
  } else {
    const digits = digitRun(bytes, value, end);
    if (digits === 0) return;
    let stop = value + digits;
    while (stop < end && ((bytes[stop]! - 0x30) >>> 0 <= 9 || NUMBER_TAIL.has(bytes[stop]!))) stop++;
    fields.timeStart = value;
    fields.timeEnd = stop;
  }
}

const NUMBER_TAIL = new Set([0x2e, 0x65, 0x45, 0x2b, 0x2d]);

function takeLevel(
  bytes: Uint8Array,
  value: number,
  end: number,
  key: number,
  depth: number,
  fields: StructuredFields,
): void {
  const mongo = key === MONGO_SEVERITY && depth === 1;
  const python = key === PYTHON_LEVEL_NUMBER;
  if (!LEVEL_KEYS.has(key) && !mongo && !python) return;
  if (bytes[value] === QUOTE) {
    const close = stringEnd(bytes, value, end);
    if (close > 0 && (!mongo || close - value <= 3)) fields.level = levelOfValue(bytes, value + 1, close);
    return;
  }
  const digits = digitRun(bytes, value, end);
  if (digits === 0 || digits > 2 || mongo) return;
  const number = digits === 1 ? bytes[value]! - 0x30 : (bytes[value]! - 0x30) * 10 + bytes[value + 1]! - 0x30;
  // One digit is a syslog severity (GELF, journald).
  fields.level = python
    ? (PYTHON_LEVELS[number] ?? 0)
    : digits === 1
      ? (LEVEL_OF_SEVERITY[number] ?? 0)
      : (PINO_LEVELS[number] ?? 0);
}

/** Place of the quote that closes the string opened at `open`, or -1. */
function stringEnd(bytes: Uint8Array, open: number, end: number): number {
  for (let i = open + 1; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) i++;
  }
  return -1;
}

function keyOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 14) return -1;
  let key = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (isLetter(byte)) key = key * 32 + (byte & 31);
    else if ((byte - 0x30) >>> 0 <= 9) return -1;
  }
  return key;
}

/** Pairs are given up after so many words that are none: then this isn't logfmt. */
const MAX_LOOSE_WORDS = 3;

/** Walks `key=value key="quoted value"` from `from`. */
export function readLogfmtFields(
  bytes: Uint8Array,
  from: number,
  lineEnd: number,
  fields: StructuredFields,
): void {
  fields.reset();
  const end = Math.min(lineEnd, from + REACH);
  let at = from;
  let loose = 0;
  while (at < end) {
    while (at < end && bytes[at] === SPACE) at++;
    const start = at;
    while (at < end && bytes[at] !== SPACE && bytes[at] !== EQUALS && bytes[at] !== QUOTE) at++;
    if (at >= end || bytes[at] !== EQUALS) {
      if (at < end && bytes[at] === QUOTE) {
        const close = stringEnd(bytes, at, end);
        if (close < 0) return;
        at = close + 1;
      }
      if (++loose > MAX_LOOSE_WORDS) return;
      continue;
    }
    const key = keyOf(bytes, start, at);
    let value = at + 1;
    let stop: number;
    if (value < end && bytes[value] === QUOTE) {
      stop = stringEnd(bytes, value, end);
      if (stop < 0) return;
      value++;
      at = stop + 1;
    } else {
      stop = value;
      while (stop < end && bytes[stop] !== SPACE) stop++;
      at = stop;
    }
    if (fields.timeStart < 0 && TIME_KEYS.has(key)) {
      fields.timeStart = value;
      fields.timeEnd = stop;
    } else if (fields.level === 0 && LEVEL_KEYS.has(key)) fields.level = levelOfValue(bytes, value, stop);
    if (fields.level !== 0 && fields.timeStart >= 0) return;
  }
}
