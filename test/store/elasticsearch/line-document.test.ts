import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding } from '../../../src/model/finding.js';
import { tokensOf } from '../../../src/query/tokens.js';
import { searchedText } from '../../../src/records/states.js';
import { skeletonOf } from '../../../src/skeletons/tally.js';
import {
  documentOf,
  type LineDocument,
  LineWriter,
  markOf,
  rowOf,
} from '../../../src/store/elasticsearch/line-document.js';
import { expectedFields, fieldTypes, lineConstants } from '../../../src/store/elasticsearch/templates.js';
import fc from '../../property.js';
import { cases } from '../../thorough.js';
import { batchOf, flagsOf, TestSource } from '../lines.js';

const T = Date.UTC(2026, 10, 23, 12);
const { source } = new TestSource('agent-1');

function written(text: string, finding?: Finding): LineDocument {
  const batch = batchOf([{ text, time: T, level: 'error' }], 0);
  if (finding) batch.findings.set(0, finding);
  const run = () => ({ id: '01RUN', name: 'nightly' });
  const writer = new LineWriter(batch, { source, seq: 7, observedAt: T, ingestedAt: T }, run);
  return JSON.parse(writer.json(0)) as LineDocument;
}

/** Lines as programs write them: what their message is, and what stood in front of it. */
const SAMPLES: [line: string, message: string, head: string | undefined][] = [
  ['2026-11-23T12:00:00.123Z ERROR peer reset', 'peer reset', '2026-11-23T12:00:00.123Z ERROR '],
  ['[2026-11-23 12:00:00] WARN: late', 'late', '[2026-11-23 12:00:00] WARN: '],
  ['Nov 23 12:00:00 web sshd[7]: Failed password', 'web sshd[7]: Failed password', 'Nov 23 12:00:00 '],
  ['no head at all', 'no head at all', undefined],
  ['    at Object.<anonymous> (a.js:1:2)', '    at Object.<anonymous> (a.js:1:2)', undefined],
  ['2026-11-23T12:00:00Z', '2026-11-23T12:00:00Z', undefined],
  ['{"level":"info","msg":"x"}', '{"level":"info","msg":"x"}', undefined],
  ['', '', undefined],
];

describe('a line as a document', () => {
  for (const [line, message, head] of SAMPLES)
    it(`has its message without its head: ${line}`, () => {
      const document = written(line);
      assert.equal(document.message, message);
      assert.equal(document.deadair.head, head);
      assert.equal(document.event.original, head === undefined ? undefined : line);
    });

  it('names its run, and the fields of JSON it holds', () => {
    const document = written(
      '2026-11-23 12:00:00 {"status":500,"user":{"name":"eva"},"__proto__":"x","a\\u0000b":1}',
    );
    assert.deepEqual(document.labels, { run: 'nightly' });
    assert.deepEqual(document.deadair.run, ['01RUN']);
    const fields = new Map(Object.entries(document.deadair.fields!));
    assert.equal(fields.get('status'), '500');
    assert.equal(fields.get('user.name'), 'eva');
    assert.equal(
      [...fields.keys()].some(name => name.includes('\0')),
      false,
    );
  });

  it('names the program that wrote it where that was recognised', () => {
    const batch = batchOf([{ text: 'one', time: T }], 0);
    const commit = { source, seq: 7, observedAt: T, ingestedAt: T };
    const of = (program?: string) =>
      (JSON.parse(new LineWriter(batch, commit, undefined, program).json(0)) as LineDocument).service;
    assert.deepEqual(of('sai3-bench'), { name: 'sai3-bench' });
    assert.equal(of(), undefined);
  });

  it('names the fields of objects behind a name, as compose and stern print ECS lines', () => {
    const line = 'filebeat  | {"log.level":"error","log.origin":{"file.line":38},"network":"tcp"}';
    assert.deepEqual(written(line).deadair.fields, {
      'log.level': 'error',
      'log.origin.file.line': '38',
      network: 'tcp',
    });
    assert.equal(written('closing {channel} of {"a":1} now').deadair.fields, undefined);
  });

  it('gives a mark the fields of its finding, not those of its JSON', () => {
    const line = '{"peer":"of the line"}';
    const found = written(line, { class: 'timeout', rule: 'net/x', fields: { peer: 'of the rule' } });
    assert.deepEqual(markOf(found).fields, { peer: 'of the rule' });
    assert.equal(markOf(written(line, { class: 'timeout', rule: 'net/x' })).fields, undefined);
  });

  it('reads a document of an older release: whole line as message, raw beside it, fields of the finding', () => {
    const old = {
      ...written('x'),
      message: '2026-11-23T12:00:00Z ERROR peer reset',
      deadair: {
        source: source.id,
        offset: 0,
        length: 40,
        class: 'disconnect',
        timeKind: 'own',
        rule: 'net/reset',
        fields: { peer: 'b' },
        raw: '\x1b[31m2026-11-23T12:00:00Z ERROR peer reset',
      },
    } as LineDocument;
    assert.equal(rowOf(old).raw, '\x1b[31m2026-11-23T12:00:00Z ERROR peer reset');
    assert.deepEqual(markOf(old).fields, { peer: 'b' });
    assert.equal(markOf(old).text, 'peer reset');
    const { raw: _, ...plain } = old.deadair;
    assert.equal(rowOf({ ...old, deadair: plain }).raw, '2026-11-23T12:00:00Z ERROR peer reset');
  });

  it('gives every line back as it came, by either way, with all of its words to be found', () => {
    const part = fc.constantFrom(
      '2026-11-23T12:00:00Z ',
      'ERROR ',
      '\x1b[31m',
      '\r',
      '\0',
      'ok',
      ' 7',
      'é',
      'İ',
      '日本',
      '{"a":1}',
      ': ',
      '[',
      '] ',
      'Nov 23 12:00:00 ',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), parts => {
        const raw = parts.join('').replace(/\r+$/, '');
        const document = written(raw);
        assert.equal(rowOf(document).raw, raw);
        const moved = documentOf({ ...rowOf(document), flags: flagsOf(raw) }, undefined);
        assert.equal(rowOf(moved).raw, raw);
        assert.deepEqual({ ...moved.deadair, run: undefined }, { ...document.deadair, run: undefined });
        const { head = '', states = [], skeleton } = document.deadair;
        const words = [...states, head, document.message].flatMap(tokensOf);
        assert.deepEqual(new Set(words), new Set(searchedText(raw).split('\r').flatMap(tokensOf)));
        if (states.length === 0) assert.equal(skeleton, skeletonOf(raw));
      }),
      { numRuns: cases(3000) },
    );
  });

  it('is made of fields that the mapping has', () => {
    const mapped = new Set([...expectedFields().keys(), ...Object.keys(lineConstants('default'))]);
    const line = '\x1b[1m2026-11-23T12:00:00Z ERROR İ 10%\r100% {"a":1}';
    const document = written(line, {
      class: 'timeout',
      rule: 'r',
      event: 'e',
      about: 'self',
      fields: { a: '1' },
    });
    const all = fieldNames({ ...document, deadair: { ...document.deadair, fields: 0, finding: 0 } });
    assert.deepEqual(
      all.filter(name => !mapped.has(name)),
      [],
    );
    assert.ok(fieldTypes({ a: { properties: { b: { type: 'long' } } } }).has('a.b'));
  });
});

function fieldNames(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([name, one]) =>
    one !== null && typeof one === 'object' && !Array.isArray(one)
      ? fieldNames(one as object, `${prefix}${name}.`)
      : [prefix + name],
  );
}
