import type { Finding } from '../../model/finding.js';
import { ByteReader, ByteWriter } from './varint.js';

/**
 * What detection found in a block, by line: findings that are equal are written once. The line itself (text, time, file) is
 * looked up where it lies: a mark with all of that took 350 bytes, so it takes three.
 * @param findings by rising line
 */
export function encodeFindings(findings: readonly [line: number, finding: Finding][]): Uint8Array {
  const writer = new ByteWriter(1024);
  const numbers = new Map<string, number>();
  const lines = new ByteWriter(findings.length * 3 + 8);
  let last = 0;
  for (const [line, finding] of findings) {
    const json = JSON.stringify(finding);
    let number = numbers.get(json);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(json, number);
    }
    lines.varint(line - last);
    lines.varint(number);
    last = line;
  }
  writer.varint(numbers.size);
  for (const json of numbers.keys()) writer.sized(Buffer.from(json));
  writer.varint(findings.length);
  writer.raw(lines.done());
  return writer.done();
}

/** Findings by line; lines whose findings are equal share one object. */
export function decodeFindings(body: Uint8Array): Map<number, Finding> {
  const reader = new ByteReader(body);
  const distinct = Array.from(
    { length: reader.varint() },
    () => JSON.parse(Buffer.from(reader.sized()).toString('utf8')) as Finding,
  );
  const found = new Map<number, Finding>();
  let line = 0;
  for (let left = reader.varint(); left > 0; left--) {
    line += reader.varint();
    found.set(line, distinct[reader.varint()]!);
  }
  return found;
}
