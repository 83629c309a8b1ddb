import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findMarks, highlightPattern } from '../../src/query/highlight.js';
import { RowMatcher } from '../../src/query/matcher.js';
import { parseQuery } from '../../src/query/parser.js';

const marked = (query: string, text: string) =>
  findMarks(text, highlightPattern(query)).map(([from, to]) => text.slice(from, to));

for (const [query, text, marks] of [
  ['timeout', 'read_timeout, timeout: „Timeout“', ['timeout', 'Timeout']],
  ['ошибка', 'ОШИБКА → ошибки, ошибка…', ['ОШИБКА', 'ошибка']],
  ['"connect failed"', 'connect — failed; connectfailed', ['connect — failed']],
  ['超时', '连接超时了, 超 时', ['超时', '超 时']],
  ['größe*', 'Größenangabe, große', ['Größe']],
  ['*peer*', 'repeering', ['peer']],
  ['done', '✅done\u00a0done', ['done', 'done']],
  ['stream:stderr lost', 'stderr lost', ['lost']],
] as const)
  test(`${query} marks ${JSON.stringify(marks)} in ${text}`, () => {
    assert.deepEqual(marked(query, text), marks);
  });

test('a line that the matcher finds by a word has a mark, one that it does not find has none', () => {
  const texts = ['a–b', '“quoted”', 'ÜBER über', '日志ログ로그', 'x_y', '1→2', 'é', 'straße', 'naïve café'];
  const words = ['a', 'b', 'quoted', 'über', '志', 'ログ', 'x', 'x_y', '2', 'é', 'e', 'straße', 'café', 'na'];
  for (const text of texts)
    for (const word of words) {
      const matcher = new RowMatcher(parseQuery(word));
      const found = matcher.matchesRow({ raw: text, level: 'none', class: 'none' } as never);
      assert.equal(marked(word, text).length > 0, found, `${word} in ${text}`);
    }
});
