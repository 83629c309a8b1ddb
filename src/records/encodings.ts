/**
 * Encodings that lines may be written in, by the names of the WHATWG Encoding Standard. Their place in the list is stored in
 * the flags of every line: only ever appended to. `gbk` is read as gb18030 and `iso-8859-8-i` as iso-8859-8, whose decoders
 * the standard has them share. `utf-8-sig` is UTF-8 behind a byte order mark: the first line of such a file.
 */
export const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'windows-1251',
  'windows-1250',
  'windows-1253',
  'windows-1254',
  'windows-1255',
  'windows-1256',
  'windows-1257',
  'windows-1258',
  'windows-874',
  'ibm866',
  'koi8-r',
  'koi8-u',
  'macintosh',
  'x-mac-cyrillic',
  'iso-8859-2',
  'iso-8859-3',
  'iso-8859-4',
  'iso-8859-5',
  'iso-8859-6',
  'iso-8859-7',
  'iso-8859-8',
  'iso-8859-10',
  'iso-8859-13',
  'iso-8859-14',
  'iso-8859-15',
  'gb18030',
  'big5',
  'euc-jp',
  'iso-2022-jp',
  'shift_jis',
  'euc-kr',
  'utf-8-sig',
] as const;
export type Encoding = (typeof ENCODINGS)[number];

const SHARED: Record<string, Encoding> = { gbk: 'gb18030', 'iso-8859-8-i': 'iso-8859-8' };

export const UTF8 = 0;
export const UTF8_MARKED = ENCODINGS.indexOf('utf-8-sig');
const UTF16LE = ENCODINGS.indexOf('utf-16le');
const UTF16BE = ENCODINGS.indexOf('utf-16be');

/** Index into ENCODINGS of a label as the standard knows them (`latin1`, `cp1251`, `sjis`, `UTF-16`), or undefined. */
export function encodingNamed(label: string): number | undefined {
  let name: string;
  try {
    name = new TextDecoder(label.trim()).encoding;
  } catch {
    return undefined;
  }
  const index = ENCODINGS.indexOf((SHARED[name] ?? name) as Encoding);
  return index < 0 ? undefined : index;
}

const decoders = new Map<number, InstanceType<typeof TextDecoder>>();

/** A line's bytes as text; what is no character of the encoding becomes U+FFFD. A mark at the beginning is left out. */
export function decoded(bytes: Uint8Array, encoding: number): string {
  let decoder = decoders.get(encoding);
  if (!decoder) {
    const name = encoding === UTF8_MARKED ? 'utf-8' : ENCODINGS[encoding];
    decoder = new TextDecoder(name ?? 'utf-8');
    decoders.set(encoding, decoder);
  }
  const text = decoder.decode(bytes);
  return encoding === WINDOWS_1252
    ? text.replace(/[\x80-\x9f]/g, c => C1_OF_1252[c.charCodeAt(0) - 0x80]!)
    : text;
}

const WINDOWS_1252 = ENCODINGS.indexOf('windows-1252');
/** Node decodes windows-1252 as ISO 8859-1, which has control characters where the standard has these. */
const C1_OF_1252 = [...'€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'];

/** Bytes of a code unit: what lines are cut at is a newline of this width. */
export function unitWidth(encoding: number): 1 | 2 {
  return encoding === UTF16LE || encoding === UTF16BE ? 2 : 1;
}

/**
 * One past the newline at or after `from`, or -1. Of UTF-16 a newline is a code unit, and units begin at even offsets of
 * the source.
 * @param odd the first byte of `bytes` has an odd offset in its source
 */
export function afterNewline(bytes: Uint8Array, from: number, encoding: number, odd: boolean): number {
  const big = encoding === UTF16BE;
  for (let at = bytes.indexOf(0x0a, from); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    const low = big ? at - 1 : at;
    if (low < 0 || (low & 1) !== (odd ? 1 : 0)) continue;
    if (low + 2 > bytes.length) return -1;
    if (bytes[big ? low : low + 1] === 0) return low + 2;
  }
  return -1;
}

/** What the first bytes of a source say of its encoding; `undefined`: more are needed. */
export function encodingOfHead(bytes: Uint8Array, offset: number, closed: boolean): number | undefined {
  if (bytes.length === 0) return undefined;
  if (offset === 0) {
    const [first, second] = bytes;
    const mark = first === 0xff ? 0xfe : first === 0xfe ? 0xff : -1;
    if (mark >= 0) {
      if (bytes.length < 2 && !closed) return undefined;
      if (second === mark) return first === 0xff ? UTF16LE : UTF16BE;
    }
  }
  const head = bytes.length > HEAD_BYTES ? bytes.subarray(0, HEAD_BYTES) : bytes;
  const newline = head.indexOf(0x0a);
  const enough = newline >= 0 && newline + 2 <= head.length;
  if (!enough && head.length < HEAD_BYTES && !closed)
    return newline >= 0 && !head.includes(0) ? UTF8 : undefined;
  return judged(head, newline < 0 ? head.length : Math.min(newline + 2, head.length), offset);
}

/** Without a mark and a newline so many bytes are looked at. */
const HEAD_BYTES = 4096;

/**
 * UTF-16 without a mark, by its first line (PowerShell's `>>`, SQL Server): every second byte of what is ASCII is NUL. A file
 * that was cut and whose writer went on at its old place begins with NULs only, and is no UTF-16.
 */
function judged(bytes: Uint8Array, length: number, offset: number): number {
  if (length < 2 || bytes.subarray(0, length).indexOf(0) < 0) return UTF8;
  let [units, little, big, plain] = [0, 0, 0, 0];
  for (let at = offset & 1; at + 1 < length; at += 2) {
    const [first, second] = [bytes[at]!, bytes[at + 1]!];
    units++;
    if (second === 0 && first !== 0) little++;
    else if (first === 0 && second !== 0) big++;
    else if (isPrintable(first) && isPrintable(second)) plain++;
  }
  const winner = Math.max(little, big);
  if (winner < 2 || winner * 10 < units || plain * 2 > units || Math.min(little, big) * 4 > winner)
    return UTF8;
  return little >= big ? UTF16LE : UTF16BE;
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}
