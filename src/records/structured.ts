import { LEVELS } from '../model/vocabulary.js';
import { readStamp } from './dates.js';
import { skipSpace, stringEnd, unescapeInto, valueEnd } from './json-text.js';
import { hashStep, levelOfNumber, numberOf } from './level-numbers.js';
import { levelOfValue } from './level-words.js';
import { digitRun, isLetter, Stamp } from './stamp.js';
import {
  DATE_KEY,
  LEVEL_RANKS,
  MEANINGS,
  MESSAGE_TEMPLATE,
  type Meaning,
  MONGO_SEVERITY,
  NAME_KEY,
  REPR_KEY,
  TIME_RANKS,
  TIMESTAMP_KEY,
} from './structured-keys.js';

/** What a JSON or logfmt line tells under its keys; places are byte offsets of the values, quotes left out. */
export class StructuredFields {
  /** -1: no key whose value is a time. */
  timeStart = -1;
  timeEnd = -1;
  /** Seconds since the epoch in a key of their own, with what another key adds; NaN where there is none. */
  seconds = Number.NaN;
  nanos = 0;
  level = 0;
  /** How well the candidates taken so far fit; the least is the best. */
  timeRank = NONE;
  levelRank = NONE;
  /** `@mt` of Serilog's compact form, whose lines of level Information name none. */
  isCompact = false;
  /** The time, read. */
  stamp = new Stamp();
  /** A string that is an object itself, without its quotes; -1: there is none. */
  innerStart = -1;
  innerEnd = -1;
  /** One past the value after which nothing better could come, or -1: all was looked at. */
  settledAt = -1;

  reset(): void {
    this.timeStart = -1;
    this.timeEnd = -1;
    this.seconds = Number.NaN;
    this.nanos = 0;
    this.level = 0;
    this.timeRank = NONE;
    this.levelRank = NONE;
    this.isCompact = false;
    this.innerStart = -1;
    this.settledAt = -1;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NONE = 1000;
/** A level deeper in the line weighs more than any difference of names. */
const DEEPER = 100;

/** Words that are levels only where nothing better says one. */
const WEAK_RANK = 2;

const INFO = LEVELS.indexOf('info');

/** `{"record":{"level":{"name":"ERROR"}}}` is as deep as a level is ever put. */
const MAX_DEPTH = 3;

let probe = new Stamp();

/** Walks the keys of a JSON object that begins at `from`, without building it. */
export function readJsonFields(bytes: Uint8Array, from: number, end: number, fields: StructuredFields): void {
  fields.reset();
  readObject(bytes, from, end, 0, fields);
  if (fields.level === 0 && fields.innerStart >= 0) readInner(bytes, fields);
  if (fields.level === 0 && fields.isCompact && fields.timeStart >= 0) fields.level = INFO;
}

/** As much is read of an object that stands in a string. */
const INNER_BYTES = 8192;
const innerBytes = new Uint8Array(INNER_BYTES);

/** `{"message":"{\"level\":\"error\",…}"}`: what a forwarder put into a string tells what the line does not. */
function readInner(bytes: Uint8Array, fields: StructuredFields): void {
  const { innerStart, innerEnd } = fields;
  const stop = Math.min(innerEnd, innerStart + INNER_BYTES);
  inner.reset();
  readObject(innerBytes, 0, unescapeInto(bytes, innerStart, stop, innerBytes, 0), 0, inner);
  fields.level = inner.level;
  if (fields.timeStart >= 0 || inner.timeStart < 0) return;
  fields.timeStart = innerStart;
  fields.timeEnd = innerEnd;
  [fields.stamp, inner.stamp] = [inner.stamp, fields.stamp];
}

const inner = new StructuredFields();

/**
 * The keys of the object at `open`.
 * @returns one past it, or -1 where the line ends before, or where nothing better can come
 */
function readObject(
  bytes: Uint8Array,
  open: number,
  end: number,
  depth: number,
  fields: StructuredFields,
  within = 0,
): number {
  let at = skipSpace(bytes, open + 1, end);
  while (at < end && bytes[at] === QUOTE) {
    // The key's number and its end in one walk; nearly all are short and have no escapes.
    let keyEnd = at + 1;
    let key = 0;
    let digits = false;
    for (let byte = bytes[keyEnd]!; keyEnd < end && byte !== QUOTE; byte = bytes[++keyEnd]!) {
      if (byte === BACKSLASH) {
        keyEnd = stringEnd(bytes, at, end);
        if (keyEnd < 0) return -1;
        key = keyOf(bytes, at + 1, keyEnd);
        break;
      }
      const folded = byte | 0x20;
      if (folded >= 0x61 && folded <= 0x7a) key = hashStep(key, byte);
      else if ((byte - 0x30) >>> 0 <= 9) digits = true;
    }
    if (keyEnd >= end) return -1;
    const colon = skipSpace(bytes, keyEnd + 1, end);
    if (bytes[colon] !== 0x3a) return -1;
    const value = skipSpace(bytes, colon + 1, end);
    const meaning = digits || keyEnd - at > KEY_LETTERS + 1 ? undefined : MEANINGS.get(key);
    let stop: number;
    if (bytes[value] === 0x7b && depth < MAX_DEPTH)
      stop = readObject(bytes, value, end, depth + 1, fields, meaning === undefined ? -1 : key);
    else {
      stop = valueEnd(bytes, value, end);
      if (stop < 0) return -1;
      if (
        bytes[value] === QUOTE &&
        bytes[value + 1] === 0x7b &&
        bytes[value + 2] === BACKSLASH &&
        depth === 0
      ) {
        fields.innerStart = value + 1;
        fields.innerEnd = stop - 1;
      }
      if (meaning !== undefined) takeValue(bytes, value, stop, meaning, within, depth, fields);
    }
    if (stop < 0) return -1;
    if (depth === 0 && meaning !== undefined && isSettled(fields)) {
      fields.settledAt = stop;
      return -1;
    }
    at = skipSpace(bytes, stop, end);
    if (bytes[at] !== 0x2c) break;
    at = skipSpace(bytes, at + 1, end);
  }
  return bytes[at] === 0x7d ? at + 1 : -1;
}

/** The line's own time and level under the names that come first: nothing that follows is better. */
function isSettled({ timeRank, levelRank }: StructuredFields): boolean {
  return timeRank === 0 && levelRank === 0;
}

function takeValue(
  bytes: Uint8Array,
  value: number,
  stop: number,
  meaning: Meaning,
  within: number,
  depth: number,
  fields: StructuredFields,
): void {
  const { key } = meaning;
  const quoted = bytes[value] === QUOTE;
  const from = quoted ? value + 1 : value;
  const to = quoted ? stop - 1 : stop;
  if (meaning.time !== undefined) takeTime(bytes, from, to, meaning.time + depth * DEEPER, fields);
  if (depth > 0 && (key === DATE_KEY || key === REPR_KEY || key === TIMESTAMP_KEY)) {
    // {"t":{"$date":"…"}}, {"time":{"repr":"…","timestamp":1}}
    const outer = TIME_RANKS.get(within);
    if (outer !== undefined) takeTime(bytes, from, to, outer + (depth - 1) * DEEPER, fields);
  }
  if (meaning.seconds && digitRun(bytes, from, to) === 10 && to - from === 10 && depth <= 1)
    fields.seconds = numberOf(bytes, from, to);
  if (meaning.unit !== undefined && depth <= 1 && digitRun(bytes, from, to) === to - from)
    fields.nanos = numberOf(bytes, from, to) * meaning.unit;
  if (key === MESSAGE_TEMPLATE && depth === 0) fields.isCompact = true;
  if (meaning.level !== undefined) takeLevel(bytes, from, to, quoted, key, meaning.level, depth, fields);
  else if (key === NAME_KEY && LEVEL_RANKS.get(within) === 0)
    takeLevel(bytes, from, to, quoted, within, 0, depth - 1, fields);
}

/** The value counts where it is a time, in any shape. */
function takeTime(bytes: Uint8Array, from: number, to: number, rank: number, fields: StructuredFields): void {
  if (rank >= fields.timeRank || !isTime(bytes, from, to)) return;
  fields.timeRank = rank;
  fields.timeStart = from;
  fields.timeEnd = to;
  [fields.stamp, probe] = [probe, fields.stamp];
}

function isTime(bytes: Uint8Array, from: number, to: number): boolean {
  const at = bytes[from] === 0x5c ? dotNetDigits(bytes, from, to) : from;
  if (readStamp(bytes, at, to, probe) && (probe.day > 0 || !Number.isNaN(probe.epoch))) return true;
  const seconds = exponentSeconds(bytes, from, to);
  if (seconds === 0) return false;
  probe.reset();
  probe.epoch = seconds * 1000;
  return true;
}

/** `\/Date(1795860000000)\/` of .NET: where its digits begin. */
function dotNetDigits(bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at < Math.min(to, from + 8); at++) if (bytes[at] === 0x28) return at + 1;
  return from;
}

/** Seconds as zap prints them, `1.7000000001234567e+09`; 0 where the value is none. */
function exponentSeconds(bytes: Uint8Array, from: number, to: number): number {
  if (bytes[from + 1] !== 0x2e || to - from > 40) return 0;
  const text = String.fromCharCode(...bytes.subarray(from, to));
  return /^\d\.\d+e\+?0?9$/.test(text) ? Number(text) : 0;
}

function takeLevel(
  bytes: Uint8Array,
  from: number,
  to: number,
  quoted: boolean,
  key: number,
  nameRank: number,
  depth: number,
  fields: StructuredFields,
): void {
  if (key === MONGO_SEVERITY && (depth > 0 || !quoted || to - from > 2)) return;
  const start = bytes[from] === 0x5c ? afterColour(bytes, from, to) : from;
  const weak = nameRank === WEAK_RANK;
  const word = quoted ? levelOfValue(bytes, start, to) : 0;
  const isWord = word !== 0 && !(weak && to - start < 3);
  const level = isWord ? word : depth === 0 && !weak ? levelOfNumber(bytes, from, to, quoted, key) : 0;
  if (level === 0) return;
  // A word is surer than a number, whose scale is guessed; pino's is known by its tens.
  const sure = isWord || (!quoted && isPino(bytes, from, to));
  const rank = depth * DEEPER + nameRank * 10 + (sure ? 0 : 5);
  if (rank >= fields.levelRank) return;
  fields.levelRank = rank;
  fields.level = level;
}

function isPino(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from === 2 && bytes[to - 1] === 0x30 && digitRun(bytes, from, to) === 2;
}

/** `\u001b[33mwarn`: past the colour. */
function afterColour(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] !== 0x6d) at++;
  return at + 1;
}

/** The longest key that is known. */
const KEY_LETTERS = 26;

function keyOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > KEY_LETTERS) return -1;
  let key = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (isLetter(byte)) key = hashStep(key, byte);
    else if ((byte - 0x30) >>> 0 <= 9) return -1;
  }
  return key;
}

const SPACE = 0x20;
const TAB = 0x09;
const EQUALS = 0x3d;
const COLON = 0x3a;

/** Pairs are given up after so many words that are none: then this isn't logfmt. */
const MAX_LOOSE_WORDS = 3;

/** Walks `key=value key="quoted value"` from `from`. */
export function readLogfmtFields(
  bytes: Uint8Array,
  from: number,
  end: number,
  fields: StructuredFields,
): void {
  fields.reset();
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
    const quoted = value < end && bytes[value] === QUOTE;
    if (quoted) {
      stop = stringEnd(bytes, value, end);
      if (stop < 0) return;
      value++;
      at = stop + 1;
    } else {
      stop = value;
      while (stop < end && bytes[stop] !== SPACE) stop++;
      at = stop;
    }
    takePair(bytes, value, stop, key, fields);
    if (isSettled(fields)) {
      fields.settledAt = at;
      return;
    }
  }
}

/** Walks `key:value` between tabs (LTSV). */
export function readLtsvFields(bytes: Uint8Array, from: number, end: number, fields: StructuredFields): void {
  fields.reset();
  for (let at = from; at < end && !isSettled(fields); ) {
    let stop = at;
    let colon = -1;
    while (stop < end && bytes[stop] !== TAB) {
      if (colon < 0 && bytes[stop] === COLON) colon = stop;
      stop++;
    }
    if (colon > 0) takePair(bytes, colon + 1, stop, keyOf(bytes, at, colon), fields);
    at = stop + 1;
  }
}

const AUDIT = 'audit('.length;

function takePair(
  bytes: Uint8Array,
  value: number,
  stop: number,
  key: number,
  fields: StructuredFields,
): void {
  const timeRank = TIME_RANKS.get(key);
  if (timeRank !== undefined) takeTime(bytes, value, stop, timeRank, fields);
  // auditd: msg=audit(1795860000.000:123):
  else if (fields.timeRank === NONE && bytes[value + AUDIT - 1] === 0x28 && bytes[value] === 0x61)
    takeTime(bytes, value + AUDIT, auditEnd(bytes, value + AUDIT, stop), NONE - 1, fields);
  const levelRank = LEVEL_RANKS.get(key);
  if (levelRank !== undefined) takeLevel(bytes, value, stop, true, key, levelRank, 0, fields);
}

function auditEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== COLON && bytes[at] !== 0x29) at++;
  return at;
}
