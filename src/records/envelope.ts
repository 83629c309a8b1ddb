import { eachPair, skipSpace, unescapeInto } from './json-text.js';
import { LEVEL_OF_SEVERITY } from './level-words.js';

/**
 * What other programs put around a line before it comes into a file: container runtimes, the journal, process managers,
 * `docker compose logs`. Each kind tells itself by the line, so that a stored line is opened again without knowing more.
 */
const QUOTE = 0x22;
const ENVELOPES = [
  'docker',
  'cri',
  'journal',
  'journal-export',
  'pm2-json',
  'compose',
  'kubectl',
  'pm2',
  'supervisor',
] as const;
export type EnvelopeKind = (typeof ENVELOPES)[number];

export type Stream = 'stdout' | 'stderr';

const SPACE = 0x20;
const NEWLINE = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;

/** Can the line be in an envelope that needs no name in front? Told by its first bytes, for nearly all lines are in none. */
export function mayOpen(bytes: Uint8Array, start: number): boolean {
  const first = bytes[start];
  if (first === 0x7b) {
    const key = bytes[start + 1] === QUOTE ? start + 2 : skipSpace(bytes, start + 1, bytes.length) + 1;
    const second = bytes[key]!;
    return (second >= 0x41 && second <= 0x5f) || LOGGER_KEYS.has(second * 256 + bytes[key + 1]!);
  }
  if (first !== 0x32) return first === 0x5f;
  if (bytes[start + 10] !== 0x54) return false;
  // Behind the time of a CRI line its stream is named.
  let at = start + 20;
  while (at < start + 37 && bytes[at] !== SPACE) at++;
  return bytes[at + 1] === 0x73 && bytes[at + 2] === 0x74 && bytes[at + 3] === 0x64;
}

/** A line that was opened; one object is used again for all. */
export class Envelope {
  kind: EnvelopeKind = 'docker';
  stream: Stream | undefined;
  /** Container, service or unit; undefined where the line does not tell. */
  container: string | undefined;
  pod: string | undefined;
  /** The program's line goes on in the next one of the same stream. */
  part = false;
  /** The envelope's own time: bytes[timeStart, timeEnd), or -1. */
  timeStart = -1;
  timeEnd = -1;
  /** Microseconds since the epoch, where the envelope tells them so (the journal); else NaN. */
  micros = Number.NaN;
  /** Index into LEVELS, 0 where the envelope tells none. */
  level = 0;
  private form: 'plain' | 'json' | 'numbers' = 'plain';
  private from = 0;
  private to = 0;

  /**
   * Opens the line bytes[start, end), without its newline; for the journal's export form, the whole entry.
   * @param prefixes lines with a name in front (`web-1  | text`) count too: what they look like, other lines may
   */
  open(bytes: Uint8Array, start: number, end: number, prefixes: boolean): boolean {
    this.stream = undefined;
    this.container = undefined;
    this.pod = undefined;
    this.part = false;
    this.timeStart = -1;
    this.micros = Number.NaN;
    this.level = 0;
    this.form = 'plain';
    const first = bytes[start];
    if (first === 0x7b) return this.openJson(bytes, start, end);
    if (first === 0x32 && bytes[start + 10] === 0x54) return this.openCri(bytes, start, end);
    if (first === 0x5f && isExportStart(bytes, start, end)) return this.openExport(bytes, start, end);
    return prefixes && this.openPrefixed(bytes, start, end);
  }

  /** Bytes that the text needs at most. */
  get room(): number {
    return this.to - this.from;
  }

  /** Writes the text inside to `out` and returns where it ends there. */
  writeText(bytes: Uint8Array, out: Uint8Array, at: number): number {
    const { from, to } = this;
    if (this.form === 'json') return unescapeInto(bytes, from, to, out, at);
    if (this.form === 'numbers') return writeNumbers(bytes, from, to, out, at);
    out.set(bytes.subarray(from, to), at);
    return at + to - from;
  }

  private openJson(bytes: Uint8Array, start: number, end: number): boolean {
    const key = skipSpace(bytes, start + 1, end) + 1;
    if (bytes[key - 1] !== QUOTE) return false;
    // lo(g), st(ream), at(trs), ti(me), ty(pe), me(ssage), ap(p_name), pr(ocess_id)
    if (LOGGER_KEYS.has(bytes[key]! * 256 + bytes[key + 1]!)) return this.openLogger(bytes, start, end);
    const upper = bytes[key]! >= 0x41 && bytes[key]! <= 0x5f;
    return upper && includes(bytes, start, end, REALTIME) && this.openJournal(bytes, start, end);
  }

  /** Docker's json-file driver, and PM2 with `--log-type json`. */
  private openLogger(bytes: Uint8Array, start: number, end: number): boolean {
    const isPm2 = includes(bytes, start, end, APP_NAME);
    if (!isPm2 && !includes(bytes, start, end, LOG)) return false;
    let text = false;
    let named = 0;
    const whole = eachPair(bytes, start, end, (keyStart, keyEnd, value, stop) => {
      const name = textOf(bytes, keyStart, keyEnd);
      const string = bytes[value] === QUOTE;
      const inner = string ? textOf(bytes, value + 1, stop - 1) : '';
      if (name === (isPm2 ? 'message' : 'log') && string) {
        text = true;
        this.from = value + 1;
        this.to = stop - 1;
      } else if (name === (isPm2 ? 'type' : 'stream') && /^(?:std)?(?:out|err)$/.test(inner)) {
        this.stream = inner.endsWith('err') ? 'stderr' : 'stdout';
        named++;
      } else if ((name === 'time' || name === 'timestamp') && string) {
        this.timeStart = value + 1;
        this.timeEnd = stop - 1;
        named++;
      } else if (isPm2 && name === 'app_name') {
        this.container = inner;
        named++;
      }
    });
    if (!whole || !text || named < 2) return false;
    this.kind = isPm2 ? 'pm2-json' : 'docker';
    this.form = 'json';
    const ended = bytes[this.to - 1] === 0x6e && isEscaped(bytes, this.to - 1, this.from);
    if (ended) {
      this.to -= 2;
      while (bytes[this.to - 1] === 0x72 && isEscaped(bytes, this.to - 1, this.from)) this.to -= 2;
    }
    this.part = !isPm2 && !ended;
    return true;
  }

  /** `2026-11-28T10:00:00.123456789Z stdout F text` (Kubernetes' container runtime interface, `logging.md`; podman's k8s-file). */
  private openCri(bytes: Uint8Array, start: number, end: number): boolean {
    let at = start + 19;
    const limit = Math.min(end, start + 37);
    while (at < limit && bytes[at] !== SPACE) at++;
    // s t d o u t | s t d e r r
    if (bytes[at] !== SPACE || bytes[at + 1] !== 0x73 || bytes[at + 2] !== 0x74 || bytes[at + 3] !== 0x64)
      return false;
    const stream = textOf(bytes, at + 1, Math.min(end, at + 7));
    if ((stream !== 'stdout' && stream !== 'stderr') || bytes[at + 7] !== SPACE) return false;
    const tag = bytes[at + 8];
    if (tag !== 0x46 && tag !== 0x50) return false;
    let stop = at + 9;
    while (stop < end && bytes[stop] !== SPACE && stop - at < 40) stop++;
    if (stop > at + 9 && bytes[at + 9] !== 0x3a) return false;
    this.kind = 'cri';
    this.stream = stream;
    this.part = tag === 0x50;
    this.timeStart = start;
    this.timeEnd = at;
    this.from = Math.min(end, stop + 1);
    this.to = end;
    return true;
  }

  /** `journalctl -o json` (systemd: "Journal JSON Format"): a value is a string, or the bytes as numbers where it is no UTF-8. */
  private openJournal(bytes: Uint8Array, start: number, end: number): boolean {
    let text = false;
    const names: Record<string, string> = {};
    const whole = eachPair(bytes, start, end, (keyStart, keyEnd, value, stop) => {
      const name = textOf(bytes, keyStart, keyEnd);
      const string = bytes[value] === QUOTE;
      if (name === 'MESSAGE') {
        text = true;
        this.form = string ? 'json' : 'numbers';
        this.from = string ? value + 1 : value;
        this.to = string ? stop - 1 : stop;
      } else if (string && JOURNAL_FIELDS.has(name)) names[name] = textOf(bytes, value + 1, stop - 1);
    });
    if (!whole || !text) return false;
    this.kind = 'journal';
    return this.takeJournal(names);
  }

  /** `journalctl -o export` (systemd: "Journal Export Format"): lines KEY=value, or KEY and a length and bytes. */
  private openExport(bytes: Uint8Array, start: number, end: number): boolean {
    const names: Record<string, string> = {};
    let text = false;
    eachField(bytes, start, end, (keyStart, keyEnd, value, stop) => {
      const name = textOf(bytes, keyStart, keyEnd);
      if (name === 'MESSAGE') {
        text = true;
        this.from = value;
        this.to = stop;
      } else if (JOURNAL_FIELDS.has(name)) names[name] = textOf(bytes, value, stop);
    });
    if (!text) this.from = this.to = start;
    this.kind = 'journal-export';
    return this.takeJournal(names);
  }

  private takeJournal(names: Record<string, string>): boolean {
    const source = Number(names._SOURCE_REALTIME_TIMESTAMP ?? names.__REALTIME_TIMESTAMP);
    if (!Number.isFinite(source)) return false;
    this.micros = source;
    const priority = names.PRIORITY;
    if (priority !== undefined && /^[0-7]$/.test(priority)) this.level = LEVEL_OF_SEVERITY[Number(priority)]!;
    this.container = names.CONTAINER_NAME ?? names._SYSTEMD_UNIT ?? names.SYSLOG_IDENTIFIER;
    return true;
  }

  private openPrefixed(bytes: Uint8Array, start: number, end: number): boolean {
    const head = textOf(bytes, start, Math.min(end, start + PREFIX_REACH));
    for (const [kind, pattern] of PREFIXES) {
      const match = pattern.exec(head);
      if (!match) continue;
      this.kind = kind;
      this.container = match.groups?.name;
      this.pod = match.groups?.pod;
      const stream = match.groups?.stream;
      if (stream !== undefined) this.stream = stream as Stream;
      this.from = start + match[0].length;
      this.to = end;
      return true;
    }
    return false;
  }
}

const LOGGER_KEYS: ReadonlySet<number> = new Set(
  ['lo', 'st', 'at', 'ti', 'ty', 'me', 'ap', 'pr'].map(two => two.charCodeAt(0) * 256 + two.charCodeAt(1)),
);
const REALTIME = Buffer.from('"__REALTIME_TIMESTAMP"');
const APP_NAME = Buffer.from('"app_name"');
const LOG = Buffer.from('"log"');
const JOURNAL_FIELDS = new Set([
  '_SOURCE_REALTIME_TIMESTAMP',
  '__REALTIME_TIMESTAMP',
  'PRIORITY',
  'CONTAINER_NAME',
  '_SYSTEMD_UNIT',
  'SYSLOG_IDENTIFIER',
]);

/** How far a name in front of a line may reach. */
const PREFIX_REACH = 200;
const COLOR = String.raw`(?:\x1b\[[0-9;]*m)*`;
const NAME = '[A-Za-z0-9][A-Za-z0-9_.-]*';
/**
 * `web-1  | text` (docker compose logs), `web.1.abc@node  | text` (docker service logs), `[pod/web-0/app] text` (kubectl logs
 * --prefix), `0|api  | text` (pm2 logs), `api stdout | text` (supervisor-stdout).
 */
const PREFIXES: [EnvelopeKind, RegExp][] = [
  ['kubectl', /^\[pod\/(?<pod>[^/\]\s]+)\/(?<name>[^\]\s]+)\] ?/],
  ['pm2', new RegExp(String.raw`^${COLOR}\d+\|(?<name>[\w.@-]+) *\|${COLOR} ?`)],
  ['supervisor', /^(?<name>[\w.:-]+) (?<stream>stdout|stderr) \| ?/],
  ['compose', new RegExp(String.raw`^${COLOR}(?<name>${NAME}(?:@${NAME})?) *\|${COLOR} ?${COLOR}`)],
];
/** A name that compose gives by itself ends in the container's number; a swarm's names the node. */
const SURE_PREFIX = new RegExp(
  String.raw`^(?:\[pod/|${COLOR}\d+\|[\w.@-]+ *\||[\w.:-]+ (?:stdout|stderr) \||${COLOR}(?:${NAME}[-_]\d+|${NAME}@${NAME}) *\| ?)`,
);

/** Does the line by itself show that names stand in front of this source's lines? */
export function isSurelyPrefixed(bytes: Uint8Array, start: number, end: number): boolean {
  return SURE_PREFIX.test(textOf(bytes, start, Math.min(end, start + PREFIX_REACH)));
}

const EXPORT_STARTS = [Buffer.from('__CURSOR='), Buffer.from('__REALTIME_TIMESTAMP=')];

/** Does an entry in the journal's export form begin here? */
export function isExportStart(bytes: Uint8Array, start: number, end: number): boolean {
  return EXPORT_STARTS.some(text => {
    if (start + text.length > end) return false;
    for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
    return true;
  });
}

/** One past the empty line that ends the export entry at `start`, or -1 where it has not come yet. */
export function exportEnd(bytes: Uint8Array, start: number, end: number): number {
  return eachField(bytes, start, end, () => {});
}

function eachField(
  bytes: Uint8Array,
  start: number,
  end: number,
  each: (keyStart: number, keyEnd: number, valueStart: number, valueEnd: number) => void,
): number {
  let at = start;
  while (at < end) {
    if (bytes[at] === NEWLINE) return at + 1;
    let stop = at;
    let equals = -1;
    while (stop < end && bytes[stop] !== NEWLINE) {
      if (equals < 0 && bytes[stop] === EQUALS) equals = stop;
      stop++;
    }
    if (equals >= 0) {
      each(at, equals, equals + 1, stop);
      at = stop + 1;
      continue;
    }
    if (stop + 9 > end) return -1;
    let length = 0;
    for (let i = 8; i >= 1; i--) length = length * 256 + bytes[stop + i]!;
    const value = stop + 9;
    if (value + length > end) return -1;
    each(at, stop, value, value + length);
    at = value + length + 1;
  }
  return -1;
}

function writeNumbers(bytes: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  let length = at;
  let value = -1;
  for (let i = from; i < to; i++) {
    const digit = (bytes[i]! - 0x30) >>> 0;
    if (digit <= 9) value = Math.max(0, value) * 10 + digit;
    else if (value >= 0) {
      out[length++] = value;
      value = -1;
    }
  }
  return length;
}

/** Is the letter at `at` the second half of an escape? */
function isEscaped(bytes: Uint8Array, at: number, from: number): boolean {
  let slashes = 0;
  while (at - 1 - slashes >= from && bytes[at - 1 - slashes] === 0x5c) slashes++;
  return slashes % 2 === 1;
}

function includes(bytes: Uint8Array, start: number, end: number, text: Buffer): boolean {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).indexOf(text);
  return at >= 0;
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.max(0, end - start)).toString('latin1');
}

const scratchEnvelope = new Envelope();

/**
 * The text of a stored line that came in an envelope: of the parts of a long line, one after the other.
 * @param end without the last newline
 * @param first is told what the envelope of the first part says
 */
export function insideOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  first?: (envelope: Envelope) => void,
): Uint8Array {
  const envelope = scratchEnvelope;
  if (bytes[start] === 0x5f && isExportStart(bytes, start, end)) {
    envelope.open(bytes, start, end, false);
    first?.(envelope);
    const out = Buffer.allocUnsafe(envelope.room);
    return out.subarray(0, envelope.writeText(bytes, out, 0));
  }
  const out = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let at = start; at < end; ) {
    let stop = bytes.indexOf(NEWLINE, at);
    if (stop < 0 || stop > end) stop = end;
    let text = stop;
    while (text > at && bytes[text - 1] === CR) text--;
    if (envelope.open(bytes, at, text, true)) {
      if (at === start) first?.(envelope);
      length = envelope.writeText(bytes, out, length);
    } else {
      // The rest of a line that was cut.
      out.set(bytes.subarray(at, text), length);
      length += text - at;
    }
    at = stop + 1;
  }
  return out.subarray(0, length);
}
