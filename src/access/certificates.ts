import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, boolean, context, integer, octets, oid, sequence, set, time, utf8 } from './der.js';

/**
 * Certificates for a small site that has no CA: X.509 version 3 (RFC 5280), P-256 keys, SHA-256. A library that does this brings eleven
 * packages for one command; what is made here is checked by the tests with Node's own TLS.
 */
export interface Issued {
  /** PEM. */
  cert: string;
  key: string;
}

export interface Authority extends Issued {
  name: string;
  signer: KeyObject;
}

const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const DAY_MS = 86_400_000;

/** @param now Date of now, ms */
export function createAuthority(name: string, now: number, days: number): Authority {
  const { publicKey, privateKey } = keys();
  const extensions = [
    extension('2.5.29.19', sequence(boolean(true), integer(Buffer.from([0]))), true),
    // keyCertSign and cRLSign
    extension('2.5.29.15', bits(Buffer.from([0x06]), 1), true),
    extension('2.5.29.14', octets(keyId(publicKey))),
  ];
  const cert = certificate(name, name, publicKey, privateKey, now, days, extensions);
  return { name, signer: privateKey, cert, key: pem(privateKey) };
}

/** For the service: the names and addresses it is reached by. */
export function issueServer(
  authority: Authority,
  hosts: readonly string[],
  now: number,
  days: number,
): Issued {
  const names = hosts.map(host => {
    if (isIP(host) === 0) return context(2, Buffer.from(host), false);
    return context(7, isIP(host) === 4 ? Buffer.from(host.split('.').map(Number)) : ipv6(host), false);
  });
  return issue(authority, hosts[0]!, SERVER_AUTH, [extension('2.5.29.17', sequence(...names))], now, days);
}

/** For a collector, which shows it to the service (mutual TLS). */
export function issueClient(authority: Authority, name: string, now: number, days: number): Issued {
  return issue(authority, name, CLIENT_AUTH, [], now, days);
}

function issue(
  authority: Authority,
  name: string,
  purpose: string,
  more: Buffer[],
  now: number,
  days: number,
): Issued {
  const { publicKey, privateKey } = keys();
  const extensions = [
    extension('2.5.29.19', sequence(), true),
    // digitalSignature
    extension('2.5.29.15', bits(Buffer.from([0x80]), 7), true),
    extension('2.5.29.37', sequence(oid(purpose))),
    extension('2.5.29.14', octets(keyId(publicKey))),
    ...more,
  ];
  return {
    cert: certificate(name, authority.name, publicKey, authority.signer, now, days, extensions),
    key: pem(privateKey),
  };
}

function certificate(
  subject: string,
  issuer: string,
  publicKey: KeyObject,
  signer: KeyObject,
  now: number,
  days: number,
  extensions: Buffer[],
): string {
  const serial = randomBytes(16);
  serial[0]! &= 0x7f;
  serial[0]! |= 0x40;
  const signed = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    named(issuer),
    // A clock that is a little behind must not refuse it.
    sequence(time(new Date(now - DAY_MS)), time(new Date(now + days * DAY_MS))),
    named(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(...extensions)),
  );
  const whole = sequence(signed, ECDSA_SHA256, bits(sign('sha256', signed, signer)));
  const lines = whole.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function keys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** A name of a common name alone, at most 64 characters (RFC 5280, ub-common-name). */
function named(name: string): Buffer {
  return sequence(set(sequence(oid('2.5.4.3'), utf8(name.slice(0, 64)))));
}

function extension(id: string, content: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(content));
}

function keyId(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function ipv6(host: string): Buffer {
  const [head = '', tail] = host.split('::');
  const groups = (part: string) =>
    part === '' ? [] : part.split(':').map(group => Number.parseInt(group, 16));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const all = [...before, ...Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
  const bytes = Buffer.alloc(16);
  all.slice(0, 8).forEach((group, i) => {
    bytes.writeUInt16BE(group, i * 2);
  });
  return bytes;
}
