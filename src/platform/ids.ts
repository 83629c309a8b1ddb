import { createHash, randomBytes } from 'node:crypto';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID: 48 bits of time, 80 random ones, in 26 digits that sort by time. */
export function ulid(timeMs: number): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.max(0, Math.floor(timeMs)), 0, 6);
  randomBytes(10).copy(bytes, 6);
  return encode(bytes);
}

/**
 * An id in the form of a ULID made from facts instead of chance: a collector that was killed before its first request
 * was answered makes the same id again, so that what that request brought is a duplicate and not a second source.
 */
export function derivedId(...facts: (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const fact of facts) {
    hash.update(`${fact.length}:`);
    hash.update(fact);
  }
  return encode(hash.digest().subarray(0, 16));
}

/**
 * The id of a source that came from a capsule. Its first digit is one no ULID has (128 bits leave 0 to 7), so wherever
 * sources of collectors are meant, those that were imported can be told by their id alone.
 */
export function importedId(...facts: (string | Uint8Array)[]): string {
  return `Z${derivedId('import', ...facts).slice(1)}`;
}

export function isImported(source: string): boolean {
  return source.startsWith('Z');
}

function encode(bytes: Buffer): string {
  let value = (bytes.readBigUInt64BE(0) << 64n) | bytes.readBigUInt64BE(8);
  let text = '';
  for (let digit = 0; digit < 26; digit++) {
    text = CROCKFORD[Number(value & 31n)] + text;
    value >>= 5n;
  }
  return text;
}
