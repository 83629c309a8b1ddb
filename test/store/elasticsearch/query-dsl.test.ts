import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Query } from '../../../src/query/ast.js';
import { RowMatcher } from '../../../src/query/matcher.js';
import { type LineDocument, LineWriter, rowOf } from '../../../src/store/elasticsearch/line-document.js';
import { isExact, translate, unsure } from '../../../src/store/elasticsearch/query-dsl.js';
import fc from '../../property.js';
import { cases } from '../../thorough.js';
import { batchOf, type TestLine, TestSource } from '../lines.js';
import { headed, line, queryOfTexts } from '../random-data.js';
import { satisfies } from './dsl.js';

const { source } = new TestSource('agent-1');

function documentsOf(lines: TestLine[]): LineDocument[] {
  const batch = batchOf(lines, 0);
  const writer = new LineWriter(batch, { source, seq: 1, observedAt: 0, ingestedAt: 0 });
  return lines.map(({ time }, i) => {
    const document = JSON.parse(writer.json(i)) as LineDocument;
    // Every third as an older release wrote it: without a word on its kind.
    if (Math.floor(time) % 3 === 1) delete document.deadair.skeleton;
    return document;
  });
}

const [one] = documentsOf([{ text: '2026-11-23T12:00:00Z WARN peer-77 lost after 1534ms', time: 0 }]);
const regex = (text: string): Query => ({ kind: 'regex', source: text, ignoreCase: false });

/** What is decided in the server, and what is looked at here. */
const EXACT: [string, Query, boolean][] = [
  ['a word', { kind: 'word', word: 'lost' }, true],
  ['a text within a word', { kind: 'substring', text: 'os' }, true],
  ['no text within a word', { kind: 'not', part: { kind: 'substring', text: 'zz' } }, true],
  ['an expression within a word', regex(String.raw`\d{4}ms`), false],
  ['digits alone', regex(String.raw`\d{4}`), true],
  ['a text over two words', { kind: 'substring', text: 'lost af' }, false],
];

describe('a query for Elasticsearch', () => {
  for (const [name, query, isSure] of EXACT)
    it(`knows by itself whether a line has ${name}: ${isSure}`, () => {
      const translated = translate(query);
      const { may, sure } = translated;
      assert.equal(satisfies(one!, may), true);
      assert.equal(satisfies(one!, sure), isSure);
      assert.equal(satisfies(one!, unsure(translated)), !isSure);
    });

  it('may match all lines that match, is sure of none that does not, also where words fold in strange ways', () => {
    let sures = 0;
    let between = 0;
    fc.assert(
      fc.property(queryOfTexts, fc.array(headed(line), { minLength: 1, maxLength: 6 }), (query, lines) => {
        const translated = translate(query);
        const matcher = new RowMatcher(query);
        for (const document of documentsOf(lines)) {
          const matches = matcher.matchesRow(rowOf(document));
          const [may, sure] = [satisfies(document, translated.may), satisfies(document, translated.sure)];
          const about = `${JSON.stringify(query)} of ${JSON.stringify(document)}`;
          if (matches) assert.ok(may, `left out: ${about}`);
          if (sure) assert.ok(matches, `taken in: ${about}`);
          if (isExact(translated)) assert.equal(sure, matches, about);
          const open = satisfies(document, unsure(translated));
          if (may && !sure && !isExact(translated)) assert.ok(open, `not looked at: ${about}`);
          if (sure) assert.ok(!open || isExact(translated), `counted twice: ${about}`);
          if (sure) sures++;
          else if (may) between++;
        }
      }),
      { numRuns: cases(8000) },
    );
    assert.ok(sures > cases(1000) && between > cases(100), `${sures} sure, ${between} looked at`);
  });
});
