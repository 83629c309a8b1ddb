import { createHash } from 'node:crypto';
import type { Fingerprint } from '../../src/wire/protocol.js';
import { type ByteHandle, readBytes } from './view.js';

/** Bytes of head and tail that say which generation a file is (protocol.ts, Fingerprint). */
export const FINGERPRINT_BYTES = 1024;

/** SHA-256, first 32 hex digits: 2 µs for 1 KiB, and both sides can make it from the bytes alone. */
export function fingerprint(bytes: Uint8Array): Fingerprint {
  return { length: bytes.length, hash: createHash('sha256').update(bytes).digest('hex').slice(0, 32) };
}

function matches(print: Fingerprint, bytes: Uint8Array): boolean {
  return bytes.length === print.length && fingerprint(bytes).hash === print.hash;
}

/** Does the file begin with what the fingerprint was made of? True for an empty fingerprint. */
export function headMatches(print: Fingerprint, head: Uint8Array): boolean {
  return head.length >= print.length && matches(print, head.subarray(0, print.length));
}

/** Are the bytes before `position` those of the fingerprint? True where there is no fingerprint. */
export async function tailMatches(
  handle: ByteHandle,
  position: number,
  print: Fingerprint | undefined,
): Promise<boolean> {
  if (!print || print.length === 0) return true;
  if (print.length > position) return false;
  return matches(print, await readBytes(handle, position - print.length, print.length));
}

/** Is the shorter of the two files the beginning of the longer? Judged by its first and last 1,024 bytes. */
export async function sharePrefix(
  a: ByteHandle,
  sizeA: number,
  b: ByteHandle,
  sizeB: number,
): Promise<boolean> {
  const common = Math.min(sizeA, sizeB);
  if (common === 0) return false;
  for (const from of [0, Math.max(0, common - FINGERPRINT_BYTES)]) {
    const length = Math.min(FINGERPRINT_BYTES, common - from);
    const [left, right] = await Promise.all([readBytes(a, from, length), readBytes(b, from, length)]);
    if (!left.equals(right)) return false;
  }
  return true;
}
