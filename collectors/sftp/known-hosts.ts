import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { NameGlob } from '../../src/platform/glob.js';

/** What is known of a host's key before a connection is trusted. */
export type HostKeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked';

/** `SHA256:…` as `ssh-keygen -lf` prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/**
 * Judges a host's key by the text of a known_hosts file (format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT): plain and hashed
 * names, `[host]:port`, `*` and `?` patterns, negation, `@revoked`. Certificate authorities are not followed: such a
 * host is `unknown` and has to be pinned.
 */
export function judgeHostKey(knownHosts: string, host: string, port: number, key: Buffer): HostKeyVerdict {
  const names = port === 22 ? [host, `[${host}]:22`] : [`[${host}]:${port}`];
  const keyType = typeOf(key);
  let verdict: HostKeyVerdict = 'unknown';
  for (const line of knownHosts.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[0] === undefined || fields[0] === '' || fields[0].startsWith('#')) continue;
    const marker = fields[0].startsWith('@') ? fields.shift() : undefined;
    const [patterns, type, encoded] = fields;
    if (patterns === undefined || encoded === undefined || marker === '@cert-authority') continue;
    if (!names.some(name => matches(patterns, name))) continue;
    const same = Buffer.from(encoded, 'base64').equals(key);
    if (marker === '@revoked') {
      if (same) return 'revoked';
    } else if (same) {
      verdict = 'known';
    } else if (type === keyType && verdict === 'unknown') {
      // Another type of key says nothing: the server may simply have one that the file does not hold.
      verdict = 'changed';
    }
  }
  return verdict;
}

/** A public key in wire form begins with the length and name of its type. */
function typeOf(key: Buffer): string {
  if (key.length < 4) return '';
  return key.subarray(4, 4 + key.readUInt32BE(0)).toString('latin1');
}

function matches(patterns: string, name: string): boolean {
  if (patterns.startsWith('|1|')) return matchesHashed(patterns, name);
  let found = false;
  for (const pattern of patterns.split(',')) {
    const negated = pattern.startsWith('!');
    const glob = (negated ? pattern.slice(1) : pattern).toLowerCase();
    if (!new NameGlob(glob, { single: true }).matches(name.toLowerCase())) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

/** `|1|salt|hash`: HMAC-SHA1 of the name with the salt as key (HashKnownHosts). */
function matchesHashed(pattern: string, name: string): boolean {
  const [, , salt, hash] = pattern.split('|');
  if (salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}
