import { LEVELS } from '../model/vocabulary.js';
import { packWord } from './calendar.js';
import {
  levelOfCommand,
  levelOfNetworkGear,
  levelOfPostgres,
  levelWithin,
  namesPostgres,
  pastNumber,
  processEnd,
} from './level-places.js';
import {
  FORM_OF_WORD,
  Form,
  LEVEL_OF_LETTER,
  LEVEL_OF_SEVERITY,
  LEVEL_OF_WORD,
  levelOfValue,
} from './level-words.js';
import { startsWith } from './openings.js';
import { digitRun, isLetter } from './stamp.js';
import { readJsonFields, readLogfmtFields, StructuredFields } from './structured.js';

const FATAL = LEVELS.indexOf('fatal');

const TAB = 0x09;
const SPACE = 0x20;
const MINUS = 0x2d;
const COLON = 0x3a;
const EQUALS = 0x3d;
const BAR = 0x7c;
const SLASH = 0x2f;
const HASH = 0x23;
const STAR = 0x2a;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const CLOSER_OF = new Uint8Array(256);
CLOSER_OF[0x5b] = 0x5d;
CLOSER_OF[0x28] = 0x29;
CLOSER_OF[0x3c] = 0x3e;
/** What may stand between the words before a message. */
const FILLER = new Uint8Array(256);
for (const byte of [SPACE, TAB, BAR, COMMA, 0x5d, MINUS, COLON, STAR, QUOTE]) FILLER[byte] = 1;
const CEE = new TextEncoder().encode('@cee: ');
const ERROR_COLON = new TextEncoder().encode('error:');

const SMALL_WORDS: ReadonlySet<number> = new Set(
  ['trace', 'debug', 'info', 'warn', 'dbg', 'inf', 'wrn', 'err', 'trc', 'ftl', 'vrb'].map(packWord),
);
const INFORMATION = packWord('informatio');
const FATAL_WORD = packWord('fatal');
const DEBUG_WORD = packWord('debug');
const LOG_WORD = packWord('log');

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
  /** Where JSON or pairs begin behind a tag (`host app[1]: {`); else -1. */
  inside = -1;
  private readonly fields = new StructuredFields();
  /** The word read last: its first letters packed, and whether all are capitals. */
  private key = 0;
  private allUpper = true;

  /**
   * @param stamped a timestamp came before: host and logger names may stand in front of the level
   */
  scan(bytes: Uint8Array, from: number, lineEnd: number, stamped: boolean): number {
    this.level = 0;
    this.end = -1;
    this.inside = -1;
    const end = Math.min(lineEnd, from + REACH);
    if (stamped && bytes[from] === COMMA && bytes[from + 1] !== SPACE) return this.csv(bytes, from + 1, end);
    let at = from;
    let tokens = 0;
    let plain = stamped ? 1 : 0;
    let upper = stamped ? 2 : 0;
    let numbers = 0;
    let delimiter = 0;
    let afterTag = false;
    let postgres = false;
    while (at < end && tokens < MAX_TOKENS) {
      const byte = bytes[at]!;
      if (FILLER[byte] === 1) {
        if (byte === BAR || byte === TAB) delimiter = byte;
        at++;
        continue;
      }
      const closer = CLOSER_OF[byte]!;
      if (closer !== 0) {
        const close = closing(bytes, at, end, closer);
        if (close < 0) return 0;
        // A letter in parentheses or angles is a mark of the message.
        const wide = byte === 0x5b || close - at > 3;
        if (wide && this.bracketed(bytes, at + 1, close)) return this.found(tokens, close + 1);
        at = close + 1;
        tokens++;
        continue;
      }
      if (byte === 0x7b && bytes[at + 1] === 0x7d) {
        at += 2;
        continue;
      }
      if (byte === 0x7b) return this.json(bytes, at, lineEnd, afterTag);
      if (byte === 0x25) return this.taken(levelOfNetworkGear(bytes, at, end));
      if (byte === HASH && tokens === 0) {
        if (this.taken(levelOfCommand(bytes, at, end)) !== 0) return this.level;
      }
      // `@cee: {…}` (rsyslog, mmjsonparse)
      if (byte === 0x40 && afterTag && startsWith(bytes, at, end, CEE)) {
        at += CEE.length;
        continue;
      }
      const stop = this.readLetters(bytes, at, end);
      const next = stop < lineEnd ? bytes[stop]! : SPACE;
      const letters = stop - at;
      if (letters >= 2 && letters <= 11) {
        if (this.word(next, delimiter)) return this.found(tokens, pastNumber(bytes, stop, end));
        if (tokens === 0 && this.firstWord(bytes, at, stop, next, end, stamped)) return this.level;
        if (this.wordOfProgram(bytes, stop, next, end, tokens)) return this.level;
      }
      if (letters === 1 && stamped && tokens === 0 && next === 0x21 && bytes[stop + 1] === SPACE) {
        this.level = LEVEL_OF_LETTER[byte] ?? 0;
        return this.level === 0 ? 0 : this.found(0, stop + 1);
      }
      if (letters === 1 && stamped && next === SPACE && this.letter(bytes, at, end, numbers))
        return this.found(tokens, stop);
      if (next === EQUALS && letters > 0) {
        if (this.pairs(bytes, at, lineEnd, afterTag) !== 0 || !stamped) return this.level;
        // `pid=1 tid=abc WARN: text`
        at = tokenEnd(bytes, stop, end);
        tokens++;
        continue;
      }
      if (afterTag) return postgres ? this.taken(levelOfPostgres(bytes, at, lineEnd)) : 0;
      const wordEnd = tokenEnd(bytes, stop, end);
      if (stamped && tokens === 0 && bytes[wordEnd - 1] === COLON && wordEnd > stop + 1) {
        if (this.taken(levelWithin(bytes, at, wordEnd)) !== 0) return this.level;
      }
      if (wordEnd === stop && letters > 0 && delimiter !== BAR && next !== BAR) {
        if (this.allUpper ? upper-- <= 0 : plain-- <= 0)
          return stamped ? this.taken(levelOfPostgres(bytes, stop, lineEnd)) : 0;
      } else if (letters === 0 && digitRun(bytes, at, end) === wordEnd - at) numbers++;
      else if (letters === 0 && byte >= 0x80) return 0;
      // `3: text` is a rank's (srun -l), no program's.
      if (bytes[wordEnd - 1] === COLON && (letters > 0 || tokens > 0)) {
        afterTag = true;
        postgres = namesPostgres(bytes, at, wordEnd);
      }
      delimiter = 0;
      at = wordEnd;
      tokens++;
    }
    return 0;
  }

  /** `…,ERROR,00000,"text"`: the first field of comma-separated values that is nothing but a level (PostgreSQL, csvlog). */
  private csv(bytes: Uint8Array, from: number, end: number): number {
    for (let at = from; at < end; ) {
      let stop = at;
      while (stop < end && bytes[stop] !== COMMA) stop++;
      const quoted = bytes[at] === QUOTE && bytes[stop - 1] === QUOTE ? 1 : 0;
      const [first, last] = [at + quoted, stop - quoted];
      if (last - first >= 3 && last - first <= 11 && bytes[first]! <= 0x5a) {
        const level = levelOfValue(bytes, first, last);
        const form = FORM_OF_WORD.get(packBytes(bytes, first, Math.min(last, first + 10)));
        if (level !== 0 && (form === Form.Any || form === Form.UpperColon)) {
          this.level = level;
          return level;
        }
      }
      at = stop + 1;
    }
    return 0;
  }

  private taken(level: number): number {
    this.level = level;
    return level;
  }

  private json(bytes: Uint8Array, at: number, lineEnd: number, afterTag: boolean): number {
    if (afterTag) this.inside = at;
    readJsonFields(bytes, at, lineEnd, this.fields);
    this.level = this.fields.level;
    return this.level;
  }

  private pairs(bytes: Uint8Array, at: number, lineEnd: number, afterTag: boolean): number {
    if (afterTag) this.inside = at;
    readLogfmtFields(bytes, at, lineEnd, this.fields);
    this.level = this.fields.level;
    return this.level;
  }

  private found(tokens: number, end: number): number {
    this.end = tokens === 0 ? end : -1;
    return this.level;
  }

  /** Reads the letters from a place on into `key` and `allUpper`; answers where they end. */
  private readLetters(bytes: Uint8Array, at: number, end: number): number {
    let stop = at;
    let key = 0;
    let allUpper = true;
    for (; stop < end; stop++) {
      const byte = bytes[stop]!;
      // isLetter, written out
      if (((byte | 0x20) - 0x61) >>> 0 > 25) break;
      if (byte >= 0x61) allUpper = false;
      if (stop - at < 10) key = key * 32 + (byte & 31);
    }
    this.key = key;
    this.allUpper = allUpper;
    return stop;
  }

  /** What counts of the first word only: `ERROR/MainProcess]`, `INFO[0001]`, `Information text`, `info  text`. */
  private firstWord(
    bytes: Uint8Array,
    at: number,
    stop: number,
    next: number,
    end: number,
    stamped: boolean,
  ): boolean {
    const { key, allUpper } = this;
    let past = stop;
    if (stamped && next === SLASH && allUpper && FORM_OF_WORD.get(key) === Form.Any) {
      this.level = LEVEL_OF_WORD.get(key)!;
      past = processEnd(bytes, stop, end);
    } else if (next === 0x5b && allUpper && this.counted(bytes, key, stop, end))
      past = closing(bytes, stop, end, 0x5d) + 1;
    else if (stamped && next === SPACE && key === INFORMATION && stop - at === 11 && bytes[at] === 0x49)
      this.level = LEVEL_OF_WORD.get(key)!;
    else if (!stamped || next !== SPACE || !this.lowerCase(bytes, at, stop, key, end)) return false;
    this.end = past;
    return true;
  }

  /** Words that only some programs write: PHP's `Fatal error:`, `debug1: text` of sshd -e, stunnel's `LOG5[ui]: text`. */
  private wordOfProgram(bytes: Uint8Array, stop: number, next: number, end: number, tokens: number): boolean {
    const { key } = this;
    if (key === FATAL_WORD && next === SPACE && startsWith(bytes, stop + 1, end, ERROR_COLON)) {
      this.level = FATAL;
      this.end = -1;
      return true;
    }
    if (key === DEBUG_WORD && digitRun(bytes, stop, end) === 1 && bytes[stop + 1] === COLON) {
      this.level = LEVEL_OF_WORD.get(key)!;
      this.found(tokens, stop + 1);
      return true;
    }
    if (key !== LOG_WORD || tokens !== 0 || bytes[stop + 1] !== 0x5b) return false;
    // the digit is the syslog severity
    this.level = LEVEL_OF_SEVERITY[next - 0x30] ?? 0;
    return this.level !== 0;
  }

  private word(next: number, delimiter: number): boolean {
    const { key, allUpper } = this;
    const form = FORM_OF_WORD.get(key);
    if (form === undefined) return false;
    const setOff = next === COLON || next === BAR || next === 0x5d;
    const boundary =
      setOff ||
      next === SPACE ||
      next === TAB ||
      next === 0x2c ||
      next === MINUS ||
      next === STAR ||
      next === QUOTE ||
      next === PLUS;
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
    if (key === INFORMATION) return false;
    const column = stop + 1 < end && bytes[stop + 1] === SPACE;
    if (!column && !SMALL_WORDS.has(key)) return false;
    this.level = LEVEL_OF_WORD.get(key)!;
    return true;
  }

  /** `[ERROR]`, `[warn ]`, `[core:error]` (Apache 2.4), `[E]`, `[ERROR|net]`, `[Server thread/WARN]`, `[app.net#warn]`, `<Error>`. */
  private bracketed(bytes: Uint8Array, start: number, close: number): boolean {
    let from = start;
    let first = true;
    for (let i = start; i <= close; i++) {
      const byte = bytes[i];
      const edge = i === close || byte === COLON || byte === BAR || byte === SLASH || byte === HASH;
      if (!edge) continue;
      // Of parts the last is the level, or, before a bar, the first.
      if ((i === close || (first && byte === BAR)) && this.levelWord(bytes, from, i)) return true;
      if (byte === COLON && first && i < close && this.levelWord(bytes, i + 1, close)) return true;
      first = false;
      from = i + 1;
    }
    return false;
  }

  private levelWord(bytes: Uint8Array, start: number, end: number): boolean {
    let from = start;
    let to = end;
    while (from < to && bytes[from] === SPACE) from++;
    while (to > from && bytes[to - 1] === SPACE) to--;
    if (to - from > 11 || from >= to) return false;
    for (let i = from; i < to; i++) if (!isLetter(bytes[i]!)) return false;
    const key = levelOfValue(bytes, from, to);
    if (key === 0 || (to - from === 1 && bytes[from]! >= 0x61)) return false;
    const form = FORM_OF_WORD.get(packBytes(bytes, from, Math.min(to, from + 10)));
    if (form === Form.UpperColon) return false;
    this.level = key;
    return true;
  }

  /** `INFO[0001] text`: logrus counts seconds behind the level. */
  private counted(bytes: Uint8Array, key: number, open: number, end: number): boolean {
    if (FORM_OF_WORD.get(key) !== Form.Any) return false;
    const digits = digitRun(bytes, open + 1, end);
    if (digits === 0 || bytes[open + 1 + digits] !== 0x5d) return false;
    this.level = LEVEL_OF_WORD.get(key)!;
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
    // capnslog: `I | etcdmain: text`
    if (numbers < 2 && !component && bytes[next] !== BAR) return false;
    this.level = level;
    return true;
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
