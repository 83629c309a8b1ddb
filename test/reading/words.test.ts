import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../src/platform/package-root.js';
import { RowMatcher } from '../../src/query/matcher.js';
import { parseQuery } from '../../src/query/parser.js';
import { tokensOf } from '../../src/query/tokens.js';
import { wordForm, wordFormBytes, wordFormRoom, wordPattern } from '../../src/query/word-rules.js';
import fc from '../property.js';

function finds(query: string, raw: string): boolean {
  const row = {
    raw,
    flags: 0,
    level: 'none',
    class: 'none',
    time: 0,
    agent: 'a',
    host: 'h',
    path: '/l',
    source: 's',
  };
  return new RowMatcher(parseQuery(query)).matchesRow(row as never);
}

/** Query, line, whether it is found. */
const CASES: [string, string, boolean][] = [
  ['timeout', '\u2018timeout\u2019 reached', true],
  ['timeout', '\u201etimeout\u201c reached', true],
  ['timeout', '\u201ctimeout\u201d', true],
  ['timeout', '\u00abtimeout\u00bb', true],
  ['failed', 'failed\u2026', true],
  ['b', 'a\u2192b', true],
  ['done', '\u2705done', true],
  ['done', '\u{1f389}done\u{1f389}', true],
  ['ready', '\u26a0\ufe0fready', true],
  ['km', '5\u00a0km', true],
  ['km', '5\u202fkm', true],
  ['dash', 'a\u2014dash\u2013b', true],
  ['ошибка', 'ОШИБКА сети', true],
  ['ОШИБКА', 'ошибка сети', true],
  ['ошиб*', 'ОШИБКА сети', true],
  ['*шибк*', 'ОШИБКА сети', true],
  ['"ошибка сети"', 'ОШИБКА — СЕТИ', true],
  ['ошибк', 'ОШИБКА сети', false],
  ['ÜBERTRAGUNG', 'übertragung läuft', true],
  ['straße', 'Straße gesperrt', true],
  ['rror', 'error', false],
  ['连接', '数据库连接超时', true],
  ['超时', '数据库连接超时', true],
  ['库连', '数据库连接超时', true],
  ['接连', '数据库连接超时', false],
  ['エラー', '接続エラーが発生しました', true],
  ['연결', '서버연결실패', true],
  ['timeout', '连接timeout了', true],
  ['café', 'CAFÉ', true],
  ['naïve', 'a naïve b', true],
  ['na', 'a naïve b', false],
  ['συνδεση', 'ΣΥΝΔΕΣΗ', true],
];
for (const [query, line, found] of CASES)
  test(`${query} ${found ? 'finds' : 'does not find'} ${line}`, () =>
    assert.equal(finds(query, line), found));

test('words of bytes are those of the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), text => {
      const bytes = Buffer.from(text);
      const out = Buffer.alloc(wordFormRoom(bytes.length));
      const form = out.subarray(0, wordFormBytes(bytes, 0, bytes.length, out, 0)).toString();
      const ascii = (one: string) => one.replace(/[A-Z]/g, letter => letter.toLowerCase());
      assert.equal(ascii(form), wordForm(text));
      assert.deepEqual(tokensOf(form), tokensOf(text));
    }),
    { numRuns: 500 },
  );
});

test('a line is found by any of its words, and by any two that follow each other', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), text => {
      const words = tokensOf(text);
      for (const [i, word] of words.entries()) {
        assert.ok(finds(JSON.stringify(word), text), `${word} in ${text}`);
        if (i > 0) assert.ok(finds(JSON.stringify(`${words[i - 1]} ${word}`), text));
      }
    }),
    { numRuns: 300 },
  );
});

test("Elasticsearch's index cuts words by the same ranges", () => {
  const file = path.join(packageRoot, 'src/store/elasticsearch/templates/component-line.json');
  const { settings } = JSON.parse(readFileSync(file, 'utf8')).template;
  assert.equal(settings.index.analysis.tokenizer.deadair_words.pattern, wordPattern());
});
