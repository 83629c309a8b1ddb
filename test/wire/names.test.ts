import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { LocalFileSystem } from '../../collectors/file/local.js';
import { agentNaming } from '../../collectors/file/names.js';
import { readBytes } from '../../collectors/file/view.js';
import { FilePath, Name } from '../../src/wire/names.js';
import { madeSafe, NAME_LENGTH, PATH_LENGTH } from '../../src/wire/safe-text.js';
import { isPlausible } from '../../src/wire/times.js';
import fc from '../property.js';

for (const name of [
  '',
  'a b',
  'a/b',
  'a"b',
  'a\x1b]0;x\x07',
  'a\0b',
  'a\u009b2J',
  'a\u202eb',
  'a\u200bb',
  'a\ufeffb',
  '\ud800',
  'a'.repeat(201),
])
  test(`refused as a name: ${JSON.stringify(name).slice(0, 40)}`, () =>
    assert.ok(!Name.safeParse(name).success));

// A prototype's names are names like any other: what they are keys of has none.
for (const name of [
  'agent-1',
  '__proto__',
  'constructor',
  'host.example.org',
  'größe',
  '日本',
  '-rf',
  '$(id)',
  '..',
])
  test(`taken as a name: ${name}`, () => assert.ok(Name.safeParse(name).success));

test('whatever a file or a program is called, what goes over the wire is taken', () =>
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 5000 }), text => {
      assert.ok(FilePath.safeParse(`/${madeSafe(text, PATH_LENGTH - 1)}`).success);
      assert.ok(
        Name.safeParse(agentNaming(undefined)(`/logs/${text.replaceAll('/', '')}.log`, undefined)).success,
      );
      assert.ok(madeSafe(text, NAME_LENGTH).length <= NAME_LENGTH);
    }),
  ));

test('a name that is safe stays as it is', () =>
  fc.assert(fc.property(fc.string(), text => assert.equal(madeSafe(text, 10_000), text))));

test('files with names that are no UTF-8, or would steer a terminal, are followed under a name that says so', async () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-odd-'));
  try {
    const names = [
      Buffer.from('a\xff.log', 'latin1'),
      Buffer.from('b\x1b]0;x\x07.log'),
      Buffer.from('plain.log'),
    ];
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${directory}/`), name]), name);
    mkdirSync(Buffer.concat([Buffer.from(`${directory}/dir-`), Buffer.from([0xe4])]));
    writeFileSync(
      Buffer.concat([Buffer.from(`${directory}/dir-`), Buffer.from([0xe4]), Buffer.from('/in.log')]),
      'in',
    );
    const view = new LocalFileSystem();
    const listed = (await view.list(directory)).map(entry => entry.name).sort();
    assert.deepEqual(listed, ['a%FF.log', 'b%1B]0;x%07.log', 'dir-%E4', 'plain.log']);
    for (const [shown, bytes] of [
      ['a%FF.log', names[0]!],
      ['b%1B]0;x%07.log', names[1]!],
    ] as const) {
      const file = path.join(directory, shown);
      assert.equal((await view.stat(file)).size, bytes.length);
      const handle = await view.open(file);
      assert.deepEqual(await readBytes(handle, 0, 100), bytes);
      await handle.close();
    }
    assert.deepEqual(
      (await view.list(path.join(directory, 'dir-%E4'))).map(({ name }) => name),
      ['in.log'],
    );
    assert.equal((await view.stat(path.join(directory, 'dir-%E4', 'in.log'))).size, 2);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a time is one from 2000 to the day after tomorrow', () => {
  const now = Date.UTC(2026, 10, 30);
  for (const time of [Date.UTC(2000, 0, 1), now, now + 86_400_000]) assert.ok(isPlausible(time, now));
  for (const time of [0, Date.UTC(1999, 11, 31), now + 3 * 86_400_000, 1e300, -1e300, Number.NaN, Infinity])
    assert.ok(!isPlausible(time, now));
});
