import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { BatchText } from '../../../src/records/batch-text.js';
import { encodingNamed } from '../../../src/records/encodings.js';
import { SourceParser } from '../../../src/records/parser.js';
import { scene } from './scene.js';
import { options, waitFor } from './server.js';

const T = '2026-11-30 10:00:00';
const bytesOf = (...parts: (string | number[])[]) =>
  Buffer.concat(
    parts.map(part => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part))),
  );

/** A log a row: what it begins with, a line, and the words that stand in it once it is read. */
const LOGS: [
  name: string,
  encoding: string | undefined,
  mark: number[],
  line: (i: number) => Buffer,
  words: string,
][] = [
  ['utf16.log', undefined, [0xff, 0xfe], i => Buffer.from(`${T} ERROR größer ${i}\r\n`, 'utf16le'), 'größer'],
  ['marked.log', undefined, [0xef, 0xbb, 0xbf], i => Buffer.from(`${T} ERROR größer ${i}\n`), 'größer'],
  ['latin1.log', 'iso-8859-1', [], i => bytesOf(`${T} ERROR größer ${i}\n`), 'größer'],
  ['sjis.log', 'shift_jis', [], i => bytesOf(`${T} ERROR `, [0x90, 0xda, 0x91, 0xb1], ` ${i}\n`), '接続'],
  ['gb.log', 'gb18030', [], i => bytesOf(`${T} ERROR `, [0xb4, 0xed, 0xce, 0xf3], ` ${i}\n`), '错误'],
];

test(
  'logs of other encodings are read over ssh as the host says, through a rotation',
  options,
  async context => {
    const { receiver, file, pull } = await scene(context);
    const encoding = Object.fromEntries(
      LOGS.flatMap(([name, named]) => (named ? [[file(name), named]] : [])),
    );
    const write = (name: string, mark: number[], bytes: Buffer[]) =>
      fs.appendFileSync(
        file(name),
        Buffer.concat([fs.existsSync(file(name)) ? Buffer.alloc(0) : Buffer.from(mark), ...bytes]),
      );
    for (const [name, , mark, line] of LOGS) write(name, mark, [line(0), line(1)]);
    pull({ encoding });
    /** The lines of a log's generations, as the service reads them. */
    const read = (name: string): string[] =>
      [...receiver.ledger.sources.values()]
        .filter(({ descriptor }) => descriptor.path === file(name))
        .flatMap(({ descriptor, content }) => {
          const parser = new SourceParser({
            encoding: descriptor.encoding === undefined ? undefined : encodingNamed(descriptor.encoding),
          });
          const batch = parser.push(Buffer.concat(content), 0, { observedAt: Date.UTC(2026, 10, 30) });
          const text = new BatchText(batch);
          return Array.from({ length: batch.count }, (_, i) => text.message(i));
        });
    const has = (count: number) =>
      waitFor(() => LOGS.every(([name]) => read(name).length >= count), `${count} lines of each log`);
    await has(2);
    for (const [name, , mark, line] of LOGS) {
      write(name, mark, [line(2)]);
      fs.renameSync(file(name), file(`${name}.1`));
      // Of another size: over SFTP times are seconds, and there are no inodes.
      write(name, mark, [line(3), line(4), line(5)]);
    }
    await has(6);
    for (const [name, , , , words] of LOGS)
      assert.deepEqual(
        read(name),
        Array.from({ length: 6 }, (_, i) => `${words} ${i}`),
        name,
      );
  },
);
