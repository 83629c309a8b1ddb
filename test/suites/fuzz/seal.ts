import { createHash } from 'node:crypto';
import { TAR_END, tarHeader, tarPadding } from '../../../src/capsule/tar.js';

const BLOCK = 512;

/**
 * The archive with sums that fit what is in it, so that what was changed comes past the checksums; undefined where it can no longer
 * be taken apart.
 */
export function sealed(tar: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  const sums: string[] = [];
  const add = (name: string, body: Buffer) =>
    parts.push(tarHeader(name, body.length, 0), body, tarPadding(body.length));
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const name = tar.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    if (!(size >= 0)) return undefined;
    const body = tar.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (name === 'checksums.txt') continue;
    add(name, body);
    sums.push(`${createHash('sha256').update(body).digest('hex')}  ${name}\n`);
  }
  if (sums.length === 0) return undefined;
  add('checksums.txt', Buffer.from(sums.join('')));
  return Buffer.concat([...parts, TAR_END]);
}
