/**
 * Where words end beyond ASCII, for the embedded store's index, Elasticsearch's (templates/component-line.json has the same
 * ranges, held by a test) and the matcher. Ranges of Unicode's blocks instead of its property tables: those differ between
 * versions of Node and Elasticsearch, and what was indexed with one would not be found with another.
 */

type Ranges = readonly (readonly [number, number])[];

/** Punctuation, blanks, symbols, arrows, private use, surrogates. */
export const SEPARATORS: Ranges = [
  [0x80, 0xa9],
  [0xab, 0xb4],
  [0xb6, 0xb9],
  [0xbb, 0xbf],
  [0xd7, 0xd7],
  [0xf7, 0xf7],
  [0x37e, 0x37e],
  [0x387, 0x387],
  [0x55a, 0x55f],
  [0x589, 0x58a],
  [0x5be, 0x5be],
  [0x5c0, 0x5c0],
  [0x5c3, 0x5c3],
  [0x5f3, 0x5f4],
  [0x609, 0x60d],
  [0x61b, 0x61f],
  [0x66a, 0x66d],
  [0x6d4, 0x6d4],
  [0x964, 0x965],
  [0xe3f, 0xe3f],
  [0x1680, 0x1680],
  [0x1800, 0x180e],
  [0x2000, 0x206f],
  [0x207a, 0x207e],
  [0x208a, 0x208e],
  [0x20a0, 0x20cf],
  [0x2100, 0x214f],
  [0x2190, 0x2bff],
  [0x2e00, 0x2e7f],
  [0x3000, 0x3004],
  [0x3008, 0x3020],
  [0x3030, 0x3030],
  [0x303d, 0x303f],
  [0x30fb, 0x30fb],
  [0xd800, 0xf8ff],
  [0xfe00, 0xfe1f],
  [0xfe30, 0xfe6f],
  [0xfeff, 0xff0f],
  [0xff1a, 0xff20],
  [0xff3b, 0xff40],
  [0xff5b, 0xff65],
  [0xffe0, 0xffff],
];

/** Chinese, Japanese, Korean: written without blanks, so that each character is a word, and any run of them a phrase. */
const SINGLES: Ranges = [
  [0x1100, 0x11ff],
  [0x2e80, 0x2fdf],
  [0x3005, 0x3007],
  [0x3021, 0x302f],
  [0x3031, 0x303c],
  [0x3040, 0x30fa],
  [0x30fc, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa960, 0xa97f],
  [0xac00, 0xd7ff],
  [0xf900, 0xfaff],
  [0xff66, 0xffdc],
];

/** Beyond the first plane ideographs are words of one character; everything else (emoji) ends one. */
const FIRST_IDEOGRAPH = 0x20000;
const LAST_IDEOGRAPH = 0x3ffff;

const SEPARATOR = 1;
const SINGLE = 2;

let classes: Uint8Array | undefined;
let lower: Uint16Array | undefined;

/** Tables of the first plane, made when the first such character comes: logs of plain ASCII never need them. */
function tables(): { classes: Uint8Array; lower: Uint16Array } {
  if (classes && lower) return { classes, lower };
  classes = new Uint8Array(0x10000);
  lower = new Uint16Array(0x10000);
  for (const [from, to] of SEPARATORS) classes.fill(SEPARATOR, from, to + 1);
  for (const [from, to] of SINGLES) classes.fill(SINGLE, from, to + 1);
  for (let code = 0; code < 0x10000; code++) {
    const folded = code < 0xd800 || code > 0xdfff ? String.fromCharCode(code).toLowerCase() : '';
    // One to one only, and never into ASCII: a text without some ASCII word has no other form that holds it.
    const usable = folded.length === 1 && (code < 0x80 || folded.charCodeAt(0) >= 0x80);
    lower[code] = usable ? folded.charCodeAt(0) : code;
  }
  return { classes, lower };
}

function classOf(code: number): number {
  if (code < 0x10000) return tables().classes[code]!;
  return code >= FIRST_IDEOGRAPH && code <= LAST_IDEOGRAPH ? SINGLE : SEPARATOR;
}

/**
 * A text in the form whose words the rules for bytes find (query/tokens.ts): folded, blanks for what ends a word, and blanks
 * around characters that are words alone.
 */
export function wordForm(text: string): string {
  const folding = tables().lower;
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code < 0x80) out += code >= 0x41 && code <= 0x5a ? String.fromCharCode(code | 0x20) : char;
    else {
      const kind = classOf(code);
      if (kind === SEPARATOR) out += ' ';
      else if (kind === SINGLE) out += ` ${char} `;
      else out += code < 0x10000 ? String.fromCharCode(folding[code]!) : char;
    }
  }
  return out;
}

/** What `wordFormBytes` needs at most for so many bytes. */
export function wordFormRoom(bytes: number): number {
  return bytes * 2;
}

/** `wordForm` on UTF-8: writes the form of bytes[from, to) to `out` and returns where it ends. ASCII stays as it is. */
export function wordFormBytes(
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
): number {
  const { classes: kinds, lower: folding } = tables();
  let length = outAt;
  let at = from;
  while (at < to) {
    const byte = bytes[at]!;
    if (byte < 0x80) {
      out[length++] = byte;
      at++;
      continue;
    }
    const width = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    const whole = width > 1 && at + width <= to && areFollowing(bytes, at + 1, at + width);
    if (!whole) {
      // No UTF-8: such bytes hold together, as they always did.
      out[length++] = byte;
      at++;
      continue;
    }
    if (width === 4) {
      const code =
        ((byte & 7) << 18) |
        ((bytes[at + 1]! & 63) << 12) |
        ((bytes[at + 2]! & 63) << 6) |
        (bytes[at + 3]! & 63);
      length = classOf(code) === SINGLE ? writeSingle(bytes, at, 4, out, length) : writeBlank(out, length);
    } else {
      const code =
        width === 2
          ? ((byte & 31) << 6) | (bytes[at + 1]! & 63)
          : ((byte & 15) << 12) | ((bytes[at + 1]! & 63) << 6) | (bytes[at + 2]! & 63);
      const kind = kinds[code]!;
      if (kind === SEPARATOR) length = writeBlank(out, length);
      else if (kind === SINGLE) length = writeSingle(bytes, at, width, out, length);
      else length = writeLetter(folding[code]!, out, length);
    }
    at += width;
  }
  return length;
}

function areFollowing(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if ((bytes[i]! & 0xc0) !== 0x80) return false;
  return true;
}

function writeBlank(out: Uint8Array, at: number): number {
  out[at] = 0x20;
  return at + 1;
}

function writeSingle(bytes: Uint8Array, at: number, width: number, out: Uint8Array, outAt: number): number {
  out[outAt] = 0x20;
  for (let i = 0; i < width; i++) out[outAt + 1 + i] = bytes[at + i]!;
  out[outAt + 1 + width] = 0x20;
  return outAt + width + 2;
}

function writeLetter(code: number, out: Uint8Array, at: number): number {
  if (code < 0x800) {
    out[at] = 0xc0 | (code >> 6);
    out[at + 1] = 0x80 | (code & 63);
    return at + 2;
  }
  out[at] = 0xe0 | (code >> 12);
  out[at + 1] = 0x80 | ((code >> 6) & 63);
  out[at + 2] = 0x80 | (code & 63);
  return at + 3;
}

/** Elasticsearch's `simple_pattern` for a word. */
export function wordPattern(): string {
  const { letters, singles } = wordClasses();
  return `[${letters}]+|[${singles}]`;
}

/** The insides of character classes: what words are made of, and what is a word alone. */
export function wordClasses(): { letters: string; singles: string } {
  const taken = [...SEPARATORS, ...SINGLES].sort((a, b) => a[0] - b[0]);
  const letters: [number, number][] = [];
  let next = 0x80;
  for (const [from, to] of taken) {
    if (from > next) letters.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= 0xffff) letters.push([next, 0xffff]);
  const set = (ranges: Ranges): string =>
    ranges
      .map(([from, to]) => String.fromCharCode(from) + (from === to ? '' : `-${String.fromCharCode(to)}`))
      .join('');
  return { letters: `0-9A-Za-z_${set(letters)}`, singles: set(SINGLES) };
}
