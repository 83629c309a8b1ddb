import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import type { Finding } from '../../src/model/finding.js';
import { SIGNAL_CLASSES } from '../../src/model/vocabulary.js';
import fc from '../property.js';
import { cases } from '../thorough.js';
import { allLines } from './material.js';

const detector = new LineDetector(loadBuiltInPacks());
const lines = allLines();

function scan(
  raw: readonly Buffer[],
  newlineAtEnd = true,
): { classes: string[]; findings: Map<number, Finding> } {
  const starts = [7];
  const parts: Buffer[] = [Buffer.from('before ')];
  for (const [index, line] of raw.entries()) {
    parts.push(line);
    if (newlineAtEnd || index < raw.length - 1) parts.push(Buffer.from('\n'));
    starts.push(parts.reduce((sum, { length }) => sum + length, 0));
  }
  const batch = {
    // What stands before and behind the batch's lines must not count.
    bytes: Buffer.concat([...parts, Buffer.from('Connection refused')]),
    starts: Uint32Array.from(starts),
    count: raw.length,
    classes: new Uint8Array(raw.length).fill(1),
    findings: new Map<number, Finding>(),
  };
  detector.scan(batch);
  return { classes: [...batch.classes].map(code => SIGNAL_CLASSES[code]!), findings: batch.findings };
}

function agree(raw: readonly Buffer[], newlineAtEnd: boolean): void {
  const { classes, findings } = scan(raw, newlineAtEnd);
  for (const [index, line] of raw.entries()) {
    const alone = detector.classifyLine(line.toString('utf8'));
    assert.deepEqual(findings.get(index), alone, line.toString('utf8').slice(0, 300));
    assert.equal(classes[index], alone?.class ?? 'none');
  }
}

test('a batch is judged as its lines are one by one', () => {
  agree(
    lines.map(line => Buffer.from(line)),
    true,
  );
});

const damage = fc.oneof(
  fc.constant((line: string) => line),
  fc.constant((line: string) => `${line}\r`),
  fc.constant((line: string) => `50 %\r${line}`),
  fc.constant((line: string) => `${line}\r     \r`),
  fc.constant((line: string) => line.toUpperCase()),
  fc.constant((line: string) => `\x1b[2m2026-03-01T10:20:00Z\x1b[0m \x1b[31mERROR\x1b[0m ${line}`),
  fc.nat(60).map(at => (line: string) => `${line.slice(0, at)}\x1b[1m${line.slice(at)}`),
  fc.nat(60).map(at => (line: string) => `${line.slice(0, at)}\0${line.slice(at)}`),
  fc.nat(60).map(at => (line: string) => `${line.slice(0, at)}ü${line.slice(at)}`),
  fc.nat(60).map(at => (line: string) => line.slice(at)),
  fc.nat(60).map(at => (line: string) => line.slice(0, at)),
  fc.nat(1400).map(length => (line: string) => `${'x'.repeat(length)}${line}${'y '.repeat(700)}`),
  fc.nat(900).map(length => (line: string) => `${'é '.repeat(900)}${line}${'y'.repeat(length)}`),
);

test('the same holds with colours, NULs, carriage returns, other cases, long lines and cuts anywhere', () => {
  const line = fc
    .tuple(fc.constantFrom(...lines), damage, damage)
    .map(([text, first, second]) => second(first(text)));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.boolean(), (texts, newline) => {
      agree(
        texts.map(text => Buffer.from(text.replaceAll('\n', ' '))),
        newline,
      );
    }),
    { numRuns: cases(1500) },
  );
});

test('the same holds for any bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.constantFrom(...lines).map(line => Buffer.from(line)),
  );
  const line = fc
    .array(bytes, { maxLength: 3 })
    .map(parts => Buffer.from(Buffer.concat(parts).filter(byte => byte !== 10)));
  fc.assert(fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), fc.boolean(), agree), {
    numRuns: cases(1000),
  });
});
