import { LEVELS } from '../model/vocabulary.js';
import { packWord } from './calendar.js';
import { LEVEL_OF_SEVERITY, levelOfValue } from './level-words.js';
import { startsWith } from './openings.js';
import { digitRun } from './stamp.js';

/** Places of a level that only some families of programs have. */

const DOT = 0x2e;
const SLASH = 0x2f;
const COLON = 0x3a;
const SPACE = 0x20;
const HASH = 0x23;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const MINUS = 0x2d;
const PLUS = 0x2b;

/** PostgreSQL's words (elog.c, error_severity and the fields that follow a message); `DEBUG1` … `DEBUG5` have a digit. */
const POSTGRES: ReadonlyMap<number, number> = new Map(
  (
    [
      ['log', 'info'],
      ['info', 'info'],
      ['notice', 'notice'],
      ['warning', 'warn'],
      ['error', 'error'],
      ['fatal', 'fatal'],
      ['panic', 'fatal'],
      ['debug', 'debug'],
      ['detail', 'info'],
      ['hint', 'info'],
      ['query', 'info'],
      ['context', 'info'],
      ['location', 'info'],
      ['statement', 'info'],
    ] as const
  ).map(([word, level]) => [packWord(word), LEVELS.indexOf(level)]),
);

/** Its log_line_prefix is anybody's choice: what follows it is the word in capitals, a colon and two blanks. */
const REACH = 160;

/** Level of a line that PostgreSQL wrote with whatever prefix; 0 where none shows. */
export function levelOfPostgres(bytes: Uint8Array, from: number, lineEnd: number): number {
  const end = Math.min(lineEnd - 2, from + REACH);
  for (let last = from + 2; last < end + 2; ) {
    // The last of the three bytes says how far on the next place can be.
    const byte = bytes[last];
    if (byte !== SPACE) {
      last += byte === COLON ? 2 : 3;
      continue;
    }
    const at = last++ - 2;
    if (bytes[at + 1] !== SPACE || bytes[at] !== COLON) continue;
    let start = at;
    if (bytes[start - 1]! >= 0x31 && bytes[start - 1]! <= 0x35) start--;
    const stop = start;
    while (start > from && isCapital(bytes[start - 1]!)) start--;
    let key = 0;
    for (let i = start; i < stop; i++) key = key * 32 + (bytes[i]! & 31);
    const level = stop - start <= 9 && bytes[start - 1] === SPACE ? POSTGRES.get(key) : undefined;
    return level ?? 0;
  }
  return 0;
}

/** `postgres[4711]:`, `app[postgres.1140]:` */
export function namesPostgres(bytes: Uint8Array, from: number, end: number): boolean {
  for (let at = from; at + NAME.length <= end; at++)
    if (bytes[at] === 0x70 && startsWith(bytes, at, end, NAME)) return true;
  return false;
}

const NAME = new TextEncoder().encode('postgres');

/** A level within the first word: `production.ERROR:` (Monolog: channel and level), `node7/INFO/locust.main:` (Locust); else 0. */
export function levelWithin(bytes: Uint8Array, from: number, stop: number): number {
  let start = from;
  for (let at = from; at < stop; at++) {
    const byte = bytes[at]!;
    if (byte !== DOT && byte !== SLASH && byte !== COLON) continue;
    const before = start > from ? bytes[start - 1] : 0;
    const set = (before === DOT && byte === COLON && at === stop - 1) || (before === SLASH && byte === SLASH);
    if (set && at - start >= 4 && isCapital(bytes[start]!) && isCapital(bytes[at - 1]!)) {
      const level = levelOfValue(bytes, start, at);
      if (level !== 0) return level;
    }
    start = at + 1;
  }
  return 0;
}

/** `##[error]text`: commands in logs of GitHub Actions and Azure Pipelines; else 0. */
export function levelOfCommand(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] !== HASH || bytes[at + 1] !== HASH || bytes[at + 2] !== OPEN) return 0;
  let stop = at + 3;
  while (stop < end && stop < at + 15 && bytes[stop] !== CLOSE) stop++;
  return stop - at >= 8 && bytes[stop] === CLOSE ? levelOfValue(bytes, at + 3, stop) : 0;
}

/** Past `+2` of a level between two (Go's slog). */
export function pastNumber(bytes: Uint8Array, from: number, end: number): number {
  return bytes[from] === PLUS ? from + 1 + digitRun(bytes, from + 1, end) : from;
}

/** Past `/MainProcess]` behind Celery's level. */
export function processEnd(bytes: Uint8Array, from: number, end: number): number {
  for (let i = from; i < Math.min(end, from + 60); i++) if (bytes[i] === 0x5d) return i + 1;
  return from;
}

/** `%LINK-3-UPDOWN:` of switches and routers: the digit is the syslog severity; else 0. */
export function levelOfNetworkGear(bytes: Uint8Array, at: number, end: number): number {
  for (let i = at + 1; i + 2 < end && i < at + 40; i++) {
    const byte = bytes[i]!;
    if (byte === MINUS && bytes[i + 2] === MINUS) return LEVEL_OF_SEVERITY[bytes[i + 1]! - 0x30] ?? 0;
    if (!isCapital(byte) && byte !== 0x5f && byte !== MINUS && (byte - 0x30) >>> 0 > 9) break;
  }
  return 0;
}

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}
