import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cells, cutMiddle, cutName, padded, wrapWords } from '../../src/cli/cells.js';

const cut = (text: string, room: number, keep?: [number, number]) => {
  const { pieces, mark } = cutMiddle(text, room, keep);
  return pieces.map(([from, to]) => text.slice(from, to)).join(mark);
};

describe('what a text takes of a terminal', () => {
  for (const [text, expected] of [
    ['plain', 5],
    ['\x1b[31mred\x1b[39m', 3],
    ['é', 1],
    ['日本', 4],
    ['🚀 ok', 5],
    ['⚠️', 1],
  ] as const)
    it(JSON.stringify(text), () => assert.equal(cells(text), expected));
  for (const [name, expected] of [
    ['agent-1', 'agent-1'],
    ['node-in-the-far-hall-0042', 'node-in-the…0042'],
    ['計算機のとても長い名前零一', '計算機のと…零一'],
    ['tomé\u0301-in-the-far-hall-0042', 'tomé\u0301-in-the…0042'],
  ] as const)
    it(`a name is cut to cells: ${name}`, () => {
      assert.equal(cutName(name, 16), expected);
      assert.ok(cells(cutName(name, 16)) <= 16);
    });
  it('pads by cells', () => assert.equal(padded('日本', 6), '日本  '));
});

describe('prose is broken between words', () => {
  for (const [text, width, expected] of [
    ['short', 20, 'short'],
    ['one two three four', 9, 'one two\nthree\nfour'],
    ['  in two columns of words', 12, '  in two\n  columns of\n  words'],
    ['  • a point of several words', 14, '  • a point of\n    several\n    words'],
    ['id 01KAREC0RDED07AGENT4L0ST00 stays', 12, 'id\n01KAREC0RDED07AGENT4L0ST00\nstays'],
    ['“h2 protocol error: error reading”', 20, '“h2 protocol error:\nerror reading”'],
    ['日本語 日本語 日本語', 13, '日本語 日本語\n日本語'],
    [
      '\x1b[31m✗\x1b[39m \x1b[1mlost: the host stopped\x1b[22m',
      12,
      '\x1b[31m✗\x1b[39m \x1b[1mlost: the\n  host\n  stopped\x1b[22m',
    ],
    ['as wide as it        \x1b[2m\x1b[22m', 13, 'as wide as it\x1b[2m\x1b[22m'],
    ['a\nlong line here', 9, 'a\nlong line\nhere'],
  ] as const)
    it(JSON.stringify(text), () => assert.equal(wrapWords(text, width), expected));
  it('no row is wider than the screen but a word that is', () => {
    const text = Array.from({ length: 300 }, (_, i) => 'x'.repeat(1 + ((i * 7) % 13))).join(' ');
    for (let width = 13; width < 120; width += 7)
      for (const row of wrapWords(text, width).split('\n'))
        assert.ok(cells(row) <= width, `${width}: ${row}`);
  });
});

describe('a line that does not fit', () => {
  const LINE =
    '2026 Control reader: Error receiving control message from the agent at node4: status: Unknown, message: "h2 protocol error"';
  it('keeps its beginning and its end, where the cause stands', () => {
    const shown = cut(LINE, 60);
    assert.equal(cells(shown), 60);
    assert.match(shown, /^2026 Control reader: E.*….*message: "h2 protocol error"$/);
  });
  it('keeps the match that was asked for', () => {
    const at = LINE.indexOf('node4');
    const shown = cut(LINE, 60, [at, at + 5]);
    assert.ok(cells(shown) <= 60, shown);
    assert.match(shown, /^2026.*….*node4.*….*error"$/);
  });
  it('says of a huge one how much is not shown', () =>
    assert.match(
      cut(`head ${'x'.repeat(5000)} tail`, 80),
      /^head x+…\(\+4,930 characters; --full\)…x+ tail$/,
    ));
  it('is never wider than its room, whatever stands in it', () => {
    for (const text of ['日本語'.repeat(60), '🚀'.repeat(90), `${'a'.repeat(70)}日本${'b'.repeat(70)}`])
      for (let room = 20; room < 100; room += 9)
        for (const keep of [undefined, [80, 84] as [number, number]])
          assert.ok(cells(cut(text, room, keep)) <= room, `${room}: ${text}`);
  });
  it('and one that fits is whole', () => assert.equal(cut('fits', 20), 'fits'));
});
