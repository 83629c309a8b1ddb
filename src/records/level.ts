import { LEVELS } from '../model/vocabulary.js';
import { packWord } from './calendar.js';
import {
  FORM_OF_WORD,
  Form,
  LEVEL_OF_LETTER,
  LEVEL_OF_SEVERITY,
  LEVEL_OF_WORD,
  levelOfValue,
} from './level-words.js';
import { digitRun, isLetter } from './stamp.js';
import { readJsonFields, readLogfmtFields, StructuredFields } from './structured.js';

const ERROR = LEVELS.indexOf('error');
const WARN = LEVELS.indexOf('warn');
const FATAL = LEVELS.indexOf('fatal');

const TAB = 0x09;
const SPACE = 0x20;
const MINUS = 0x2d;
const COLON = 0x3a;
const EQUALS = 0x3d;
const BAR = 0x7c;

const SMALL_WORDS: ReadonlySet<number> = new Set(['trace', 'debug', 'info', 'warn'].map(packWord));

/** How far past the timestamp a level is looked for: `RAS KERNEL INFO` of a BGL line begins at byte 75. */
const REACH = 200;
const MAX_TOKENS = 9;

/**
 * Finds the level in what stands between timestamp and message. Only the places where loggers put it count: a word of
 * the message never does, so "0 errors" and "ERROR budget" inside a sentence stay what they are.
 */
export class LevelScanner {
  level = 0;
  /** One past the level word and its brackets where it directly followed the start; else -1. */
  end = -1;
  private readonly fields = new StructuredFields();

  /**
   * @param stamped a timestamp came before: host and logger names may stand in front of the level
   */
  scan(bytes: Uint8Array, from: number, lineEnd: number, stamped: boolean): number {
    this.level = 0;
    this.end = -1;
    const end = Math.min(lineEnd, from + REACH);
    let at = from;
    let tokens = 0;
    let plain = stamped ? 1 : 0;
    let upper = stamped ? 2 : 0;
    let numbers = 0;
    let delimiter = 0;
    let afterTag = false;
    while (at < end && tokens < MAX_TOKENS) {
      const byte = bytes[at]!;
      if (byte === SPACE || byte === TAB || byte === BAR || byte === 0x2c || byte === 0x5d) {
        if (byte === BAR || byte === TAB) delimiter = byte;
        at++;
        continue;
      }
      if (byte === MINUS || byte === COLON) {
        at++;
        continue;
      }
      if (byte === 0x5b || byte === 0x28) {
        const close = closing(bytes, at, end, byte === 0x5b ? 0x5d : 0x29);
        if (close < 0) return 0;
        if (byte === 0x5b && this.bracketed(bytes, at + 1, close)) return this.found(tokens, close + 1);
        at = close + 1;
        tokens++;
        continue;
      }
      if (byte === 0x7b) {
        readJsonFields(bytes, at, lineEnd, this.fields);
        this.level = this.fields.level;
        return this.level;
      }
      if (byte === 0x25) return this.networkGear(bytes, at, end);
      if (byte === 0x3c) {
        const close = closing(bytes, at, end, 0x3e);
        if (close < 0) return 0;
        at = close + 1;
        tokens++;
        continue;
      }
      let stop = at;
      let key = 0;
      let allUpper = true;
      while (stop < end && isLetter(bytes[stop]!)) {
        if (bytes[stop]! >= 0x61) allUpper = false;
        if (stop - at < 10) key = key * 32 + (bytes[stop]! & 31);
        stop++;
      }
      const next = stop < lineEnd ? bytes[stop]! : SPACE;
      const letters = stop - at;
      if (letters >= 2 && letters <= 11) {
        if (this.word(key, next, allUpper, delimiter)) return this.found(tokens, stop);
        if (stamped && tokens === 0 && next === SPACE && this.lowerCase(bytes, at, stop, key, end))
          return this.found(tokens, stop);
      }
      if (letters === 1 && stamped && next === SPACE && this.letter(bytes, at, end, numbers))
        return this.found(tokens, stop);
      if (next === EQUALS && letters > 0) {
        readLogfmtFields(bytes, at, lineEnd, this.fields);
        this.level = this.fields.level;
        return this.level;
      }
      if (afterTag) return 0;
      const wordEnd = tokenEnd(bytes, stop, end);
      if (wordEnd === stop && letters > 0) {
        if (delimiter !== BAR && next !== BAR) {
          if (allUpper ? upper-- <= 0 : plain-- <= 0) return 0;
        }
      } else if (letters === 0 && digitRun(bytes, at, end) === wordEnd - at) numbers++;
      else if (letters === 0 && byte >= 0x80) return 0;
      if (bytes[wordEnd - 1] === COLON) afterTag = true;
      delimiter = 0;
      at = wordEnd;
      tokens++;
    }
    return 0;
  }

  private found(tokens: number, end: number): number {
    this.end = tokens === 0 ? end : -1;
    return this.level;
  }

  private word(key: number, next: number, allUpper: boolean, delimiter: number): boolean {
    const form = FORM_OF_WORD.get(key);
    if (form === undefined) return false;
    const setOff = next === COLON || next === BAR || next === 0x5d;
    const boundary = setOff || next === SPACE || next === TAB || next === 0x2c || next === MINUS;
    if (!boundary) return false;
    let ok = false;
    if (form === Form.Any)
      ok =
        allUpper || setOff || ((delimiter === TAB || delimiter === BAR) && (next === TAB || next === SPACE));
    else if (form === Form.Colon) ok = setOff;
    else if (form === Form.UpperColon) ok = allUpper && next === COLON;
    if (ok) this.level = LEVEL_OF_WORD.get(key)!;
    return ok;
  }

  /**
   * `2026-11-23T16:58:42Z info  text`: some loggers write the level small. Right behind the timestamp that is believed
   * of words that begin no sentence, and of all where a column of blanks follows.
   */
  private lowerCase(bytes: Uint8Array, at: number, stop: number, key: number, end: number): boolean {
    if (FORM_OF_WORD.get(key) !== Form.Any) return false;
    for (let i = at; i < stop; i++) if (bytes[i]! < 0x61) return false;
    const column = stop + 1 < end && bytes[stop + 1] === SPACE;
    if (!column && !SMALL_WORDS.has(key)) return false;
    this.level = LEVEL_OF_WORD.get(key)!;
    return true;
  }

  /** `[ERROR]`, `[warn ]`, `[core:error]` (Apache 2.4), `[E]`. */
  private bracketed(bytes: Uint8Array, start: number, close: number): boolean {
    let from = start;
    let to = close;
    while (from < to && bytes[from] === SPACE) from++;
    while (to > from && bytes[to - 1] === SPACE) to--;
    for (let i = from; i < to; i++)
      if (bytes[i] === COLON) {
        from = i + 1;
        break;
      }
    if (to - from > 11 || from >= to) return false;
    for (let i = from; i < to; i++) if (!isLetter(bytes[i]!)) return false;
    const key = levelOfValue(bytes, from, to);
    if (key === 0 || (to - from === 1 && bytes[from]! >= 0x61)) return false;
    const form = FORM_OF_WORD.get(packBytes(bytes, from, to));
    if (form === Form.UpperColon) return false;
    this.level = key;
    return true;
  }

  /** Android's `1702  2395 D Tag:` and MongoDB's `I NETWORK  [conn1]`. */
  private letter(bytes: Uint8Array, at: number, end: number, numbers: number): boolean {
    const level = LEVEL_OF_LETTER[bytes[at]!];
    if (level === undefined) return false;
    let next = at + 1;
    while (next < end && bytes[next] === SPACE) next++;
    const component =
      next + 2 < end &&
      bytes[next]! >= 0x41 &&
      bytes[next]! <= 0x5a &&
      bytes[next + 1]! >= 0x41 &&
      bytes[next + 1]! <= 0x5a;
    if (numbers < 2 && !component) return false;
    this.level = level;
    return true;
  }

  /** `%LINK-3-UPDOWN:` of switches and routers: the digit is the syslog severity. */
  private networkGear(bytes: Uint8Array, at: number, end: number): number {
    for (let i = at + 1; i + 2 < end && i < at + 40; i++) {
      const byte = bytes[i]!;
      if (byte === MINUS && bytes[i + 2] === MINUS) {
        const severity = bytes[i + 1]! - 0x30;
        this.level = LEVEL_OF_SEVERITY[severity] ?? 0;
        return this.level;
      }
      if (!(byte >= 0x41 && byte <= 0x5a) && byte !== 0x5f && byte !== MINUS && (byte - 0x30) >>> 0 > 9)
        break;
    }
    return 0;
  }
}

function packBytes(bytes: Uint8Array, start: number, end: number): number {
  let key = 0;
  for (let i = start; i < end; i++) key = key * 32 + (bytes[i]! & 31);
  return key;
}

/** Place of the closing bracket, at most 100 bytes on, or -1. Nested brackets of the same kind are counted. */
function closing(bytes: Uint8Array, open: number, end: number, close: number): number {
  const opener = bytes[open]!;
  let depth = 0;
  const limit = Math.min(end, open + 100);
  for (let i = open; i < limit; i++) {
    if (bytes[i] === opener) depth++;
    else if (bytes[i] === close && --depth === 0) return i;
  }
  return -1;
}

function tokenEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const byte = bytes[at]!;
    if (byte === SPACE || byte === TAB || byte === BAR) break;
    at++;
  }
  return at;
}

/** How lines without any level prefix give themselves away, by their first words. */
const OPENINGS: [string, number][] = [
  ['Error: ', ERROR],
  ['ERROR ', ERROR],
  ['Traceback (most recent call last)', ERROR],
  ['Exception in thread ', ERROR],
  ['Unhandled exception', ERROR],
  ['Uncaught ', ERROR],
  ['npm ERR!', ERROR],
  ['panic: ', FATAL],
  ['fatal error: ', FATAL],
  ['Segmentation fault', FATAL],
  ['❌', ERROR],
  ['✗', ERROR],
  ['✘', ERROR],
  ['✖', ERROR],
  ['🚨', ERROR],
  ['⚠', WARN],
];
const OPENINGS_BY_BYTE = new Map<number, [Uint8Array, number][]>();
for (const [text, level] of OPENINGS) {
  const bytes = new TextEncoder().encode(text);
  const list = OPENINGS_BY_BYTE.get(bytes[0]!) ?? [];
  list.push([bytes, level]);
  OPENINGS_BY_BYTE.set(bytes[0]!, list);
}
const PANICKED = new TextEncoder().encode("' panicked at ");

/** Level that the first words of a message show where no logger wrote one: `Error:`, `panic:`, ❌. */
export function levelOfOpening(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0;
  const candidates = OPENINGS_BY_BYTE.get(bytes[at]!);
  if (candidates) for (const [text, level] of candidates) if (startsWith(bytes, at, end, text)) return level;
  // thread 'main' panicked at src/main.rs:1:2:
  if (bytes[at] === 0x74 && isRustPanic(bytes, at, end)) return ERROR;
  return 0;
}

const THREAD = new TextEncoder().encode("thread '");

export function isRustPanic(bytes: Uint8Array, at: number, end: number): boolean {
  if (!startsWith(bytes, at, end, THREAD)) return false;
  const limit = Math.min(end, at + 120);
  for (let i = at + THREAD.length; i < limit; i++)
    if (bytes[i] === 0x27 && startsWith(bytes, i, end, PANICKED)) return true;
  return false;
}

export function startsWith(bytes: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}
