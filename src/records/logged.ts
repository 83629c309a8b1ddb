import { ENCODING_SHIFT, RecordFlag, StreamFlag } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { decoded, unitWidth } from './encodings.js';
import { type Envelope, insideOf } from './envelope.js';
import { originOfPath } from './origin-of-path.js';
import { displayBytes } from './text.js';

/**
 * From a stored line to what its program wrote: out of its envelope, in UTF-8. Stored are the bytes of the file as they were;
 * the line's flags tell how they were read.
 */

/** Index into ENCODINGS. */
export function encodingOf(flags: number): number {
  return (flags & RecordFlag.enveloped) !== 0 ? 0 : flags >> ENCODING_SHIFT;
}

export function streamOf(flags: number): 'stdout' | 'stderr' | undefined {
  if ((flags & RecordFlag.enveloped) === 0) return undefined;
  if ((flags & StreamFlag.stderr) !== 0) return 'stderr';
  return (flags & StreamFlag.stdout) !== 0 ? 'stdout' : undefined;
}

/** Are the line's bytes what its program wrote, in UTF-8? */
export function isPlain(flags: number): boolean {
  return flags < RecordFlag.enveloped;
}

/**
 * The line as its program wrote it, with colours and carriage returns.
 * @param end without newline and the carriage returns before it
 * @returns the bytes themselves where they are that
 */
export function loggedBytes(bytes: Uint8Array, start: number, end: number, flags: number): Uint8Array {
  if (isPlain(flags)) return bytes.subarray(start, end);
  if ((flags & RecordFlag.enveloped) !== 0) return insideOf(bytes, start, end);
  const encoding = encodingOf(flags);
  // Of a big-endian newline the caller has taken the second half.
  const odd = unitWidth(encoding) === 2 && ((end - start) & 1) === 1 ? 1 : 0;
  const text = decoded(bytes.subarray(start, end - odd), encoding);
  return Buffer.from(text.replace(/[\r\n]+$/, ''));
}

export function loggedText(bytes: Uint8Array, start: number, end: number, flags: number): string {
  const text = loggedBytes(bytes, start, end, flags);
  return Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8');
}

/** What a line is read back as: its text, and where it came from. */
export interface LoggedLine extends LineOrigin {
  raw: string;
  stream?: 'stdout' | 'stderr';
}

/** Where a line in an envelope came from, as that or the path of its file tells. */
export interface LineOrigin {
  /** Container, service or unit. */
  container?: string;
  pod?: string;
  namespace?: string;
}

const NOWHERE: LineOrigin = {};

/** Where the line came from; nothing for a line in no envelope. */
export function originOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  flags: number,
  path: string,
): LineOrigin {
  if ((flags & RecordFlag.enveloped) === 0) return NOWHERE;
  let origin: LineOrigin = NOWHERE;
  insideOf(bytes, start, end, envelope => {
    origin = originIn(envelope, path);
  });
  return origin;
}

function originIn({ container, pod }: Envelope, path: string): LineOrigin {
  return defined({ ...originOfPath(path), ...defined({ container, pod }) });
}

/** @param path of the file, which may name the container */
export function loggedLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  flags: number,
  path: string,
): LoggedLine {
  if ((flags & RecordFlag.enveloped) === 0) return { raw: loggedText(bytes, start, end, flags) };
  let origin: LineOrigin = NOWHERE;
  const text = insideOf(bytes, start, end, envelope => {
    origin = originIn(envelope, path);
  });
  const stream = streamOf(flags);
  return {
    raw: Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8'),
    ...(stream === undefined ? {} : { stream }),
    ...origin,
  };
}

/** The line as it is shown: no colours, no overwritten states. */
export function shownBytes(bytes: Uint8Array, start: number, end: number, flags: number): Uint8Array {
  const text = loggedBytes(bytes, start, end, flags);
  const out = new Uint8Array(text.length);
  return out.subarray(0, displayBytes(text, 0, text.length, out));
}

/** The same with the states that were written over, and the carriage returns between them. */
export function visibleBytes(bytes: Uint8Array, start: number, end: number, flags: number): Uint8Array {
  const text = loggedBytes(bytes, start, end, flags);
  const out = new Uint8Array(text.length);
  return out.subarray(0, displayBytes(text, 0, text.length, out, true));
}
