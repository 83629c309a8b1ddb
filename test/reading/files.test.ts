import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BatchText } from '../../src/records/batch-text.js';
import { encodingNamed } from '../../src/records/encodings.js';
import { SourceParser } from '../../src/records/parser.js';

/** What a file holds besides lines of UTF-8: its name, where it comes from, its bytes, the encoding that is set, its texts. */
type FileSituation = [
  name: string,
  source: string,
  bytes: Buffer,
  encoding: string | undefined,
  texts: string[],
];

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const little = (text: string): Buffer => Buffer.from(text, 'utf16le');
const big = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const line = (text: string): Buffer => Buffer.concat([hex(text), Buffer.from('\n')]);
const WHATWG = 'WHATWG Encoding Standard';

const FILES: FileSituation[] = [
  [
    'UTF-16, little end first, mark',
    "Windows PowerShell, '>'",
    little('\ufeffone\r\ntwo\r\n'),
    undefined,
    ['one', 'two'],
  ],
  [
    'UTF-16, little end first, mark, LF',
    'PowerShell on Linux, Out-File -Encoding unicode',
    little('\ufeffone\ntwo\n'),
    undefined,
    ['one', 'two'],
  ],
  [
    'UTF-16, little end first, no mark',
    'SQL Server, ERRORLOG; appended by another tool',
    little('2026-11-28 10:00:00 ERROR one\r\ntwo\r\n'),
    undefined,
    ['one', 'two'],
  ],
  [
    'UTF-16, big end first, mark',
    'Out-File -Encoding bigendianunicode',
    big('\ufeffone\r\ntwo\r\n'),
    undefined,
    ['one', 'two'],
  ],
  [
    'UTF-16, big end first, no mark',
    'Java, UTF-16BE',
    big('first line\nsecond line\n'),
    undefined,
    ['first line', 'second line'],
  ],
  [
    'UTF-16, umlauts and symbols',
    'PowerShell',
    little('\ufeffÜberlauf → 5 °C\r\n'),
    undefined,
    ['Überlauf → 5 °C'],
  ],
  [
    'UTF-16, beyond the first plane',
    'PowerShell',
    little('\ufeffboom \u{1f4a5}\r\n'),
    undefined,
    ['boom \u{1f4a5}'],
  ],
  [
    'UTF-16, a character whose byte is a newline',
    'U+010A, U+0A0D',
    little('\ufeff\u010a\u0a0d x\r\ny\r\n'),
    undefined,
    ['\u010a\u0a0d x', 'y'],
  ],
  ['UTF-16, Russian', 'PowerShell', little('\ufeffОшибка сети\r\n'), undefined, ['Ошибка сети']],
  ['UTF-16, Chinese', 'PowerShell', little('\ufeff连接超时\r\n'), undefined, ['连接超时']],
  [
    'UTF-16, no newline at the end',
    'PowerShell, -NoNewline',
    little('\ufeffone\r\ntwo'),
    undefined,
    ['one', 'two'],
  ],
  ['UTF-16, a mark and nothing', 'an empty redirection', little('\ufeff'), undefined, ['']],
  [
    'UTF-16 by setting',
    'a file taken up in its middle',
    little('one\r\ntwo\r\n'),
    'utf-16le',
    ['one', 'two'],
  ],
  ['UTF-16, big end first, by setting', 'a file taken up in its middle', big('one\r\n'), 'utf-16be', ['one']],
  ['UTF-16 by its other name', WHATWG, little('one\r\n'), 'ucs-2', ['one']],
  ['UTF-8 with a mark', 'Visual Studio, Notepad', Buffer.from('\ufeffone\ntwo\n'), undefined, ['one', 'two']],
  [
    'UTF-8 with a mark and Windows line ends',
    '.NET, StreamWriter',
    Buffer.from('\ufeffone\r\ntwo\r\n'),
    undefined,
    ['one', 'two'],
  ],
  [
    'holes of NUL',
    'a log truncated under its writer',
    Buffer.concat([Buffer.alloc(64), Buffer.from('one\n')]),
    undefined,
    ['one'],
  ],
  ['a NUL within a line', 'C programs', Buffer.from('o\0ne\ntwo\n'), undefined, ['one', 'two']],
  [
    'several NULs in the first line',
    'binary output in a log',
    Buffer.from('some text\0\0\0 here\nnext\n'),
    undefined,
    ['some text here', 'next'],
  ],
  [
    'progress by carriage returns',
    'curl, wget, pip',
    Buffer.from(' 10%\r 50%\r100%\ndone\n'),
    undefined,
    ['100%', 'done'],
  ],
  ['a carriage return at the end', 'Windows', Buffer.from('one\r\ntwo\r\n'), undefined, ['one', 'two']],
  ['two carriage returns at the end', 'a terminal recording', Buffer.from('one\r\r\n'), undefined, ['one']],
  ['no newline at the end', 'a killed program', Buffer.from('one\ntwo'), undefined, ['one', 'two']],
  ['empty lines', 'Spring Boot', Buffer.from('one\n\n\ntwo\n'), undefined, ['one', '', '', 'two']],
  [
    'bytes that are no UTF-8',
    'a file name of another time',
    Buffer.from([0x61, 0xff, 0x62, 0x0a]),
    undefined,
    ['a\ufffdb'],
  ],
  ['windows-1252', WHATWG, line('dc 62 65 72 6c 61 75 66 20 80'), 'windows-1252', ['Überlauf €']],
  ['latin1, which is windows-1252', WHATWG, line('dc 62 65 72'), 'latin1', ['Über']],
  ['windows-1251', WHATWG, line('ce f8 e8 e1 ea e0'), 'windows-1251', ['Ошибка']],
  ['cp1251', WHATWG, line('ce f8 e8 e1 ea e0'), 'cp1251', ['Ошибка']],
  ['koi8-r', WHATWG, line('ef db c9 c2 cb c1'), 'koi8-r', ['Ошибка']],
  ['ibm866', WHATWG, line('8e e8 a8 a1 aa a0'), 'ibm866', ['Ошибка']],
  ['iso-8859-5', WHATWG, line('be e8 d8 d1 da d0'), 'iso-8859-5', ['Ошибка']],
  ['x-mac-cyrillic', WHATWG, line('8e f8 e8 e1 ea e0'), 'x-mac-cyrillic', ['Ошибка']],
  ['iso-8859-2', WHATWG, line('42 b3 b1 64'), 'iso-8859-2', ['Błąd']],
  ['windows-1250', WHATWG, line('42 b3 b9 64'), 'windows-1250', ['Błąd']],
  ['iso-8859-15', WHATWG, line('35 20 a4'), 'iso-8859-15', ['5 €']],
  ['windows-1253', WHATWG, line('cb dc e8 ef f2'), 'windows-1253', ['Λάθος']],
  ['iso-8859-7', WHATWG, line('cb dc e8 ef f2'), 'iso-8859-7', ['Λάθος']],
  ['windows-1255', WHATWG, line('f9 e2 e9 e0 e4'), 'windows-1255', ['שגיאה']],
  ['windows-1256', WHATWG, line('ce d8 c3'), 'windows-1256', ['خطأ']],
  ['windows-874', WHATWG, line('bc d4 b4'), 'windows-874', ['ผิด']],
  ['macintosh', WHATWG, line('63 61 66 8e'), 'macintosh', ['café']],
  ['shift_jis', WHATWG, line('83 47 83 89 81 5b'), 'shift_jis', ['エラー']],
  ['euc-jp', WHATWG, line('a5 a8 a5 e9 a1 bc'), 'euc-jp', ['エラー']],
  ['iso-2022-jp', WHATWG, line('1b 24 42 25 28 25 69 21 3c 1b 28 42'), 'iso-2022-jp', ['エラー']],
  ['gb18030', WHATWG, line('b4 ed ce f3'), 'gb18030', ['错误']],
  ['gbk', WHATWG, line('b4 ed ce f3'), 'gbk', ['错误']],
  ['big5', WHATWG, line('bf f9 bb 7e'), 'big5', ['錯誤']],
  ['euc-kr', WHATWG, line('bf c0 b7 f9'), 'euc-kr', ['오류']],
];

for (const [name, source, bytes, encoding, texts] of FILES)
  test(`${name} (${source})`, () => {
    const options = { observedAt: Date.UTC(2026, 10, 30) };
    const parser = new SourceParser({
      encoding: encoding === undefined ? undefined : encodingNamed(encoding),
    });
    // Byte by byte: no reader may count on whole characters.
    const found: string[] = [];
    const take = (batch: ReturnType<SourceParser['push']>) => {
      const text = new BatchText(batch);
      for (let i = 0; i < batch.count; i++) found.push(text.message(i));
    };
    for (let at = 0; at < bytes.length; at++) take(parser.push(bytes.subarray(at, at + 1), at, options));
    take(parser.finish(options));
    assert.deepEqual(found, texts);
  });

test('a name that is no encoding is refused', () => {
  for (const name of ['klingon', '', 'utf-9', 'x-user-defined', 'replacement'])
    assert.equal(encodingNamed(name), undefined, name);
});
